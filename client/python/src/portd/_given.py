"""Sockets that a launcher, or the reloader's parent, has opened for this process."""

from __future__ import annotations

import contextlib
import os
import re
import socket

from portd._own_sockets import duplicate_of, listens


def given_listener(port: int) -> socket.socket | None:
    """A duplicate of the given socket that listens on the port, or None."""
    for text in _descriptors():
        listener = _duplicate(text)
        if listener is not None and listener.getsockname()[1] == port:
            return listener
        if listener is not None:
            listener.close()
    return None


def port_of(descriptor: str) -> int | None:
    """Of a listening TCP socket, by the text of its descriptor; None when it is none."""
    listener = _duplicate(descriptor)
    if listener is None:
        return None
    with listener:
        return int(listener.getsockname()[1])


def _descriptors() -> list[str]:
    found = [os.environ.get(name, "") for name in ("UVICORN_FD", "WERKZEUG_SERVER_FD")]
    found += re.findall(r"fd://(\d+)", os.environ.get("GUNICORN_CMD_ARGS", ""))
    if os.environ.get("LISTEN_FDS", "") not in ("", "0"):
        found.append("3")  # sd_listen_fds(3): the first of them
    return found


def _duplicate(text: str) -> socket.socket | None:
    if not text.isdigit():
        return None
    with contextlib.suppress(OSError):
        duplicate = duplicate_of(int(text))
        if listens(duplicate):
            return duplicate
        duplicate.close()
    return None
