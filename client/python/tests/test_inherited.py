"""PORTD_LEASE: one grant for all processes of a service, and for none of another's."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import portd as package
import pytest
from harness.package import package_environment
from portd import gunicorn
from portd._given import given_listener, port_of
from portd._inherited import inherited, keep_socket, own_key, sibling_key, stated
from portd._own_sockets import listener_on
from portd._processes import can_answer, holder_pid, is_ancestor, parent_of
from portd._surroundings import Key

pytestmark = pytest.mark.usefixtures("own_environment")

SHOP = Key("shop")


def ended_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.parametrize("text", ["", "shop", "shop,20100", "shop,0,1", "shop,20100,x", ",20100,1", "shop,99999,1"])
def test_what_is_no_lease_does_not_count(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("PORTD_LEASE", text)
    assert stated() is None
    assert inherited(SHOP, own=True) is None


def test_a_lease_counts_while_who_has_it_lives_and_is_an_ancestor(monkeypatch: pytest.MonkeyPatch) -> None:
    for pid, counts in ((os.getpid(), True), (os.getppid(), True), (ended_pid(), False)):
        monkeypatch.setenv("PORTD_LEASE", f"shop,20100,{pid}")
        assert (inherited(SHOP, own=True) is not None) == counts


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells")
def test_a_living_process_that_is_no_ancestor_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        monkeypatch.setenv("PORTD_LEASE", f"shop,20100,{other.pid}")
        assert inherited(SHOP, own=True) is None
        other.kill()


def foreign(monkeypatch: pytest.MonkeyPatch) -> None:
    """What portc run has set for another service, whose child this process is."""
    for name, value in {
        "PORTD_LEASE": f"acme/api,20100,{os.getppid()}",
        "PORT": "20100",
        "FLASK_RUN_PORT": "20100",
        "UVICORN_PORT": "8001",
        "WERKZEUG_RUN_MAIN": "true",
        "WERKZEUG_SERVER_FD": "3",
        "UVICORN_FD": "3",
        "LISTEN_FDS": "1",
        "GUNICORN_CMD_ARGS": "-w 2 --bind fd://3 -b fd://4 --bind=fd://5 -b 0.0.0.0:80 --bind 127.0.0.1:20100",
    }.items():
        monkeypatch.setenv(name, value)


def test_a_lease_of_another_service_goes_with_all_that_came_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(monkeypatch)
    assert inherited(SHOP, own=True) is None
    left = {name for name in os.environ if name.startswith(("PORT", "FLASK_RUN", "WERKZEUG", "UVICORN", "LISTEN"))}
    assert left - {"PORTD_BUILD_DIR", "PORTD_STATE_DIR", "PORTD_RUNTIME_DIR"} == {"UVICORN_PORT"}
    assert os.environ["GUNICORN_CMD_ARGS"] == "-w 2 -b 0.0.0.0:80"


def test_arguments_of_nothing_but_that_socket_go_as_a_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(monkeypatch)
    monkeypatch.setenv("GUNICORN_CMD_ARGS", "--bind fd://3")
    inherited(SHOP, own=True)
    assert "GUNICORN_CMD_ARGS" not in os.environ


def test_asking_for_another_service_leaves_this_ones_lease_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTD_LEASE", f"shop,20100,{os.getppid()}")
    assert package.lease("api").source == "default"
    assert package.lease().port == 20100


def test_what_portc_run_started_here_under_another_name_is_that(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTD_LEASE", f"acme/api,20100,{os.getppid()}")
    monkeypatch.setenv("PORTD_LEASE_CWD", str(own_environment))
    monkeypatch.setenv("PORTD_LEASE_FOR", "shop")
    lease = package.lease()
    assert (lease.key.text, lease.port, lease.source) == ("acme/api", 20100, "inherited")
    assert package.lease(port=20200).key.text == "acme/api"
    monkeypatch.setenv("PORTD_LEASE_CWD", str(own_environment.parent))
    assert package.lease().key.text == "shop"
    assert not {"PORTD_LEASE_CWD", "PORTD_LEASE_FOR"} & set(os.environ)


NAMES = pytest.mark.parametrize(
    ("name", "key"), [("PORTD_SERVICE", "web"), ("PORTD_INSTANCE", "shop@web"), ("PORTD_ENV", "shop@main.web")]
)


@NAMES
def test_another_service_of_the_launcher_s_folder_is_not_what_it_started(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch, name: str, key: str
) -> None:
    # Of a process between: this one is not the command of portc run.
    monkeypatch.setenv("PORTD_LEASE", f"acme/api,20100,{parent_of(os.getppid())}")
    monkeypatch.setenv("PORTD_LEASE_CWD", str(own_environment))
    monkeypatch.setenv("PORTD_LEASE_FOR", "shop")
    monkeypatch.setenv(name, "web")
    assert own_key().key.text == key
    lease = package.lease()
    assert (lease.key.text, lease.port, lease.source) == (key, 5000, "default")


@NAMES
def test_the_command_of_portc_run_is_what_that_started_whatever_it_calls_itself(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch, name: str, key: str
) -> None:
    launcher = os.getppid()
    monkeypatch.setenv("PORTD_LEASE", f"acme/api,20100,{launcher}")
    monkeypatch.setenv("PORTD_LEASE_CWD", str(own_environment))
    monkeypatch.setenv("PORTD_LEASE_FOR", "shop")
    monkeypatch.setenv(name, "web")
    lease = package.lease()
    assert (lease.key.text, lease.port, lease.source) == ("acme/api", 20100, "inherited")
    assert own_key().key.text == "acme/api"
    # Its reloader's child and its workers know it by that name; another one is another service.
    assert os.environ["PORTD_LEASE_FOR"] == f"shop,{key}"
    monkeypatch.setattr("portd._inherited._is_command", lambda: False)
    assert own_key().key.text == "acme/api"
    monkeypatch.setenv("PORTD_SERVICE", "third")
    assert own_key().key.service == "third"


@pytest.mark.parametrize(
    ("launched", "service", "key"),
    [
        ("acme/web@z", "api", "acme/api@z"),
        ("acme/web@main.testing", "api", "acme/api@main.testing"),
        ("web", "api", "api"),
        ("acme/web@z", "other/api", "other/api@z"),
        ("acme/web@z", "api@main", "acme/api"),
    ],
)
def test_siblings_are_of_the_launched_project_and_instance(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch, launched: str, service: str, key: str
) -> None:
    assert sibling_key("api").key.text == "api"
    monkeypatch.setenv("PORTD_LEASE", f"{launched},20100,{os.getppid()}")
    monkeypatch.setenv("PORTD_LEASE_CWD", str(own_environment))
    monkeypatch.setenv("PORTD_LEASE_FOR", "shop")
    assert sibling_key(service).key.text == key
    monkeypatch.setenv("PORTD_LEASE_CWD", str(own_environment.parent))
    assert sibling_key("api").key.text == "api"


def test_what_is_not_of_portc_run_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    foreign(monkeypatch)
    before = dict(os.environ)
    keep_socket()
    assert os.environ == before


def test_a_reloaders_child_stays_one_when_the_variables_go(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign(monkeypatch)
    monkeypatch.setenv("PORTD_LEASE_CWD", str(own_environment))
    monkeypatch.setattr("portd._processes._known_reloader", 0)
    keep_socket()
    assert not {"WERKZEUG_RUN_MAIN", "WERKZEUG_SERVER_FD", "UVICORN_FD", "LISTEN_FDS"} & set(os.environ)
    assert (os.environ["PORT"], os.environ["GUNICORN_CMD_ARGS"]) == ("20100", "-w 2 -b 0.0.0.0:80")
    keep_socket()
    assert holder_pid() == os.getppid()


# --- whose life the service's is --------------------------------------------------------------------------------------


def test_a_process_holds_its_own_lease() -> None:
    assert holder_pid() == os.getpid()


def test_of_a_reloaders_child_the_parent_holds_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WERKZEUG_RUN_MAIN", "true")
    assert holder_pid() == os.getppid()


CHILDREN = """
import multiprocessing, os, sys
from portd._processes import holder_pid
def tell(queue):
    queue.put(holder_pid())
if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[1])
    queue = context.SimpleQueue()
    child = context.Process(target=tell, args=(queue,))
    child.start()
    child.join()
    sys.exit(queue.get() != os.getpid())
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_of_a_child_of_multiprocessing_the_parent_holds_it(folder: Path, method: str) -> None:
    (folder / "children.py").write_text(CHILDREN)
    command = [sys.executable, "children.py", method]
    subprocess.run(command, cwd=folder, env=package_environment(folder), timeout=60, check=True)


GUNICORN_APP = """
import os
from portd._processes import holder_pid
preloaded = (os.getpid(), holder_pid())
def app(environ, start):
    start("200 OK", [])
    return [repr((preloaded, os.getpid(), holder_pid(), os.getppid())).encode()]
"""


@pytest.mark.parametrize("worker", ["sync", "gthread"])
def test_of_a_gunicorn_worker_the_arbiter_holds_it(folder: Path, worker: str) -> None:
    (folder / "app.py").write_text(GUNICORN_APP)
    command = [sys.executable, "-m", "gunicorn", "--preload", "-k", worker, "-b", "unix:g.sock", "app:app"]
    environment = package_environment(folder)
    with subprocess.Popen(command, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True) as gunicorn:
        try:
            assert gunicorn.stderr
            for line in gunicorn.stderr:
                if "Booting worker" in line:
                    break
            told = subprocess.run(
                ["curl", "-sS", "--retry", "5", "--unix-socket", str(folder / "g.sock"), "http://x/"],
                capture_output=True,
                text=True,
                timeout=60,
                check=True,
            ).stdout
        finally:
            gunicorn.terminate()
    (master, held_by_master), worker_pid, held_by_worker, parent = eval(told)  # our own app's repr
    assert master == held_by_master == held_by_worker == parent == gunicorn.pid
    assert worker_pid != master


# --- processes --------------------------------------------------------------------------------------------------------


def test_a_stopped_a_dead_and_a_gone_process_cannot_answer() -> None:
    assert can_answer(os.getpid())
    process = subprocess.Popen(["sleep", "600"])
    assert can_answer(process.pid)
    assert parent_of(process.pid) == os.getpid()
    process.send_signal(signal.SIGSTOP)
    os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOWAIT)
    assert not can_answer(process.pid)
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not can_answer(process.pid)
    process.wait()
    assert not can_answer(process.pid)
    assert parent_of(process.pid) == 0


def test_where_the_system_shows_no_processes_it_counts_whether_they_live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("portd._processes._HAS_PROC", False)
    monkeypatch.setattr("portd._processes._stat", lambda _pid: None)
    assert can_answer(os.getpid())
    assert can_answer(1)
    gone = ended_pid()
    assert not can_answer(gone)
    assert is_ancestor(os.getpid())
    assert is_ancestor(1)
    assert not is_ancestor(gone)


def test_looking_for_sockets_leaves_no_descriptor_open(own_environment: Path) -> None:
    reader, writer = os.pipe()
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        before = sorted(Path("/dev/fd").iterdir())
        assert listener_on(listener.getsockname()[1] ^ 1) is None
        assert port_of(str(reader)) is None
        assert port_of(str(listener.fileno())) == listener.getsockname()[1]
        assert sorted(Path("/dev/fd").iterdir()) == before
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("blocking", [True, False])
def test_looking_for_sockets_leaves_them_blocking_or_not(monkeypatch: pytest.MonkeyPatch, blocking: bool) -> None:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        listener.setblocking(blocking)
        number, port = listener.fileno(), listener.getsockname()[1]
        monkeypatch.setenv("UVICORN_FD", str(number))
        socket.setdefaulttimeout(10)
        try:
            assert listener_on(port) is not None
            assert port_of(str(number)) == gunicorn._port_of(number) == port
            given = given_listener(port)
        finally:
            socket.setdefaulttimeout(None)
        assert given
        assert given.getblocking() == os.get_blocking(number) == blocking
        given.close()
