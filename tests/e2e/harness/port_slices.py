"""Ports for one test that no other test uses, in any process: below and beside every ephemeral range."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

SIZE = 100
SPARE = 10
STARTS = [*range(10_100, 20_000, SIZE), *range(30_000, 32_700, SIZE)]


@dataclass
class PortSlice:
    """Ports that are nobody else's as long as the locks are open: first to last for portd, and some spare ones."""

    first: int
    locks: list[TextIO]

    @property
    def last(self) -> int:
        return self.first + len(self.locks) * SIZE - SPARE - 1

    @property
    def spare(self) -> list[int]:
        """Ports for the test itself: outside of the range that portd grants from."""
        return list(range(self.last + 1, self.last + 1 + SPARE))

    @property
    def text(self) -> str:
        return f"{self.first}-{self.last}"

    def __contains__(self, port: object) -> bool:
        return isinstance(port, int) and self.first <= port <= self.last

    def close(self) -> None:
        for lock in self.locks:
            lock.close()


def take_slice(hundreds: int = 1) -> PortSlice:
    """Locks a slice in which nothing is bound. The search starts somewhere else in each process."""
    folder = Path(tempfile.gettempdir()) / f"portd-test-ports-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    offset = os.getpid() * 7 % len(STARTS)
    for first in STARTS[offset:] + STARTS[:offset]:
        locks = _locked_hundreds(folder, range(first, first + hundreds * SIZE, SIZE))
        if len(locks) == hundreds:
            return PortSlice(first, locks)
        for lock in locks:
            lock.close()
    raise RuntimeError("every slice of ports is in use")


def _locked_hundreds(folder: Path, starts: range) -> list[TextIO]:
    """As many of them, in order, as are nobody's."""
    locks: list[TextIO] = []
    for first in starts:
        if first not in STARTS:
            break
        lock = (folder / str(first)).open("w")
        if not (_locked(lock) and all(is_free(port) for port in range(first, first + SIZE))):
            lock.close()
            break
        locks.append(lock)
    return locks


def _locked(lock: TextIO) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_free(port: int) -> bool:
    """Whether both wildcards can be bound as portd binds them."""
    for family, address in ((socket.AF_INET, "0.0.0.0"), (socket.AF_INET6, "::")):
        if not _binds(family, address, port):
            return False
    return True


def _binds(family: socket.AddressFamily, address: str, port: int) -> bool:
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if family == socket.AF_INET6:
                probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            probe.bind((address, port))
    except OSError as error:
        return error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL)  # this family is missing here
    return True
