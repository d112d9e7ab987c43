"""Commands under `portc run`, each in a process group of its own, with a log."""

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from email.message import Message
from pathlib import Path

from harness.cli import Shell
from harness.daemon import Portd
from harness.http import Answer, Json
from harness.programs import PORTC, SLACK, clean_environment, until

START_TIME = 60.0 * SLACK
END_TIME = 30.0 * SLACK

_TOLD = re.compile(r" is at http://localhost:(\d+)$", re.MULTILINE)
_OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))

# Writes its environment as JSON into a file, whole or not at all.
ENVIRONMENT = "import json, os; open('new', 'w').write(json.dumps(dict(os.environ))); os.rename('new', 'environment')"

# Listens, with SO_REUSEADDR as servers do; where there is a named pipe `go`, once somebody has written to it.
LATE_SERVER = """
import http.server, os
if os.path.exists("go"):
    open("go").read()
address = ("127.0.0.1", int(os.environ["PORT"]))
http.server.ThreadingHTTPServer(address, http.server.SimpleHTTPRequestHandler).serve_forever()
"""


class Run:
    """One `portc run`, or another command, that was started; `portc_run` and `started` make and end it."""

    def __init__(self, process: subprocess.Popen[bytes], folder: Path, log: Path) -> None:
        self.process = process
        self.folder = folder
        self._log = log

    @property
    def pid(self) -> int:
        """Of portc, or the command, and of its process group."""
        return self.process.pid

    @property
    def output(self) -> str:
        """What was written so far, on both streams."""
        return self._log.read_text(errors="replace")

    @property
    def running(self) -> bool:
        return self.process.poll() is None

    @property
    def port(self) -> int:
        """The one that portc told; waits until it did."""
        self.await_output(_TOLD.pattern)
        found = _TOLD.search(self.output)
        assert found
        return int(found[1])

    def await_output(self, pattern: str, within: float = START_TIME) -> None:
        """Until a line matches; fails at once when the command has ended without."""

        def told() -> bool:
            running = self.running  # before the look: what it wrote last is there then
            found = re.search(pattern, self.output, re.MULTILINE) is not None
            assert found or running, f"it ended with {self.process.returncode}:\n{self.output}"
            return found

        self.await_that(told, within, f"the output has {pattern}")

    def await_that(self, condition: Callable[[], bool], within: float, what: str) -> None:
        """`until`; a failure shows the output and who still lives."""
        try:
            until(condition, within, what)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.output}\n{self.members()}") from error

    def get(self, path: str = "/", host: str = "127.0.0.1", port: int | None = None) -> Answer:
        """One request over a connection of its own; every status is an answer. Raises OSError when there is none."""
        return fetch(f"http://{host}:{port or self.port}{path}")

    def await_answer(
        self, path: str = "/", within: float = START_TIME, body: str = "", port: int | None = None
    ) -> Answer:
        """The first answer there is, or the first with `body` in it; on the port that portc told, or on this one."""
        answers: list[Answer] = []

        def answered() -> bool:
            assert self.running, f"it ended with {self.process.returncode}:\n{self.output}"
            # A server that is being restarted may leave an answer unfinished.
            with contextlib.suppress(OSError, http.client.HTTPException):
                answer = self.get(path, port=port)
                if body in answer.body.decode(errors="replace"):
                    answers.append(answer)
            return bool(answers)

        self.await_that(answered, within, f"{path} is answered {body}")
        return answers[0]

    def end(self, number: int = signal.SIGTERM) -> int:
        """A signal to this one process; its exit code."""
        if self.running:
            self.process.send_signal(number)
        return self.process.wait(END_TIME)

    def members(self) -> list[str]:
        """The command lines of what lives in its process group."""
        return processes_of_group(self.pid)


@contextlib.contextmanager
def portc_run(
    shell: Shell,
    *words: str,
    cwd: Path | None = None,
    variables: Mapping[str, str] | None = None,
    name: str = "run",
    gone: bool = True,
) -> Iterator[Run]:
    """`portc run WORDS` (options, `--`, the command) in the shell's folder, or another; ended by SIGTERM.

    `name` tells the logs of several runs in one folder apart. Nothing of its process group may be left; `gone=False`
    leaves that to the test, and ends what is left.
    """
    folder = cwd or shell.folder
    log = shell.folder.parent / f"{folder.name}-{name}.log"
    environment = run_environment(shell) | dict(variables or {})
    with started([str(PORTC), "run", *words], folder, environment, log, gone=gone) as run:
        yield run


@contextlib.contextmanager
def started(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str],
    log: Path,
    *,
    gone: bool = True,
    kept: Sequence[int] = (),
) -> Iterator[Run]:
    """A command in a process group of its own; as `portc_run` otherwise. `kept`: descriptors that it inherits."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            pass_fds=kept,
        )
    run = Run(process, folder, log)
    try:
        yield run
        run.end()
        if gone:
            run.await_that(lambda: not run.members(), END_TIME, f"nothing is left of {command}")
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def run_environment(shell: Shell) -> dict[str, str]:
    """What a command under `portc run` inherits: the programs of the tests' Python are found, output is unbuffered."""
    own = {"PYTHONUNBUFFERED": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return clean_environment(shell.folder) | own | {"PATH": path} | shell.variables


def run_here(shell: Shell, *words: str) -> subprocess.CompletedProcess[str]:
    """`portc run WORDS` to its end."""
    environment = run_environment(shell)
    command = [str(PORTC), "run", *words]
    return subprocess.run(
        command, cwd=shell.folder, env=environment, capture_output=True, text=True, check=False, timeout=60 * SLACK
    )


def fetch(url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None) -> Answer:
    """GET, or POST with a body; every status is an answer."""
    request = urllib.request.Request(url, body, dict(headers or {}))
    try:
        with _OPENER.open(request, timeout=30 * SLACK) as answer:
            return _answer(answer.status, answer.headers, answer.read())
    except urllib.error.HTTPError as answer:
        with answer:
            return _answer(answer.code, answer.headers, answer.read())


def _answer(status: int, headers: Message, body: bytes) -> Answer:
    return Answer(status, {name.lower(): value for name, value in headers.items()}, body)


def processes_of_group(group: int) -> list[str]:
    """Command lines of its processes that have not ended, by /proc."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if not entry.name.isdigit():
                continue
            state, _, pgrp = (entry / "stat").read_text().rpartition(")")[2].split()[:3]
            if int(pgrp) == group and state not in "ZX":
                words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                found.append(f"{entry.name} {b' '.join(words).decode(errors='replace')}")
    return found


def lease_of(portd: Portd, service: str, instance: str = "main") -> Json:
    """The one lease of the service's instance, whatever its project."""
    [lease] = [each for each in portd.leases() if (each["service"], each["instance"]) == (service, instance)]
    return lease
