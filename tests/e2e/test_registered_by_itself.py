"""What a service registers itself, or its launcher: it ends with the holder of its lease."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from harness.cli import shell_of
from harness.daemon import Portd
from harness.events import Event, EventReader
from harness.http import Json
from harness.programs import SLACK, clean_environment, until
from harness.servers import idle_process
from harness.services import await_status, instance, register

# Leases a port, registers and listens; says its port once it does, and ends with its standard input. `how`: itself, or
# by a child as reloaders do, which ends at once or is the one that listens.
SERVICE = """
import http.client, json, os, socket, sys

class Unix(http.client.HTTPConnection):
    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(sys.argv[1])

def ask(method, target, body):
    connection = Unix("localhost")
    connection.request(method, target, json.dumps(body), {"Content-Type": "application/json"})
    response = connection.getresponse()
    answer = json.loads(response.read())
    assert response.status in (200, 201), answer
    return answer

def serve():
    ask("PUT", "/services/shop", json.loads(sys.argv[3]))
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen()
    return server

how = sys.argv[2]
port = ask("POST", "/ports", {"service": "shop", "pid": os.getpid()})["port"]
if how == "itself":
    server = serve()
elif how == "reloader":
    children = []
    for _ in range(2):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            server = serve()
            os.write(writer, b"x")
            sys.stdin.read()
            os._exit(0)
        os.read(reader, 1)
        children.append(child)
        if len(children) == 1:
            os.kill(child, 9)
            os.waitpid(child, 0)
print(port, flush=True)
sys.stdin.read()
"""


def started(portd: Portd, how: str = "itself", declaration: str = "{}") -> subprocess.Popen[str]:
    """The service, in a process group of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", SERVICE, str(portd.socket_path), how, declaration],
        text=True,
        env=clean_environment(portd.folder),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )


def end(process: subprocess.Popen[str], how: signal.Signals = signal.SIGKILL) -> None:
    """Ends it with its children, as Ctrl-C in a terminal does."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, how)
    process.wait(30)


def await_port(process: subprocess.Popen[str]) -> int:
    """Its port, once it is registered and listens."""
    assert process.stdout
    return int(process.stdout.readline())


@contextlib.contextmanager
def service(portd: Portd, how: str = "itself", declaration: str = "{}") -> Iterator[subprocess.Popen[str]]:
    """The service from the moment when it is registered and listens."""
    with started(portd, how, declaration) as process:
        try:
            assert await_port(process) == lease_of(portd)["port"]
            yield process
        finally:
            end(process)


def is_registered(portd: Portd) -> bool:
    return portd.get("/services/shop").status == 200


def await_end(portd: Portd) -> None:
    until(lambda: not is_registered(portd), 5 * SLACK, "shop is no longer registered")


def lease_of(portd: Portd) -> Json:
    [lease] = portd.leases()
    return lease


def ends(event: Event) -> bool:
    return event.name == "service.deregistered"


@pytest.mark.parametrize("how", ["itself", "reloader"])
def test_what_a_service_registers_ends_with_its_holder_and_the_lease_stays(portd: Portd, how: str) -> None:
    declaration = '{"checks": [{"type": "tcp", "interval": "50ms"}]}'
    with EventReader(portd) as reader, service(portd, how, declaration) as process:
        await_status(portd, "shop", "passing")
        assert lease_of(portd)["holder"]["pid"] == process.pid
        end(process, signal.SIGTERM)
        seen = reader.until(ends)
        await_end(portd)
        # The reloader's child may have been taken for the new holder until it ended, too.
        until(lambda: lease_of(portd)["holder"] is None, 5 * SLACK, "nobody holds the lease")
        assert lease_of(portd)["kind"] == "sticky"
        told = [event.data["service"]["status"] for event in seen if event.name == "service.status"]
        assert "critical" not in told
        assert [event.name for event in seen if event.name.startswith("alert.")] == []
    assert portd.get("/health").json["alerts"] == []


def test_a_reloaders_child_that_ends_leaves_the_registration(portd: Portd) -> None:
    with service(portd, "reloader"):  # whose first child has ended by now
        assert is_registered(portd)


def test_what_somebody_else_registers_stays_and_is_critical(portd: Portd) -> None:
    with service(portd) as process:
        register(portd, "shop")
        end(process)
        assert await_status(portd, "shop", "critical")["reason"].endswith("has ended")


@pytest.mark.usefixtures("portc")
def test_what_a_person_registers_with_portc_stays(portd: Portd) -> None:
    with service(portd) as process:
        assert shell_of(portd).run("register", "shop", "--tag", "mine").returncode == 0
        end(process)
        assert await_status(portd, "shop", "critical")["tags"] == ["mine"]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["a restart", "a kill"])
def test_it_is_still_its_holders_after(portd: Portd, how: signal.Signals) -> None:
    with service(portd) as process:
        os.kill(portd.pid, how)
        assert portd.process
        portd.process.wait(15 * SLACK)
        portd.start()
        assert is_registered(portd)
        end(process)
        await_end(portd)


def test_it_is_gone_after_a_restart_when_the_holder_ended_meanwhile(portd: Portd) -> None:
    with service(portd) as process:
        port = lease_of(portd)["port"]
        portd.kill()
        end(process)
    portd.start()
    assert not is_registered(portd)
    assert lease_of(portd)["port"] == port
    portd.kill()
    portd.start()
    assert not is_registered(portd)


def test_the_end_of_a_service_never_ends_what_its_successor_registered(portd: Portd) -> None:
    with contextlib.ExitStack() as ends:
        running = ends.enter_context(service(portd))
        for _ in range(10):
            os.kill(portd.pid, signal.SIGSTOP)
            end(running)
            running = ends.enter_context(started(portd))
            ends.callback(end, running)
            # The exit of the one and the first request of the other wait for portd together.
            os.kill(portd.pid, signal.SIGCONT)
            port = await_port(running)
            assert instance(portd, "shop")["port"] == port
            assert lease_of(portd)["holder"]["pid"] == running.pid
        end(running)
        await_end(portd)


def test_when_the_lease_is_given_to_another_process_that_one_ends_it(portd: Portd) -> None:
    with service(portd) as first, idle_process() as second:
        port = lease_of(portd)["port"]
        assert portd.request("PATCH", f"/ports/{port}", {"pid": second.pid}).status == 200
        end(first)
        assert lease_of(portd)["holder"]["pid"] == second.pid
        assert is_registered(portd)
        second.kill()
        await_end(portd)
