"""gunicorn on the port of its service: `gunicorn -c python:portd.gunicorn 'app:create_app()'`.

Beside a gunicorn.conf.py: `from portd.gunicorn import *` in it. What it sets below that line wins; a hook of its own
that is named like one of these calls it: `portd.gunicorn.post_fork(server, worker)`. A port that --bind or `bind`
states wins, too: the lease moves there.
"""

from __future__ import annotations

import os
import socket
import sys
from contextlib import closing
from typing import Any

from portd._errors import PortdError, RefusedError, refusal
from portd._lease import Lease, connected, lease
from portd._listen import listen
from portd._own_sockets import duplicate_of

__all__ = ["bind", "on_starting", "post_fork", "post_worker_init", "when_ready"]

HOST = "127.0.0.1"

# Until on_starting. Nobody says this to --bind, so what else stands there was stated.
bind = f"{HOST}:0"

# Of the master alone: a program that a worker starts must not take them for its own.
OF_THE_MASTER = (
    "GUNICORN_FD",
    "GUNICORN_PID",
    "LISTEN_FDNAMES",
    "LISTEN_FDS",
    "LISTEN_PID",
    "UVICORN_FD",
    "WERKZEUG_RUN_MAIN",
    "WERKZEUG_SERVER_FD",
)

_leased: Lease | None = None  # since on_starting; the workers have it by fork


def on_starting(server: Any) -> None:
    """In the master, before it listens: takes the lease and its socket.

    Not already when this is loaded: --check-config loads it, too, and --daemon forks only afterwards.
    """
    try:
        _take_port(server)
    except PortdError as error:
        server.log.error("portd: %s", error)
        sys.exit(1)


def when_ready(server: Any) -> None:
    """In the master, once it listens. A new one (SIGUSR2) outlives the old one, so the lease has to be its own."""
    if "GUNICORN_PID" not in os.environ or _leased is None or _leased.id is None:
        return
    try:
        _take_over(_leased, _leased.id)
    except PortdError as error:
        server.log.warning("portd: the lease stays with the old master: %s", error)


def post_fork(server: Any, worker: Any) -> None:
    """In a worker, before the app is loaded: forgets what is the master's."""
    for name in OF_THE_MASTER:
        os.environ.pop(name, None)
    if "fd://" in os.environ.get("GUNICORN_CMD_ARGS", ""):
        del os.environ["GUNICORN_CMD_ARGS"]


def post_worker_init(worker: Any) -> None:
    """In a worker, once the app is loaded: the Flask apps in it are about to be served."""
    presences = sys.modules.get("portd._flask_presence")
    if presences is None or _leased is None or not _leased.granted:
        return
    presences.begin_all(_leased.key, _leased.port, "https" if worker.cfg.is_ssl else "http")


def _take_port(server: Any) -> None:
    addresses = server.cfg.address
    if "GUNICORN_FD" in os.environ:  # a new master (SIGUSR2), which inherits the old one's sockets
        _lease_stated(_port_of(int(os.environ["GUNICORN_FD"].partition(",")[0])), server)
    elif addresses == [(HOST, 0)]:
        _bind(server, _binding(_lease(None), server))
    elif len(addresses) == 1:
        _lease_stated(_stated_port(addresses[0]), server)


def _lease(port: int | None) -> Lease:
    global _leased
    _leased = lease(port=port)
    return _leased


def _lease_stated(port: int | None, server: Any) -> None:
    """The lease moves to that port; served it is in any case, unless portd must be there and is not."""
    if port is None:
        return
    try:
        _lease(port)
    except RefusedError as error:
        server.log.warning("portd: serving on %d as told, without a lease: %s", port, error)


def _stated_port(address: object) -> int | None:
    """Of an address, or of a descriptor (`portc run` hands one over); a path has none."""
    if isinstance(address, tuple):
        return int(address[1])
    return _port_of(address) if isinstance(address, int) else None


def _port_of(descriptor: int) -> int | None:
    with duplicate_of(descriptor) as listener:
        return int(listener.getsockname()[1]) if listener.family != socket.AF_UNIX else None


def _binding(leased: Lease, server: Any) -> str:
    """What to bind: a socket that portd hands over, so that nobody can be quicker; else the port itself."""
    if leased.source in ("PORT", "default"):
        return str(server.cfg.settings["bind"].default[0])  # gunicorn's own: 0.0.0.0:$PORT, 127.0.0.1:8000
    if leased.granted:
        try:
            return f"fd://{listen().detach()}"
        except PortdError as error:
            server.log.debug("portd: no socket is handed over: %s", error)
    return f"{HOST}:{leased.port}"


def _bind(server: Any, binding: str) -> None:
    # A reload (SIGHUP) reads this module's `bind` again, and opens other sockets if it is another one.
    global bind
    bind = binding
    server.cfg.set("bind", binding)
    server.address = server.cfg.address


def _take_over(leased: Lease, identity: str) -> None:
    with closing(connected()) as client:
        status, answer = client.request("PATCH", f"/ports/{leased.port}?lease={identity}", {"pid": os.getpid()})
    if status >= 400:
        raise refusal(status, answer)
