"""A stand-in for portd that answers as a test has written it down."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path


def answer(status: int, body: object = None) -> bytes:
    """An HTTP answer."""
    content = b"" if body is None else json.dumps(body).encode()
    return f"HTTP/1.1 {status} Whatever\r\nContent-Length: {len(content)}\r\n\r\n".encode() + content


class Scripted:
    """Accepts connections on a unix socket and gives one answer for each request; b"" ends the connection instead."""

    def __init__(self, path: Path, answers: Sequence[bytes]) -> None:
        self.requests: list[bytes] = []
        self._answers = list(answers)
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(path))
        self._listener.listen()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while self._answers:
            try:
                stream, _ = self._listener.accept()
            except OSError:
                return
            with stream, contextlib.suppress(OSError):
                self._converse(stream)

    def _converse(self, stream: socket.socket) -> None:
        while self._answers:
            request = stream.recv(65_536)
            if not request:
                return
            self.requests.append(request)
            text = self._answers.pop(0)
            if not text:
                return
            stream.sendall(text)

    def close(self) -> None:
        self._listener.close()


@contextlib.contextmanager
def scripted(folder: Path, *answers: bytes, pid: int | None = None) -> Iterator[Scripted]:
    """Led to by the endpoint.json of the folder's `run`."""
    run = folder / "run"
    run.mkdir(exist_ok=True)
    server = Scripted(run / "portd.sock", answers)
    endpoint = {"url": "http://localhost:9", "socket": str(run / "portd.sock"), "pid": pid or os.getpid()}
    (run / "endpoint.json").write_text(json.dumps(endpoint))
    try:
        yield server
    finally:
        server.close()
