"""What a long history costs those who are granted ports."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from statistics import median

from harness.daemon import Portd
from harness.programs import until

from .row import Row
from .tools import RANGE, Load, endpoints, new_portd, say, workplace

ROWS = 1_000_000
ROUNDS = 7
BOUND_MB = 150  # less than the rows take: room has to be made meanwhile


def history() -> list[Row]:
    """Grants and releases with a million rows against those with none. Two daemons that take turns; the one with the
    million is at its bound, so that it drops old rows for every new one."""
    with workplace() as folder:
        young, old = new_history(folder / "young"), new_history(folder / "old")
        try:
            for portd in (young, old):
                portd.start()
                portd.get("/history")  # it is there from now on
            old.terminate()
            fill(history_file(old), ROWS)
            old.start()
            until(lambda: megabytes(old) < BOUND_MB, 120, "the history is below its bound")
            largest = [megabytes(old)]
            rounds = []
            for portd in (young, old):
                rate(portd, seconds=1.0)  # warm
            for _ in range(ROUNDS):
                rounds.append((rate(old), rate(young)))
                largest.append(megabytes(old))
                say(f"{rounds[-1][0]:,.0f}/s against {rounds[-1][1]:,.0f}/s, {largest[-1]:.1f} MB")
            rows = int(old.get("/stats").json["grants"])
        finally:
            young.clean_up()
            old.clean_up()
    return results(rounds, largest, rows)


def results(rounds: Sequence[tuple[float, float]], largest: Sequence[float], grants: int) -> list[Row]:
    full, empty = (median(one[column] for one in rounds) for column in range(2))
    ratio = full / empty
    command = "./dev bench --only history"
    return [
        Row(
            "durable grants + releases with a million rows of history against none",
            "≥ 0.9",
            f"{ratio:.2f} ({full:,.0f}/s against {empty:,.0f}/s)",
            ratio >= 0.9,
            command,
        ),
        Row(
            f"the same: its file, {grants:,} grants later",
            f"≤ {BOUND_MB} MB",
            f"{max(largest):.1f} MB",
            max(largest) <= BOUND_MB,
            command,
        ),
    ]


def new_history(folder: Path) -> Portd:
    portd = new_portd(folder, RANGE)
    portd.command += ["--set", f"history.max_size={BOUND_MB}MB"]
    return portd


def rate(portd: Portd, seconds: float = 2.0) -> float:
    return float(Load(endpoints(portd)[0]).cycle(seconds=seconds)["rate"])


def history_file(portd: Portd) -> Path:
    return portd.state / "history.db"


def megabytes(portd: Portd) -> float:
    return history_file(portd).stat().st_size / 1e6


def fill(file: Path, rows: int) -> None:
    """Leases of an hour and a half each, over the last 80 days."""
    begin = int(time.time() - 80 * 86_400) * 1000
    with closing(sqlite3.connect(file)) as database, database:
        database.execute(
            "INSERT INTO intervals (port, protocol, began_at, ended_at, what, project, service, instance, role, lease, "
            "pid, command, cwd, began, ended) "
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) "
            "SELECT 20000 + i % 10000, 'tcp', ?2 + i * 6900, ?2 + i * 6900 + 5400000, 'lease', 'shop', "
            "'service-' || i % 500, 'main', 'http', '5f0c1a2b-' || i, 1000 + i % 30000, "
            "'python -m flask run --debug', '/home/me/projects/shop', 'granted', 'released' FROM n",
            (rows, begin),
        )
