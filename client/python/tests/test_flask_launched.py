"""The Flask extension under `portc run`: the app is what portc has started, whatever its folder or itself calls it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.flask_apps import json_of
from harness.frameworks import every_flask, with_flask
from harness.http import Json
from harness.package import package_environment
from harness.programs import SLACK, until
from harness.runs import Run, lease_of, portc_run

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="sockets are handed over on Linux"),
    pytest.mark.usefixtures("portc"),
]

PROJECT = """
project: shop
services:
  web: {}
  api: {}
environments:
  testing:
    services:
      mail: {}
"""

APP = """
import os, subprocess, sys
import portd
from flask import Flask, jsonify
from portd.flask import Portd

app = Flask(__name__)
ports = Portd(app)

@app.get("/")
def index():
    urls = {name: value for name, value in app.config.items() if name.startswith("PORTD_") and name.endswith("_URL")}
    return jsonify(
        pid=os.getpid(), url=ports.url(), cookie=app.config["SESSION_COOKIE_NAME"], urls=urls,
        api=ports.url("api"), key=portd.lookup("api").key.text, lease=portd.lease().key.text,
    )

@app.get("/child")
def child():
    program = "import json, os; print(json.dumps(dict(os.environ)))"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout

if __name__ == "__main__":
    ports.run(app)
"""
PLAIN = APP.replace("ports = Portd(app)", "")  # no extension; / is of no use then
NAMED = APP.replace("Portd(app)", "Portd(app, service='named')")


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


@pytest.fixture
def web(shell: Shell) -> Path:
    """The folder of a service `web`, beside others of its project."""
    folder = shell.folder / "web"
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    (folder / "portd.yaml").write_text(PROJECT)
    return folder


def variables(portd: Portd, flask: str = "flask31") -> dict[str, str]:
    return package_environment(portd.folder, portd) | with_flask(flask)


def leases(portd: Portd) -> list[tuple[str, str]]:
    return sorted((each["service"], each["instance"]) for each in portd.leases())


def await_registered(portd: Portd, run: Run, service: str, instance: str = "main") -> None:
    target = f"/services/{service}?project=shop&instance={instance}"

    def registered() -> bool:
        answer = portd.get(target)
        return answer.status == 200 and [each["port"] for each in answer.json["instances"]] == [run.port]

    run.await_that(registered, 30 * SLACK, f"{service} of {instance} is registered")


@every_flask
@pytest.mark.parametrize("command", ["flask run", "python app.py"])
@pytest.mark.parametrize(
    ("options", "service", "instance", "cookie", "siblings"),
    [
        ("--instance z", "web", "z", "session-shop~web!z", {"API"}),
        ("--env testing", "web", "main.testing", "session-shop~web!main.testing", {"API", "MAIL"}),
        ("--service foo", "foo", "main", "session-shop~foo", {"API", "WEB"}),
    ],
)
def test_it_is_the_key_that_was_stated_to_portc(
    command: str,
    options: str,
    service: str,
    instance: str,
    cookie: str,
    siblings: set[str],
    flask: str,
    portd: Portd,
    shell: Shell,
    web: Path,
) -> None:
    words = [*options.split(), "--", *command.split()]
    with portc_run(shell, *words, cwd=web, variables=variables(portd, flask)) as run:
        said = json_of(run.await_answer())
        at = "" if instance == "main" else f"@{instance}"
        assert said["lease"] == f"shop/{service}{at}"
        assert said["key"] == f"shop/api{at}"
        assert said["url"] == said["urls"]["PORTD_URL"] == f"http://localhost:{run.port}"
        api = f"http://localhost:{lease_of(portd, 'api', instance)['port']}"
        assert said["api"] == said["urls"]["PORTD_API_URL"] == api
        assert set(said["urls"]) == {"PORTD_URL", *(f"PORTD_{each}_URL" for each in siblings)}
        assert said["cookie"] == cookie
        await_registered(portd, run, service, instance)
        assert {each for _, each in leases(portd)} == {instance}
        assert lease_of(portd, service, instance)["holder"]["pid"] == run.pid
        assert "portd: " not in run.output


def test_several_instances_run_side_by_side(portd: Portd, shell: Shell, web: Path) -> None:
    words = ["--", "flask", "run"]
    with portc_run(shell, "--instance", "feat", *words, cwd=web, variables=variables(portd), name="feat") as feat:
        feat.await_answer()
        with portc_run(shell, *words, cwd=web, variables=variables(portd), name="main") as main:
            main.await_answer()
            with portc_run(shell, "--new", *words, cwd=web, variables=variables(portd), name="new") as new:
                said = [json_of(run.await_answer()) for run in (feat, main, new)]
                assert [each["cookie"].partition("web")[2] for each in said] == ["!feat", "", "!main-2"]
                assert len({run.port for run in (feat, main, new)}) == 3
                for run, instance in ((feat, "feat"), (main, "main"), (new, "main-2")):
                    await_registered(portd, run, "web", instance)
                    assert lease_of(portd, "web", instance)["port"] == run.port


def test_another_role_does_not_take_the_services_place(portd: Portd, shell: Shell, web: Path) -> None:
    words = ["--", "flask", "run"]
    with portc_run(shell, *words, cwd=web, variables=variables(portd), name="main") as main:
        main.await_answer()
        await_registered(portd, main, "web")
        with portc_run(shell, "--role", "debug", *words, cwd=web, variables=variables(portd), name="debug") as debug:
            assert json_of(debug.await_answer())["lease"] == "shop/web:debug"
            await_registered(portd, main, "web")
        await_registered(portd, main, "web")


def test_a_port_that_flask_run_states_moves_the_lease_of_that_key(portd: Portd, shell: Shell, web: Path) -> None:
    port = portd.ports.spare[0]
    words = ["--instance", "z", "--", "flask", "run", "--debug", "-p", str(port)]
    with portc_run(shell, *words, cwd=web, variables=variables(portd)) as run:
        said = json_of(run.await_answer(port=port))
        assert (said["lease"], said["key"], said["url"]) == ("shop/web@z", "shop/api@z", f"http://localhost:{port}")
        assert lease_of(portd, "web", "z")["port"] == port
        assert {each for _, each in leases(portd)} == {"z"}


# --- a name of its own ------------------------------------------------------------------------------------------------


def assert_served_on_the_launchers_port(run: Run, portd: Portd) -> Json:
    said = json_of(run.await_answer())
    assert (said["lease"], said["url"]) == ("shop/web", f"http://localhost:{run.port}")
    assert leases(portd) == [("api", "main"), ("web", "main")]
    await_registered(portd, run, "web")
    assert "portd: " not in run.output
    return said


@every_flask
@pytest.mark.parametrize("options", ["", "--no-handover"])
@pytest.mark.parametrize("command", ["flask run", "flask run --debug"])
def test_a_name_in_flaskenv_makes_it_no_other_service(
    command: str, options: str, flask: str, portd: Portd, shell: Shell, web: Path
) -> None:
    (web / ".flaskenv").write_text("PORTD_SERVICE=named\n")
    words = [*options.split(), "--", *command.split()]
    with portc_run(shell, *words, cwd=web, variables=variables(portd, flask)) as run:
        # The app asks for the sibling by its own word; the launched one is web all the same.
        said = json_of(run.await_answer())
        assert (said["lease"], said["url"]) == ("shop/web", f"http://localhost:{run.port}")
        assert ("named", "main") not in leases(portd)
        await_registered(portd, run, "web")
        assert "portd: " not in run.output


@pytest.mark.parametrize("command", ["python app.py", "flask run", "gunicorn -w 2 app:app"])
def test_a_name_in_the_code_makes_it_no_other_service(command: str, portd: Portd, shell: Shell, web: Path) -> None:
    (web / "app.py").write_text(NAMED)
    with portc_run(shell, "--", *command.split(), cwd=web, variables=variables(portd)) as run:
        assert_served_on_the_launchers_port(run, portd)


BOTH = """
import threading
from flask import Flask
from portd.flask import Portd

front, back = Flask("front"), Flask("back")
ports = {app.name: Portd(app, service=app.name) for app in (front, back)}
for app in (front, back):
    app.add_url_rule("/", view_func=lambda name=app.name: {"name": name, "url": ports[name].url()})
threading.Thread(target=ports["back"].run, args=(back,), daemon=True).start()
ports["front"].run(front)
"""


def test_of_two_names_in_one_process_the_second_is_another_service(portd: Portd, shell: Shell, web: Path) -> None:
    (web / "both.py").write_text(BOTH)
    with portc_run(shell, "--no-handover", "--", "python", "both.py", cwd=web, variables=variables(portd)) as run:
        assert json_of(run.await_answer())["name"] == "front"
        assert ("back", "main") in leases(portd)
        port = lease_of(portd, "back", "main")["port"]
        assert json_of(run.await_answer(port=port)) == {"name": "back", "url": f"http://localhost:{port}"}


OTHER = """
import os, subprocess, sys
from flask import Flask
from portd.flask import Portd

app = Flask(__name__)
ports = Portd(app)

@app.get("/")
def index():
    return ports.url()

@app.get("/start")
def start():
    log = open("other.log", "wb")
    variables = os.environ | {"PORTD_SERVICE": "other"}
    subprocess.Popen([sys.executable, "-m", "flask", "run"], env=variables, stdout=log, stderr=log)
    return "started"
"""


@pytest.mark.parametrize("command", ["flask run", "flask run --debug", "gunicorn app:app"])
def test_another_service_that_it_starts_in_its_folder_has_a_port_of_its_own(
    command: str, portd: Portd, shell: Shell, web: Path
) -> None:
    (web / "app.py").write_text(OTHER)
    with portc_run(shell, "--", *command.split(), cwd=web, variables=variables(portd)) as run:
        run.await_answer("/start")
        log = web / "other.log"
        until(lambda: "Running on" in log.read_text(), 30 * SLACK, "it serves")
        port = lease_of(portd, "other")["port"]
        assert port != run.port
        assert run.get(port=port).body.decode() == f"http://localhost:{port}"
        assert run.get().body.decode() == f"http://localhost:{run.port}"


# --- what is its own stays its own ------------------------------------------------------------------------------------

SOCKETS = {"WERKZEUG_SERVER_FD", "WERKZEUG_RUN_MAIN", "UVICORN_FD", "LISTEN_FDS", "LISTEN_PID", "GUNICORN_CMD_ARGS"}


@every_flask
@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("flask run", APP),
        ("flask run", PLAIN),
        ("flask run --debug", APP),
        ("python app.py", APP),
        ("gunicorn -w 1 app:app", APP),
    ],
    ids=["flask", "no-extension", "reloader", "script", "gunicorn"],
)
def test_no_program_that_it_starts_hears_of_its_socket(
    command: str, text: str, flask: str, portd: Portd, shell: Shell, web: Path
) -> None:
    if command.startswith("gunicorn") and flask != "flask31":
        pytest.skip("gunicorn is there once")
    if text == PLAIN and flask != "flask31":
        pytest.skip("Flask 2.2 tells of requests only where blinker is installed")
    (web / "app.py").write_text(text)
    with portc_run(shell, "--", *command.split(), cwd=web, variables=variables(portd, flask)) as run:
        run.await_answer()
        heard = json.loads(run.get("/child").body)
        assert not SOCKETS & set(heard)
        assert heard["PORT"] == str(run.port)
        assert heard["PORTD_LEASE"].startswith(f"shop/web,{run.port},")
        if "--debug" in command:
            before = json_of(run.get())["pid"]
            (web / "app.py").write_text(text + "\n# touched\n")
            run.await_that(lambda: json_of(run.await_answer())["pid"] != before, 30 * SLACK, "it reloads")
            assert leases(portd) == [("api", "main"), ("web", "main")]


def test_port_0_is_the_launchers_socket_where_one_is_handed_over(portd: Portd, shell: Shell, web: Path) -> None:
    (web / "app.py").write_text(APP.replace("ports.run(app)", "ports.run(app, port=0)"))
    with portc_run(shell, "--", "python", "app.py", cwd=web, variables=variables(portd)) as run:
        assert_served_on_the_launchers_port(run, portd)
