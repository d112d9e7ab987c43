"""A socket that already listens, from portd: nobody can take its port at any moment."""

from __future__ import annotations

import socket


def listen(service: str | None = None) -> socket.socket:
    """A listening socket on the port of this folder's service, or of `service`."""
    raise NotImplementedError
