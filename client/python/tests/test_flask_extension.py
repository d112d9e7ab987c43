"""The Flask extension on real servers: one grant, the right port registered, and nothing lost without portd."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.flask_apps import Apps, json_of
from harness.package import PYTHONS
from harness.programs import NEEDS_TOKEN, SLACK, until

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="the app's own sockets are seen on Linux only")

FACTORY = """
import os
from flask import Flask, jsonify
from portd.flask import Portd

ports = Portd()

def create_app():
    app = Flask(__name__)
    ports.init_app(app)

    @app.get("/")
    def index():
        keys = ("PORTD_PORT", "PORTD_URL", "SERVER_NAME", "SESSION_COOKIE_NAME")
        return jsonify({key: app.config[key] for key in keys} | {"url": ports.url(), "pid": os.getpid()})

    @app.cli.command("whoami")
    def whoami():
        print(app.config["PORTD_PORT"], app.config["PORTD_URL"], app.config["SESSION_COOKIE_NAME"])

    return app
"""

FLASK_RUN = ("-m", "flask", "run")


@pytest.fixture
def apps(python: Path, portd: Portd, folder: Path) -> Apps:
    """A folder `shop` with a factory, on each Flask."""
    return apps_in(folder, portd, python)


@pytest.fixture
def new_apps(portd: Portd, folder: Path) -> Apps:
    """The same, on the newest Flask."""
    return apps_in(folder, portd, PYTHONS["flask31"])


def apps_in(folder: Path, portd: Portd | None, python: Path) -> Apps:
    assert python.exists(), f"{python} is missing; ./dev test makes it"
    shop = folder / "shop"
    shop.mkdir()
    apps = Apps(shop, portd, python, {"FLASK_APP": "app"})
    apps.write("app.py", FACTORY)
    return apps


def test_flask_run_serves_on_its_lease_and_registers_itself(apps: Apps) -> None:
    with apps.started(*FLASK_RUN) as server:
        instance = apps.await_instance()
        port = instance["port"]
        said = json_of(server.get(port))
        assert said["PORTD_PORT"] == port
        assert said["PORTD_URL"] == said["url"] == f"http://localhost:{port}"
        assert said["SERVER_NAME"] is None
        assert said["SESSION_COOKIE_NAME"] == "session-shop"
        assert [check["id"] for check in instance["checks"]] == ["wsgi"]
        assert apps.portd
        [lease] = apps.portd.leases()
        assert (lease["port"], lease["holder"]["pid"]) == (port, server.process.pid)
        until(lambda: "GET / " in server.output(), 10 * SLACK, "the request is in the log")
        assert "/-/portd/health" not in server.output()


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_the_registration_ends_with_the_app_however_that_ends(new_apps: Apps, ending: signal.Signals) -> None:
    with new_apps.started(*FLASK_RUN) as server:
        port = new_apps.await_instance()["port"]
        server.process.send_signal(ending)
        server.process.wait(30 * SLACK)
        until(lambda: new_apps.instance() is None, 10 * SLACK, "it is no longer registered")
        assert new_apps.portd
        assert [lease["port"] for lease in new_apps.portd.leases()] == [port]


def test_a_reloader_keeps_port_and_grant(apps: Apps) -> None:
    with apps.started(*FLASK_RUN, "--debug") as server:
        port = apps.await_instance()["port"]
        before = json_of(server.await_page(port))["pid"]
        assert before != server.process.pid
        apps.write("app.py", FACTORY + "\n# touched\n")

        def reloaded() -> bool:
            try:
                return bool(json_of(server.get(port))["pid"] != before)
            except OSError:
                return False

        until(reloaded, 30 * SLACK, "the reloader has started the app again")
        assert apps.await_instance()["port"] == port
        assert apps.portd
        [lease] = apps.portd.leases()
        assert (lease["port"], lease["holder"]["pid"]) == (port, server.process.pid)


def test_commands_that_do_not_serve_know_the_port_and_register_nothing(apps: Apps) -> None:
    routes = apps.run("-m", "flask", "routes")
    assert routes.returncode == 0, routes.stderr
    whoami = apps.run("-m", "flask", "whoami")
    assert whoami.returncode == 0, whoami.stderr
    port = apps.await_port()
    assert whoami.stdout.split() == [str(port), f"http://localhost:{port}", "session"]
    assert apps.instance() is None
    assert apps.portd
    assert [lease["holder"] for lease in apps.portd.leases()] == [None]


def test_commands_work_while_the_app_runs(new_apps: Apps) -> None:
    with new_apps.started(*FLASK_RUN) as server:
        port = new_apps.await_instance()["port"]
        assert new_apps.run("-m", "flask", "whoami").stdout.split()[0] == str(port)
        shell = new_apps.run("-m", "flask", "shell")
        assert shell.returncode == 0, shell.stderr
        assert new_apps.portd
        assert [lease["holder"]["pid"] for lease in new_apps.portd.leases()] == [server.process.pid]


def test_the_test_client_registers_nothing(apps: Apps) -> None:
    program = "from app import create_app; app = create_app(); print([app.test_client().get('/').status_code] * 2)"
    done = apps.run("-c", program + "; create_app().test_client().get('/', base_url='http://localhost:5000')")
    assert done.stdout == "[200, 200]\n", done.stderr
    assert apps.instance() is None


def test_without_portd_the_app_runs_as_it_would_have(folder: Path) -> None:
    apps = apps_in(folder, None, PYTHONS["flask31"])
    done = apps.run("-c", "from app import create_app; print(create_app().test_client().get('/').json)")
    assert done.stderr == ""
    assert "'PORTD_PORT': 5000, 'PORTD_URL': 'http://localhost:5000'" in done.stdout
    assert "'SESSION_COOKIE_NAME': 'session'" in done.stdout


def test_a_script_serves_by_run_and_is_told_when_it_runs_already(apps: Apps) -> None:
    apps.write("main.py", "from app import create_app, ports\nports.run(create_app(), debug=True)\n")
    with apps.started("main.py") as server:
        port = apps.await_instance()["port"]
        assert json_of(server.get(port))["PORTD_PORT"] == port
        second = apps.run("main.py")
        assert second.returncode == 1
        assert f"portd: shop already runs as pid {server.process.pid}" in second.stderr
        assert "Traceback" not in second.stderr


@pytest.mark.parametrize("debug", [False, True])
def test_run_on_port_0_is_any_free_one_as_with_flask_run(apps: Apps, debug: bool) -> None:
    apps.write("main.py", f"from app import create_app, ports\nports.run(create_app(), port=0, debug={debug})\n")
    for start in (("main.py",), (*FLASK_RUN, "-p", "0", *(["--debug"] if debug else []))):
        with apps.started(*start) as server:
            until(lambda: "Running on" in server.output(), 30 * SLACK, "it serves")
            found = re.search(r"Running on http://127.0.0.1:(\d+)", server.output())
            assert found
            port = int(found[1])
            said = json_of(server.await_page(port))
            assert said["PORTD_PORT"] == port
            assert said["url"] == f"http://localhost:{port}"
            assert apps.await_instance()["port"] == port
            assert "portd:" not in server.output()
            assert "Traceback" not in server.output()


def test_run_under_flask_run_does_nothing(apps: Apps) -> None:
    apps.write("app.py", FACTORY + "\nports.run(create_app())\n")
    with apps.started(*FLASK_RUN) as server:
        apps.await_instance()
        assert server.process.poll() is None


SCRIPTS = {
    "app.run": "from app import create_app\ncreate_app().run(port={port})\n",
    "app.run with its reloader": "from app import create_app\ncreate_app().run(port={port}, debug=True)\n",
    "waitress": "from waitress import serve; from app import create_app\n"
    "serve(create_app(), listen='127.0.0.1:{port}')\n",
}


@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_the_first_request_tells_which_port_is_really_served(new_apps: Apps, script: str) -> None:
    portd = new_apps.portd
    assert portd
    port = portd.ports.spare[0]
    new_apps.write("main.py", script.format(port=port))
    with new_apps.started("main.py") as server:
        said = json_of(server.await_page(port))
        assert said["PORTD_URL"] == said["url"] == f"http://localhost:{port}"
        assert new_apps.await_instance()["port"] == port
        [lease] = portd.leases()
        assert lease["holder"]["pid"] == server.process.pid


def test_waitress_on_the_configured_port_is_the_lease_s_listener(new_apps: Apps) -> None:
    main = "from waitress import serve\nfrom app import create_app\napp = create_app()\n"
    new_apps.write("main.py", main + "serve(app, host='127.0.0.1', port=app.config['PORTD_PORT'])\n")
    with new_apps.started("main.py") as server:
        port = new_apps.await_port()
        server.await_page(port)
        assert new_apps.await_instance()["port"] == port
        assert new_apps.portd
        [lease] = new_apps.portd.leases()
        assert lease["holder"]["pid"] == server.process.pid


def test_many_first_requests_register_once(new_apps: Apps) -> None:
    portd = new_apps.portd
    assert portd
    port = portd.ports.spare[0]
    new_apps.write("main.py", SCRIPTS["waitress"].format(port=port).replace("listen=", "threads=16, listen="))
    with new_apps.started("main.py") as server:
        server.await_listening(port)
        statuses: list[int] = []
        threads = [threading.Thread(target=lambda: statuses.append(server.get(port).status)) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert statuses == [200] * 16
        revision = new_apps.await_instance()["revision"]
        server.get(port)
        found = new_apps.instance()
        assert found
        assert found["registered_at"] == new_apps.await_instance()["registered_at"]
        assert revision


PROXIES = {
    "around it": ("ports.init_app(app)", "app.wsgi_app = ProxyFix(app.wsgi_app, x_port=1, x_host=1, x_proto=1)"),
    "within it": ("app.wsgi_app = ProxyFix(app.wsgi_app, x_port=1, x_host=1, x_proto=1)", "ports.init_app(app)"),
}


@pytest.mark.parametrize("lines", PROXIES.values(), ids=PROXIES.keys())
def test_a_proxy_does_not_hide_the_port(new_apps: Apps, lines: tuple[str, str]) -> None:
    portd = new_apps.portd
    assert portd
    port = portd.ports.spare[0]
    new_apps.write(
        "main.py",
        "from flask import Flask, url_for\nfrom werkzeug.middleware.proxy_fix import ProxyFix\n"
        "from portd.flask import Portd\nports = Portd()\napp = Flask(__name__)\n" + "\n".join(lines) + "\n"
        "@app.get('/')\ndef index():\n    return url_for('index', _external=True)\n"
        f"app.run(port={port})\n",
    )
    headers = {"X_Forwarded_Port": "8443", "X_Forwarded_Host": "shop.example", "X_Forwarded_Proto": "https"}
    with new_apps.started("main.py") as server:
        server.await_listening(port)
        assert server.get(port, **headers).body == b"https://shop.example:8443/"
        assert new_apps.await_instance()["port"] == port


def test_an_own_health_path_decides(new_apps: Apps) -> None:
    new_apps.write(
        "app.py",
        "from pathlib import Path\nfrom flask import Flask\nfrom portd.flask import Portd\n"
        "app = Flask(__name__)\nPortd(app, health_path='/healthz')\n"
        "@app.get('/healthz')\ndef healthz():\n    return '', 503 if Path('ill').exists() else 204\n",
    )
    with new_apps.started(*FLASK_RUN):
        new_apps.await_instance()
        new_apps.write("ill", "")
        assert new_apps.portd
        new_apps.portd.request("PUT", "/services/shop/maintenance", {"enabled": True})
        new_apps.portd.request("PUT", "/services/shop/maintenance", {"enabled": False})
        instance = new_apps.await_instance("critical")
        assert "503" in instance["checks"][0]["output"]


@pytest.mark.parametrize("replaced", [False, True])
def test_what_a_launcher_has_declared_stays(new_apps: Apps, replaced: bool) -> None:
    portd = new_apps.portd
    assert portd
    lease = portd.lease(service="shop", cwd=str(new_apps.folder))
    declared = {"tags": ["beta"], "depends_on": [{"service": "db"}], "checks": [{"type": "http", "path": "/"}]}
    portd.request("PUT", "/services/shop", {**declared, "port": lease["port"]})
    if replaced:
        new_apps.write("app.py", FACTORY.replace("Portd()", "Portd(health_path='/')"))
    with new_apps.started(*FLASK_RUN) as server:
        server.await_page(lease["port"])
        instance = new_apps.await_instance()
        assert instance["tags"] == ["beta"]
        assert [each["service"] for each in instance["depends_on"]] == ["db"]
        assert [check["id"] for check in instance["checks"]] == ["wsgi" if replaced else "http"]


def test_two_apps_of_one_dispatcher_are_one_service(new_apps: Apps) -> None:
    new_apps.write(
        "main.py",
        "from flask import Flask\nfrom werkzeug.middleware.dispatcher import DispatcherMiddleware\n"
        "from werkzeug.serving import run_simple\nimport portd\nfrom portd.flask import Portd\n"
        "front, api, other = Flask('front'), Flask('api'), Flask('other')\n"
        "Portd(front)\nPortd(api)\nPortd(other, service='other')\n"
        "for app in (front, api, other):\n    app.add_url_rule('/', 'name', lambda name=app.name: name)\n"
        "whole = DispatcherMiddleware(front, {'/api': api, '/other': other})\n"
        "run_simple('127.0.0.1', portd.lease().port, whole)\n",
    )
    with new_apps.started("main.py") as server:
        port = new_apps.await_port()
        pages = [server.await_page(port, path).body for path in ("/api/", "/", "/other/")]
        assert pages == [b"api", b"front", b"other"]
        assert new_apps.await_instance()["port"] == port
        assert new_apps.portd
        assert new_apps.instance("other") is None
        services = new_apps.portd.get("/services").json["services"]
        assert [each["service"] for each in services] == ["shop"]


def test_a_portd_that_is_away_costs_no_request_anything(new_portd: NewPortd, folder: Path) -> None:
    portd = new_portd().start()
    apps = apps_in(folder, portd, PYTHONS["flask31"])
    port = portd.ports.spare[0]
    apps.write("main.py", SCRIPTS["waitress"].format(port=port))
    with apps.started("main.py") as server:
        server.await_listening(port)
        portd.kill()
        started = time.monotonic()
        assert all(server.get(port).status == 200 for _ in range(20))
        assert time.monotonic() - started < 2 * SLACK
        assert "portd" not in server.output()


@pytest.mark.parametrize("launched", [False, True])
def test_cookies_have_their_names_by_what_was_there_at_the_start(
    new_portd: NewPortd, folder: Path, launched: bool
) -> None:
    """Whether portd answers a first request is chance, and another one in each worker."""
    portd = new_portd().start()
    apps = apps_in(folder, portd, PYTHONS["flask31"])
    port = portd.ports.spare[0]
    apps.write("main.py", SCRIPTS["waitress"].format(port=port))
    if launched:
        apps.variables["PORTD_LEASE"] = f"shop,{port},{os.getpid()}"
        portd.kill()
    with apps.started("main.py") as server:
        server.await_listening(port)
        if not launched:
            portd.kill()
        assert json_of(server.get(port))["SESSION_COOKIE_NAME"] == "session-shop"


def test_a_portd_that_comes_later_renames_no_cookies(new_portd: NewPortd, folder: Path) -> None:
    portd = new_portd().start()
    apps = apps_in(folder, portd, PYTHONS["flask31"])
    port = portd.ports.spare[0]
    apps.write("main.py", SCRIPTS["waitress"].format(port=port))
    portd.kill()
    with apps.started("main.py") as server:
        server.await_listening(port)
        portd.start()
        assert json_of(server.get(port))["SESSION_COOKIE_NAME"] == "session"
        assert apps.await_instance()["port"] == port


def test_no_visitor_pays_for_what_goes_wrong_with_portd(new_apps: Apps) -> None:
    portd = new_apps.portd
    assert portd
    port = portd.ports.spare[0]
    broken = "import portd._flask_presence\n\ndef claim(*_):\n    raise KeyError('port')\n\n"
    main = broken + "portd._flask_presence.claim = claim\n" + SCRIPTS["waitress"].format(port=port)
    new_apps.write("main.py", main)
    with new_apps.started("main.py") as server:
        server.await_listening(port)
        assert [server.get(port).status for _ in range(3)] == [200] * 3
        assert server.output().count(f"portd: shop is not registered on port {port}: KeyError('port')") == 1


def test_a_stopped_portd_delays_one_request_at_most(portd: Portd, folder: Path) -> None:
    apps = apps_in(folder, portd, PYTHONS["flask31"])
    port = portd.ports.spare[0]
    apps.write("main.py", SCRIPTS["waitress"].format(port=port))
    with apps.started("main.py") as server:
        server.await_listening(port)
        os.kill(portd.pid, signal.SIGSTOP)
        try:
            started = time.monotonic()
            assert all(server.get(port).status == 200 for _ in range(20))
            assert time.monotonic() - started < 2 * SLACK
        finally:
            os.kill(portd.pid, signal.SIGCONT)


def test_a_second_app_of_the_same_service_is_not_registered_over_the_first(new_apps: Apps) -> None:
    portd = new_apps.portd
    assert portd
    with new_apps.started(*FLASK_RUN):
        first = new_apps.await_instance()["port"]
        port = portd.ports.spare[0]
        new_apps.write("main.py", SCRIPTS["waitress"].format(port=port))
        with new_apps.started("main.py") as second:
            second.await_page(port)
            until(lambda: "already runs" in second.output(), 10 * SLACK, "it is told")
            assert new_apps.await_instance()["port"] == first


def test_a_name_that_flask_run_cannot_know_is_told_how_to_state_it(new_apps: Apps) -> None:
    new_apps.write("app.py", FACTORY.replace("Portd()", "Portd(service='api')"))
    with new_apps.started(*FLASK_RUN) as server:
        until(lambda: "PORTD_SERVICE=api in .flaskenv" in server.output(), 30 * SLACK, "it is told")
    with new_apps.started(*FLASK_RUN, PORTD_SERVICE="api"):
        assert new_apps.await_instance(service="api")


@pytest.mark.parametrize("debug", [(), ("--debug",)], ids=["plain", "debug"])
def test_a_stated_port_that_portd_refuses_is_told_of_once(new_apps: Apps, debug: tuple[str, ...]) -> None:
    assert new_apps.portd
    taken = int(new_apps.portd.lease(service="other", hold="none")["port"])
    with new_apps.started(*FLASK_RUN, "-p", str(taken), *debug) as server:
        server.await_page(taken)
        assert server.output().count("without a lease") == 1
        assert "without its lease" not in server.output()
        assert "PORTD_SERVICE" not in server.output()


def test_a_name_of_its_own_is_what_run_registers(new_apps: Apps) -> None:
    new_apps.write("app.py", FACTORY.replace("Portd()", "Portd(service='api')"))
    new_apps.write("main.py", "from app import create_app, ports\nports.run(create_app())\n")
    with new_apps.started("main.py"):
        assert new_apps.await_instance(service="api")


def test_disabled_it_makes_no_call_and_reads_nothing(new_apps: Apps) -> None:
    new_apps.write("portd.yaml", "project: [\n")
    done = new_apps.run("-m", "flask", "whoami", PORTD_DISABLE="1")
    assert done.stdout.split() == ["5000", "http://localhost:5000", "session"], done.stderr
    assert "portd.yaml" not in done.stderr
    assert new_apps.portd
    assert new_apps.portd.leases() == []
