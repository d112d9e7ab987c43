"""A launcher gets a socket that listens already, and nobody else gets the port for as long as it keeps it."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.handover import ask, handed_over
from harness.programs import SLACK, until
from harness.servers import listener

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ports are held on Linux only")

WATCH = 3.0 * SLACK  # the watch looks every second
ADDRESSES = ("127.0.0.1", "0.0.0.0", "127.0.0.2", "::1", "::")

# Serves on the socket that it inherits, one thread a connection, until it is killed.
SERVER = """
import http.server, os, socket, sys

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=int(sys.argv[1]))
server.serve_forever()
"""


def start_server(listening: socket.socket) -> subprocess.Popen[bytes]:
    number = listening.fileno()
    return subprocess.Popen([sys.executable, "-c", SERVER, str(number)], pass_fds=[number])


@contextlib.contextmanager
def server(listening: socket.socket) -> Iterator[subprocess.Popen[bytes]]:
    process = start_server(listening)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def get(port: int) -> str:
    """The answer's body, or why there is none."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=30) as stream:
            stream.sendall(b"GET / HTTP/1.0\r\n\r\n")
            answer = b""
            while chunk := stream.recv(4096):
                answer += chunk
    except ConnectionRefusedError:
        return "refused"
    except ConnectionResetError:
        return "reset"
    return answer.rpartition(b"\r\n\r\n")[2].decode()


def squat(port: int, address: str, *, reuse: bool) -> int | None:
    """The errno with which a program fails to serve there, if it does."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as program:
        program.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
        try:
            program.bind((address, port))
            program.listen()
        except OSError as error:
            return error.errno
    return None


def listening_pids(port: int) -> set[int]:
    found = subprocess.run(["ss", "-Hltnp", f"sport = :{port}"], check=True, capture_output=True, text=True).stdout
    return {int(part.split(",")[0]) for part in found.split("pid=")[1:]}


def sockets_of(pid: int) -> set[str]:
    """The targets of a process's descriptors that are sockets."""
    links = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.add(str(descriptor.readlink()))
    return {link for link in links if link.startswith("socket:")}


def hold_of(portd: Portd, port: int) -> tuple[str, bool]:
    lease = portd.report(port)["lease"]
    return lease["hold"], lease["held"]


def test_the_socket_that_is_handed_over_serves(portd: Portd) -> None:
    lease = portd.lease(service="shop")
    asked = ask(portd, lease["port"])
    with asked.listener() as listening, server(listening):
        assert asked.answer.headers["connection"] == "close"
        assert asked.answer.json == {
            "port": lease["port"],
            "address": "127.0.0.1",
            "url": lease["url"],
            "lease": lease["id"],
        }
        assert listening.getsockname() == ("127.0.0.1", lease["port"])
        assert get(lease["port"]) == "hello"
        assert portd.report(lease["port"])["verdict"] == "listening"


@pytest.mark.parametrize("address", ["127.0.0.1", "127.0.0.2", "0.0.0.0", "::1", "::"])
def test_it_listens_where_it_was_asked_to(portd: Portd, address: str) -> None:
    port = portd.lease(service="shop")["port"]
    with handed_over(portd, port, address) as listening:
        assert listening.getsockname()[:2] == (address, port)
        assert listening.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1


def test_portd_keeps_no_copy(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    for _ in range(20):
        with handed_over(portd, port) as listening:
            assert str(Path(f"/proc/self/fd/{listening.fileno()}").readlink()) not in sockets_of(portd.pid)
            assert listening_pids(port) == {os.getpid()}
            assert portd.report(port)["listeners"][0]["pid"] == os.getpid()


@pytest.mark.skipif(shutil.which("lsof") is None, reason="needs lsof")
def test_lsof_does_not_name_portd(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    with handed_over(portd, port):
        named = subprocess.run(["lsof", "-t", f"-iTCP:{port}", "-sTCP:LISTEN"], check=True, capture_output=True)
        assert named.stdout.split() == [str(os.getpid()).encode()]


@pytest.mark.parametrize("address", ["127.0.0.1", "0.0.0.0", "::1", "::"])
def test_nobody_else_gets_the_port_while_the_socket_lives(portd: Portd, address: str) -> None:
    port = portd.lease(service="shop")["port"]
    with handed_over(portd, port, address):
        for squatted in ADDRESSES:
            for reuse in (False, True):
                assert squat(port, squatted, reuse=reuse) == errno.EADDRINUSE, (squatted, reuse)
        assert hold_of(portd, port) == ("strict", True)


def test_a_program_that_had_bound_before_does_not_get_to_listen(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    with socket.socket() as v4, socket.socket(socket.AF_INET6) as v6:
        for early, address in ((v4, "127.0.0.1"), (v6, "::1")):
            early.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            early.bind((address, port))
        with handed_over(portd, port):
            for early in (v4, v6):
                with pytest.raises(OSError, match="Address already in use"):
                    early.listen()


def test_no_connection_is_refused_while_the_service_restarts(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    seen: list[str] = []
    over = threading.Event()

    def load() -> None:
        while not over.is_set():
            seen.append(get(port))

    with handed_over(portd, port) as listening:
        clients = [threading.Thread(target=load) for _ in range(4)]
        process = start_server(listening)
        for client in clients:
            client.start()
        for _ in range(3):
            already = len(seen)
            until(lambda: len(seen) > already + 20, 60 * SLACK, "answers")  # noqa: B023
            process.kill()
            process.wait()
            process = start_server(listening)
        already = len(seen)
        until(lambda: len(seen) > already + 20, 60 * SLACK, "answers of the last one")
        over.set()
        for client in clients:
            client.join()
        process.kill()
        process.wait()
    assert "refused" not in seen
    # A connection that the killed process had accepted is its own loss.
    assert sum(answer != "hello" for answer in seen) <= 3 * len(clients)


def test_when_the_launcher_ends_the_port_is_as_before(portd: Portd, folder: Path) -> None:
    port = portd.lease(service="shop")["port"]
    with handed_over(portd, port) as listening:
        with server(listening):
            assert get(port) == "hello"  # the server closes first: its end of the connection stays in TIME_WAIT
        assert get_in_time(port)
    assert get(port) == "refused"
    until(lambda: hold_of(portd, port) == ("open", True), WATCH, "the hold is open")
    command = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        until(lambda: get(port) != "refused" or process.poll() is not None, 20 * SLACK, "http.server serves")
        alive = process.poll() is None
        process.kill()
        assert alive, process.stderr.read() if process.stderr else None


def get_in_time(port: int) -> bool:
    """Whether a connection is taken although nobody serves."""
    with socket.create_connection(("127.0.0.1", port), timeout=30):
        return True


def test_the_watch_alone_gives_the_hold_back(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    with handed_over(portd, port):
        assert squat(port, "127.0.0.1", reuse=True) == errno.EADDRINUSE
    until(lambda: squat(port, "127.0.0.1", reuse=True) is None, WATCH, "a program with SO_REUSEADDR can bind")
    assert squat(port, "127.0.0.1", reuse=False) == errno.EADDRINUSE


def test_a_socket_can_be_had_again_at_once(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    for _ in range(2):
        with handed_over(portd, port) as listening, server(listening):
            assert get(port) == "hello"


def test_a_lease_that_is_strict_stays_so(portd: Portd) -> None:
    port = portd.lease(service="shop", hold="strict")["port"]
    with handed_over(portd, port) as listening, server(listening):
        assert get(port) == "hello"
    portd.report(port)
    assert hold_of(portd, port) == ("strict", True)
    assert squat(port, "127.0.0.1", reuse=True) == errno.EADDRINUSE


def test_a_lease_without_a_hold_is_bound_plainly(portd: Portd) -> None:
    port = portd.lease(service="shop", hold="none")["port"]
    for _ in range(2):  # the second time past the TIME_WAIT of the first
        with handed_over(portd, port) as listening, server(listening):
            assert get(port) == "hello"
            assert hold_of(portd, port) == ("none", False)


def test_a_second_socket_is_refused_while_the_first_lives(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    with handed_over(portd, port):
        for address in ("127.0.0.1", "::1", "0.0.0.0"):
            second = ask(portd, port, {"address": address})
            assert (second.answer.status, second.answer.problem) == (409, "port-in-use")
            assert second.descriptors == []
            assert second.answer.json["pid"] == os.getpid()
        assert squat(port, "::1", reuse=True) == errno.EADDRINUSE


def test_a_port_that_somebody_listens_on_is_refused_and_its_hold_stays_open(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    with listener(port) as other:
        answer = ask(portd, port).answer
        assert (answer.status, answer.problem) == (409, "port-in-use")
        assert answer.json["pid"] == other.pid
    assert squat(port, "127.0.0.1", reuse=True) is None
    assert hold_of(portd, port) == ("open", True)


def test_over_tcp_it_is_refused_and_told_where_to_ask(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    answer = portd.request("POST", f"/ports/{port}/socket", {})
    assert (answer.status, answer.problem) == (422, "invalid-value")
    assert str(portd.socket_path) in answer.json["detail"]
    assert get(port) == "refused"


@pytest.mark.parametrize(
    ("body", "query", "status", "problem"),
    [
        ({"address": "192.168.1.1"}, "", 422, "invalid-value"),
        ({"address": "localhost"}, "", 422, "invalid-value"),
        ({"adress": "::1"}, "", 422, "invalid-value"),
        ({}, "?lease=0-1", 412, "stale-lease"),
        ({}, "?force=1", 422, "invalid-value"),
    ],
)
def test_a_refusal_carries_no_descriptor(portd: Portd, body: object, query: str, status: int, problem: str) -> None:
    port = portd.lease(service="shop")["port"]
    asked = ask(portd, port, body, query)
    assert (asked.answer.status, asked.answer.problem, asked.descriptors) == (status, problem, [])
    assert hold_of(portd, port) == ("open", True)


def test_a_port_that_is_not_leased_is_not_found(portd: Portd) -> None:
    assert ask(portd, portd.ports.spare[0]).answer.status == 404


def test_it_goes_with_the_lease_that_was_meant(portd: Portd) -> None:
    lease = portd.lease(service="shop")
    ask(portd, lease["port"], query=f"?lease={lease['id']}").listener().close()


def test_a_restart_of_portd_leaves_the_socket_alone(new_portd: NewPortd) -> None:
    portd = new_portd().start()
    port = portd.request("POST", "/ports", {"service": "shop"}, unix=True).json["port"]
    with handed_over(portd, port) as listening, server(listening):
        portd.restart()
        assert get(port) == "hello"
        report = portd.report(port)
        assert report["verdict"] == "listening"
        assert report["lease"]["hold"] == "open"
        assert ask(portd, port).answer.problem == "port-in-use"
    until(lambda: hold_of(portd, port) == ("open", True), WATCH, "the hold is back")
