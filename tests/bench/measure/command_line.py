"""What ./dev bench understands, and which rows there are."""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable

from harness.programs import BUILD

from .build_time import build_time
from .checks import checks
from .flask_run import flask_run
from .history import history
from .latency import free_port, many_leases, one_grant, portc_port
from .portc_run import portc_run_true, restarts
from .row import Row, table
from .start_up import idle_memory, start_up
from .storm import storm
from .throughput import durable_grants, no_op, services
from .tools import say
from .waiting import fan_out, wake_up
from .watch import watch

SUBJECTS: dict[str, Callable[[], list[Row]]] = {
    "grants": durable_grants,
    "one-grant": one_grant,
    "no-op": no_op,
    "services": services,
    "many-leases": many_leases,
    "free-port": free_port,
    "portc": portc_port,
    "flask-run": flask_run,
    "portc-run": portc_run_true,
    "restarts": restarts,
    "start-up": start_up,
    "idle-memory": idle_memory,
    "checks": checks,
    "watch": watch,
    "wake-up": wake_up,
    "fan-out": fan_out,
    "history": history,
    "storm": storm,
    "build": build_time,
}


def main() -> int:
    options = parse()
    if platform.system() != "Linux" and not options.only:
        say("only Linux has all that is measured here")
    busy = os.getloadavg()[0]
    if busy > 1:
        say(f"something else runs here (load average {busy:.1f}): expect noise")
    rows: list[Row] = []
    for subject in subjects(options):
        say(subject)
        rows += SUBJECTS[subject]()
    print(table(rows))
    print(f"{os.cpu_count()} cores; load average of the last minute before: {busy:.1f}")
    missed = sum(row.met is False for row in rows)
    print(f"{sum(row.met is True for row in rows)} ok, {missed} missed")
    return 1 if missed and options.check and not options.report else 0


def subjects(options: argparse.Namespace) -> list[str]:
    if options.only:
        return list(options.only)
    with_build = options.check and not options.no_build
    return [subject for subject in SUBJECTS if subject != "build" or with_build]


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="./dev bench",
        description=f"Measures the programs in {BUILD.name} against what is to be reached; prints a Markdown table.",
    )
    parser.add_argument("--check", action="store_true", help="also time a clean build; exit 1 when a row is missed")
    parser.add_argument("--no-build", action="store_true", help="with --check: do not time a clean build")
    parser.add_argument("--report", action="store_true", help="with --check: exit 0 all the same")
    parser.add_argument("--only", action="append", choices=list(SUBJECTS), metavar="SUBJECT", help=" ".join(SUBJECTS))
    return parser.parse_args()
