"""Running portc as a person at a prompt does."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.daemon import Portd
from harness.http import Json
from harness.port_slices import PortSlice, take_slice
from harness.programs import PORTC, SLACK, clean_environment, until


@dataclass
class Shell:
    """A folder to work in and the variables that lead portc to one portd."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)
    uid: int | None = None  # run portc as that user

    def run(self, *arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        environment = clean_environment(self.folder) | self.variables
        place = cwd or self.folder
        return subprocess.run(
            [str(PORTC), *arguments],
            capture_output=True,
            text=True,
            env=environment,
            cwd=place,
            check=False,
            timeout=60,
            user=self.uid,
            group=self.uid,
            extra_groups=None if self.uid is None else [],
        )

    def out(self, *arguments: str, cwd: Path | None = None) -> str:
        """The standard output of a command that has to succeed."""
        done = self.run(*arguments, cwd=cwd)
        assert done.returncode == 0, done
        return done.stdout.strip()


def shell_of(portd: Portd) -> Shell:
    work = portd.folder / "work"
    work.mkdir(exist_ok=True)
    return Shell(work, {"PORTD_STATE_DIR": str(portd.state), "PORTD_RUNTIME_DIR": str(portd.runtime)})


class LonelyShell(Shell):
    """A shell in whose folders no portd runs yet; one that portc starts serves on a free port of its own."""

    def __init__(self, folder: Path, more: Mapping[str, str] | None = None) -> None:
        self.ports: PortSlice = take_slice()
        self.state = folder / "state"
        variables = {
            "PORTD_STATE_DIR": str(self.state),
            "PORTD_RUNTIME_DIR": str(folder / "run"),
            "PORTD_CFG_API__PORT": "0",
            "PORTD_CFG_PORTS__RANGES__DEFAULT": self.ports.text,
        }
        super().__init__(folder, variables | dict(more or {}))

    @property
    def endpoint(self) -> Json | None:
        with contextlib.suppress(FileNotFoundError):
            return dict(json.loads((self.state / "endpoint.json").read_text()))
        return None

    def close(self) -> None:
        """Ends the portd that portc started, by its pid."""
        endpoint = self.endpoint
        if endpoint is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(endpoint["pid"], signal.SIGTERM)
            until(lambda: self.endpoint is None, 15 * SLACK, "portd has ended")
        self.ports.close()
