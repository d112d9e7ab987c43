"""What this process is told and may read: switches, portd's folders, where portd is.

One module, for it is all that a start without portd reads: each further one costs it a tenth of a millisecond.
"""

from __future__ import annotations

import json
import os
import stat
import sys


def is_on(name: str) -> bool:
    """Whether the switch, a variable such as PORTD_DISABLE, is set to anything but 0, false, no or off."""
    return os.environ.get(name, "").lower() not in ("", "0", "false", "no", "off")


def port_in(name: str) -> int | None:
    """The port that a variable states, or None."""
    return port_from(os.environ.get(name, ""))


def port_from(text: str) -> int | None:
    """A port number from its decimal text, or None."""
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        return None
    return int(text) if 0 < int(text) < 65536 else None


def state_folder() -> str:
    """As portd finds it; see common/paths.cpp."""
    stated = os.environ.get("PORTD_STATE_DIR")
    return os.path.abspath(stated) if stated else _default_state()


def runtime_folder() -> str:
    """As portd finds it; see common/paths.cpp."""
    stated = os.environ.get("PORTD_RUNTIME_DIR")
    if stated:
        return os.path.abspath(stated)
    base = _absolute("XDG_RUNTIME_DIR")
    return os.path.join(base, "portd") if base else os.path.join(state_folder(), "run")


def _default_state() -> str:
    if sys.platform == "darwin":
        return os.path.join(_home(), "Library", "Application Support", "portd")
    return os.path.join(_absolute("XDG_STATE_HOME") or os.path.join(_home(), ".local", "state"), "portd")


def _absolute(name: str) -> str:
    # The XDG base directory specification: a relative path in its variables is to be ignored.
    path = os.environ.get(name, "")
    return path if path.startswith("/") else ""


def _home() -> str:
    return _absolute("HOME") or _home_of_user()


def _home_of_user() -> str:
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:
        return "/"


def memory_folder() -> str:
    """Of what portd said last; see _memory.py."""
    return os.path.join(state_folder(), "last-ports")


def read_own(path: str, limit: int = 16_384) -> bytes | None:
    """A small regular file of this user, or None: what another user has put there is not looked at."""
    try:
        # A FIFO must not keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        status = os.fstat(descriptor)
        if status.st_uid != os.geteuid() or not stat.S_ISREG(status.st_mode) or status.st_size > limit:
            return None
        return os.read(descriptor, limit)
    except OSError:
        return None
    finally:
        os.close(descriptor)


class Endpoint:
    """A unix socket (preferred), a URL, or both; and the process, 0 where it is unknown."""

    __slots__ = ("pid", "socket", "url")

    def __init__(self, url: str, socket: str, pid: int) -> None:
        self.url = url
        self.socket = socket
        self.pid = pid


def find_endpoint() -> Endpoint | None:
    """PORTD_URL, PORTD_SOCKET, else endpoint.json; None where there is none of these."""
    url, path = os.environ.get("PORTD_URL"), os.environ.get("PORTD_SOCKET")
    left = read_endpoint()
    if url:
        return Endpoint(url, "", left.pid if left and left.url == url.rstrip("/") else 0)
    if path:
        path = os.path.abspath(path)
        return Endpoint("", path, left.pid if left and left.socket == path else 0)
    return left


def read_endpoint() -> Endpoint | None:
    """What the portd of this user has left. Files of other users do not count."""
    for folder in (runtime_folder, state_folder):
        content = read_own(os.path.join(folder(), "endpoint.json"))
        endpoint = _endpoint_from(content) if content else None
        if endpoint is not None:
            return endpoint
    return None


def _endpoint_from(content: bytes) -> Endpoint | None:
    try:
        found = json.loads(content)
        url, socket, pid = found["url"], found["socket"], found["pid"]
    except (ValueError, LookupError, TypeError):
        return None
    sound = isinstance(url, str) and isinstance(socket, str) and isinstance(pid, int) and pid > 0
    return Endpoint(url, socket, pid) if sound else None
