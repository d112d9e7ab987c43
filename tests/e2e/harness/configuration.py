"""A portd with a configuration file of its own, and how to change that."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.http import Answer, Json
from harness.programs import SLACK, until

# A file with nothing but the test's own ports.
PLAIN = "api: {port: 0}\nports: {ranges: {default: {range}}}\n"


def portd_with(new_portd: NewPortd, content: str, **options: object) -> Portd:
    """Not started. `content` may name `{range}`, the test's own ports; nothing but the file states settings."""
    portd = new_portd(default_range=True, **options)
    at = portd.command.index("--port")
    del portd.command[at : at + 2]
    portd.command += ["--config", str(file_of(portd))]
    write(portd, content)
    return portd


def file_of(portd: Portd) -> Path:
    return portd.folder / "config" / "portd.yaml"


def write(portd: Portd, content: str) -> str:
    """The text as it lies in the file now."""
    text = content.replace("{range}", portd.ports.text)
    file_of(portd).parent.mkdir(exist_ok=True)
    file_of(portd).write_text(text)
    return text


def upper_half(portd: Portd) -> tuple[str, range]:
    """The upper half of the test's ports."""
    first = (portd.ports.first + portd.ports.last + 1) // 2
    return f"{first}-{portd.ports.last}", range(first, portd.ports.last + 1)


def reload(portd: Portd) -> None:
    """SIGHUP; returns when portd says what came of it."""
    before = outcomes(portd)
    os.kill(portd.pid, signal.SIGHUP)
    until(lambda: outcomes(portd) > before, 10 * SLACK, "the configuration is read again")


def outcomes(portd: Portd) -> int:
    return portd.log_text().count("configuration reloaded") + portd.log_text().count("configuration not reloaded")


def show(portd: Portd) -> Json:
    answer = portd.get("/config")
    assert answer.status == 200, answer
    return answer.json


def put(portd: Portd, etag: str | None = None, **body: object) -> Answer:
    """Over the representation of this moment, unless another tag is stated."""
    return portd.request("PUT", "/config", body, {"If-Match": etag or portd.get("/config").headers["etag"]})
