"""PORTD_LEASE: one grant for all processes of a service, and for none of another's.

Its value is `KEYTEXT,PORT,PID`; the pid is of portc run, or of the process that has asked portd.
"""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from portd._errors import KeyDerivationError
from portd._processes import gunicorn_arbiter, holder_pid, is_ancestor, keep_reloader, parent_of
from portd._surroundings import DerivedKey, Key, derive_key, port_from

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portd._lease import Lease

VARIABLE = "PORTD_LEASE"
FOLDER = "PORTD_LEASE_CWD"  # where portc run has started its command, whatever name it gave it
LAUNCHED = "PORTD_LEASE_FOR"  # what the command takes itself for: by its folder, and by names that only it has read
NUMBERS = ("FLASK_RUN_PORT", "PORT", "UVICORN_PORT")
OF_WERKZEUG = ("WERKZEUG_SERVER_FD", "WERKZEUG_RUN_MAIN")
# What goes with a socket that somebody else was given.
SOCKETS = (
    *OF_WERKZEUG,
    "UVICORN_FD",
    "GUNICORN_FD",
    "GUNICORN_PID",
    "LISTEN_FDS",
    "LISTEN_PID",
    "LISTEN_FDNAMES",
)

_own: dict[str, Lease] = {}  # by the value that this process, or one that it was forked from, has set
_first_name = ""  # of those that were stated in this process


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
    if found is None or (found.key != key.text and (not own or settle(key) is not None)):
        return None
    if found.text in _own:
        return _own[found.text]
    if not is_ancestor(found.pid):
        return None
    return Lease(found.port, Key.parse(found.key), "inherited", granted=True)


def is_from_parent(key: Key) -> bool:
    """Whether the key's lease is another process's, which keeps it."""
    found = inherited(key, own=False)
    return found is not None and found.source == "inherited"


def pass_on(lease: Lease, *, own: bool) -> None:
    """To the processes that this one starts. `own`: this process's own; another is passed on where there is none."""
    found = stated()
    holder = holder_pid()
    if found is not None and is_ancestor(found.pid):
        if not own:
            return
        if found.key == lease.key.text and FOLDER in os.environ:
            holder = found.pid  # another port of what portc run has started: that stays who this is
    if found is None or holder != found.pid:
        _remove(FOLDER, LAUNCHED)
    value = f"{lease.key.text},{lease.port},{holder}"
    os.environ[VARIABLE] = value
    _own[value] = lease


# --- who this process is ----------------------------------------------------------------------------------------------


def own_key(service: str | None = None) -> DerivedKey:
    """What portc run has started this process as; else what `service`, or its folder and environment, say.

    Raises KeyDerivationError.
    """
    derived = derive_key(os.getcwd(), key=service)
    found = stated()
    if found is None or found.key == derived.key.text or not is_ancestor(found.pid):
        return derived
    if (service is not None and not _is_first_name(derived.key)) or not _is_launched(derived.key):
        return derived
    return DerivedKey(Key.parse(found.key), derived.root, derived.project_file, {})


def sibling_key(service: str) -> DerivedKey:
    """Of another service, in the project and the instance of this one. Raises KeyDerivationError."""
    folder = os.getcwd()
    if FOLDER not in os.environ:
        return derive_key(folder, key=service)
    try:
        here, own = derive_key(folder).key, own_key().key
        variables = variables_of(own)
    except KeyDerivationError:
        return derive_key(folder, key=service)
    if own.project != here.project and "/" not in service:
        service = f"{own.project}/{service}"
    return derive_key(folder, key=service, environ=variables)


def variables_of(own: Key) -> Mapping[str, str]:
    """The variables by which this folder gives the instance of portc run by itself. Raises KeyDerivationError."""
    if FOLDER not in os.environ or own.instance == derive_key(os.getcwd()).key.instance:
        return os.environ
    # INSTANCE.ENVIRONMENT; of an instance with a dot in its own name the names come out right all the same.
    environment = own.instance.rpartition(".")[2] if "." in own.instance else ""
    return {**os.environ, "PORTD_INSTANCE": own.instance, "PORTD_ENV": environment}


# --- forgetting -------------------------------------------------------------------------------------------------------


def settle(key: Key) -> int | None:
    """Forgets another service's lease, if this process has one by its parents; its port."""
    found = stated()
    if found is None or found.key == key.text or _is_launched(key):
        return None
    disown(found.port)
    return found.port


def disown(port: int) -> None:
    """Takes another service's lease of that port, and what leads to its socket, out of this process's environment."""
    _remove(VARIABLE, FOLDER, LAUNCHED, "PORTD_SELF_URL", *SOCKETS)
    for name in NUMBERS:
        if os.environ.get(name) == str(port):
            _remove(name)
    _unbind(port)


def keep_socket() -> None:
    """Takes what leads to the socket of portc run out of the environment, once the server of this process has it:
    a program that it starts would take the descriptor for its own.

    Reloaders start their children with their own environment, so they lose nothing. PORT stays: it says who this is.
    """
    found = stated()
    if found is None or FOLDER not in os.environ:
        return
    if os.getppid() == found.pid:
        keep_reloader()
        _remove(*OF_WERKZEUG)
    _remove(*(name for name in SOCKETS if name not in OF_WERKZEUG))
    _unbind(found.port)


def _remove(*names: str) -> None:
    for name in names:
        with contextlib.suppress(KeyError):  # the first requests may be several at once
            del os.environ[name]


def _unbind(port: int) -> None:
    arguments = os.environ.get("GUNICORN_CMD_ARGS")
    if arguments is not None:
        _set_or_remove("GUNICORN_CMD_ARGS", _without_bind(arguments, port))


def _is_launched(key: Key) -> bool:
    """Whether portc run has started this very service, under a name of its own (--service, --instance, ...).

    That is its command, whatever that calls itself, in .flaskenv say; its reloader's children and workers call
    themselves the same. Another service of the same folder, which the command has started, has another name.
    """
    folder = os.environ.get(FOLDER)
    if folder is None or os.path.realpath(folder) != os.getcwd():
        return False
    names = os.environ.get(LAUNCHED, "").split(",")
    name = key.text.partition(":")[0]  # whatever the role
    if name in [each.partition(":")[0] for each in names]:
        return True
    if not _is_command():
        return False
    os.environ[LAUNCHED] = ",".join([*filter(None, names), name])
    return True


def _is_first_name(key: Key) -> bool:
    """Whether no other name was stated in this process: of two apps in one, the second is another service."""
    global _first_name
    _first_name = _first_name or key.text
    return _first_name == key.text


def _is_command() -> bool:
    """Whether this process is what portc run has started, or a worker of such a gunicorn, which may have loaded
    nothing of the app."""
    found = stated()
    return found is not None and found.pid in (os.getppid(), parent_of(gunicorn_arbiter()))


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
        _remove(name)
