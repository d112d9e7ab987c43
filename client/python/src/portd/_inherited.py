"""PORTD_LEASE: one grant for all processes of a service, and for none of another's.

Its value is `KEYTEXT,PORT,PID`; the pid is of portc run, or of the process that has asked portd.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from portd._processes import holder_pid, is_ancestor
from portd._surroundings import Key, port_from

if TYPE_CHECKING:
    from portd._lease import Lease

VARIABLE = "PORTD_LEASE"
FOLDER = "PORTD_LEASE_CWD"  # where portc run has started its command, whatever name it gave it
LAUNCHED = "PORTD_LEASE_FOR"  # the key that this folder and environment had there, but for that name
NUMBERS = ("FLASK_RUN_PORT", "PORT", "UVICORN_PORT")
# What goes with a socket that somebody else was given.
SOCKETS = (
    "WERKZEUG_SERVER_FD",
    "WERKZEUG_RUN_MAIN",
    "UVICORN_FD",
    "GUNICORN_FD",
    "GUNICORN_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
)

_own: dict[str, Lease] = {}  # by the value that this process, or one that it was forked from, has set


class Stated:
    """What the variable says."""

    __slots__ = ("key", "pid", "port", "text")

    def __init__(self, text: str, key: str, port: int, pid: int) -> None:
        self.text = text
        self.key = key
        self.port = port
        self.pid = pid


def stated() -> Stated | None:
    """None where it is not set, or not by portd."""
    text = os.environ.get(VARIABLE, "")
    key, _, rest = text.partition(",")
    number, _, pid = rest.partition(",")
    port = port_from(number)
    if not key or port is None or not pid.isdigit():
        return None
    return Stated(text, key, port, int(pid))


def inherited(key: Key, *, own: bool) -> Lease | None:
    """The lease that this process has from another, if it is the key's and who has asked for it still lives.

    `own`: the key is this process's own. Another's lease is then forgotten, with all that came with it.
    """
    from portd._lease import Lease

    found = stated()
    if found is None:
        return None
    if found.text in _own and found.key == key.text:
        return _own[found.text]
    if own and settle(key) is not None:
        return None
    if (not own and found.key != key.text) or not is_ancestor(found.pid):
        return None
    return Lease(found.port, Key.parse(found.key), "inherited", granted=True)


def pass_on(lease: Lease, *, own: bool) -> None:
    """To the processes that this one starts. `own`: this process's own; another is passed on where there is none."""
    found = stated()
    if found is not None and not own and is_ancestor(found.pid):
        return
    value = f"{lease.key.text},{lease.port},{holder_pid()}"
    os.environ[VARIABLE] = value
    for name in (FOLDER, LAUNCHED):
        os.environ.pop(name, None)
    _own[value] = lease


def settle(key: Key) -> int | None:
    """Forgets another service's lease, if this process has one by its parents; its port."""
    found = stated()
    if found is None or found.key == key.text or _is_launched(key):
        return None
    disown(found.port)
    return found.port


def disown(port: int) -> None:
    """Takes another service's lease of that port, and what leads to its socket, out of this process's environment."""
    for name in (VARIABLE, FOLDER, LAUNCHED, "PORTD_SELF_URL", *SOCKETS):
        os.environ.pop(name, None)
    for name in NUMBERS:
        if os.environ.get(name) == str(port):
            del os.environ[name]
    arguments = os.environ.get("GUNICORN_CMD_ARGS")
    if arguments is not None:
        _set_or_remove("GUNICORN_CMD_ARGS", _without_bind(arguments, port))


def _is_launched(key: Key) -> bool:
    """Whether portc run has started this very service, under a name of its own (--service, --instance, ...).

    Another one of the same folder, by PORTD_SERVICE say, has another key than portc saw there.
    """
    folder, launched = os.environ.get(FOLDER), os.environ.get(LAUNCHED, "")
    if folder is None or os.path.realpath(folder) != os.getcwd():
        return False
    return launched.partition(":")[0] == key.text.partition(":")[0]  # whatever the role


def _without_bind(arguments: str, port: int) -> str:
    """Without --bind to a descriptor or to that port."""
    kept: list[str] = []
    words = iter(arguments.split())
    for word in words:
        flag, _, address = word.partition("=")
        if flag not in ("-b", "--bind"):
            kept.append(word)
            continue
        pair = [word] if address else [word, next(words, "")]
        if not _leads_to(pair[-1], port):
            kept += pair
    return " ".join(kept)


def _leads_to(address: str, port: int) -> bool:
    return address.rpartition("=")[2].startswith("fd://") or address.endswith(f"127.0.0.1:{port}")


def _set_or_remove(name: str, value: str) -> None:
    if value:
        os.environ[name] = value
    else:
        del os.environ[name]
