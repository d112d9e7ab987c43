"""`flask run` with the package installed: the port of portd without a line of code, on Flask 2.2 and 3.1."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.package import PYTHONS, App, flask_app, package_environment, running
from harness.programs import NEEDS_TOKEN, SANITIZED, SLACK, clean_environment, until
from harness.scripted_portd import answer, scripted

RUN = ["-m", "flask", "run"]


@pytest.fixture
def plain(folder: Path) -> Path:
    return flask_app(folder / "plain")


@contextlib.contextmanager
def serving(python: Path, folder: Path, environment: dict[str, str], *arguments: str) -> Iterator[App]:
    with running([python, *RUN, *arguments], folder, environment) as app:
        yield app


def flask(python: Path, folder: Path, environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command of Flask that ends by itself."""
    command = [str(python), "-m", "flask", *arguments]
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )


# --- the port -------------------------------------------------------------------------------------------------------


def test_it_serves_on_the_port_that_portc_says(python: Path, plain: Path, portd: Portd, portc: Path) -> None:
    environment = package_environment(plain.parent, portd)
    with serving(python, plain, environment) as app:
        asked = subprocess.run(
            [str(portc), "port", "plain"], env=environment, cwd=plain, capture_output=True, text=True, check=True
        )
        assert app.port == int(asked.stdout)
        assert app.port in portd.ports
        assert app.page() == "plain"
        (lease,) = portd.leases()
        assert (lease["holder"]["pid"], lease["cwd"]) == (app.process.pid, str(plain))
    with serving(python, plain, environment) as again:
        assert again.port == int(asked.stdout)


def test_a_factory_and_its_own_groups_of_commands_get_it_too(python: Path, folder: Path, portd: Portd) -> None:
    text = "from flask import Flask\ndef create_app():\n    return Flask(__name__)\n"
    shop = flask_app(folder / "shop", text)
    (shop / "manage.py").write_text(
        "from flask.cli import FlaskGroup\nfrom app import create_app\nFlaskGroup(create_app=create_app)()\n"
    )
    with running([python, "manage.py", "run"], shop, package_environment(folder, portd)) as app:
        assert app.port in portd.ports


def pinned_by(way: str, folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    """Arguments and variables that pin the port, in one of the ways that Flask knows."""
    if way == "option":
        return ["-p", str(port)], {}
    if way == "variable":
        return [], {"FLASK_RUN_PORT": str(port)}
    (folder / ".flaskenv").write_text(f"FLASK_RUN_PORT={port}\n")
    return [], {}


@pytest.mark.parametrize("way", ["option", "variable", ".flaskenv"])
def test_a_stated_port_is_bound_and_portd_shows_it(python: Path, plain: Path, portd: Portd, way: str) -> None:
    wanted = portd.ports.spare[0]
    arguments, variables = pinned_by(way, plain, wanted)
    environment = package_environment(plain.parent, portd) | variables
    portd.lease(service="plain", cwd=str(plain))
    with serving(python, plain, environment, *arguments) as app:
        assert app.port == wanted
        until(lambda: portd.report(wanted)["verdict"] == "listening", 30 * SLACK, "portd shows it")
        (lease,) = portd.leases()
        assert (lease["service"], lease["port"], lease["holder"]["pid"]) == ("plain", wanted, app.process.pid)
    assert "portd:" not in app.log


def test_a_port_of_the_default_map_is_bound(python: Path, plain: Path, portd: Portd) -> None:
    wanted = portd.ports.spare[1]
    (plain / "manage.py").write_text(
        "from flask.cli import FlaskGroup\nfrom app import app\n"
        f"FlaskGroup(create_app=lambda: app, context_settings={{'default_map': {{'run': {{'port': {wanted}}}}}}})()\n"
    )
    with running([python, "manage.py", "run"], plain, package_environment(plain.parent, portd)) as app:
        assert app.port == wanted
        assert [lease["port"] for lease in portd.leases()] == [wanted]


def test_a_stated_port_that_portd_refuses_is_served_all_the_same(python: Path, plain: Path, portd: Portd) -> None:
    other = portd.lease(service="other", hold="none")["port"]
    with serving(python, plain, package_environment(plain.parent, portd), "-p", str(other), "--debug") as app:
        assert app.port == other
        assert app.page() == "plain"
    assert len(re.findall(rf"^portd: serving on {other} as told, without a lease: .*other", app.log, re.M)) == 1


def test_port_0_stays_the_kernels_choice(python: Path, plain: Path, portd: Portd) -> None:
    with serving(python, plain, package_environment(plain.parent, portd), "-p", "0") as app:
        assert app.page() == "plain"
        assert portd.leases() == []


# --- one grant for a service's processes ----------------------------------------------------------------------------


@pytest.mark.parametrize("pinned", [False, True], ids=["leased", "pinned"])
def test_the_reloader_asks_once(python: Path, plain: Path, portd: Portd, pinned: bool) -> None:
    arguments = ["-p", str(portd.ports.spare[0])] if pinned else []
    with serving(python, plain, package_environment(plain.parent, portd), "--debug", *arguments) as app:
        port = app.port
        assert app.page() == "plain"
        portd.kill()
        (plain / "app.py").write_text((plain / "app.py").read_text() + "\n# touched\n")
        until(lambda: "Restarting with stat" in app.log.partition("change in")[2], 60 * SLACK, "it reloads")
        assert app.page() == "plain"
        portd.start()
        assert [(lease["port"], lease["holder"]["pid"]) for lease in portd.leases()] == [(port, app.process.pid)]
    assert "portd:" not in app.log


def test_a_reloaders_child_keeps_to_its_socket_when_portd_comes_later(
    python: Path, plain: Path, new_portd: NewPortd
) -> None:
    portd = new_portd()
    environment = package_environment(plain.parent, portd) | {"PORT": str(portd.ports.spare[0])}
    with serving(python, plain, environment, "--debug") as app:
        assert app.port == portd.ports.spare[0]
        assert app.page() == "plain"
        portd.start()
        (plain / "app.py").write_text((plain / "app.py").read_text() + "\n# touched\n")
        until(lambda: "Restarting with stat" in app.log.partition("change in")[2], 60 * SLACK, "it reloads")
        assert app.page() == "plain"
        assert portd.leases() == []


PARENT = """
import os, subprocess, sys
from flask import Flask
app = Flask(__name__)
@app.get("/")
def start():
    command = [sys.executable, "-m", "flask", "run", *{arguments!r}]
    subprocess.Popen(command, cwd={folder!r}, stdout=open({log!r}, "wb"), stderr=subprocess.STDOUT)
    return "started"
"""


@pytest.mark.parametrize("debug", [[], ["--debug"]], ids=["plain", "reloader"])
def test_an_app_that_another_app_starts_has_a_port_of_its_own(
    python: Path, folder: Path, portd: Portd, debug: list[str]
) -> None:
    child = flask_app(folder / "child")
    log = folder / "child.out"
    text = PARENT.format(folder=str(child), log=str(log), arguments=[])
    parent = flask_app(folder / "parent", text)
    with serving(python, parent, package_environment(folder, portd), *debug) as app:
        assert app.page() == "started"
        until(lambda: log.exists() and b"Running on" in log.read_bytes(), 60 * SLACK, "the child serves")
        (pid,) = (lease["holder"]["pid"] for lease in portd.leases() if lease["service"] == "child")
        ports = {lease["service"]: lease["port"] for lease in portd.leases()}
        os.kill(pid, signal.SIGTERM)
        assert len(set(ports.values())) == 2
        assert f"Running on http://127.0.0.1:{ports['child']}" in log.read_text()


def launched(key: str, port: int, folder: Path) -> dict[str, str]:
    """What portc run sets; this process is the launcher."""
    return {
        "PORTD_LEASE": f"{key},{port},{os.getpid()}",
        "PORTD_LEASE_CWD": str(folder),
        "PORTD_LEASE_FOR": folder.name,
        "FLASK_RUN_PORT": str(port),
        "PORT": str(port),
    }


def test_under_portc_run_nobody_is_asked(python: Path, plain: Path, portd: Portd) -> None:
    port = portd.ports.spare[0]
    environment = package_environment(plain.parent, portd) | launched("acme/other", port, plain)
    with serving(python, plain, environment) as app:
        assert app.port == port
        assert portd.leases() == []


@pytest.mark.parametrize("options", [[], ["--service", "api"], ["--no-handover"]], ids=lambda words: " ".join(words))
def test_portc_run_itself_is_the_only_one_to_ask(
    python: Path, plain: Path, portd: Portd, portc: Path, options: list[str]
) -> None:
    environment = package_environment(plain.parent, portd)
    command: list[str | Path] = [portc, "run", *options, "--", python, "-m", "flask", "run", "--debug"]
    with running(command, plain, environment) as app:
        url = re.compile(r"^portc: (\S+) is at http://localhost:(\d+)$", re.MULTILINE)
        until(lambda: "Debugger PIN" in app.log and bool(url.search(app.log)), 60 * SLACK, "it serves")
        (lease,) = portd.leases()
        told = url.search(app.log)
        assert told
        assert told[1] == lease["service"] == ("api" if "--service" in options else "plain")
        assert int(told[2]) == lease["port"]
        assert lease["holder"]["pid"] == app.process.pid
    assert "without a lease" not in app.log


def test_the_number_of_another_services_lease_is_not_taken(python: Path, plain: Path, portd: Portd) -> None:
    environment = package_environment(plain.parent, portd) | launched("acme/other", portd.ports.spare[0], plain.parent)
    with serving(python, plain, environment | {"WERKZEUG_RUN_MAIN": "true", "WERKZEUG_SERVER_FD": "77"}) as app:
        until(lambda: portd.leases() != [], 60 * SLACK, "it asks for its own")
        assert app.port == portd.leases()[0]["port"]


def test_a_second_run_is_told_who_serves(python: Path, plain: Path, portd: Portd) -> None:
    environment = package_environment(plain.parent, portd)
    with serving(python, plain, environment) as app:
        url = f"http://localhost:{app.port}"
        second = flask(python, plain, environment, "run")
        assert second.returncode == 1
        assert second.stderr.startswith("Error: plain already runs as pid ")
        assert str(app.process.pid) in second.stderr
        assert url in second.stderr
        assert app.page() == "plain"


def test_a_broken_project_file_is_named(python: Path, plain: Path, portd: Portd) -> None:
    (plain / "portd.yaml").write_text("project: &a b\n")
    done = flask(python, plain, package_environment(plain.parent, portd), "run")
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Error: {plain}/portd.yaml:1" in done.stderr


def test_what_portd_refuses_ends_it_with_portds_own_words(python: Path, plain: Path) -> None:
    problem = {"type": "urn:portd:problem:range-full", "detail": "the range is full; release a port"}
    with scripted(plain.parent, answer(507, problem)):
        done = flask(python, plain, package_environment(plain.parent), "run")
    assert (done.returncode, done.stderr) == (1, "Error: the range is full; release a port\n")


# --- commands that ask nobody ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["routes"], ["--version"], ["shell", "--help"]])
def test_other_commands_ask_nobody(python: Path, plain: Path, arguments: list[str]) -> None:
    with scripted(plain.parent, answer(500)) as server:
        done = flask(python, plain, package_environment(plain.parent), *arguments)
        assert done.returncode == 0, done.stderr
        assert server.requests == []


def test_completing_a_command_asks_nobody(python: Path, plain: Path) -> None:
    complete = {"_FLASK_COMPLETE": "bash_complete", "COMP_WORDS": "flask run --p", "COMP_CWORD": "2"}
    with scripted(plain.parent, answer(500)) as server:
        environment = package_environment(plain.parent) | complete
        command = [str(python), "-c", "import sys; sys.argv[0] = 'flask'; from flask.cli import main; main()"]
        done = subprocess.run(command, cwd=plain, env=environment, capture_output=True, text=True, check=False)
        assert "--port" in done.stdout
        assert server.requests == []


def test_help_is_the_same_as_without_the_package(python: Path, plain: Path) -> None:
    texts = {
        flask(python, plain, environment, "run", "--help").stdout
        for environment in (package_environment(plain.parent), clean_environment(plain.parent))
    }
    assert len(texts) == 1


def test_flask_portd_shows_key_port_and_url(python: Path, plain: Path, portd: Portd) -> None:
    environment = package_environment(plain.parent, portd)
    shown = flask(python, plain, environment, "portd").stdout
    (lease,) = portd.leases()
    assert shown == f"key   plain\nport  {lease['port']} (portd)\nurl   http://localhost:{lease['port']}\n"
    with serving(python, plain, environment) as app:
        assert app.port == lease["port"]
        assert flask(python, plain, environment, "portd").stdout == shown
    portd.terminate()
    assert "what portd said last" in flask(python, plain, environment, "portd").stdout
    assert "PORTD_DISABLE is set" in flask(python, plain, environment | {"PORTD_DISABLE": "1"}, "portd").stdout
    assert flask(python, plain, environment | {"PORTD_STRICT": "1"}, "portd").returncode == 1


# --- portd is not there -----------------------------------------------------------------------------------------------


@pytest.fixture
def alone() -> list[str]:
    """A launcher with a network of its own, in which port 5000 is free."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        pytest.skip("needs a network of its own")
    launcher = ["unshare", "--map-root-user", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    if subprocess.run([*launcher, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("may not make a network of its own")
    return launcher


def where_it_serves(launcher: list[str], python: Path, folder: Path, environment: dict[str, str]) -> int:
    with running([*launcher, python, *RUN], folder, environment) as app:
        return app.port


def test_disabled_not_installed_or_absent_it_serves_on_5000(
    python: Path, plain: Path, portd: Portd, alone: list[str]
) -> None:
    led = package_environment(plain.parent, portd)
    for environment in (
        led | {"PORTD_DISABLE": "1", "PORT": "8080"},
        clean_environment(plain.parent),
        package_environment(plain.parent),
    ):
        assert where_it_serves(alone, python, plain, environment) == 5000
    assert portd.leases() == []


def test_absent_it_serves_where_it_was_and_says_so_where_a_project_counts_on_it(
    python: Path, plain: Path, portd: Portd
) -> None:
    (plain / "portd.yaml").write_text("services: {plain: {}}\n")
    environment = package_environment(plain.parent, portd)
    with serving(python, plain, environment) as app:
        port = app.port
    portd.kill()
    with serving(python, plain, environment, "--debug") as app:
        assert app.port == port
        assert app.page() == "plain"
    lines = [line for line in app.log.splitlines() if line.startswith("portd:")]
    assert len(lines) == 1
    assert f"is on port {port} (remembered)" in lines[0]
    assert "portc daemon start" in lines[0]


def test_a_stated_port_needs_no_portd(python: Path, plain: Path, portd: Portd) -> None:
    with serving(python, plain, package_environment(plain.parent), "-p", str(portd.ports.spare[0])) as app:
        assert app.port == portd.ports.spare[0]
    assert "portd:" not in app.log


def test_where_portd_never_was_a_project_that_counts_on_it_is_told(python: Path, plain: Path, alone: list[str]) -> None:
    (plain.parent / "portd.yaml").write_text("services: {plain: {}}\n")
    with running([*alone, python, *RUN], plain, package_environment(plain.parent)) as app:
        assert app.port == 5000
    assert [line for line in app.log.splitlines() if line.startswith("portd:")] == [
        "portd: plain is on port 5000 (default) for now: portd does not run; start it with: portc daemon start"
    ]


def test_after_a_kill_a_manifest_that_cannot_be_read_is_named(python: Path, plain: Path, portd: Portd) -> None:
    environment = package_environment(plain.parent, portd)
    with serving(python, plain, environment) as app:
        port = app.port
    portd.kill()
    (plain / "package.json").write_text("{")
    done = flask(python, plain, environment, "run")
    assert (done.returncode, f"Error: {plain}/package.json: not JSON" in done.stderr) == (1, True)
    with serving(python, plain, environment, "-p", str(port)) as app:
        assert app.page() == "plain"
    assert "portd:" not in app.log


@pytest.mark.parametrize("arguments", [[], ["-p", "21555"]], ids=["leased", "pinned"])
def test_strict_ends_it(python: Path, plain: Path, arguments: list[str]) -> None:
    done = flask(python, plain, package_environment(plain.parent) | {"PORTD_STRICT": "1"}, "run", *arguments)
    assert (done.returncode, done.stderr) == (1, "Error: portd does not run; start it with: portc daemon start\n")


TIMED = """
import sys, time
import flask.cli
began = None
def timed(name):
    real = getattr(flask.cli, name)
    def run(*arguments, **more):
        print("took", time.monotonic() - began, "on", arguments[1], flush=True)
        sys.exit()
    setattr(flask.cli, name, run)
timed("run_simple")
sys.argv = ["flask", "run"]
began = time.monotonic()
flask.cli.main()
"""


SIBLINGS = """
from flask import Flask
from portd.flask import Portd

app = Flask(__name__)
Portd(app)
"""


@pytest.mark.parametrize("siblings", [0, 3])
def test_stopped_it_starts_at_most_300_ms_later_on_the_fallback(
    python: Path, plain: Path, portd: Portd, siblings: int
) -> None:
    environment = package_environment(plain.parent, portd)
    if siblings:
        (plain / "portd.yaml").write_text("services: {plain: {}, a: {}, b: {}, c: {}}\n")
        (plain / "app.py").write_text(SIBLINGS)
    with serving(python, plain, environment) as app:
        port = app.port

    def start() -> tuple[float, int]:
        done = subprocess.run(
            [str(python), "-c", TIMED], cwd=plain, env=environment, capture_output=True, text=True, check=True
        )
        found = re.search(r"took (\S+) on (\d+)", done.stdout)
        assert found, done
        return float(found[1]), int(found[2])

    def start_until(promised: float) -> float:
        """How long the quickest of some starts took: what else the machine does only ever makes them slower."""
        quickest = float("inf")
        for _ in range(15):
            took, at = start()
            assert at == port
            quickest = min(quickest, took)
            if quickest <= promised:
                break
        return quickest

    os.kill(portd.pid, signal.SIGSTOP)
    try:
        stopped = start_until(0.3)
        strict = flask(python, plain, environment | {"PORTD_STRICT": "1"}, "run")
    finally:
        os.kill(portd.pid, signal.SIGCONT)
    portd.terminate()
    assert stopped - start_until(0.03) <= 0.3 * SLACK
    assert strict.returncode == 1
    assert "stopped" in strict.stderr


# --- many at once -----------------------------------------------------------------------------------------------------

holds_ports = pytest.mark.skipif(NEEDS_TOKEN, reason="ports are held on Linux only")
THIEF = """
import socket, sys
first, last = map(int, sys.argv[1:])
kept = {}
print(flush=True)
while True:
    for port in range(first, last + 1):
        for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
            if (port, address) in kept:
                continue
            thief = socket.socket(family)
            try:
                thief.bind((address, port))
                thief.listen()
                kept[port, address] = thief
            except OSError:
                thief.close()
"""


@contextlib.contextmanager
def thief(portd: Portd) -> Iterator[None]:
    """Binds everything in the range that it can, as fast as it can."""
    command = [sys.executable, "-c", THIEF, str(portd.ports.first), str(portd.ports.first + 39)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            yield
        finally:
            process.kill()


def identities(folder: Path, portd: Portd, count: int) -> dict[str, tuple[int, str]]:
    """That many apps started at once: each one's port and what it says there."""
    environment = package_environment(folder, portd)
    apps = {name: flask_app(folder / name) for name in (f"app-{number}" for number in range(count))}
    with contextlib.ExitStack() as ends:
        started = {
            name: ends.enter_context(running([PYTHONS["flask31"], *RUN], app, environment))
            for name, app in apps.items()
        }
        return {name: (app.port, app.page()) for name, app in started.items()}


@holds_ports
@pytest.mark.timeout(300 * SLACK)
def test_24_at_once_against_a_thief_are_all_themselves(portd: Portd, folder: Path) -> None:
    with thief(portd):
        found = identities(folder, portd, 24)
    assert {name: page for name, (_, page) in found.items()} == {name: name for name in found}
    assert len({port for port, _ in found.values()}) == 24
    assert all(port in portd.ports for port, _ in found.values())


# Flask is loaded once; each child waits for the gate in its own folder, and then is `flask run`.
AT_ONCE = """
import os, signal, sys
import flask.cli, werkzeug.serving
gate, opener = os.pipe()
for folder in sys.argv[1:]:
    if os.fork() == 0:
        os.close(opener)
        os.chdir(folder)
        log = os.open(folder + ".log", os.O_WRONLY | os.O_CREAT, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.read(gate, 1)
        sys.argv = ["flask", "run"]
        flask.cli.main()
os.close(opener)
signal.pause()
"""


@holds_ports
@pytest.mark.timeout(300 * SLACK)
def test_200_at_once_all_serve_on_their_own_port(new_portd: NewPortd, folder: Path) -> None:
    portd = new_portd(default_range=True).start()
    names = [f"app-{number}" for number in range(40 if SANITIZED else 200)]
    folders = [str(flask_app(folder / name)) for name in names]
    process = subprocess.Popen(
        [str(PYTHONS["flask31"]), "-c", AT_ONCE, *folders],
        env=package_environment(folder, portd),
        start_new_session=True,
    )
    try:
        apps = [App(process, folder / f"{name}.log") for name in names]
        found = {name: (app.port, app.page()) for name, app in zip(names, apps, strict=True)}
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)
    assert {name: page for name, (_, page) in found.items()} == {name: name for name in names}
    ports = {port for port, _ in found.values()}
    assert (len(ports), 5000 in ports) == (len(names), False)
    assert {lease["service"]: lease["port"] for lease in portd.leases()} == {
        name: port for name, (port, _) in found.items()
    }
