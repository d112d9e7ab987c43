"""A small server that answers as a test says, in the test's own process."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Script = Callable[[socket.socket], None]


def answering(status: str, body: str = "", headers: str = "") -> Script:
    """Answers every request with this."""
    message = f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}\r\n{body}".encode()

    def answer(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(message)

    return answer


def sending(data: bytes) -> Script:
    """Sends these bytes, whatever is asked."""

    def answer(client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(data)

    return answer


def silent(client: socket.socket) -> None:
    """Takes the request and says nothing until the client gives up."""
    while client.recv(4096):
        pass


class Flood:
    """An answer of 10 GB; counts what anybody took of it."""

    size = 10 * 1024**3

    def __init__(self) -> None:
        self.sent = 0

    def __call__(self, client: socket.socket) -> None:
        client.recv(4096)
        client.sendall(f"HTTP/1.1 200 OK\r\nContent-Length: {self.size}\r\n\r\n".encode())
        block = b"x" * 4096
        with contextlib.suppress(OSError):
            while self.sent < self.size:
                self.sent += client.send(block)


class ScriptedServer:
    """Serves on one port; `script` may be replaced at any time."""

    def __init__(self, port: int, script: Script) -> None:
        self.script = script
        self.served = 0
        self._listener = socket.socket()
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._listener.bind(("127.0.0.1", port))
        self._listener.listen(64)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def _serve(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(client,), daemon=True).start()

    def _answer(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            self.script(client)
        self.served += 1

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join()


@contextlib.contextmanager
def scripted_server(script: Script, port: int = 0) -> Iterator[ScriptedServer]:
    server = ScriptedServer(port, script)
    try:
        yield server
    finally:
        server.close()
