"""How long one request and one command take."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from statistics import median

from harness.daemon import Portd
from harness.programs import PORTC, clean_environment

from .row import Row
from .tools import (
    Load,
    SyncTime,
    endpoints,
    fill,
    process_time_ms,
    result,
    running_portd,
    say,
    settle_log,
    sync_time,
    tcp,
    workplace,
)

ROUNDS = 9
SAMPLES = 40
OTHER_RANGE = "40000-49999"


def one_grant() -> list[Row]:
    """A durable grant over one connection: one fdatasync, one request, and little more."""
    with workplace() as folder, running_portd(folder) as portd:
        Load(tcp(portd.tcp_port)).grant(SAMPLES)
        young = _one_grant("a log that grows", portd, folder, lambda sync: sync.growing, rounds=5)
        settle_log(portd)
        old = _one_grant("a log in its stride", portd, folder, lambda sync: sync.overwritten, rounds=ROUNDS)
    return [old, young]


def _one_grant(log: str, portd: Portd, folder: Path, pick: Callable[[SyncTime], float], rounds: int) -> Row:
    load = Load(tcp(portd.tcp_port))
    measured = []
    for _ in range(rounds):
        sync = pick(sync_time(folder, SAMPLES))
        no_op = float(load.get(connections=1, count=1000)["p50_us"]) / 1000
        grant = _grant_ms(portd)
        measured.append((grant, sync, no_op))
        say(f"grant {grant:.2f} ms, fdatasync {sync:.2f} ms, no-op {no_op:.3f} ms")
    rest = median(grant - sync - no_op for grant, sync, no_op in measured)
    grant, sync, no_op = (median(one[column] for one in measured) for column in range(3))
    return Row(
        f"one durable grant over one connection, {log}",
        "≤ fdatasync + no-op + 0.15 ms",
        f"{grant:.2f} ms: {sync:.2f} fdatasync, {no_op:.2f} no-op, {rest:+.2f}",
        rest <= 0.15,
        "./dev bench --only one-grant",
    )


def many_leases() -> list[Row]:
    """A grant when 9,000 ports are leased against one when 10 are. Two daemons, each with a range of its own: in the
    other's it would try port after port that is held."""
    with (
        workplace() as folder,
        running_portd(folder / "few", OTHER_RANGE) as few,
        running_portd(folder / "many") as many,
    ):
        fill(few, 10)
        fill(many, 9_000)
        settle_log(few)
        settle_log(many)
        rounds = []
        for _ in range(ROUNDS):
            rounds.append((_grant_ms(many), _grant_ms(few)))
            say(f"{rounds[-1][0]:.2f} ms against {rounds[-1][1]:.2f} ms")
    ratio = median(full / empty for full, empty in rounds)
    full, empty = (median(one[column] for one in rounds) for column in range(2))
    return [
        Row(
            "grant latency with 9,000 leases against 10",
            "≤ 1.2 x",
            f"{ratio:.2f} x ({full:.2f} ms against {empty:.2f} ms)",
            ratio <= 1.2,
            "./dev bench --only many-leases",
        )
    ]


def _grant_ms(portd: Portd) -> float:
    measured = Load(endpoints(portd)[0]).cycle(connections=1, count=2 * SAMPLES, seconds=10)
    return float(measured["grant"]["p50_us"]) / 1000


def free_port() -> list[Row]:
    """Finding a free port in core, without disk and kernel: flat however full the range is."""
    flags = ["--benchmark_repetitions=9", "--benchmark_enable_random_interleaving=true"]
    report = result("portd_core_bench", "--benchmark_format=json", "--benchmark_min_time=0.05", *flags)
    times = {
        str(one["run_name"]): float(one["cpu_time"])
        for one in report["benchmarks"]
        if one.get("aggregate_name") == "median"
    }
    return [
        _flatness("finding a free port", "FindFreePort", times, 1.2),
        _flatness("grant and release in core", "GrantAndReleaseFreshKey", times, None),
    ]


def _flatness(what: str, name: str, times: dict[str, float], reach: float | None) -> Row:
    full, empty = times[f"{name}/9999"], times[f"{name}/10"]
    return Row(
        f"{what}, 9,999 of 10,000 taken against 10",
        "-" if reach is None else f"≤ {reach} x",
        f"{full / empty:.2f} x ({full:.0f} ns against {empty:.0f} ns)",
        None if reach is None else full / empty <= reach,
        "./dev bench --only free-port",
    )


def portc_port() -> list[Row]:
    """`portc port shop` for a lease that exists, so without any fdatasync: from fork to exit."""
    with workplace() as folder, running_portd(folder) as portd:
        environment = clean_environment(folder) | {
            "PORTD_RUNTIME_DIR": str(portd.runtime),
            "PORTD_STATE_DIR": str(portd.state),
            "PORTD_AUTOSTART": "0",
            "PATH": os.environ["PATH"],
        }
        nothing = process_time_ms(["true"], 100, environment)
        took = process_time_ms([str(PORTC), "port", "shop"], 100, environment)
    return [
        Row(
            "`portc port shop`, whole process, without its fdatasync",
            "≤ 5 ms",
            f"{took:.2f} ms (`true` takes {nothing:.2f} ms)",
            took <= 5,
            "./dev bench --only portc",
        )
    ]
