"""What can be told of portd without asking it: switches, its folders, where it is or was, the ports that it said last.

One module, for it is all that a start without portd reads beside the key: each further one costs it some 0.07 ms.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from portd._key import Key

# --- switches ---------------------------------------------------------------------------------------------------------


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


# --- folders ----------------------------------------------------------------------------------------------------------


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


# --- where it is ------------------------------------------------------------------------------------------------------


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


def is_left_over(endpoint: Endpoint) -> bool:
    """Whether its portd was killed, as the kernel says at once: nothing has to be imported to ask it.

    A process that is not seen may be in another pid namespace; somebody listens at its socket then.
    """
    if not endpoint.socket or not endpoint.pid:
        return False
    try:
        os.kill(endpoint.pid, 0)
    except ProcessLookupError:
        return not _is_listened_at(endpoint.socket)
    except (OSError, OverflowError):
        pass  # another user's, or no pid at all: the client looks closer
    return False


def _is_listened_at(path: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stream:
        stream.setblocking(False)
        try:
            stream.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        except OSError:
            pass  # the backlog is full, say: the client waits
        return True


# --- what it said last ------------------------------------------------------------------------------------------------


def has_memory() -> bool:
    """Whether any port is remembered."""
    return os.path.isdir(_memory_folder())


def remembered(key: Key) -> int | None:
    """The last port that portd granted to the key, or None."""
    content = read_own(_memory_file(key), 64)
    return port_from(content.decode("ascii", "replace").strip()) if content else None


def remember(key: Key, port: int) -> None:
    """Whole or not at all, for this user only. Where it cannot be written, nothing is remembered."""
    if remembered(key) == port:
        return
    with contextlib.suppress(OSError):
        os.makedirs(_memory_folder(), 0o700, exist_ok=True)
        fresh = os.path.join(_memory_folder(), f".{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)  # of a process with the same number that was ended meanwhile
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, f"{port}\n".encode())
        finally:
            os.close(descriptor)
        os.replace(fresh, _memory_file(key))


def _memory_folder() -> str:
    return os.path.join(state_folder(), "last-ports")


def _memory_file(key: Key) -> str:
    # No name has a "%" in it, and a key's text is at most as long as a file's name may be.
    return os.path.join(_memory_folder(), key.text.replace("/", "%"))
