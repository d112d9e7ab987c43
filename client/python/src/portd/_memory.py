"""The port that portd said last, for when there is no portd: one small file a key in portd's state folder."""

from __future__ import annotations

import contextlib
import os

from portd._key import Key
from portd._surroundings import memory_folder, port_from, read_own


def remembered(key: Key) -> int | None:
    """The last port that portd granted to the key, or None."""
    content = read_own(_file(key), 64)
    return port_from(content.decode("ascii", "replace").strip()) if content else None


def remember(key: Key, port: int) -> None:
    """Whole or not at all, for this user only. Where it cannot be written, nothing is remembered."""
    if remembered(key) == port:
        return
    file = _file(key)
    with contextlib.suppress(OSError):
        folder = os.path.dirname(file)
        os.makedirs(folder, 0o700, exist_ok=True)
        fresh = os.path.join(folder, f".{os.getpid()}")
        with contextlib.suppress(FileNotFoundError):
            os.unlink(fresh)  # of a process with the same number that was ended meanwhile
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, f"{port}\n".encode())
        finally:
            os.close(descriptor)
        os.replace(fresh, file)


def _file(key: Key) -> str:
    # No name has a "%" in it, and a key's text is at most as long as a file's name may be.
    return os.path.join(memory_folder(), key.text.replace("/", "%"))
