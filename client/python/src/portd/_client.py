"""HTTP/1.1 to portd, by hand: urllib and http.client cost more to import than the whole exchange takes."""

from __future__ import annotations

import json
import os
import socket
import stat
import sys
import time
from typing import Any, Callable, Union

from portd._errors import AbsentError, PortdError, UnansweredError
from portd._processes import can_answer
from portd._surroundings import Endpoint, find_endpoint, read_own, runtime_folder

PATIENCE = 5.0  # seconds: with a shorter one, half of 200 programs that start at once give up
LOOK_AFTER = 0.2  # seconds until a silent portd is looked at: it may be stopped or dead
SILENCE = 3.0  # seconds that a portd which did not answer is taken to be silent still
LARGEST_HEAD = 16_384
LARGEST_BODY = 64 * 1024 * 1024

Answer = tuple[int, Any]  # status, JSON or None
Address = Union[str, tuple[str, int]]  # path of a unix socket, or host and port
Peer = tuple[Address, int]  # where a portd is to be found, and its pid or 0

# Until when the ones that this process has waited for in vain are not asked, and why. Each of ten look-ups in a row
# would wait again otherwise.
_silent: dict[Peer, tuple[float, AbsentError]] = {}


class Client:
    """Talks to one portd over one connection that it keeps. Not for several threads at once."""

    def __init__(self, address: Address, *, pid: int = 0, instead: Address | None = None) -> None:
        """`pid`: of that portd, 0 where it is unknown. `instead`: where to go when nobody is at the address."""
        self._address = address
        self._pid = pid
        self._peer: Peer = (address, pid)
        self._instead = instead
        self._stream: socket.socket | None = None

    @classmethod
    def discover(cls) -> Client | None:
        """The portd of this user, None when there is none. Raises PortdError where PORTD_URL is no URL."""
        endpoint = find_endpoint()
        return cls.at(endpoint) if endpoint is not None else None

    @classmethod
    def at(cls, endpoint: Endpoint) -> Client:
        """Over its socket, which tells whose it is, else over TCP. Raises PortdError where its URL is none."""
        url = _address_of(endpoint.url) if endpoint.url else None
        if endpoint.socket or url is None:
            return cls(endpoint.socket, pid=endpoint.pid, instead=url)
        return cls(url, pid=endpoint.pid)

    @property
    def knows_peer(self) -> bool:
        """Whether portd sees by the connection which process asks."""
        return isinstance(self._address, str)

    def open(self) -> Client:
        """Connects, where it is not yet: from then on it is sure which way.

        Raises AbsentError, UnansweredError; at once, where this process waited for that portd in vain a moment ago.
        """
        until, error = _silent.get(self._peer, (0.0, None))
        if error is not None and time.monotonic() < until:
            raise type(error)(*error.args)
        self._connected(_Wait(PATIENCE, self._peer))
        return self

    def close(self) -> None:
        if self._stream is not None:
            self._stream.close()
            self._stream = None

    def request(
        self, method: str, target: str, body: dict[str, Any] | None = None, *, patience: float = PATIENCE
    ) -> Answer:
        """Status and JSON of the answer (None when it has none).

        A connection that breaks off and a 5xx (but for 507) leave unknown what happened: the same is asked once more.
        Raises AbsentError (nobody is there, or portd is stopped or dead), UnansweredError (nothing within `patience`
        seconds, or broken off twice).
        """
        wait = _Wait(patience, self._peer)
        answer = self._exchange(method, target, body, wait)
        if answer is None or (answer[0] >= 500 and answer[0] != 507):
            answer = self._exchange(method, target, body, wait) or answer
        if answer is None:
            raise UnansweredError("portd breaks connections off without an answer; its log may say why")
        _silent.pop(self._peer, None)
        return answer

    def hand_over(self, port: int, lease: str, address: str) -> tuple[int, Any, int | None]:
        """POST /ports/{port}/socket: status, JSON and, with 200, the descriptor of a listening socket.

        The descriptor is the caller's, and no child inherits it. Raises what `request` does.
        """
        if not self.knows_peer:
            raise PortdError("a socket is handed over through portd's unix socket only; leave out PORTD_URL")
        self.close()
        wait = _Wait(PATIENCE, self._peer)
        stream = self._connected(wait)
        descriptors: list[int] = []

        def first_byte() -> bytes:
            # The descriptor comes with the first byte, which comes alone; a plain recv would lose it.
            data, more, _, _ = socket.recv_fds(stream, 1, 1, getattr(socket, "MSG_CMSG_CLOEXEC", 0))
            descriptors.extend(more)
            for descriptor in more:
                os.set_inheritable(descriptor, False)  # macOS has no such flag
            return data

        try:
            stream.sendall(self._message("POST", f"/ports/{port}/socket?lease={lease}", {"address": address}))
            answer = _read_answer(stream, wait, wait.for_data(stream, first_byte))
            if answer is None:
                raise UnansweredError("portd broke off while it handed a socket over; ask again")
            if answer[0] < 400 and descriptors:
                return answer[0], answer[1], descriptors.pop()
            return answer[0], answer[1], None
        except ConnectionError as error:
            raise UnansweredError("portd broke off while it handed a socket over; ask again") from error
        finally:
            self.close()
            for descriptor in descriptors:  # listened on by nobody who accepts, it would keep clients waiting
                os.close(descriptor)

    def _message(self, method: str, target: str, body: dict[str, Any] | None) -> bytes:
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {target} HTTP/1.1\r\nHost: {self._host}\r\n{self._authorization}"
        if body is not None:
            head += f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        return head.encode() + b"\r\n" + content

    @property
    def _host(self) -> str:
        if isinstance(self._address, str):
            return "localhost"
        host, port = self._address
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def _authorization(self) -> str:
        # Linux shows portd whose a TCP connection is; elsewhere a token has to.
        if isinstance(self._address, str) or sys.platform == "linux":
            return ""
        token = read_own(f"{runtime_folder()}/token")
        return f"Authorization: Bearer {token.decode().strip()}\r\n" if token else ""

    def _exchange(self, method: str, target: str, body: dict[str, Any] | None, wait: _Wait) -> Answer | None:
        """One question; None when the connection broke off."""
        stream = self._connected(wait)
        answer = None
        try:
            stream.sendall(self._message(method, target, body))
            answer = _read_answer(stream, wait, b"")
        except ConnectionError:
            pass
        finally:
            if answer is None:  # what comes later would be taken for the answer to the next question
                self.close()
        return answer

    def _connected(self, wait: _Wait) -> socket.socket:
        if self._stream is None:
            try:
                self._stream = _connect(self._address, wait)
            except (FileNotFoundError, ConnectionRefusedError) as error:
                self._stream = self._connected_instead(wait, error)
            except OSError as error:
                raise AbsentError(f"nobody answers at {self._address}: {error.strerror or error}") from error
        return self._stream

    def _connected_instead(self, wait: _Wait, error: OSError) -> socket.socket:
        # The files of a portd that was killed stay: its TCP port may be anybody's by now.
        if self._instead is not None and self._pid and can_answer(self._pid):
            try:
                stream = _connect(self._instead, wait)
            except OSError as other:
                error = other
            else:
                self._address = self._instead
                return stream
        raise AbsentError("portd does not run; start it with: portc daemon start") from error


class _Wait:
    """For one answer: up to a limit, and no longer than the process that should give it can."""

    def __init__(self, patience: float, peer: Peer) -> None:
        self._started = time.monotonic()
        self._deadline = self._started + patience
        self._next_look = self._started + LOOK_AFTER
        self._peer = peer
        self._pid = peer[1]

    def know(self, pid: int) -> None:
        """The process at the other end of a unix socket, unless endpoint.json has told."""
        self._pid = self._pid or pid

    def for_data(self, stream: socket.socket, receive: Callable[[], bytes]) -> bytes:
        """What `receive` returns once something has come; empty at the end of the connection."""
        while True:
            stream.settimeout(max(0.001, self._next_look - time.monotonic()))
            try:
                data = receive()
            except socket.timeout:
                self.look()
            except ConnectionError:
                return b""
            else:
                return data

    def look(self) -> None:
        """Raises where it is of no use to wait on, and has that known for a while."""
        error = self._looked()
        if error is not None:
            _silent[self._peer] = time.monotonic() + SILENCE, error
            raise type(error)(*error.args)  # the kept one is never raised: it would keep frames alive

    def _looked(self) -> AbsentError | None:
        now = time.monotonic()
        if now < self._next_look:
            return None
        self._next_look = min(now + LOOK_AFTER, max(self._deadline, now))
        if self._pid and not can_answer(self._pid):
            return AbsentError(f"portd (pid {self._pid}) is stopped or has ended; kill -CONT {self._pid} wakes it")
        if now >= self._deadline:
            return UnansweredError(f"portd has not answered within {now - self._started:.0f} s; its log may say why")
        return None


def _connect(address: Address, wait: _Wait) -> socket.socket:
    if not isinstance(address, str):
        return _connect_tcp(address, wait)
    _refuse_foreign(address)
    while True:
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.settimeout(LOOK_AFTER)
        try:
            stream.connect(address)
            _refuse_foreign_peer(stream, address, wait)
        except (BlockingIOError, socket.timeout):
            # A unix socket whose backlog is full says EAGAIN at once (connect(2)): busy, not absent.
            stream.close()
            wait.look()
            time.sleep(0.002)
        except BaseException:
            stream.close()
            raise
        else:
            return stream


def _connect_tcp(address: tuple[str, int], wait: _Wait) -> socket.socket:
    while True:
        try:
            return socket.create_connection(address, timeout=LOOK_AFTER)
        except socket.timeout:
            wait.look()


def _refuse_foreign(path: str) -> None:
    status = os.lstat(path)
    if status.st_uid != os.geteuid() or not stat.S_ISSOCK(status.st_mode):
        raise AbsentError(f"{path} is no socket of this user; portd is not asked")


def _refuse_foreign_peer(stream: socket.socket, path: str, wait: _Wait) -> None:
    if sys.platform != "linux":
        return
    # unix(7): pid, uid and gid of whoever listens.
    peer = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    pid, uid = (int.from_bytes(peer[at : at + 4], sys.byteorder) for at in (0, 4))
    if uid != os.geteuid():
        raise AbsentError(f"another user listens at {path}; portd is not asked")
    wait.know(pid)


def _read_answer(stream: socket.socket, wait: _Wait, data: bytes) -> Answer | None:
    """The next answer; None when the connection ends before the answer does."""
    while b"\r\n\r\n" not in data:
        more = wait.for_data(stream, lambda: stream.recv(65_536))
        if not more or len(data) > LARGEST_HEAD:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    try:
        status = int(lines[0].split(" ")[1])
        length = _content_length(lines[1:], status)
    except (IndexError, ValueError):
        return None
    pieces, missing = [body], length - len(body)
    while missing > 0:
        piece = wait.for_data(stream, lambda: stream.recv(65_536))
        if not piece:
            return None
        pieces.append(piece)
        missing -= len(piece)
    try:
        return status, json.loads(b"".join(pieces)) if length else None
    except (ValueError, RecursionError):
        return None


def _content_length(headers: list[str], status: int) -> int:
    for line in headers:
        name, _, value = line.partition(":")
        if name.lower() == "content-length":
            length = int(value)
            if not 0 <= length <= LARGEST_BODY:
                raise ValueError(value)
            return length
    if status == 204:
        return 0
    raise ValueError("no length")


def _address_of(url: str) -> tuple[str, int]:
    """Host and port of `http://host[:port][/]`, as portc reads it."""
    rest = url[len("http://") :].rstrip("/") if url.startswith("http://") else ""
    host, _, port = rest.rpartition(":") if ":" in rest.rpartition("]")[2] else (rest, "", "80")
    host = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    number = int(port) if port.isascii() and port.isdigit() else 0
    if not host or not 0 < number < 65536 or any(c in host for c in " /?#@[]"):
        raise PortdError(f'PORTD_URL: "{url}" is not the URL of a portd; one looks like http://localhost:7700')
    return host, number
