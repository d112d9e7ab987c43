"""Programs that people start on ports: from a folder of their own, without portd knowing."""

from __future__ import annotations

import contextlib
import http.client
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from harness.programs import SLACK, clean_environment, until

# A socket that says when it is there, and waits for the end of standard input: KIND ADDRESS PORT.
SOCKET = """
import socket, sys
kind, address, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
family = socket.AF_INET6 if ":" in address else socket.AF_INET
opened = socket.socket(family, socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM)
if family == socket.AF_INET6:
    opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
if kind != "udp":
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if kind == "shared":
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
opened.bind((address, port))
if kind != "udp":
    opened.listen()
print(opened.getsockname()[1], flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def open_socket(kind: str, address: str, port: int, *, name: str = "python") -> Iterator[tuple[int, int]]:
    """`tcp`, `udp` or `shared` (SO_REUSEPORT); its pid and port. `name`: what the process is called."""
    process = subprocess.Popen(
        [name, "-c", SOCKET, kind, address, str(port)],
        executable=sys.executable,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd="/",
        env=os.environ | {"PYTHONHOME": sys.base_prefix},  # it would look for that beside what it is called
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process.pid, int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


@contextlib.contextmanager
def server_in(folder: Path, port: int, command: Sequence[str] | None = None) -> Iterator[int]:
    """`python -m http.server PORT`, or another server, started from the folder; its pid once it answers."""
    folder.mkdir(exist_ok=True)
    process = subprocess.Popen(
        command or [sys.executable, "-m", "http.server", str(port), "--bind", "127.0.0.1"],
        cwd=folder,
        env=clean_environment(folder),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until(lambda: process.poll() is not None or answers(port), 30 * SLACK, f"a server answers on {port}")
        assert process.poll() is None, "the server has ended"
        yield process.pid
    finally:
        process.kill()
        process.wait()


def answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30 * SLACK)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
