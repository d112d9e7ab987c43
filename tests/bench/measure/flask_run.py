"""What the Python package adds to `flask run`: portd is there, or it is not."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from harness.daemon import Portd
from harness.package import SITE, flask_app
from harness.programs import clean_environment

from .row import Row
from .tools import percentile, running_portd, say, sync_time, workplace

PAIRS = 30
TRIES = 5  # each side of a pair is the quickest of so many: what else runs here takes more than 5 ms from most starts
SYNCS = 10  # a round
STARTS = 40  # without portd
SERVES = b"Press CTRL+C"  # Werkzeug's last line before it waits for the first request
COMMAND = "./dev bench --only flask-run"

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
class Start:
    """Milliseconds from exec until it serves, and of processor time for its whole life."""

    wall: float
    processor: float


@dataclass(frozen=True)
class Case:
    """One way to start; `before` is not measured."""

    environment: Mapping[str, str]
    words: Sequence[str] = ()
    before: Callable[[], None] = lambda: None


Measured = dict[str, list[Start]]


def flask_run() -> list[Row]:
    return present() + absent()


def present() -> list[Row]:
    """The cases take turns, in an order of chance; a difference is that of two starts of one round."""
    with workplace() as folder, running_portd(folder / "present") as portd:
        measured, syncs = in_turns(flask_app(folder / "shop"), cases_of(folder, portd))
    itself = added(measured, "again", "wall")
    noise = f"without it {median(itself):+.1f} and {percentile(itself, 0.95):+.1f}"
    say(f"a start without the package against another: p50, p95: {noise}")
    return [
        _present("what the package adds to `flask run`, its key is leased, p95", measured, "leased", syncs, noise),
        _present("the same, its first grant", measured, "first", syncs, noise),
    ]


def cases_of(folder: Path, portd: Portd) -> dict[str, Case]:
    empty = folder / "empty"
    empty.mkdir()
    # Every further folder in PYTHONPATH costs each import a look; pip would add none.
    without = Case(clean_environment(folder) | {"PYTHONPATH": str(empty)}, ["-p", str(free_port())])
    return {
        "without": without,
        "again": without,
        "leased": Case(led_to(portd)),
        "first": Case(led_to(portd), before=lambda: release_all(portd)),
    }


def absent() -> list[Row]:
    """Nothing waits then: the processor time inside the process, which other programs disturb least."""
    with workplace() as folder, running_portd(folder / "killed") as killed:
        app = flask_app(folder / "shop")
        started(app, Case(led_to(killed)))  # so that there is a port to remember
        killed.kill()  # its endpoint.json stays
        nowhere = {"PORTD_STATE_DIR": str(folder / "none"), "PORTD_RUNTIME_DIR": str(folder / "none")}
        left_over, never = led_to(killed), led_to(killed) | nowhere
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


def in_turns(app: Path, cases: Mapping[str, Case]) -> tuple[Measured, list[float]]:
    """PAIRS starts of each case, and what a grant's fdatasync took in each round, in milliseconds."""
    for case in cases.values():
        started(app, case)  # the first one finds cold caches
    measured: Measured = {name: [] for name in cases}
    syncs = []
    order = random.Random(1)
    for _ in range(PAIRS):
        tries: Measured = {name: [] for name in cases}
        for name in order.sample(list(cases) * TRIES, len(cases) * TRIES):
            tries[name].append(started(app, cases[name]))
        for name, starts in tries.items():
            measured[name].append(quickest(starts))
        syncs.append(sync_time(app, SYNCS).growing)
    for name, starts in measured.items():
        wall, processor = (median(getattr(start, each) for start in starts) for each in ("wall", "processor"))
        say(f"{name}: serves after {wall:.1f} ms, {processor:.1f} ms of processor time")
    return measured, syncs


def quickest(starts: Sequence[Start]) -> Start:
    return Start(min(start.wall for start in starts), min(start.processor for start in starts))


def started(app: Path, case: Case) -> Start:
    """Starts `flask run` and ends it as soon as it serves."""
    case.before()
    command = [sys.executable, "-m", "flask", "run", *case.words]
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=app, env=case.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
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
        # Not Popen.wait, which tells nothing of the processor.
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return Start(wall * 1000, (usage.ru_utime + usage.ru_stime) * 1000)


def _present(what: str, measured: Measured, name: str, syncs: Sequence[float], noise: str) -> Row:
    """`noise`: p50 and p95 of what two starts without the package differ by."""
    rest = [more - sync for more, sync in zip(added(measured, name, "wall"), syncs, strict=True)]
    processor = median(added(measured, name, "processor"))
    worst = percentile(rest, 0.95)
    return Row(
        what,
        "≤ fdatasync + 5 ms",
        f"{median(syncs):.1f} fdatasync, {worst:+.1f} ms (p50 {median(rest):+.1f}; processor {processor:.1f}; {noise})",
        worst <= 5,
        COMMAND,
    )


def _absent(what: str, times: Sequence[float], reach: float) -> Row:
    took = median(times)
    measured = f"{took:.2f} ms (least {min(times):.2f}, p95 {percentile(times, 0.95):.2f})"
    return Row(what, f"≤ {reach:g} ms", measured, took <= reach, COMMAND)


def added(measured: Measured, name: str, field: str) -> list[float]:
    """By how much each start took longer than the one without the package in its round."""
    return [
        getattr(one, field) - getattr(bare, field)
        for one, bare in zip(measured[name], measured["without"], strict=True)
    ]
