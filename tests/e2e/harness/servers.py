"""Programs that listen on a port, as developers' programs do."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator

# Listens without SO_REUSEADDR when told to, says so, then waits for the end of its standard input.
LISTENER = """
import socket, sys
port, reuse = int(sys.argv[1]), sys.argv[2] == "reuse"
with socket.socket() as server:
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, int(reuse))
    try:
        server.bind(("127.0.0.1", port))
        server.listen()
    except OSError as error:
        print(error.errno, flush=True)
        sys.exit(1)
    print("listening", flush=True)
    sys.stdin.read()
"""


def start_listener(port: int, *, reuse: bool = True) -> subprocess.Popen[str]:
    """A process that listens on 127.0.0.1; end it with `end`."""
    return subprocess.Popen(
        [sys.executable, "-c", LISTENER, str(port), "reuse" if reuse else "strict"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def first_line(process: subprocess.Popen[str]) -> str:
    assert process.stdout
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str]) -> int:
    """Closes its standard input, which ends it, and waits."""
    if process.stdin:
        process.stdin.close()
    code = process.wait(30)
    if process.stdout:
        process.stdout.close()
    return code


@contextlib.contextmanager
def listener(port: int) -> Iterator[subprocess.Popen[str]]:
    """A program that sets SO_REUSEADDR, listening."""
    process = start_listener(port)
    try:
        assert first_line(process) == "listening"
        yield process
    finally:
        end(process)


@contextlib.contextmanager
def idle_process() -> Iterator[subprocess.Popen[str]]:
    """A process that does nothing until it is killed or its standard input ends."""
    process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        end(process)


def bind_error(port: int) -> int | None:
    """The errno that a program without SO_REUSEADDR gets, if any."""
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno
    return None
