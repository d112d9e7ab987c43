"""What `portc run` costs a command, and what it saves its visitors."""

from __future__ import annotations

import contextlib
import os
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from harness.cli import shell_of
from harness.daemon import Portd
from harness.frameworks import HARD
from harness.package import flask_app
from harness.programs import PORTC, clean_environment
from harness.runs import Run, portc_run
from harness.visitors import edit_under_load, visitors

from .row import Row
from .tools import process_time_ms, running_portd, say, sync_time, workplace

ROUNDS = 9
RUNS = 10  # a round
SYNCS = 3  # that such a run waits for: the lease, the registration and its end
RESTARTS = 20
BETWEEN = 0.5  # seconds that a server serves before it is started again by hand
PAUSE = 0.01  # seconds between two questions of each of the four visitors


def portc_run_true() -> list[Row]:
    """`portc run -- true` against `true`, in turns; the lease exists, so the grant only has a new holder."""
    with workplace() as folder, running_portd(folder) as portd:
        environment = clean_environment(folder) | {
            "PORTD_RUNTIME_DIR": str(portd.runtime),
            "PORTD_STATE_DIR": str(portd.state),
            "PATH": os.environ["PATH"],
        }
        return [
            _overhead("`portc run -- true`, what it adds to `true`", folder, environment),
            _overhead("the same with a socket handed over", folder, environment, "--handover"),
        ]


def _overhead(what: str, folder: Path, environment: Mapping[str, str], *options: str) -> Row:
    run = [str(PORTC), "run", "--service", "shop", *options, "--", "true"]
    measured = []
    for _ in range(ROUNDS):
        nothing = process_time_ms(["true"], RUNS, environment)
        took = process_time_ms(run, RUNS, environment)
        sync = sync_time(folder, RUNS).overwritten
        measured.append((took - nothing, sync))
        say(f"{took - nothing:.2f} ms, fdatasync {sync:.2f} ms")
    rest = median(added - SYNCS * sync for added, sync in measured)
    added, sync = (median(one[column] for one in measured) for column in range(2))
    return Row(
        what,
        "-",
        f"{added:.1f} ms: {SYNCS} x {sync:.2f} fdatasync, {rest:+.1f}",
        None,
        "./dev bench --only portc-run",
    )


def restarts() -> list[Row]:
    """A server that is started again and again while four visitors look at it."""
    with workplace() as folder, running_portd(folder) as portd:
        return [
            _row("requests refused over 20 restarts, `portc run -- flask run --debug`", saved(portd, "kept"), True),
            _row("the same with --no-handover", saved(portd, "own", "--no-handover"), False),
            _row("the same without reloader, ended and started again", by_hand(portd), False),
        ]


def _row(what: str, met: Counter[str], is_to_refuse_nobody: bool) -> Row:
    say(f"{what}: {dict(met)}")
    return Row(
        what,
        "0" if is_to_refuse_nobody else "-",
        f"{met['refused']:,} refused, {met['answered']:,} answered{_others(met)}",
        met["refused"] == 0 < met["answered"] if is_to_refuse_nobody else None,
        "./dev bench --only restarts",
    )


def saved(portd: Portd, name: str, *options: str) -> Counter[str]:
    """Its source is saved: the reloader starts it again."""
    shell = shell_of(portd)
    source = flask_app(shell.folder / name, HARD) / "app.py"
    with portc_run(shell, *options, "--", "flask", "run", "--debug", cwd=source.parent) as run:
        run.await_answer(body="hello")
        return edit_under_load(run, source, RESTARTS, pause=PAUSE)


def by_hand(portd: Portd) -> Counter[str]:
    """What everybody does who has no reloader."""
    shell = shell_of(portd)
    folder = flask_app(shell.folder / "by-hand", HARD)

    def run() -> contextlib.AbstractContextManager[Run]:
        return portc_run(shell, "--no-handover", "--", "flask", "run", cwd=folder)

    with contextlib.ExitStack() as load:
        for number in range(RESTARTS + 1):
            with run() as running:
                running.await_answer()
                if number == 0:
                    found = load.enter_context(visitors(running.port, pause=PAUSE))
                time.sleep(BETWEEN)
    return found.met


def _others(met: Counter[str]) -> str:
    """Connections that were accepted and then broken off."""
    return "".join(f", {count:,} {what}" for what, count in met.items() if what not in ("refused", "answered"))
