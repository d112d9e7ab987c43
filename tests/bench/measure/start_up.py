"""What a start takes, in time and memory."""

from __future__ import annotations

import re
import time
from pathlib import Path
from statistics import median

from harness.daemon import Portd

from .row import Row
from .tools import fill, new_portd, running_portd, say, workplace

LEASES = 9_000
STARTS = 5


def idle_memory() -> list[Row]:
    with workplace() as folder, running_portd(folder) as portd:
        portd.get("/health")
        resident = resident_mb(portd)
    return [
        Row("resident memory, idle", "≤ 10 MB", f"{resident:.1f} MB", resident <= 10, "./dev bench --only idle-memory")
    ]


def start_up() -> list[Row]:
    """From exec to READY=1 with 9,000 leases, both holds of each included."""
    with workplace() as folder:
        portd = new_portd(folder)
        try:
            fill(portd.start(), LEASES)
            starts = [timed_start(portd) for _ in range(STARTS)]
            resident = resident_mb(portd)
        finally:
            portd.clean_up()
    took, kernel = (median(start[column] for start in starts) for column in range(2))
    command = "./dev bench --only start-up"
    return [
        Row(
            "start-up to ready with 9,000 leases, holds included",
            "≤ 300 ms",
            f"{took:.0f} ms (kernel memory {kernel:.0f} MB)",
            took <= 300,
            command,
        ),
        Row("resident memory with 9,000 leases", "-", f"{resident:.1f} MB", None, command),
    ]


def timed_start(portd: Portd) -> tuple[float, float]:
    """Restarts it: milliseconds until it is ready, and megabytes by which the kernel's slabs grew."""
    portd.terminate()
    before = slab_mb()
    started = time.perf_counter()
    portd.start()
    took = (time.perf_counter() - started) * 1000
    say(f"ready after {took:.0f} ms")
    return took, slab_mb() - before


def resident_mb(portd: Portd) -> float:
    return kilobytes(Path(f"/proc/{portd.pid}/status"), "VmRSS") / 1024


def slab_mb() -> float:
    return kilobytes(Path("/proc/meminfo"), "Slab") / 1024


def kilobytes(file: Path, name: str) -> int:
    found = re.search(rf"^{name}:\s+(\d+) kB$", file.read_text(), re.MULTILINE)
    assert found
    return int(found[1])
