"""gunicorn with `-c python:portd.gunicorn`: on the lease, by a socket that is handed over, through reloads."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import portd.gunicorn
import pytest
from harness.daemon import Portd
from harness.flask_apps import Apps, Running, json_of
from harness.handover import handed_over
from harness.http import Json
from harness.programs import NEEDS_TOKEN, SLACK, until
from portd._lease import Lease
from portd._surroundings import Key

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="sockets are handed over and held on Linux only here")

APP = """
import os
from flask import Flask
from portd.flask import Portd

ports = Portd()
VERSION = 1

def create_app():
    app = Flask(__name__)
    ports.init_app(app)

    @app.get("/")
    def index():
        config = {name: app.config[name] for name in ("PORTD_PORT", "SESSION_COOKIE_NAME")}
        return config | {"environ": dict(os.environ), "pid": os.getpid(), "parent": os.getppid(), "version": VERSION}

    return app
"""

# Not `-m gunicorn`: on SIGUSR2 that starts itself with its own folder first in sys.path, where it has an `http`.
GUNICORN = (str(Path(sys.executable).with_name("gunicorn")),)
OURS = (*GUNICORN, "-c", "python:portd.gunicorn")


@pytest.fixture
def apps(portd: Portd, folder: Path) -> Apps:
    shop = folder / "shop"
    shop.mkdir()
    apps = Apps(shop, portd)
    apps.write("app.py", APP)
    return apps


def the_lease(apps: Apps) -> Json:
    assert apps.portd
    [lease] = apps.portd.leases()
    return lease


def served_by(server: Running, port: int) -> Json:
    """What a worker says; a worker that is just ending may say nothing."""
    with contextlib.suppress(OSError):
        return json_of(server.get(port))
    return {}


def await_version(server: Running, port: int, version: int) -> None:
    def is_served() -> bool:
        return all(served_by(server, port).get("version") == version for _ in range(5))

    until(is_served, 30 * SLACK, "the workers are new")


@contextlib.contextmanager
def load(server: Running, port: int) -> Iterator[list[str]]:
    """Requests one after the other until the end of the block; what went wrong with them."""
    failures: list[str] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            try:
                if server.get(port).status != 200:
                    failures.append("status")
            except OSError as error:
                failures.append(repr(error))

    thread = threading.Thread(target=ask)
    thread.start()
    try:
        yield failures
    finally:
        over.set()
        thread.join()


def test_workers_serve_on_one_lease_by_a_socket_that_is_handed_over(apps: Apps) -> None:
    with apps.started(*OURS, "-w", "3", "app:create_app()") as server:
        port = apps.await_instance()["port"]
        lease = the_lease(apps)
        assert (lease["port"], lease["holder"]["pid"]) == (port, server.process.pid)
        assert lease["hold"] == "strict"
        said = json_of(server.get(port))
        assert said["parent"] == server.process.pid
        assert said["PORTD_PORT"] == port
        assert said["SESSION_COOKIE_NAME"] == "session-shop"
        assert said["environ"]["PORTD_LEASE"] == f"shop,{port},{server.process.pid}"
        assert f"Listening at: http://127.0.0.1:{port}" in server.output()
    assert "Error" not in server.output()


def test_a_reload_refuses_nobody_and_keeps_the_port(apps: Apps) -> None:
    with apps.started(*OURS, "-w", "2", "app:create_app()") as server:
        port = apps.await_instance()["port"]
        with load(server, port) as failures:
            for version in (2, 3):
                apps.write("app.py", APP.replace("VERSION = 1", f"VERSION = {version}"))
                server.process.send_signal(signal.SIGHUP)
                await_version(server, port, version)
        assert not [failure for failure in failures if "refused" in failure]
        assert (the_lease(apps)["port"], the_lease(apps)["holder"]["pid"]) == (port, server.process.pid)


def test_a_new_master_takes_port_lease_and_registration_over(apps: Apps) -> None:
    with apps.started(*OURS, "-w", "1", "--pid", "pidfile", "app:create_app()") as server:
        port = apps.await_instance()["port"]
        with load(server, port) as failures:
            server.process.send_signal(signal.SIGUSR2)
            new_pid = apps.folder / "pidfile.2"
            until(new_pid.exists, 30 * SLACK, "there is a new master")
            until(lambda: bool(new_pid.read_text().strip()), 10 * SLACK, "it has a pid")
            master = int(new_pid.read_text())
            until(lambda: server.output().count("Booting worker") == 2, 30 * SLACK, "it has a worker")
            server.process.send_signal(signal.SIGQUIT)
            server.process.wait(30 * SLACK)
            until(lambda: served_by(server, port).get("parent") == master, 30 * SLACK, "it serves alone")
        try:
            assert not [failure for failure in failures if "refused" in failure]
            assert (the_lease(apps)["port"], the_lease(apps)["holder"]["pid"]) == (port, master)
            assert apps.await_instance()["port"] == port
        finally:
            os.kill(master, signal.SIGTERM)
            until(lambda: not Path(f"/proc/{master}").exists(), 30 * SLACK, "the new master has ended")


def test_a_stated_port_wins_and_the_lease_moves_there(apps: Apps) -> None:
    assert apps.portd
    port = apps.portd.ports.spare[0]
    with apps.started(*OURS, "-b", f"127.0.0.1:{port}", "app:create_app()") as server:
        assert apps.await_instance()["port"] == port
        assert json_of(server.get(port))["PORTD_PORT"] == port
        assert the_lease(apps)["port"] == port


def test_a_stated_port_that_portd_refuses_is_served_all_the_same(apps: Apps) -> None:
    assert apps.portd
    port = apps.portd.lease(service="other")["port"]
    with apps.started(*OURS, "-b", f"127.0.0.1:{port}", "app:create_app()") as server:
        server.await_page(port)
        assert f"portd: serving on {port} as told, without a lease: " in server.output()


def test_a_configuration_file_of_the_user_s_includes_it(apps: Apps) -> None:
    apps.write("gunicorn.conf.py", "from portd.gunicorn import *\n\nworkers = 2\nraw_env = ['MINE=1']\n")
    with apps.started(*GUNICORN, "app:create_app()") as server:
        port = apps.await_instance()["port"]
        assert json_of(server.get(port))["environ"]["MINE"] == "1"
        server.process.send_signal(signal.SIGHUP)
        until(lambda: server.output().count("Booting worker") == 4, 30 * SLACK, "the workers are new")
        assert served_by(server, port) or served_by(server, port)
        assert the_lease(apps)["port"] == port


def test_under_portc_run_there_is_no_second_grant(apps: Apps) -> None:
    """As it launches: PORTD_LEASE, and a socket by GUNICORN_CMD_ARGS."""
    assert apps.portd
    lease = apps.portd.lease(service="shop", cwd=str(apps.folder), pid=os.getpid())
    port = lease["port"]
    with handed_over(apps.portd, port) as listener:
        os.set_inheritable(listener.fileno(), True)
        launched = {
            "PORTD_LEASE": f"shop,{port},{os.getpid()}",
            "PORTD_SELF_URL": f"http://localhost:{port}",
            "GUNICORN_CMD_ARGS": f"--bind fd://{listener.fileno()}",
            "LISTEN_FDS": "1",
        }
        with apps.started(*OURS, "app:create_app()", inherited=[listener.fileno()], **launched) as server:
            assert apps.await_instance()["port"] == port
            environ = json_of(server.get(port))["environ"]
            assert environ["PORTD_LEASE"] == launched["PORTD_LEASE"]
            assert not {"GUNICORN_CMD_ARGS", "LISTEN_FDS"} & set(environ)
            assert the_lease(apps)["id"] == lease["id"]


def test_a_preloaded_app_is_registered_by_its_workers(apps: Apps) -> None:
    with apps.started(*OURS, "--preload", "-w", "2", "app:create_app()") as server:
        port = apps.await_instance()["port"]
        assert json_of(server.get(port))["PORTD_PORT"] == port
        assert the_lease(apps)["holder"]["pid"] == server.process.pid


def test_a_daemon_is_the_holder_itself(apps: Apps) -> None:
    done = apps.run(*OURS, "--daemon", "--pid", "pidfile", "--log-file", "log", "app:create_app()")
    assert done.returncode == 0, done.stderr
    port = apps.await_instance()["port"]
    master = int((apps.folder / "pidfile").read_text())
    try:
        assert (the_lease(apps)["port"], the_lease(apps)["holder"]["pid"]) == (port, master)
    finally:
        os.kill(master, signal.SIGTERM)
        until(lambda: not Path(f"/proc/{master}").exists(), 30 * SLACK, "the daemon has ended")


def test_a_second_start_is_told_who_runs(apps: Apps) -> None:
    with apps.started(*OURS, "app:create_app()") as first:
        apps.await_instance()
        second = apps.run(*OURS, "app:create_app()")
        assert second.returncode == 1
        assert f"portd: shop already runs as pid {first.process.pid}" in second.stderr
        assert "Traceback" not in second.stderr
        assert apps.run(*OURS, "--check-config", "app:create_app()").returncode == 0


def test_checking_the_configuration_leases_nothing(apps: Apps) -> None:
    apps.write("plain.py", "def app(environ, start_response):\n    pass\n")
    assert apps.run(*OURS, "--check-config", "plain:app").returncode == 0
    assert apps.portd
    assert apps.portd.leases() == []


def test_strict_ends_it_without_portd(folder: Path) -> None:
    shop = folder / "shop"
    shop.mkdir()
    apps = Apps(shop)
    apps.write("app.py", APP)
    done = apps.run(*OURS, "app:create_app()", PORTD_STRICT="1")
    assert done.returncode == 1
    assert "portd: portd does not run" in done.stderr


def test_without_its_configuration_the_first_request_tells(apps: Apps) -> None:
    assert apps.portd
    port = apps.portd.ports.spare[0]
    with apps.started(*GUNICORN, "-w", "3", "-b", f"127.0.0.1:{port}", "app:create_app()") as server:
        server.await_listening(port)
        first = json_of(server.get(port))["pid"]
        os.kill(first, signal.SIGSTOP)  # so that another one answers
        assert json_of(server.get(port))["pid"] != first
        os.kill(first, signal.SIGCONT)
        assert apps.await_instance()["port"] == port
        assert the_lease(apps)["holder"]["pid"] == server.process.pid
        assert "already runs" not in server.output()


@pytest.mark.parametrize(
    ("source", "binding"),
    [("default", "127.0.0.1:8000"), ("PORT", "0.0.0.0:4000"), ("remembered", "127.0.0.1:20100")],
)
def test_without_portd_gunicorn_binds_what_it_would_have(source: str, binding: str) -> None:
    default = "0.0.0.0:4000" if source == "PORT" else "127.0.0.1:8000"
    server = SimpleNamespace(cfg=SimpleNamespace(settings={"bind": SimpleNamespace(default=[default])}))
    assert portd.gunicorn._binding(Lease(20100, Key("shop"), source), server) == binding
