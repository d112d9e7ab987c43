"""A machine on which much listens: what watching it costs, and how soon a change is seen."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

from harness.daemon import Portd
from harness.events import EventReader
from harness.programs import until

from .checks import share_of_a_core
from .row import Row
from .tools import percentile, running_portd, say, workplace

LISTENERS = 2_000
PROGRAMS = 20
FIRST = 30_000  # above what is leased here, below what the kernel gives away
SECONDS = 10.0
CHANGES = 20
COMMAND = "./dev bench --only watch"

# Listens on FIRST.. until COUNT sockets are open, passing over what is taken; says so; waits for the end of its input.
LISTENER = """
import socket, sys
first, count = map(int, sys.argv[1:])
opened = []
port = first
while len(opened) < count:
    try:
        opened.append(socket.create_server(("127.0.0.1", port)))
    except OSError:
        pass
    port += 1
print("listening", flush=True)
sys.stdin.read()
"""


def watch() -> list[Row]:
    """2,000 listeners of 20 programs, none of them leased; then ports that are leased come to life and die."""
    with workplace() as folder, running_portd(folder) as portd:
        alone = share_of_a_core(portd, SECONDS)
        with programs():
            until(lambda: len(portd.get("/ports?all=true").json["foreign"]) >= LISTENERS, 30, "all of them are seen")
            share = share_of_a_core(portd, SECONDS)
            seen = changes(portd)
    latest = percentile(seen, 1.0)
    say(f"{len(seen)} changes seen after {percentile(seen, 0.5):.2f} s (p50), {latest:.2f} s (max)")
    return [
        Row(
            "2,000 listeners on the machine: share of one core",
            "≤ 1 %",
            f"{share:.2%} ({alone:.2%} without them)".replace("%", " %"),
            share <= 0.01,
            COMMAND,
        ),
        Row(
            "the same: a change is seen after, max",
            "≤ 1.2 s",
            f"{latest:.2f} s (p50 {percentile(seen, 0.5):.2f} s)",
            latest <= 1.2,
            COMMAND,
        ),
    ]


@contextlib.contextmanager
def programs() -> Iterator[None]:
    each = LISTENERS // PROGRAMS
    with contextlib.ExitStack() as ends:
        for number in range(PROGRAMS):
            first = FIRST + number * each
            program = subprocess.Popen(
                [sys.executable, "-c", LISTENER, str(first), str(each)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            ends.callback(program.communicate)
            assert program.stdout
            assert program.stdout.readline() == "listening\n"
        yield


def changes(portd: Portd) -> list[float]:
    """Seconds from a socket's listen(2), or close(2), until its lease's state is told; nobody asks meanwhile."""
    port = int(portd.lease(service="watched")["port"])
    seen: list[float] = []
    with EventReader(portd) as reader:
        for number in range(CHANGES):
            time.sleep(0.037 * number % 0.5)  # not in step with the looks
            with socket.create_server(("127.0.0.1", port)):
                seen.append(told(reader, "listening"))
            seen.append(told(reader, "reserved"))
    return seen


def told(reader: EventReader, state: str) -> float:
    began = time.monotonic()
    reader.until(lambda event: event.name == "lease.state" and event.data["lease"]["state"] == state)
    return time.monotonic() - began
