"""Programs that listen on a port, as developers' programs do."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

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


# Opens one socket for what comes in, as its arguments say, tells it, then waits for the end of its standard input.
OPENER = """
import os, socket, sys
address, port, kind, option, uid = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4], int(sys.argv[5])
if uid:
    os.setgroups([])
    os.setresgid(uid, uid, uid)
    os.setresuid(uid, uid, uid)
family = socket.AF_INET6 if ":" in address else socket.AF_INET
with socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM) as opened:
    opened.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
    opened.bind((address, port))
    if kind == "tcp":
        opened.listen()
    print("listening", flush=True)
    sys.stdin.read()
"""


@contextlib.contextmanager
def opened(
    port: int,
    address: str = "127.0.0.1",
    *,
    udp: bool = False,
    shared: bool = False,
    cwd: Path | None = None,
    uid: int = 0,
) -> Iterator[subprocess.Popen[str]]:
    """A program with a socket open on that address. `shared`: with SO_REUSEPORT. `uid`: as that user, if root."""
    option = "SO_REUSEPORT" if shared else "SO_REUSEADDR"
    process = subprocess.Popen(
        [sys.executable, "-c", OPENER, address, str(port), "udp" if udp else "tcp", option, str(uid)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=cwd,
    )
    try:
        assert first_line(process) == "listening"
        yield process
    finally:
        end(process)


def has_ipv6() -> bool:
    """Whether this machine has ::1."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET6) as probe:
        probe.bind(("::1", 0))
        return True
    return False
