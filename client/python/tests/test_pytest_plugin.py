"""The fixture portd_server, in suites that pytest runs as a user's: with many workers, with and without portd."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.flask_apps import Apps
from harness.http import Json
from harness.programs import NEEDS_TOKEN, until

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="sockets are handed over and held on Linux only here")

APP = """
import os
from flask import Flask
from portd.flask import Portd

app = Flask(__name__)
ports = Portd(app)

@app.get("/")
def index():
    return "hello"

@app.get("/ill")
def ill():
    return {"why": "told to"}, 503
"""

# Each test has two servers at once, and leaves their ports in the folder `ports`.
SUITE = """
import pathlib
import pytest
from app import app

@pytest.mark.parametrize("number", range(COUNT))
def test_own_server(portd_server, number):
    one, two = portd_server(app), portd_server(app)
    assert one.get("/").text == two.get("/").text == "hello"
    assert one.url == f"http://127.0.0.1:{one.port}"
    for server in (one, two):
        pathlib.Path("ports", f"{server.port}-{number}").touch()
"""


@pytest.fixture
def apps(portd: Portd, folder: Path) -> Apps:
    return suite_in(folder, portd)


@pytest.fixture
def lonely_apps(folder: Path) -> Apps:
    return suite_in(folder, None)


def suite_in(folder: Path, portd: Portd | None) -> Apps:
    shop = folder / "shop"
    (shop / "ports").mkdir(parents=True)
    apps = Apps(shop, portd)
    apps.write("app.py", APP)
    apps.write("pytest.ini", "[pytest]\naddopts = -p no:cacheprovider\n")
    return apps


def suite_of(count: int) -> str:
    return SUITE.replace("COUNT", str(count))


def run_suite(apps: Apps, text: str, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    apps.write("test_suite.py", text)
    return apps.run("-m", "pytest", "-q", *arguments, **variables)


def passed(apps: Apps, text: str, *arguments: str, **variables: str) -> str:
    done = run_suite(apps, text, *arguments, **variables)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def ports_of(apps: Apps) -> list[int]:
    return [int(path.name.partition("-")[0]) for path in apps.folder.joinpath("ports").iterdir()]


def process_leases(portd: Portd) -> list[Json]:
    """What a test holds; the app's own port is of another kind."""
    return [lease for lease in portd.leases() if lease["kind"] == "process"]


def test_eight_workers_with_forty_tests_never_meet(apps: Apps) -> None:
    assert "40 passed" in passed(apps, suite_of(40), "-n", "8")
    portd = apps.portd
    assert portd
    assert len(ports_of(apps)) == 80
    assert all(port in portd.ports for port in ports_of(apps))
    assert process_leases(portd) == []  # given back by the tests
    assert portd.get("/services").json["services"] == []


def test_without_portd_every_server_has_a_port_all_the_same(lonely_apps: Apps) -> None:
    assert "40 passed" in passed(lonely_apps, suite_of(40), "-n", "2")
    assert len(ports_of(lonely_apps)) == 80


def test_disabled_it_asks_nobody(apps: Apps) -> None:
    passed(apps, suite_of(2), PORTD_DISABLE="1")
    assert apps.portd
    assert not any(port in apps.portd.ports for port in ports_of(apps))


def test_strict_without_portd_is_an_error(lonely_apps: Apps) -> None:
    done = run_suite(lonely_apps, suite_of(1), "-x", PORTD_STRICT="1")
    assert done.returncode == 1
    assert "AbsentError: portd does not run" in done.stdout


COMMANDS = """
import json
import sys

def test_flask(portd_server):
    server = portd_server([sys.executable, "-m", "flask", "--app", "app", "run"])
    assert server.get("/").text == "hello"
    answer = server.get("/ill")
    assert (answer.status, answer.json()) == (503, {"why": "told to"})

def test_port(portd_server, tmp_path):
    (tmp_path / "page").write_text("a page")
    server = portd_server([sys.executable, "-m", "http.server", "--bind", "127.0.0.1", "{port}"], cwd=tmp_path)
    assert server.get("/page").text == "a page"
    assert server.get("/page", headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"}).status == 304

def test_socket(portd_server):
    server = portd_server([sys.executable, "-m", "gunicorn", "-w", "2", "--bind", "fd://{fd}", "app:app"])
    assert server.get("/").text == "hello"

PROGRAM = '''
import http.server, json, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(dict(os.environ)).encode())
http.server.ThreadingHTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
'''

def test_variables(portd_server, monkeypatch):
    monkeypatch.setenv("PORTD_LEASE", "shop,1,1")
    environ = portd_server([sys.executable, "-c", PROGRAM], env={"MINE": "1"}).get("/").json()
    assert environ["MINE"] == environ["PORTD_DISABLE"] == "1"
    assert "PORTD_LEASE" not in environ
"""


@pytest.mark.parametrize("led", [True, False], ids=["with portd", "without portd"])
def test_commands_serve_until_the_test_ends(folder: Path, portd: Portd, led: bool) -> None:
    apps = suite_in(folder, portd if led else None)
    assert "4 passed" in passed(apps, COMMANDS)
    assert process_leases(portd) == []


def test_the_port_of_a_test_is_given_back_and_nothing_listens_there(apps: Apps) -> None:
    suite = "import socket, sys, pytest\nfrom app import app\nPORTS = []\n"
    for name, served in (("app", "app"), ("command", "[sys.executable, '-m', 'flask', '--app', 'app', 'run']")):
        suite += (
            f"def test_{name}(portd_server):\n    PORTS.append(portd_server({served}).port)\n"
            f"def test_{name}_is_over():\n    with pytest.raises(ConnectionRefusedError):\n"
            "        socket.create_connection(('127.0.0.1', PORTS.pop()))\n"
        )
    assert "4 passed" in passed(apps, suite)


def test_a_command_that_does_not_serve_fails_the_test(apps: Apps) -> None:
    suite = "import sys\ndef test_it(portd_server):\n    portd_server([sys.executable, '-c', 'raise SystemExit(7)'])\n"
    done = run_suite(apps, suite)
    assert done.returncode == 1
    assert "ended with 7 before it served" in done.stdout
    assert apps.portd
    assert process_leases(apps.portd) == []


def test_mistakes_are_told(apps: Apps) -> None:
    suite = (
        "import pytest\nfrom app import app\ndef test_it(portd_server):\n"
        "    with pytest.raises(TypeError, match='list of arguments'):\n        portd_server('flask run')\n"
        "    with pytest.raises(TypeError, match='for a command'):\n        portd_server(app, env={})\n"
    )
    passed(apps, suite)


def test_an_app_under_test_leaves_the_developer_s_service_alone(apps: Apps) -> None:
    portd = apps.portd
    assert portd
    lease = portd.lease(service="shop", cwd=str(apps.folder))
    passed(
        apps, "from app import app\ndef test_it(portd_server):\n    assert portd_server(app).get().text == 'hello'\n"
    )
    assert [(each["port"], each["holder"]) for each in portd.leases()] == [(lease["port"], None)]
    assert portd.get("/services/shop").status == 404


def test_any_wsgi_app_is_served_where_werkzeug_is_not_installed(apps: Apps) -> None:
    suite = (
        "import sys\nsys.modules['werkzeug.serving'] = None\n"
        "def app(environ, start_response):\n    start_response('200 OK', [])\n"
        "    return [environ['PATH_INFO'].encode()]\n"
        "def test_it(portd_server):\n    assert portd_server(app).get('/a/b').text == '/a/b'\n"
    )
    passed(apps, suite)


def test_runs_that_do_not_use_it_pay_nothing_for_it(apps: Apps) -> None:
    suite = (
        "import sys\ndef test_it(pytestconfig):\n    assert pytestconfig.pluginmanager.has_plugin('portd')\n"
        "    loaded = {name for name in sys.modules if name.startswith('portd')}\n"
        "    assert loaded == {'portd', 'portd.pytest_plugin'}\n"
        "    assert not {'flask', 'werkzeug', 'urllib.request'} & set(sys.modules)\n"
    )
    passed(apps, suite, "-p", "no:xdist", "-p", "no:anyio")


def test_killed_workers_leave_no_lease(apps: Apps) -> None:
    suite = "import os\nfrom app import app\n"
    suite += "def test_it(portd_server):\n    portd_server(app)\n    os.kill(os.getpid(), 9)\n"
    assert run_suite(apps, suite).returncode == -9
    portd = apps.portd
    assert portd
    until(lambda: process_leases(portd) == [], 10, "the leases have ended with their process")
