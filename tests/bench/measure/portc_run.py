"""What `portc run` costs a command, and what it saves its visitors."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from statistics import median

from harness.cli import shell_of
from harness.daemon import Portd
from harness.frameworks import ASGI, HARD
from harness.programs import PORTC, clean_environment
from harness.runs import portc_run
from harness.visitors import edit_under_load

from .row import Row
from .tools import process_time_ms, running_portd, say, sync_time, workplace

ROUNDS = 9
RUNS = 10  # a round
SYNCS = 3  # that such a run waits for: the lease, the registration and its end
RESTARTS = 20
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
    """A server whose source is saved again and again while four visitors look at it."""
    with workplace() as folder, running_portd(folder) as portd:
        flask = "flask run --debug"
        hypercorn = "hypercorn --reload app:app"
        return [
            _restarts(f"requests refused over {RESTARTS} restarts, `portc run -- {flask}`", portd, "a", flask, HARD),
            _restarts("the same with --no-handover", portd, "b", flask, HARD, "--no-handover"),
            _restarts(f"the same with `portc run -- {hypercorn}`", portd, "c", hypercorn, ASGI),
            _restarts("that with --no-handover", portd, "d", hypercorn, ASGI, "--no-handover"),
        ]


def _restarts(what: str, portd: Portd, name: str, command: str, text: str, *options: str) -> Row:
    met = _met(portd, name, command, text, options)
    handed_over = not options
    return Row(
        what,
        "0" if handed_over else "-",
        f"{met['refused']:,} refused, {met['answered']:,} answered{_others(met)}",
        met["refused"] == 0 < met["answered"] if handed_over else None,
        "./dev bench --only restarts",
    )


def _met(portd: Portd, name: str, command: str, text: str, options: tuple[str, ...]) -> Counter[str]:
    shell = shell_of(portd)
    folder = shell.folder / name
    folder.mkdir()
    source = folder / "app.py"
    source.write_text(text)
    with portc_run(shell, *options, "--", *command.split(), cwd=folder) as run:
        run.await_answer(body="hello")
        met = edit_under_load(run, source, RESTARTS, pause=PAUSE)
    say(f"{command} {' '.join(options)}: {dict(met)}")
    return met


def _others(met: Counter[str]) -> str:
    """Connections that were accepted and then broken off."""
    return "".join(f", {count:,} {what}" for what, count in met.items() if what not in ("refused", "answered"))
