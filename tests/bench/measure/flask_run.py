"""What the Python package adds to `flask run`: portd is there, or it is not."""

from __future__ import annotations

import contextlib
import os
import random
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.daemon import Portd
from harness.package import SITE, flask_app
from harness.programs import SOURCE, clean_environment

from .row import Row
from .tools import percentile, running_portd, say, workplace

PAIRS = 30
TRIES = 3  # starts of each case in a round; of whole processes the quickest counts: other programs take up to 40 ms
STARTS = 40  # without portd
SERVES = b"Press CTRL+C"  # Werkzeug's last line before it waits for the first request
COMMAND = "./dev bench --only flask-run"
SPANS = SOURCE / "tests" / "bench" / "spans"

# An app with the extension, which imports it and is registered. The rest that the package does, SPANS finds by itself.
EXTENDED = """
from flask import Flask
from sitecustomize import span

app = Flask(__name__)
with span("extension"):
    from portd.flask import Portd

    Portd(app)
"""

# All that the package does at a start that finds no portd: what the entry point loads, and where the port comes from.
INSIDE = """
import time
import flask.cli
before = time.process_time()
import portd._flask_cli
portd._flask_cli._OPTION.default()
print((time.process_time() - before) * 1000)
"""


@dataclass(frozen=True)
class Took:
    """Milliseconds of the clock and of processor time."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Start:
    """Milliseconds from exec until it serves, and what the package took of it, inside."""

    whole: float
    package: Took


@dataclass(frozen=True)
class Case:
    """One way to start; `before` is not measured."""

    app: Path
    environment: Mapping[str, str]
    words: Sequence[str] = ()
    before: Callable[[], None] = lambda: None


Rounds = dict[str, list[list[Start]]]  # of each case the starts of each round


def flask_run() -> list[Row]:
    with undisturbed():
        return present() + absent()


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """All that is started within gets a processor before every other program, where this one may ask for that."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError:
        say("no real-time priority for this user: what else runs here is measured, too")
    try:
        yield
    finally:
        os.sched_setscheduler(0, *before)


def present() -> list[Row]:
    """The cases take turns, in an order of chance."""
    with in_memory() as folder, running_portd(folder / "present") as portd:
        rounds = in_turns(folder, cases_of(folder, portd))
    return [
        _present("what the package adds to `flask run`, its key is leased, p95", rounds, "leased", 5.0),
        _present("the same, its first grant", rounds, "first", 5.0),
        _present("the same, an app with the extension, which is registered", rounds, "extended", None),
    ]


@contextlib.contextmanager
def in_memory() -> Iterator[Path]:
    """Where fdatasync costs nothing: what it takes on a disk is not the package's, and differs more than the rest."""
    with tempfile.TemporaryDirectory(dir="/dev/shm", prefix="portd-bench-") as folder:
        yield Path(folder)


def cases_of(folder: Path, portd: Portd) -> dict[str, Case]:
    plain, extended = flask_app(folder / "shop"), flask_app(folder / "extended", EXTENDED)
    empty = folder / "empty"
    empty.mkdir()
    # Every further folder in PYTHONPATH costs each import a look; pip would add none. So both sides have as many.
    without = clean_environment(folder) | {"PYTHONPATH": f"{SPANS}{os.pathsep}{empty}"}
    within = led_to(portd) | {"PYTHONPATH": f"{SPANS}{os.pathsep}{SITE}"}
    return {
        "without": Case(plain, without, ["-p", str(free_port())]),
        "leased": Case(plain, within),
        "first": Case(plain, within, before=lambda: release_all(portd)),
        "extended": Case(extended, within),
    }


def absent() -> list[Row]:
    """Nothing waits then: the processor time inside the process, which other programs disturb least."""
    with workplace() as folder, running_portd(folder / "killed") as killed:
        app = flask_app(folder / "shop")
        started(Case(app, led_to(killed)), folder / "spans")  # so that there is a port to remember
        killed.kill()  # its endpoint.json stays
        nowhere = {"PORTD_STATE_DIR": str(folder / "none"), "PORTD_RUNTIME_DIR": str(folder / "none")}
        left_over = led_to(killed) | {"HOME": str(folder)}  # as projects are
        never = left_over | nowhere
        times = [(inside(app, left_over), inside(app, never)) for _ in range(STARTS)]
    return [
        _absent("the same, portd was killed: processor time, p50", [one for one, _ in times], 1.0),
        _absent("the same, there never was a portd: processor time, p50", [one for _, one in times], 0.5),
    ]


def inside(app: Path, environment: Mapping[str, str]) -> float:
    """Milliseconds of processor time that the package takes until it knows the port."""
    command = [sys.executable, "-c", INSIDE]
    done = subprocess.run(command, cwd=app, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return float(done.stdout)


def led_to(portd: Portd) -> dict[str, str]:
    folders = {"PORTD_STATE_DIR": str(portd.state), "PORTD_RUNTIME_DIR": str(portd.runtime)}
    return clean_environment(portd.folder) | folders | {"PYTHONPATH": str(SITE)}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def release_all(portd: Portd) -> None:
    for lease in portd.leases():
        answer = portd.request("DELETE", f"/ports/{lease['port']}", unix=True)
        assert answer.status in (200, 204), answer


def in_turns(folder: Path, cases: Mapping[str, Case]) -> Rounds:
    """PAIRS rounds of TRIES starts of each case."""
    spans = folder / "spans"
    for case in cases.values():
        started(case, spans)  # the first one finds cold caches
    rounds: Rounds = {name: [] for name in cases}
    order = random.Random(1)
    for _ in range(PAIRS):
        starts: dict[str, list[Start]] = {name: [] for name in cases}
        for name in order.sample(list(cases) * TRIES, len(cases) * TRIES):
            starts[name].append(started(cases[name], spans))
        for name, some in starts.items():
            rounds[name].append(some)
    return rounds


def started(case: Case, spans: Path) -> Start:
    """Starts `flask run` and ends it as soon as it serves."""
    case.before()
    spans.write_text("")
    command = [sys.executable, "-m", "flask", "run", *case.words]
    environment = {**case.environment, "SPANS": str(spans)}
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=case.app, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    assert process.stderr
    with process.stderr as log:
        told: list[bytes] = []
        while not told or SERVES not in told[-1]:
            told.append(log.readline())
            if not told[-1]:
                raise RuntimeError(f"flask run ended: {b''.join(told).decode()}")
        wall = time.perf_counter() - began
        process.kill()
        process.wait()
    return Start(wall * 1000, all_of(spans))


def all_of(spans: Path) -> Took:
    lines = [line.rsplit(" ", 2) for line in spans.read_text().splitlines()]
    return Took(sum(float(wall) for _, wall, _ in lines), sum(float(processor) for _, _, processor in lines))


def _present(what: str, rounds: Rounds, name: str, reach: float | None) -> Row:
    """What the package takes inside; beside it what whole processes differ by, which other programs disturb more."""
    inside = [start.package.wall for some in rounds[name] for start in some]
    processor = [start.package.processor for some in rounds[name] for start in some]
    whole = [quickest(some) - quickest(bare) for some, bare in zip(rounds[name], rounds["without"], strict=True)]
    worst = percentile(inside, 0.95)
    return Row(
        what,
        "-" if reach is None else f"≤ {reach:g} ms beside fdatasync",
        f"{worst:.1f} ms (p50 {median(inside):.1f}; processor p50 {median(processor):.1f}, "
        f"p95 {percentile(processor, 0.95):.1f}; whole process p50 {median(whole):+.1f})",
        None if reach is None else worst <= reach,
        COMMAND,
    )


def quickest(starts: Sequence[Start]) -> float:
    return min(start.whole for start in starts)


def _absent(what: str, times: Sequence[float], reach: float) -> Row:
    took = median(times)
    measured = f"{took:.2f} ms (least {min(times):.2f}, p95 {percentile(times, 0.95):.2f})"
    return Row(what, f"≤ {reach:g} ms", measured, took <= reach, COMMAND)
