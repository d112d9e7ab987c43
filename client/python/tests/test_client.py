"""The HTTP exchange: what is asked again, what is waited for, and whom nothing is asked of."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.programs import NEEDS_TOKEN, SLACK, until
from harness.scripted_portd import answer, scripted
from portd._client import Client
from portd._errors import AbsentError, PortdError, UnansweredError
from portd._lease import connected
from portd._processes import can_answer
from portd._surroundings import Endpoint, find_endpoint

pytestmark = pytest.mark.usefixtures("own_environment")


def discovered() -> Client:
    client = Client.discover()
    assert client is not None
    return client


def led_to(portd: Portd, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("PORTD_STATE_DIR", str(portd.state))
    monkeypatch.setenv("PORTD_RUNTIME_DIR", str(portd.runtime))
    return discovered()


def test_it_finds_portd_and_keeps_its_connection(portd: Portd, monkeypatch: pytest.MonkeyPatch) -> None:
    client = led_to(portd, monkeypatch)
    assert client.knows_peer
    status, lease = client.request("POST", "/ports", {"service": "shop"})
    assert (status, lease["port"] in portd.ports) == (201, True)
    assert client.request("GET", "/ports")[1]["leases"] == [lease]
    assert client.request("DELETE", f"/ports/{lease['port']}?lease={lease['id']}") == (204, None)
    client.close()


@pytest.mark.parametrize("variable", ["PORTD_SOCKET", "PORTD_URL"])
def test_what_is_stated_wins_over_endpoint_json(portd: Portd, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    if variable == "PORTD_URL" and NEEDS_TOKEN:
        pytest.skip("the token lies elsewhere")
    monkeypatch.setenv(variable, str(portd.socket_path) if variable == "PORTD_SOCKET" else portd.url)
    assert discovered().request("GET", "/health")[0] == 200


def test_the_folder_of_the_state_tells_where_portd_is_too(portd: Portd, monkeypatch: pytest.MonkeyPatch) -> None:
    (portd.runtime / "endpoint.json").unlink()
    assert led_to(portd, monkeypatch).request("GET", "/health")[0] == 200


def test_without_its_socket_a_portd_that_lives_is_asked_over_tcp(portd: Portd, monkeypatch: pytest.MonkeyPatch) -> None:
    portd.socket_path.unlink()
    client = led_to(portd, monkeypatch)
    assert client.request("GET", "/health")[0] == 200
    assert not client.knows_peer
    with pytest.raises(PortdError, match="unix socket"):
        client.hand_over(20_000, "x", "127.0.0.1")


def test_a_portd_that_was_killed_is_absent_at_once(portd: Portd, monkeypatch: pytest.MonkeyPatch) -> None:
    client = led_to(portd, monkeypatch)
    portd.kill()
    with pytest.raises(AbsentError, match="portc daemon start"):
        client.request("GET", "/health")


@pytest.mark.parametrize("url", ["localhost:7700", "http://", "http://x:0", "http://x:y", "http://a b", "http://x/y"])
def test_a_url_that_is_none_is_named(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("PORTD_URL", url)
    with pytest.raises(PortdError, match="PORTD_URL"):
        Client.discover()


def test_an_address_of_ipv6_is_written_as_hosts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTD_URL", "http://[::1]:7700/")
    assert b"\r\nHost: [::1]:7700\r\n" in discovered()._message("GET", "/", None)


@pytest.mark.parametrize("lost", [b"", answer(503, {"detail": "store"}), answer(500), b"HTTP/1.1 nonsense\r\n\r\n"])
def test_an_unknown_outcome_is_asked_for_once_more(folder: Path, lost: bytes) -> None:
    with scripted(folder, lost, answer(200, {"port": 1})) as server:
        assert discovered().request("POST", "/ports", {"service": "shop"}) == (200, {"port": 1})
        assert len(server.requests) == 2
        assert server.requests[0] == server.requests[1]


def test_twice_unknown_is_told(folder: Path) -> None:
    with scripted(folder, b"", b""), pytest.raises(UnansweredError):
        discovered().request("GET", "/ports")
    (folder / "run/portd.sock").unlink()
    with scripted(folder, answer(503, {}), answer(503, {})):
        assert discovered().request("GET", "/ports") == (503, {})


def test_a_full_disk_is_an_answer_and_not_asked_about_again(folder: Path) -> None:
    with scripted(folder, answer(507, {}), answer(200, {})) as server:
        assert discovered().request("POST", "/ports", {})[0] == 507
        assert len(server.requests) == 1


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n{ }x"[:-2],
        b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n{",
        b"x" * 20_000,
    ],
)
def test_what_is_no_answer_is_none(folder: Path, text: bytes) -> None:
    with scripted(folder, text, b""):
        client = discovered()
        threading.Timer(0, lambda: None).start()
        with pytest.raises(UnansweredError):
            client.request("GET", "/ports", patience=0.5)


def test_a_patience_that_ends_is_told(folder: Path) -> None:
    with scripted(folder, b"HTTP/1.1 "), pytest.raises(UnansweredError, match="not answered"):
        discovered().request("GET", "/ports", patience=0.3)


@contextlib.contextmanager
def handing_over(folder: Path, text: bytes) -> Iterator[tuple[socket.socket, Client]]:
    """A portd that sends a listening socket with the first byte of this answer; and a client of it."""
    with socket.create_server(("127.0.0.1", 0)) as given, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(folder / "portd.sock"))
        listener.listen()

        def serve() -> None:
            stream, _ = listener.accept()
            with stream:
                stream.recv(65_536)
                socket.send_fds(stream, [text[:1]], [given.fileno()])
                stream.sendall(text[1:])

        thread = threading.Thread(target=serve)
        thread.start()
        yield given, Client(str(folder / "portd.sock"))
        thread.join()


def is_listened_on(port: int) -> bool:
    with socket.socket() as stream:
        return stream.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.parametrize("text", [answer(200, {})[:-1], answer(200, {})[:5], b"HTTP/1.1 200 OK\r\n\r\n"])
def test_of_a_handover_that_breaks_off_nothing_is_kept(folder: Path, text: bytes) -> None:
    with handing_over(folder, text) as (given, client):
        port = given.getsockname()[1]
        with pytest.raises(UnansweredError):
            client.hand_over(port, "x", "127.0.0.1")
        given.close()
        assert not is_listened_on(port)


def test_of_a_handover_that_is_refused_nothing_is_kept(folder: Path) -> None:
    with handing_over(folder, answer(409, {})) as (given, client):
        port = given.getsockname()[1]
        assert client.hand_over(port, "x", "127.0.0.1") == (409, {}, None)
        given.close()
        assert not is_listened_on(port)


def test_no_child_inherits_what_was_handed_over(folder: Path) -> None:
    with handing_over(folder, answer(200, {})) as (given, client):
        status, _, descriptor = client.hand_over(1, "x", "127.0.0.1")
        assert status == 200
        assert descriptor is not None
        with socket.socket(fileno=descriptor) as received:
            assert received.getsockname() == given.getsockname()
            assert not os.get_inheritable(descriptor)


# --- processes that cannot answer ------------------------------------------------------------------------------------


@pytest.fixture
def silent(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that listens where portd would and accepts nobody."""
    program = (
        "import socket, sys, time\n"
        "listener = socket.socket(socket.AF_UNIX)\n"
        "listener.bind(sys.argv[1])\n"
        "listener.listen(1)\n"
        "print(flush=True)\n"
        "time.sleep(600)\n"
    )
    (folder / "run").mkdir()
    path = str(folder / "run/portd.sock")
    process = subprocess.Popen([sys.executable, "-c", program, path], stdout=subprocess.PIPE)
    assert process.stdout
    process.stdout.readline()
    endpoint = {"url": "http://localhost:9", "socket": path, "pid": process.pid}
    (folder / "run/endpoint.json").write_text(json.dumps(endpoint))
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.mark.parametrize("backlog", [0, 3], ids=["accepted by the kernel", "with a full backlog"])
def test_a_stopped_process_is_waited_for_no_longer_than_300_ms(
    silent: subprocess.Popen[bytes], folder: Path, backlog: int
) -> None:
    os.kill(silent.pid, signal.SIGSTOP)
    until(lambda: not can_answer(silent.pid), 10, "it is stopped")
    waiting = [socket.socket(socket.AF_UNIX) for _ in range(backlog)]
    for stream in waiting:
        stream.setblocking(False)
        stream.connect_ex(str(folder / "run/portd.sock"))
    started = time.monotonic()
    with pytest.raises(AbsentError, match="stopped"):
        discovered().request("GET", "/health")
    assert time.monotonic() - started < 0.3 * SLACK
    for stream in waiting:
        stream.close()


def test_a_slow_process_that_lives_is_waited_for(silent: subprocess.Popen[bytes]) -> None:
    started = time.monotonic()
    with pytest.raises(UnansweredError):
        discovered().request("GET", "/health", patience=1.0)
    assert time.monotonic() - started >= 1.0


def test_a_silent_portd_is_waited_for_once_in_a_while(
    silent: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    os.kill(silent.pid, signal.SIGSTOP)
    until(lambda: not can_answer(silent.pid), 10, "it is stopped")
    now = time.monotonic()
    with pytest.raises(AbsentError, match="stopped"):
        connected().request("GET", "/health")
    monkeypatch.setattr("portd._client.can_answer", pytest.fail)  # what asks it after it has waited
    for _ in range(100):
        with pytest.raises(AbsentError, match="stopped"):
            connected()
    monkeypatch.setattr("time.monotonic", lambda: now + 60)
    connected().close()


def test_a_portd_that_answers_again_is_asked_again(folder: Path) -> None:
    with scripted(folder, b"HTTP/1.1 ", answer(200, {})):
        first, second = connected(), connected()
        with pytest.raises(UnansweredError):
            first.request("GET", "/ports", patience=0.3)
        with pytest.raises(UnansweredError):
            connected()
        first.close()
        assert second.request("GET", "/ports") == (200, {})
        connected().close()


def test_another_portd_at_the_same_place_is_asked(folder: Path) -> None:
    with scripted(folder, b"HTTP/1.1 "), pytest.raises(UnansweredError):
        connected().request("GET", "/ports", patience=0.3)
    (folder / "run/portd.sock").unlink()
    with scripted(folder, answer(200, {}), pid=os.getppid()):
        assert connected().request("GET", "/ports") == (200, {})


def test_the_peer_of_a_stated_socket_is_looked_at(
    silent: subprocess.Popen[bytes], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if sys.platform != "linux":
        pytest.skip("the peer's pid is not known here")
    (folder / "run/endpoint.json").unlink()
    monkeypatch.setenv("PORTD_SOCKET", str(folder / "run/portd.sock"))
    os.kill(silent.pid, signal.SIGSTOP)
    with pytest.raises(AbsentError, match="stopped"):
        discovered().request("GET", "/health")


# --- other users -----------------------------------------------------------------------------------------------------


def test_an_endpoint_of_another_user_is_not_looked_at(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(folder, answer(200, {})):
        monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
        assert find_endpoint() is None


def test_a_socket_of_another_user_is_not_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(folder, answer(200, {})) as server:
        monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
        monkeypatch.setenv("PORTD_SOCKET", str(folder / "run/portd.sock"))
        with pytest.raises(AbsentError, match="no socket of this user"):
            discovered().request("GET", "/ports")
        assert server.requests == []


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="only root gives sockets away")
def test_a_socket_that_another_user_listens_on_is_not_asked(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(folder, answer(200, {})) as server:
        os.chown(folder / "run/portd.sock", 4711, 4711)
        monkeypatch.setattr("os.geteuid", lambda: 4711)
        monkeypatch.setenv("PORTD_SOCKET", str(folder / "run/portd.sock"))
        with pytest.raises(AbsentError, match="another user listens"):
            discovered().request("GET", "/ports")
        assert server.requests == []


@pytest.mark.parametrize(
    "text", ["", "[]", '{"url": 1, "socket": "", "pid": 1}', '{"url": "", "socket": "x", "pid": 0}']
)
def test_an_endpoint_json_that_is_none_does_not_count(folder: Path, text: str) -> None:
    (folder / "run").mkdir()
    (folder / "run/endpoint.json").write_text(text)
    assert find_endpoint() is None


def test_a_path_that_is_too_long_for_a_socket_is_absence() -> None:
    with pytest.raises(AbsentError):
        Client.at(Endpoint("", "/" + "x" * 200, 0)).request("GET", "/")
