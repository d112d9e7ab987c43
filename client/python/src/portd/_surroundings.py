"""What this process is told and may read: switches, portd's folders, files of this user."""

from __future__ import annotations

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
