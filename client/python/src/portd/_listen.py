"""A socket that already listens, from portd: nobody can take its port at any moment."""

from __future__ import annotations

import socket

from portd._errors import PortdError, refusal
from portd._given import given_listener
from portd._inherited import own_key, sibling_key
from portd._lease import Lease, connected, grant, obtain
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
    given = None if is_on("PORTD_DISABLE") else given_listener(lease.port)
    if given is not None:
        return given
    if not lease.granted:
        return _bound(lease.port)
    return _handed_over(lease, service)


def _handed_over(lease: Lease, service: str | None) -> socket.socket:
    client = connected()
    try:
        if lease.id is None:
            derived = own_key() if service is None else sibling_key(service)
            lease = grant(client, derived, port=None, holder=holder_pid())
        assert lease.id is not None
        status, answer, descriptor = client.hand_over(lease.port, lease.id, ADDRESS)
    finally:
        client.close()
    if status >= 400:
        raise refusal(status, answer)
    if descriptor is None:
        raise PortdError("portd answered without a socket; its unix socket is led through something else")
    return socket.socket(fileno=descriptor)


def _bound(port: int) -> socket.socket:
    return socket.create_server((ADDRESS, port), backlog=socket.SOMAXCONN)
