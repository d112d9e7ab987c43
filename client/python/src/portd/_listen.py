"""A socket that already listens, from portd: nobody can take its port at any moment."""

from __future__ import annotations

import contextlib
import os
import re
import socket

from portd._errors import PortdError, refusal
from portd._lease import Lease, connected, grant, obtain
from portd._key import derive_key
from portd._processes import holder_pid
from portd._surroundings import is_on

ADDRESS = "127.0.0.1"


def listen(service: str | None = None) -> socket.socket:
    """A listening socket on 127.0.0.1 and the port that lease() gives. It is the caller's: when it is closed, the port
    is only kept.

    Under portc run, whose socket it then is, a duplicate of that. While there is no portd it is bound here. Raises what
    lease() raises, RefusedError where somebody listens already, and OSError where nobody holds the port for us.
    """
    lease = obtain(service)
    given = _given(lease.port)
    if given is not None:
        return given
    if not lease.granted:
        return _bound(lease.port)
    return _handed_over(lease, service)


def _handed_over(lease: Lease, service: str | None) -> socket.socket:
    client = connected()
    try:
        if lease.id is None:
            lease = grant(client, derive_key(os.getcwd(), key=service or lease.key.text), port=None, holder=holder_pid())
        assert lease.id is not None
        status, answer, descriptor = client.hand_over(lease.port, lease.id, ADDRESS)
    finally:
        client.close()
    if status >= 400:
        raise refusal(status, answer)
    if descriptor is None:
        raise PortdError("portd answered without a socket; its unix socket is led through something else")
    os.set_inheritable(descriptor, False)
    return socket.socket(fileno=descriptor)


def _bound(port: int) -> socket.socket:
    return socket.create_server((ADDRESS, port), backlog=socket.SOMAXCONN)


def _given(port: int) -> socket.socket | None:
    """A duplicate of the socket that a launcher has handed on, if it listens on the port."""
    if is_on("PORTD_DISABLE"):
        return None
    for text in _given_descriptors():
        with contextlib.suppress(OSError, ValueError):
            duplicate = socket.socket(fileno=os.dup(int(text)))
            if _listens(duplicate) and duplicate.getsockname()[1] == port:
                return duplicate
            duplicate.close()
    return None


def _given_descriptors() -> list[str]:
    found = [os.environ.get(name, "") for name in ("UVICORN_FD", "WERKZEUG_SERVER_FD")]
    found += re.findall(r"fd://(\d+)", os.environ.get("GUNICORN_CMD_ARGS", ""))
    if os.environ.get("LISTEN_FDS", "") not in ("", "0"):
        found.append("3")  # sd_listen_fds(3): the first of them
    return [text for text in found if text]


def _listens(stream: socket.socket) -> bool:
    is_tcp = stream.family in (socket.AF_INET, socket.AF_INET6) and stream.type == socket.SOCK_STREAM
    return is_tcp and stream.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
