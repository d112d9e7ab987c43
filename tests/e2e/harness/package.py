"""The Python package as programs under test have it, and Flask apps that run with it."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from harness.daemon import Portd
from harness.programs import SLACK, SOURCE, clean_environment, until

# What pip makes of the wheel; in PYTHONPATH it is installed, without that it is not.
SITE = SOURCE / "build" / "python" / "site"
COVERAGE = SOURCE / "client" / "python" / "tests" / "coverage"

# The oldest Flask that the package works with, and the one of .venv.
PYTHONS = {
    "flask22": SOURCE / ".venv-flask22" / "bin" / "python",
    "flask31": SOURCE / ".venv" / "bin" / "python",
}


def package_environment(home: Path, portd: Portd | None = None) -> dict[str, str]:
    """An environment with the package, led to this portd; without one it finds none."""
    assert SITE.exists(), f"{SITE} is not built; ./dev build"
    found = clean_environment(home) | {"PYTHONPATH": str(SITE)} | _counting()
    if portd is None:
        return found | {"PORTD_STATE_DIR": str(home / "state"), "PORTD_RUNTIME_DIR": str(home / "run")}
    return found | {"PORTD_STATE_DIR": str(portd.state), "PORTD_RUNTIME_DIR": str(portd.runtime)}


def _counting() -> dict[str, str]:
    """What has the programs count the lines that they run, when the tests do."""
    if "COVERAGE_PROCESS_START" not in os.environ:
        return {}
    kept = {name: os.environ[name] for name in ("COVERAGE_PROCESS_START", "COVERAGE_FILE")}
    return kept | {"PYTHONPATH": f"{COVERAGE}{os.pathsep}{SITE}"}


class App:
    """A program that serves, and what it wrote."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace") if self._log.exists() else ""

    @property
    def port(self) -> int:
        """Where it serves, as Werkzeug says; waits until it does."""

        def says() -> bool:
            assert self.process.poll() is None, f"it ended with {self.process.returncode}:\n{self.log}"
            return _RUNNING.search(self.log) is not None

        try:
            until(says, 60 * SLACK, "it serves")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log}") from error
        found = _RUNNING.search(self.log)
        assert found
        return int(found[1])

    def page(self, path: str = "/") -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=60) as answer:
            return str(answer.read().decode())


_RUNNING = re.compile(r"Running on http://[^:\s]+:(\d+)")


@contextlib.contextmanager
def running(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], name: str = ""
) -> Iterator[App]:
    """An app in its folder, with its log beside that; ended by SIGTERM."""
    log = folder.parent / f"{name or folder.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(word) for word in command],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield App(process, log)
    finally:
        process.terminate()
        process.wait(30 * SLACK)


APP = """
import os
from flask import Flask
app = Flask(__name__)
@app.get("/")
def identity():
    return os.path.basename(os.path.dirname(os.path.abspath(__file__)))
"""


def flask_app(folder: Path, text: str = APP) -> Path:
    """A folder with an app.py, which says the folder's name at /."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "app.py").write_text(text)
    return folder
