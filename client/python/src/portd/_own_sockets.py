"""What this process listens on, by asking its own descriptors: no server has to tell, and no header can lie."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import sys

from portd._processes import holder_pid, parent_of


def listener_on(port: int) -> int | None:
    """The inode of this process's TCP socket that listens on `port`; None when it has none."""
    for number in _descriptors():
        with contextlib.suppress(OSError):
            status = os.fstat(number)
            if stat.S_ISSOCK(status.st_mode) and _listens_on(number, port):
                return status.st_ino
    return None


def opener_of(inode: int) -> int:
    """The pid that keeps that socket open for longest: the reloader's parent, gunicorn's master, or this process.

    It is the topmost of the ancestors in an unbroken line that have the very same socket. Only Linux shows that.
    """
    if sys.platform != "linux":
        return holder_pid()
    pid = os.getpid()
    while (parent := parent_of(pid)) > 1 and _has_socket(parent, inode):
        pid = parent
    return pid


def _descriptors() -> list[int]:
    # /dev/fd is the own process's table on Linux and macOS alike.
    try:
        return [int(name) for name in os.listdir("/dev/fd") if name.isdigit()]
    except OSError:
        return []


def _listens_on(number: int, port: int) -> bool:
    with socket.socket(fileno=os.dup(number)) as probe:
        if probe.family not in (socket.AF_INET, socket.AF_INET6) or probe.type != socket.SOCK_STREAM:
            return False
        return bool(probe.getsockname()[1] == port and probe.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))


def _has_socket(pid: int, inode: int) -> bool:
    wanted = f"socket:[{inode}]"
    folder = f"/proc/{pid}/fd"
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    for name in names:
        with contextlib.suppress(OSError):
            if os.readlink(f"{folder}/{name}") == wanted:
                return True
    return False
