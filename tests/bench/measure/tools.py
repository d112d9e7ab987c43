"""The C++ programs that measure, as functions, and what they run against."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.daemon import Portd
from harness.programs import BUILD, SOURCE

Json = dict[str, Any]
RANGE = "20000-29999"
CONNECTIONS = 64


def say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def workplace() -> Iterator[Path]:
    """A folder on the repository's disk: fdatasync in a memory file system costs nothing."""
    base = SOURCE / "build" / "bench"
    base.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=base) as folder:
        yield Path(folder)


@contextlib.contextmanager
def running_portd(folder: Path, ports: str = RANGE) -> Iterator[Portd]:
    portd = new_portd(folder, ports)
    try:
        yield portd.start()
    finally:
        portd.clean_up()


def new_portd(folder: Path, ports: str = RANGE) -> Portd:
    folder.mkdir(exist_ok=True)
    return Portd(folder, default_range=True, flags=["--set", f"ports.ranges.default={ports}", "--log-level", "warn"])


@dataclass(frozen=True)
class Endpoint:
    """Where load is to go, as flags of portd_load."""

    name: str
    flags: tuple[str, ...]


def tcp(port: int) -> Endpoint:
    return Endpoint("TCP", ("--port", str(port)))


def unix(socket: Path) -> Endpoint:
    return Endpoint("unix socket", ("--socket", str(socket)))


def endpoints(portd: Portd) -> tuple[Endpoint, Endpoint]:
    return tcp(portd.tcp_port), unix(portd.socket_path)


@contextlib.contextmanager
def running_bare_beast(folder: Path, size: int) -> Iterator[tuple[Endpoint, Endpoint]]:
    """A Beast server without portd, whose answers have bodies of that size."""
    socket = folder / "bare.sock"
    command = [str(BUILD / "portd_bare_beast"), "--bytes", str(size), "--socket", str(socket)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield tcp(int(process.stdout.readline())), unix(socket)
        finally:
            process.terminate()


def result(program: str, *arguments: str, environment: Mapping[str, str] | None = None) -> Json:
    """What a program of the bench printed."""
    command = [str(BUILD / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{program} ended with {done.returncode}: {done.stderr.strip()}")
    return dict(json.loads(done.stdout))


class Load:
    """Asks one server; every key it uses is new."""

    _runs = 0

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint

    def get(
        self,
        path: str = "/health",
        *,
        connections: int = CONNECTIONS,
        seconds: float = 2.0,
        count: int | None = None,
    ) -> Json:
        return self._run("get", connections, seconds, count, ("--path", path))

    def grant(self, count: int, *, connections: int = 1) -> Json:
        return self._run("grant", connections, 60.0, count)

    def cycle(self, *, connections: int = CONNECTIONS, seconds: float = 2.0, count: int | None = None) -> Json:
        """Grants and releases, both counted."""
        return self._run("cycle", connections, seconds, count)

    def register(self, *, connections: int = CONNECTIONS, seconds: float = 2.0) -> Json:
        """Registrations and withdrawals, both counted."""
        return self._run("register", connections, seconds, None)

    def _run(self, what: str, connections: int, seconds: float, count: int | None, more: Sequence[str] = ()) -> Json:
        Load._runs += 1
        bounds = ["--connections", str(connections), "--seconds", str(seconds)]
        bounds += [] if count is None else ["--count", str(count)]
        measured = result("portd_load", what, "--prefix", f"run-{Load._runs}", *bounds, *more, *self._endpoint.flags)
        if measured["errors"]:
            raise RuntimeError(f"{measured['errors']} wrong answers, the first: {measured['example']}")
        return measured


def fill(portd: Portd, leases: int) -> None:
    """Grants until so many keys are leased, or a few more."""
    Load(endpoints(portd)[1]).grant(leases, connections=CONNECTIONS)
    have = int(portd.get("/health").json["leases"])
    if have < leases:
        raise RuntimeError(f"{have} leases instead of {leases}")


def settle_log(portd: Portd) -> None:
    """Grants and releases until SQLite's log has been checkpointed and is overwritten instead of growing."""
    Load(endpoints(portd)[0]).cycle(connections=1, count=1_500, seconds=30)


@dataclass(frozen=True)
class SyncTime:
    """The p50 in milliseconds of 4 KiB written and synced in a folder."""

    growing: float
    overwritten: float


def sync_time(folder: Path, count: int) -> SyncTime:
    probe = result("portd_sync_probe", str(folder), "--count", str(count))
    return SyncTime(float(probe["append_p50_us"]) / 1000, float(probe["overwrite_p50_us"]) / 1000)


def percentile(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[int(part * (len(ordered) - 1))]


def process_time_ms(command: Sequence[str], count: int, environment: Mapping[str, str]) -> float:
    """The p50 of a command's whole life."""
    return float(result("portd_spawn_probe", "--count", str(count), "--", *command, environment=environment)["p50_ms"])
