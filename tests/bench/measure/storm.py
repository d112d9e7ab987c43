"""200 real servers started at once, each asking for a port: how many do not get to serve on their own?"""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.programs import SOURCE, clean_environment
from harness.snippets import write_snippets

from .row import Row
from .tools import RANGE, running_portd, say, workplace

PROGRAMS = 200
TIME = 180.0
STORM = SOURCE / "tests" / "bench" / "storm"
IN_USE = ("EADDRINUSE", "Address already in use")


@dataclass
class Program:
    name: str
    process: subprocess.Popen[str]
    errors: Path
    port: str = ""

    def serves(self, deadline: float) -> bool:
        """Waits until it answers with its own name, or has ended."""
        while self.port and self.process.poll() is None and time.monotonic() < deadline:
            if self._answer() == self.name:
                return True
            time.sleep(0.05)
        return False

    def _answer(self) -> str:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=10) as answer:
                return str(answer.read().decode())
        except OSError:
            return ""

    @property
    def found_port_in_use(self) -> bool:
        text = self.errors.read_text(errors="replace")
        return any(words in text for words in IN_USE)


@dataclass(frozen=True)
class Outcome:
    serving: int
    in_use: int  # programs that ended because their port was somebody else's
    seconds: float

    @property
    def text(self) -> str:
        return f"{self.in_use}/{PROGRAMS}"


def storm() -> list[Row]:
    with workplace() as folder:
        portd = of_portd(folder)
        chosen = of_get_port(folder, f"{{port: portNumbers({RANGE.replace('-', ', ')})}}")
        any_port = of_get_port(folder, "")
        portserver = of_portserver(folder)
    print(f"portd {portd.text}, get-port {chosen.text}", flush=True)
    return [
        _row("200 programs at once: EADDRINUSE with portd", portd, "0, and 200 serve"),
        _row("the same with npm get-port, a port of that range", chosen),
        _row("the same with npm get-port, any port", any_port),
        _row("the same with portpicker's portserver", portserver),
    ]


def _row(what: str, outcome: Outcome, reach: str = "-") -> Row:
    return Row(
        what,
        reach,
        f"{outcome.text}, {outcome.serving} serve on their own port after {outcome.seconds:.0f} s",
        None if reach == "-" else outcome.in_use == 0 and outcome.serving == PROGRAMS,
        "./dev bench --only storm",
    )


def of_portd(folder: Path) -> Outcome:
    """Through the very lines of docs/python-snippet.md."""
    with running_portd(folder / "portd") as portd:
        write_snippets(portd.folder)
        return outcome_of(folder / "with-portd", portd.folder, {"PORTD_URL": portd.url})


def of_get_port(folder: Path, options: str) -> Outcome:
    return outcome_of(folder / f"get-port-{len(options)}", STORM / "get_port", {"GET_PORT_OPTIONS": options})


def of_portserver(folder: Path) -> Outcome:
    address = f"@portd-bench-{os.getpid()}"
    with running_portserver(address):
        return outcome_of(folder / "portserver", STORM / "portserver", {"PORTSERVER_ADDRESS": address})


@contextlib.contextmanager
def running_portserver(address: str) -> Iterator[None]:
    program = Path(sys.executable).with_name("portserver.py")
    command = [sys.executable, str(program), "--portserver_address", address, "--portserver_static_pool", RANGE]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            while "Serving on" not in process.stderr.readline():
                assert process.poll() is None, "portserver did not start"
            reader = threading.Thread(target=process.stderr.read)  # so that its log never blocks it
            reader.start()
            yield
        finally:
            process.terminate()


def outcome_of(folder: Path, ports: Path, environment: Mapping[str, str]) -> Outcome:
    """`ports`: the folder of the module that asks."""
    folder.mkdir()
    started = time.monotonic()
    with started_at_once(folder, clean_environment(folder) | dict(environment) | {"PYTHONPATH": str(ports)}) as all_of:
        for program in all_of:
            assert program.process.stdout
            program.port = program.process.stdout.readline().strip()
        serving = [program.serves(started + TIME) for program in all_of]
        took = time.monotonic() - started
    in_use = [program.found_port_in_use for program in all_of]
    outcome = Outcome(sum(serving), sum(in_use), took)
    say(f"{folder.name}: {outcome.text} in use, {outcome.serving} serve, {took:.0f} s")
    return outcome


@contextlib.contextmanager
def started_at_once(folder: Path, environment: Mapping[str, str]) -> Iterator[list[Program]]:
    """All the programs; ends every one of them, at the latest when the time is up."""
    programs: list[Program] = []

    def end_all() -> None:
        for program in programs:
            program.process.kill()

    alarm = threading.Timer(TIME, end_all)
    alarm.start()
    try:
        programs.extend(start(number, folder, environment) for number in range(PROGRAMS))
        yield programs
    finally:
        alarm.cancel()
        end_all()
        for program in programs:
            program.process.communicate()


def start(number: int, folder: Path, environment: Mapping[str, str]) -> Program:
    name = f"service-{number}"
    errors = folder / f"{name}.err"
    command = [sys.executable, str(STORM / "server.py"), "flask" if number % 2 else "plain", name]
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=stderr, text=True
        )
    return Program(name, process, errors)
