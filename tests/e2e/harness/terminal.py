"""portc at a terminal, as a person has it."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Iterator

from harness.cli import Shell
from harness.programs import PORTC, SLACK, clean_environment

PATIENCE = 15.0 * SLACK


class Terminal:
    """A pseudo-terminal with one portc in its foreground."""

    def __init__(self, shell: Shell, *arguments: str, size: tuple[int, int] = (24, 80)) -> None:
        self.seen = b""
        self._controller, terminal = pty.openpty()
        self.resize(*size)
        self.modes = termios.tcgetattr(terminal)
        self.process = subprocess.Popen(
            ["setsid", "--ctty", str(PORTC), *arguments],
            cwd=shell.folder,
            env=clean_environment(shell.folder) | shell.variables | {"TERM": "xterm"},
            stdin=terminal,
            stdout=terminal,
            stderr=terminal,
        )
        self._terminal = terminal

    def resize(self, lines: int, columns: int) -> None:
        fcntl.ioctl(self._controller, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def type(self, keys: str) -> None:
        os.write(self._controller, keys.encode())

    def read(self, within: float) -> bool:
        """What comes next, if anything does."""
        ready, _, _ = select.select([self._controller], [], [], within)
        if ready:
            self.seen += os.read(self._controller, 65_536)
        return bool(ready)

    def await_text(self, text: str) -> str:
        """Reads on until it is shown; all that was shown since the last time up to it, which is then forgotten."""
        deadline = time.monotonic() + PATIENCE
        while text.encode() not in self.seen:
            assert time.monotonic() < deadline, f"{text!r} is not shown: {self.seen!r}"
            self.read(0.1)
        shown, found, self.seen = self.seen.partition(text.encode())
        return (shown + found).decode(errors="replace")

    def await_end(self) -> tuple[int, str]:
        """Its exit code, and what it showed until then."""
        deadline = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < deadline, f"it has not ended: {self.seen!r}"
            self.read(0.05)
        while self.read(0):
            pass
        return self.process.returncode, self.seen.decode(errors="replace")

    @property
    def modes_now(self) -> list[object]:
        return termios.tcgetattr(self._terminal)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
        os.close(self._terminal)
        os.close(self._controller)


@contextlib.contextmanager
def terminal(shell: Shell, *arguments: str, size: tuple[int, int] = (24, 80)) -> Iterator[Terminal]:
    opened = Terminal(shell, *arguments, size=size)
    try:
        yield opened
    finally:
        opened.close()
