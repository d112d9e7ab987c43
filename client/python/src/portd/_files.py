"""Files that belong to a project, read with care: they may be anybody's, and anything but files.

Not in _surroundings.py: most folders have none of them, and need not load this.
"""

from __future__ import annotations

import os
import stat

from portd._errors import KeyDerivationError

LARGEST_MANIFEST = 262_144  # bytes


def refuse_foreign(file: str) -> None:
    """Raises KeyDerivationError."""
    # As git's safe.directory has it: only our own files and root's count. Root reads everybody's.
    own = os.geteuid()
    try:
        owner = os.stat(file).st_uid
    except OSError:
        return
    if own != 0 and owner not in (own, 0):
        raise KeyDerivationError(
            f"{file} belongs to another user, who could say what yours do; copy it, or leave the folder"
        )


def read_file(path: str, limit: int = LARGEST_MANIFEST) -> str | None:
    """A regular file's text, None when there is no such file. Raises KeyDerivationError."""
    try:
        # A FIFO must not keep us waiting.
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except FileNotFoundError:
        if os.path.islink(path):
            raise KeyDerivationError(f"{path}: leads nowhere") from None
        return None
    except OSError as error:
        raise KeyDerivationError(f"{path}: cannot be read: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise KeyDerivationError(f"{path}: not a regular file")
        content = b""
        while len(content) <= limit and (piece := os.read(descriptor, limit + 1)):
            content += piece
    finally:
        os.close(descriptor)
    if len(content) > limit:
        raise KeyDerivationError(f"{path}: larger than {limit} bytes")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        raise KeyDerivationError(f"{path}: not UTF-8: {error}") from error
