"""A thousand services that are checked: what that costs, and whether the checks come when they should."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.daemon import Portd
from harness.http import exchange
from harness.programs import BUILD, until

from .row import Row
from .start_up import resident_mb
from .tools import fill, percentile, running_portd, say, workplace

SERVICES = 1_000
OTHER_LEASES = 8_000  # each service has a lease too
INTERVAL = 10.0
INTERVALS = 4  # that are watched
COMMAND = "./dev bench --only checks"


def checks() -> list[Row]:
    """HTTP checks at 10 s, each service on a port of its own, all of them served by one small server."""
    with workplace() as folder, running_portd(folder) as portd:
        fill(portd, OTHER_LEASES)
        ports = reserve(portd)
        with CheckedServer(ports) as server:
            until(lambda: listening(portd) >= SERVICES, 30, f"{SERVICES} leases are seen listening")
            unchecked = share_of_a_core(portd, INTERVAL)
            register(portd)
            until(lambda: passing(portd) == SERVICES, 30, f"{SERVICES} services pass")
            time.sleep(INTERVAL + 1)  # the regular schedule begins within the first interval
            began = time.monotonic()
            share = share_of_a_core(portd, INTERVAL * INTERVALS)
            span = (began, time.monotonic())
            resident = resident_mb(portd)
            assert passing(portd) == SERVICES
            delays = server.delays(span)
    p50, p99, most = (percentile(delays, part) * 1000 for part in (0.50, 0.99, 1.0))
    say(f"{len(delays)} checks late by {p50:.1f} ms (p50), {p99:.1f} ms (p99), {most:.1f} ms (max)")
    return [
        Row(
            "1,000 HTTP checks at 10 s: share of one core",
            "≤ 2 %",
            f"{share:.1%} ({unchecked:.1%} while they listened unchecked)".replace("%", " %"),
            share <= 0.02,
            COMMAND,
        ),
        Row(
            "the same: how far from its 10 s grid a check comes, p99",
            "≤ 50 ms",
            f"{p99:.1f} ms (p50 {p50:.1f} ms, max {most:.0f} ms)",
            p99 <= 50,
            COMMAND,
        ),
        Row(
            "resident memory with 9,000 leases and 1,000 checked services",
            "≤ 40 MB",
            f"{resident:.1f} MB",
            resident <= 40,
            COMMAND,
        ),
    ]


def name(number: int) -> str:
    return f"checked-{number}"


def reserve(portd: Portd) -> list[int]:
    """The ports of the services, leased before anybody listens, as a start under portd does."""
    ports = []
    with contextlib.closing(portd.unix()) as connection:
        for number in range(SERVICES):
            answer = exchange(connection, "POST", "/ports", {"service": name(number), "kind": "sticky"})
            assert answer.status == 201, answer
            ports.append(int(answer.json["port"]))
    return ports


def register(portd: Portd) -> None:
    check = {"id": "web", "type": "http", "path": "/health", "interval": f"{INTERVAL:.0f}s"}
    with contextlib.closing(portd.unix()) as connection:
        for number in range(SERVICES):
            answer = exchange(connection, "PUT", f"/services/{name(number)}", {"checks": [check]})
            assert answer.status == 201, answer


def listening(portd: Portd) -> int:
    return len(portd.get("/ports?state=listening").json["leases"])


def passing(portd: Portd) -> int:
    return len(portd.get("/services?status=passing").json["services"])


def processor_seconds(pid: int) -> float:
    """utime + stime, of proc(5)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def share_of_a_core(portd: Portd, seconds: float) -> float:
    used, began = processor_seconds(portd.pid), time.monotonic()
    time.sleep(seconds)
    return (processor_seconds(portd.pid) - used) / (time.monotonic() - began)


@dataclass
class CheckedServer:
    """portd_checked_server; it writes down when each port was asked."""

    ports: Sequence[int]

    def __enter__(self) -> CheckedServer:
        self._process = subprocess.Popen(
            [str(BUILD / "portd_checked_server")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write("".join(f"{port}\n" for port in self.ports) + "\n")
        self._process.stdin.flush()
        if self._process.stdout.readline() != "listening\n":
            raise RuntimeError("the checked server does not listen")
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def delays(self, span: tuple[float, float]) -> list[float]:
        """Ends it. Seconds by which each check of the span came after its place on a perfect grid of its service. The
        grid is the earliest that fits: nothing comes too early. The check that fits exactly is not counted."""
        report, _ = self._process.communicate(timeout=30)
        late: list[float] = []
        for times in json.loads(report).values():
            late += grid_delays([moment for moment in times if span[0] <= moment <= span[1]])
        return late


def grid_delays(moments: Sequence[float]) -> list[float]:
    if len(moments) < INTERVALS - 1:
        raise RuntimeError(f"a service was checked {len(moments)} times in {INTERVALS} intervals")
    against_first = [(moment - moments[0] + INTERVAL / 2) % INTERVAL for moment in moments]
    return sorted(late - min(against_first) for late in against_first)[1:]
