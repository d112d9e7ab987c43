"""Services under test: registered with portd, and really running."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.daemon import Portd
from harness.http import Json
from harness.programs import SLACK, until

QUICK = {"interval": "50ms", "start_interval": "50ms"}


def register(portd: Portd, service: str, query: str = "", **declaration: object) -> Json:
    """A registration that has to succeed; the instance."""
    answer = portd.request("PUT", f"/services/{service}{query}", declaration)
    assert answer.status in (200, 201), answer
    return answer.json


def instance(portd: Portd, service: str) -> Json:
    answer = portd.get(f"/services/{service}")
    assert answer.status == 200, answer
    [found] = answer.json["instances"]
    return dict(found)


def status(portd: Portd, service: str) -> str:
    return str(instance(portd, service)["status"])


def await_status(portd: Portd, service: str, wanted: str, within: float = 10.0) -> Json:
    until(lambda: status(portd, service) == wanted, within * SLACK, f"{service} is {wanted}")
    return instance(portd, service)


@contextlib.contextmanager
def http_server(port: int, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Python's http.server on a port, running from the moment when it listens."""
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(port)],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"]},
    )
    try:
        assert process.stdout
        assert b"Serving HTTP" in process.stdout.readline()
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdout
        process.stdout.close()


def free_port() -> int:
    """Of the system's choice, for what portd does not lease."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
