"""A bare keep-alive HTTP connection whose sending and receiving are apart, so that two requests can be in flight."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

Json = dict[str, Any]


class GoneError(Exception):
    """The daemon went away: whether it did what was asked is unknown."""


class Wire:
    """One connection to the unix socket."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(30)
        self._buffer = b""
        try:
            self._socket.connect(str(path))
        except OSError as error:
            self._socket.close()
            raise GoneError from error

    def close(self) -> None:
        self._socket.close()

    def send(self, method: str, target: str, body: Json | None = None) -> None:
        content = b"" if body is None else json.dumps(body).encode()
        kind = "" if body is None else f"Content-Type: application/json\r\nContent-Length: {len(content)}\r\n"
        try:
            self._socket.sendall(f"{method} {target} HTTP/1.1\r\nHost: localhost\r\n{kind}\r\n".encode() + content)
        except OSError as error:
            raise GoneError from error

    def receive(self) -> tuple[int, Json]:
        head = self._until(b"\r\n\r\n").decode()
        status = int(head.split(" ", 2)[1])
        length = 0
        for line in head.split("\r\n")[1:]:
            name, _, value = line.partition(":")
            if name.lower() == "content-length":
                length = int(value)
        while len(self._buffer) < length:
            self._more()
        content, self._buffer = self._buffer[:length], self._buffer[length:]
        return status, json.loads(content) if content else {}

    def ask(self, method: str, target: str, body: Json | None = None) -> tuple[int, Json]:
        self.send(method, target, body)
        return self.receive()

    def _until(self, mark: bytes) -> bytes:
        while mark not in self._buffer:
            self._more()
        found, _, self._buffer = self._buffer.partition(mark)
        return found

    def _more(self) -> None:
        try:
            received = self._socket.recv(65536)
        except OSError as error:
            raise GoneError from error
        if not received:
            raise GoneError
        self._buffer += received
