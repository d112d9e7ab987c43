"""Promise 4 of the design: what happens when the machine does not play along."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness.configuration import put
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.programs import SANITIZED, SLACK, until

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and namespaces")


def can_mount() -> bool:
    """Whether this user may make a mount namespace and mount in it."""
    if shutil.which("unshare") is None:
        return False
    tried = ["unshare", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(tried, capture_output=True, check=False).returncode == 0


needs_mount = pytest.mark.skipif(not can_mount(), reason="needs to mount in a namespace of its own (root)")


def in_namespace(setup: str) -> list[str]:
    """A launcher that mounts something first, seen by its portd alone. `exec`: the process is portd itself."""
    return ["unshare", "--mount", "sh", "-c", f'{setup} && exec "$@"', "sh"]


# --- the disk -------------------------------------------------------------------------------------------------------


@needs_mount
def test_a_full_disk_refuses_changes_serves_reads_and_recovers_by_itself(new_portd: NewPortd, folder: Path) -> None:
    state = folder / "small"
    state.mkdir()
    small = in_namespace(f"mount -t tmpfs -o size=4m none {state}")
    portd = new_portd(state=state, launcher=small, flags=["--set", "ports.hold=none"]).start()
    told = {portd.lease(service="before")["port"]}
    filler = Path(f"/proc/{portd.pid}/root{state}/filler")
    fill(filler)

    refused = None
    for number in range(3_000):
        answer = portd.grant(service=f"s{number % 50}", project=f"p{number // 50}")
        if answer.status != 201:
            refused = answer
            break
        told.add(answer.json["port"])
    assert refused is not None
    assert (refused.status, refused.problem) == (507, "disk-full")
    assert {lease["port"] for lease in portd.leases()} == told

    filler.unlink()
    until(lambda: portd.grant(service="after").status in (200, 201), 10 * SLACK, "grants work again")
    assert portd.get("/health").json["status"] == "ok"


def fill(path: Path) -> None:
    """Writes until nothing more fits."""
    block = b"x" * 4096
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(block)


@needs_mount
@pytest.mark.parametrize(
    ("then", "status", "problem"),
    [("true", 507, "disk-full"), ("mount -o remount,ro {place}", 503, "store-unavailable")],
)
def test_a_configuration_that_cannot_be_written_changes_nothing(
    new_portd: NewPortd, folder: Path, then: str, status: int, problem: str
) -> None:
    place = folder / "small"
    place.mkdir()
    file = place / "portd.yaml"
    setup = f"mount -t tmpfs -o size=16k none {place} && echo leases: >{file} && " + then.format(place=place)
    portd = new_portd(launcher=in_namespace(setup), flags=["--config", str(file)]).start()
    before = portd.get("/config")
    answer = put(portd, content="leases: {ttl: 2m}\n" + "#" * 60_000)
    assert (answer.status, answer.problem) == (status, problem)
    assert answer.json["detail"].startswith("cannot write")
    assert portd.get("/config") == before
    inside = Path(f"/proc/{portd.pid}/root{place}")
    assert [each.name for each in inside.iterdir()] == ["portd.yaml"]


@needs_mount
def test_on_a_read_only_mount_reads_work_and_changes_are_refused(new_portd: NewPortd, folder: Path) -> None:
    state = folder / "kept"
    first = new_portd(state=state).start()
    port = first.lease(service="shop")["port"]
    first.kill()  # so that a WAL is left, which cannot be read on a read-only mount

    setup = f"mount --bind {state} {state} && mount -o remount,bind,ro {state}"
    second = new_portd(state=state, launcher=in_namespace(setup)).start()
    assert [lease["port"] for lease in second.leases()] == [port]
    for answer in (second.grant(service="api"), second.request("DELETE", f"/ports/{port}")):
        assert (answer.status, answer.problem) == (503, "store-unavailable")
    assert second.get("/health").json["status"] == "degraded"
    assert [lease["port"] for lease in second.leases()] == [port]


def scramble(database: Path, page_size: int = 4096) -> bytes:
    """Overwrites every page but the first; what they now hold."""
    pages = database.stat().st_size // page_size
    assert pages > 1
    garbage = os.urandom(page_size)
    with database.open("r+b") as file:
        for page in range(1, pages):
            file.seek(page * page_size)
            file.write(garbage)
    return garbage


def test_scrambled_pages_are_set_aside_and_the_backup_is_restored(portd: Portd) -> None:
    before = portd.lease(service="shop")
    assert portd.terminate() == 0  # writes a backup
    garbage = scramble(portd.state / "portd.db")
    portd.start()
    after = portd.leases()
    assert [lease["port"] for lease in after] == [before["port"]]
    assert epoch(portd.get("/ports").json["revision"]) != epoch(before["revision"])
    assert portd.get("/health").json["status"] == "degraded"
    assert any(garbage in file.read_bytes() for file in portd.state.rglob("*") if file.is_file())


def test_scrambled_pages_without_a_backup_leave_an_empty_portd_that_serves(portd: Portd) -> None:
    portd.lease(service="shop")
    assert portd.terminate() == 0
    scramble(portd.state / "portd.db")
    shutil.rmtree(portd.state / "backups", ignore_errors=True)
    portd.start()
    assert portd.leases() == []
    assert portd.grant(service="shop").status == 201


def epoch(revision: str) -> str:
    return revision.split("-")[0]


def test_history_may_be_lost_without_touching_leases(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    assert portd.terminate() == 0
    for file in portd.state.glob("history.db*"):
        file.unlink()
    portd.start()
    assert [lease["port"] for lease in portd.leases()] == [port]


# --- the second daemon ----------------------------------------------------------------------------------------------


@pytest.mark.portable
def test_a_second_daemon_on_the_same_state_ends_within_a_second_naming_the_first(new_portd: NewPortd) -> None:
    first = new_portd().start()
    second = new_portd(state=first.state)
    started = time.monotonic()
    process = second.spawn()
    assert process.wait(20) == 75
    assert time.monotonic() - started < 1 * SLACK
    assert str(first.pid) in second.log_text()
    assert first.grant(service="shop").status == 201


@pytest.mark.portable
def test_a_usage_error_ends_with_64_and_a_setting_that_does_not_exist_with_78(new_portd: NewPortd) -> None:
    assert new_portd(flags=["--no-such-flag"]).spawn().wait(20) == 64
    unknown = new_portd(flags=["--set", "ports.strateg=next"])
    assert unknown.spawn().wait(20) == 78
    assert "strategy" in unknown.log_text()


# --- descriptors ----------------------------------------------------------------------------------------------------


@linux_only
def test_64_descriptors_and_120_connections_neither_spin_nor_stick(new_portd: NewPortd) -> None:
    portd = new_portd(launcher=["prlimit", "--nofile=64:64"]).start()
    with contextlib.ExitStack() as open_connections:
        for _ in range(120):
            stream = socket.create_connection(("127.0.0.1", portd.tcp_port), timeout=20)
            open_connections.enter_context(stream)
        assert processor_share(portd.pid, over=1.0) < 0.3
    answer = portd.grant(service="shop")
    assert answer.status == 201
    assert portd.get("/ports").status == 200


def processor_share(pid: int, over: float) -> float:
    """The share of one core that a process uses in the next `over` seconds."""

    def ticks() -> int:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])

    before = ticks()
    time.sleep(over)  # what is measured is a span of time
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / over


@linux_only
def test_leases_beyond_the_descriptors_are_granted_without_a_hold_and_an_alert_says_so(new_portd: NewPortd) -> None:
    portd = new_portd(launcher=["prlimit", "--nofile=64:64"]).start()
    answer = portd.grant(service="shop", count=60)
    assert answer.status == 201
    held = [lease["held"] for lease in answer.json["leases"]]
    assert True in held
    assert False in held
    assert portd.get("/health").json["status"] == "degraded"


@linux_only
@pytest.mark.skipif(SANITIZED, reason="sanitizers take more descriptors")
def test_the_soft_limit_of_descriptors_is_raised_to_the_hard_one(new_portd: NewPortd) -> None:
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    portd = new_portd(launcher=["prlimit", f"--nofile=128:{hard}"]).start()
    limits = resource.prlimit(portd.pid, resource.RLIMIT_NOFILE)
    assert limits == (hard, hard)


@linux_only
def test_connections_of_every_kind_leak_no_descriptor(portd: Portd) -> None:
    def descriptors() -> int:
        return len(os.listdir(f"/proc/{portd.pid}/fd"))  # noqa: PTH208

    opened_once = 8  # the history database, a netlink socket: when they are first needed
    rounds = 5 * opened_once
    before = descriptors()
    for _ in range(rounds):
        portd.get("/ports")
        portd.request("GET", "/ports", unix=True)
        broken_off(portd, b"")
        broken_off(portd, b"POST /ports HTTP/1.1\r\nHost: loc")
        portd.raw(b"nonsense\r\n\r\n")
        port = portd.lease(service="shop")["port"]
        portd.request("DELETE", f"/ports/{port}")
    until(lambda: descriptors() <= before + opened_once, 10 * SLACK, "the descriptors are closed again")


def broken_off(portd: Portd, sent: bytes) -> None:
    with socket.create_connection(("127.0.0.1", portd.tcp_port), timeout=20) as stream:
        stream.sendall(sent)
