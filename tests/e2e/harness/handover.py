"""A launcher's side of a handover: the descriptor that comes with an answer's first byte."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass

from harness.daemon import Portd
from harness.http import TIMEOUT, Answer


@dataclass(frozen=True)
class Handover:
    """An answer, and every descriptor that came with it."""

    answer: Answer
    descriptors: list[int]

    def listener(self) -> socket.socket:
        """The one socket, which is the caller's now."""
        assert self.answer.status == 200, self.answer
        (descriptor,) = self.descriptors
        return socket.socket(fileno=descriptor)


class Received:
    """What has been read of an answer, as http.client wants it."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)


def ask(portd: Portd, port: int, body: object = None, query: str = "") -> Handover:
    """Asks for a port's socket over the unix socket; reads to the end of the connection."""
    text = json.dumps(body if body is not None else {})
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.settimeout(TIMEOUT)
        stream.connect(str(portd.socket_path))
        stream.sendall(
            f"POST /ports/{port}/socket{query} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            f"Connection: close\r\nContent-Length: {len(text)}\r\n\r\n{text}".encode()
        )
        first, descriptors, _, _ = socket.recv_fds(stream, 1, 8)
        data = first
        while True:
            chunk, more, _, _ = socket.recv_fds(stream, 65536, 8)
            descriptors += more
            if not chunk:
                break
            data += chunk
    response = http.client.HTTPResponse(Received(data))  # type: ignore[arg-type]
    response.begin()
    found = {name.lower(): value for name, value in response.getheaders()}
    return Handover(Answer(response.status, found, response.read()), descriptors)


@contextlib.contextmanager
def handed_over(portd: Portd, port: int, address: str = "127.0.0.1") -> Iterator[socket.socket]:
    """A socket that listens on the port, until the end of the block."""
    listener = ask(portd, port, {"address": address}).listener()
    with listener:
        yield listener
