"""Services side by side on localhost: each other's URLs, exactly each other's origins, and cookies of their own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.flask_apps import Apps, Browser, json_of
from harness.package import PYTHONS
from harness.programs import NEEDS_TOKEN, SLACK, until
from portd._origins import Origins

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="the app's own sockets are seen on Linux only")

FLASK_RUN = ("-m", "flask", "--app", "app", "run")

PROJECT = """
project: shop
services:
  web: {}
  api: {}
"""

API = """
from flask import Flask, session
from flask_cors import CORS
from portd.flask import Portd

ports = Portd()
app = Flask(__name__)
ports.init_app(app)
CORS(app, origins=ports.origins("web"), supports_credentials=True)

@app.get("/")
def index():
    return "api"
"""

# Counts the visits of a browser in a session of its own.
COUNTER = """
from flask import Flask, session
from portd.flask import Portd

app = Flask(__name__)
app.secret_key = "secret of {name}"
{before}
ports = Portd(app)
{after}

@app.get("/")
def index():
    session["{name}"] = session.get("{name}", 0) + 1
    return dict(session)

@app.cli.command("cookies")
def cookies():
    print(app.config["SESSION_COOKIE_NAME"])
"""


@pytest.fixture
def project(portd: Portd, folder: Path) -> Path:
    root = folder / "shop"
    root.mkdir()
    (root / "portd.yaml").write_text(PROJECT)
    return root


def service(project: Path, portd: Portd, name: str, text: str, python: Path = PYTHONS["flask31"]) -> Apps:
    folder = project / name
    folder.mkdir()
    apps = Apps(folder, portd, python, {"PORTD_SERVICE": name})
    apps.write("app.py", text)
    return apps


def instance_port(apps: Apps) -> int:
    """Where it is registered, once it passes."""
    assert apps.portd
    portd, target = apps.portd, f"/services/{apps.service}/health?project=shop"
    until(lambda: portd.get(target).status == 200, 30 * SLACK, f"{apps.service} passes")
    return int(portd.get(f"/services/{apps.service}?project=shop").json["instances"][0]["port"])


# --- origins ------------------------------------------------------------------------------------------------------


def test_flask_cors_lets_in_exactly_the_sibling(portd: Portd, project: Path) -> None:
    web = portd.lease(project="shop", service="web")["port"]
    other = portd.lease(project="shop", service="other")["port"]
    api = service(project, portd, "api", API)
    with api.started(*FLASK_RUN) as server:
        port = instance_port(api)

        def allowed(origin: str) -> str | None:
            return server.get(port, Origin=origin).headers.get("access-control-allow-origin")

        for origin in (f"http://localhost:{web}", f"http://127.0.0.1:{web}"):
            assert allowed(origin) == origin
        for origin in (
            f"http://localhost:{other}",
            f"http://localhost:{port}",
            f"https://localhost:{web}",
            f"http://localhost:{web}1",
            f"http://localhost:{web}/",
            f"http://localhost:{web}.evil.example",
            f"http://localhost:{web}\xb2",
            f"http://evil.example/http://localhost:{web}",
            f"http://localhost.evil.example:{web}",
            f"http://127x0.0.1:{web}",
            f"http://127.0.0.1.evil.example:{web}",
            "http://localhost",
            "null",
        ):
            assert allowed(origin) is None, origin


def test_an_origin_follows_its_service(portd: Portd, project: Path) -> None:
    old = portd.lease(project="shop", service="web")["port"]
    api = service(project, portd, "api", API)
    with api.started(*FLASK_RUN) as server:
        port = instance_port(api)

        def is_allowed(number: int) -> bool:
            answer = server.get(port, Origin=f"http://localhost:{number}")
            return "access-control-allow-origin" in answer.headers

        assert is_allowed(old)
        new = portd.lease(project="shop", service="web", port=portd.ports.last)["port"]
        assert new != old
        until(lambda: is_allowed(new), 10 * SLACK, "the new origin is let in")
        assert not is_allowed(old)
        portd.kill()
        assert is_allowed(new)


def test_a_socket_lets_in_the_sibling_and_its_own_pages(portd: Portd, project: Path) -> None:
    web = portd.lease(project="shop", service="web")["port"]
    api = service(
        project,
        portd,
        "api",
        "from flask import Flask\nfrom flask_socketio import SocketIO\nfrom portd.flask import Portd\n"
        "app = Flask(__name__)\nports = Portd(app)\n"
        "socketio = SocketIO(app, cors_allowed_origins=ports.origins('web'))\n",
    )
    with api.started(*FLASK_RUN) as server:
        port = instance_port(api)
        poll = "/socket.io/?EIO=4&transport=polling"
        for allowed in (f"http://localhost:{web}", f"http://127.0.0.1:{web}", f"http://localhost:{port}"):
            answer = server.get(port, poll, Origin=allowed)
            assert answer.status == 200, allowed
            assert answer.headers["access-control-allow-origin"] == allowed
        for refused in (f"http://localhost:{web}1", "http://evil.example", "null"):
            assert server.get(port, poll, Origin=refused).status == 400, refused


def test_origins_pass_for_a_compiled_expression() -> None:
    ports = [20100]
    origins = Origins(lambda: ports, lambda: [20200])
    assert isinstance(origins, re.Pattern)
    assert re.match(origins, "http://localhost:20100")
    assert origins.search("http://localhost:20100\n") is None
    assert not origins.match(None)
    assert len({origins, origins}) == 1
    assert origins("http://localhost:20200")
    assert not origins.match("http://localhost:20200")
    ports[:] = []
    assert origins.match("http://localhost:20100") is None
    assert origins.match("") is None
    assert not origins(None, {})


def test_without_names_the_origins_are_the_project_s(portd: Portd, project: Path) -> None:
    web = portd.lease(project="shop", service="web")["port"]
    api = service(project, portd, "api", API.replace('origins("web")', "origins()"))
    with api.started(*FLASK_RUN) as server:
        port = instance_port(api)
        assert "access-control-allow-origin" in server.get(port, Origin=f"http://localhost:{web}").headers
        assert "access-control-allow-origin" not in server.get(port, Origin=f"http://localhost:{port}").headers


# --- URLs ---------------------------------------------------------------------------------------------------------

URLS = """
from flask import Flask, url_for
from portd.flask import Portd

ports = Portd()

def create_app(**config):
    app = Flask(__name__)
    app.config.update(config)
    ports.init_app(app)

    @app.get("/")
    def index():
        keys = [key for key in app.config if key.startswith("PORTD_")]
        return {key: app.config[key] for key in keys} | {"live": ports.url("api")}

    @app.get("/orders/<int:number>")
    def order(number):
        return ""

    @app.cli.command("mail")
    def mail():
        with ports.url_context(app):
            print(url_for("order", number=7, _external=True))

    return app
"""


def test_the_urls_of_siblings_are_configured_before_they_run(portd: Portd, project: Path) -> None:
    web = service(project, portd, "web", URLS)
    with web.started(*FLASK_RUN) as server:
        port = instance_port(web)
        said = json_of(server.get(port))
        [api] = [lease["port"] for lease in portd.leases() if lease["service"] == "api"]
        assert said["PORTD_API_URL"] == said["live"] == f"http://localhost:{api}"
        assert "PORTD_WEB_URL" not in said
        portd.lease(project="shop", service="api", port=portd.ports.last)
        moved = f"http://localhost:{portd.ports.last}"
        until(lambda: json_of(server.get(port))["live"] == moved, 10 * SLACK, "the URL follows")


def test_configuration_of_the_user_s_own_stays(portd: Portd, project: Path) -> None:
    web = service(project, portd, "web", URLS)
    program = (
        "from app import create_app\n"
        "app = create_app(PORTD_API_URL='http://api.example', PORTD_PORT=1)\n"
        "print(app.config['PORTD_API_URL'], app.config['PORTD_PORT'])\n"
    )
    assert web.run("-c", program).stdout == "http://api.example 1\n"


@pytest.mark.parametrize("root", ["", "/shop"])
def test_external_urls_outside_of_a_request(portd: Portd, project: Path, python: Path, root: str) -> None:
    text = URLS.replace(
        "app = Flask(__name__)", f"app = Flask(__name__); app.config['APPLICATION_ROOT'] = '{root or '/'}'"
    )
    web = service(project, portd, "web", text, python)
    done = web.run("-m", "flask", "--app", "app", "mail")
    [port] = [lease["port"] for lease in portd.leases() if lease["service"] == "web"]
    assert done.stdout == f"http://localhost:{port}{root}/orders/7\n", done.stderr


# --- cookies ------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser() -> Browser:
    """One browser for all services: it ignores ports, as RFC 6265 (8.5) has it."""
    return Browser()


@pytest.fixture
def two_apps(portd: Portd, folder: Path, python: Path) -> list[Apps]:
    apps = []
    for name in ("shop", "blog"):
        place = folder / name
        place.mkdir()
        one = Apps(place, portd, python)
        one.write("app.py", COUNTER.format(name=name, before="", after=""))
        apps.append(one)
    return apps


def test_two_apps_keep_a_browser_s_sessions_apart(two_apps: list[Apps], browser: Browser) -> None:
    shop, blog = two_apps
    with shop.started(*FLASK_RUN), blog.started(*FLASK_RUN):
        urls = [f"http://localhost:{apps.await_instance()['port']}/" for apps in two_apps]
        for visits in (1, 2, 3):
            assert [json_of(browser.get(url)) for url in urls] == [{"shop": visits}, {"blog": visits}]
    assert set(browser.cookies) == {"session-shop", "session-blog"}


def test_without_the_package_two_apps_lose_each_other_s_sessions(two_apps: list[Apps], browser: Browser) -> None:
    """What the test above can see."""
    shop, blog = two_apps
    ports = [str(port) for port in shop.portd.ports.spare[:2]] if shop.portd else []
    run = [*FLASK_RUN, "-p"]
    shop.variables["PORTD_DISABLE"] = blog.variables["PORTD_DISABLE"] = "1"
    with shop.started(*run, ports[0]) as one, blog.started(*run, ports[1]) as two:
        one.await_listening(int(ports[0]))
        two.await_listening(int(ports[1]))
        for _ in range(3):
            seen = [json_of(browser.get(f"http://localhost:{port}/")) for port in ports]
    assert seen == [{"shop": 1}, {"blog": 1}]
    assert set(browser.cookies) == {"session"}


def test_worktrees_of_one_service_keep_sessions_apart(portd: Portd, folder: Path, browser: Browser) -> None:
    apps = []
    for name in ("shop", "feature"):
        place = folder / name
        place.mkdir()
        variables = {"PORTD_SERVICE": "shop", "PORTD_INSTANCE": "main" if name == "shop" else name}
        one = Apps(place, portd, PYTHONS["flask31"], variables)
        one.write("app.py", COUNTER.format(name="visits", before="", after=""))
        apps.append(one)
    with apps[0].started(*FLASK_RUN) as first, apps[1].started(*FLASK_RUN):
        until(lambda: len(portd.leases()) == 2, 30 * SLACK, "both have a lease")
        urls = [f"{lease['url']}/" for lease in portd.leases()]
        for lease in portd.leases():
            first.await_listening(lease["port"])
        for visits in (1, 2):
            assert [json_of(browser.get(url)) for url in urls] == [{"visits": visits}] * 2
    assert set(browser.cookies) == {"session-shop", "session-shop!feature"}


@pytest.mark.parametrize(
    ("before", "after", "name"),
    [
        ("app.config['SESSION_COOKIE_NAME'] = 'mine'", "", "mine"),
        ("", "app.config['SESSION_COOKIE_NAME'] = 'mine'", "mine"),
        ("app.config['PORTD_COOKIES'] = False", "", "session"),
    ],
    ids=["named before", "named after", "switched off"],
)
def test_a_name_of_the_user_s_stays(portd: Portd, folder: Path, before: str, after: str, name: str) -> None:
    shop = folder / "shop"
    shop.mkdir()
    apps = Apps(shop, portd, PYTHONS["flask31"])
    apps.write("app.py", COUNTER.format(name="shop", before=before, after=after))
    with apps.started(*FLASK_RUN) as server:
        server.get(apps.await_instance()["port"])
        assert set(server.browser.cookies) == {name}
