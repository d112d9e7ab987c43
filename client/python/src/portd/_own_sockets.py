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


def duplicate_of(number: int) -> socket.socket:
    """Of a socket's descriptor. Raises OSError.

    Blocking or not stays what it is, which duplicates share: where there is a default timeout, socket() would change
    it, and whoever reads from the original would be told to try again.
    """
    blocking = os.get_blocking(number)
    duplicate = os.dup(number)
    try:
        # With SOCK_NONBLOCK, which Linux has, socket() leaves the descriptor alone; the real type is the kernel's.
        stream = socket.socket(type=socket.SOCK_STREAM | getattr(socket, "SOCK_NONBLOCK", 0), fileno=duplicate)
    except OSError:
        os.close(duplicate)
        raise
    stream.setblocking(blocking)
    return stream


def listens(stream: socket.socket) -> bool:
    """Whether it is a TCP socket that listens."""
    is_tcp = stream.family in (socket.AF_INET, socket.AF_INET6)
    return is_tcp and stream.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1


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
    with duplicate_of(number) as probe:
        return listens(probe) and bool(probe.getsockname()[1] == port)


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
