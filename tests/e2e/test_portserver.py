"""Ports for test suites that use portpicker: the protocol of its portserver, by its own client."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.port_slices import take_slice
from harness.programs import SLACK, clean_environment, until
from harness.servers import idle_process
from harness.users import NOBODY, as_user, needs_root

# Picks ports, opens them all as a server does, says which; then waits for the end of its standard input.
PICKER = """
import json, socket, sys
import portpicker
ports = [portpicker.pick_unused_port() for _ in range(int(sys.argv[1]))]
free = [port for port in ports if portpicker.is_port_free(port)]
servers = [socket.create_server(("", port)) for port in ports]
print(json.dumps({"ports": ports, "free": free}), flush=True)
sys.stdin.read()
"""

# Asks for a port for its parent or, without one in sight, for itself.
ASKER = """
import os, socket, sys
with socket.socket(socket.AF_UNIX) as stream:
    stream.settimeout(20)
    stream.connect(sys.argv[1])
    stream.sendall(b"%d\\n" % (os.getppid() or os.getpid()))
    sys.stdout.buffer.write(stream.recv(1024))
"""


def path_of(portd: Portd) -> Path:
    return portd.runtime / "portserver.sock"


def ask(portd: Portd, line: bytes) -> bytes:
    """All that the portserver says to this, up to the end of the connection."""
    with socket.socket(socket.AF_UNIX) as stream:
        stream.settimeout(20 * SLACK)
        stream.connect(str(path_of(portd)))
        stream.sendall(line)
        return b"".join(iter(lambda: stream.recv(1024), b""))


def picked(portd: Portd, pid: int) -> int:
    """A port for a process, which has to be given."""
    answer = ask(portd, b"%d\n" % pid)
    assert answer.endswith(b"\n"), portd.log_text()
    return int(answer)


@contextlib.contextmanager
def picker(portd: Portd, count: int) -> Iterator[subprocess.Popen[str]]:
    """A process that picks and opens so many ports, and keeps them until the end."""
    process = subprocess.Popen(
        [sys.executable, "-c", PICKER, str(count)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=clean_environment(portd.folder) | {"PORTSERVER_ADDRESS": str(path_of(portd))},
    )
    with process:
        yield process


def picks(process: subprocess.Popen[str]) -> dict[str, list[int]]:
    assert process.stdout
    found: dict[str, list[int]] = json.loads(process.stdout.readline())
    return found


def test_200_ports_of_8_processes_at_once_are_unique_and_can_be_opened(new_portd: NewPortd) -> None:
    portd = new_portd(ports=take_slice(hundreds=3)).start()
    with contextlib.ExitStack() as ends:
        pickers = [ends.enter_context(picker(portd, 25)) for _ in range(8)]
        found = {process.pid: picks(process) for process in pickers}
        ports = [port for each in found.values() for port in each["ports"]]
        assert len(set(ports)) == 200
        assert [port for port in ports if port not in portd.ports] == []
        assert [port for each in found.values() for port in each["free"]] == ports
        leases = portd.leases()
        assert {lease["port"]: lease["holder"]["pid"] for lease in leases} == {
            port: pid for pid, each in found.items() for port in each["ports"]
        }
        until(lambda: {lease["state"] for lease in portd.leases()} == {"listening"}, 20 * SLACK, "all listen")
        assert portd.get("/health").json["alerts"] == []
    until(lambda: portd.leases() == [], 20 * SLACK, "the ports of processes that have ended are free")


def test_a_port_is_leased_to_the_process_unbound_and_for_both_protocols(portd: Portd) -> None:
    with idle_process() as process:
        port = picked(portd, process.pid)
        [lease] = portd.leases()
        wanted = {"port": port, "kind": "process", "hold": "none", "held": False, "protocol": "both"}
        assert {name: lease[name] for name in wanted} == wanted
        assert lease["holder"]["pid"] == process.pid
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(type=kind) as probe:
                probe.bind(("", port))


def test_every_call_of_a_process_is_another_port_and_all_go_with_it(portd: Portd) -> None:
    with idle_process() as process:
        ports = {picked(portd, process.pid) for _ in range(5)}
        assert len(ports) == 5
        mine = picked(portd, os.getpid())
        process.kill()
        until(lambda: [lease["port"] for lease in portd.leases()] == [mine], 5 * SLACK, "its ports are free")


def test_a_shell_has_its_port_until_it_ends(portd: Portd) -> None:
    shell = f'"{sys.executable}" -m portpicker $$; read wait'
    environment = clean_environment(portd.folder) | {"PORTSERVER_ADDRESS": str(path_of(portd))}
    with subprocess.Popen(
        ["sh", "-c", shell], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
    ) as process:
        assert process.stdout
        port = int(process.stdout.readline())
        assert [(lease["port"], lease["holder"]["pid"]) for lease in portd.leases()] == [(port, process.pid)]
    until(lambda: portd.leases() == [], 5 * SLACK, "its port is free")


def test_a_named_service_and_a_picked_port_never_meet(new_portd: NewPortd) -> None:
    ports = take_slice()
    two = f"ports.ranges.default={ports.first}-{ports.first + 1}"
    portd = new_portd(ports=ports, default_range=True, flags=["--set", two]).start()
    leased = portd.lease(service="shop")["port"]
    assert {leased, picked(portd, os.getpid())} == {ports.first, ports.first + 1}
    assert ask(portd, b"%d\n" % os.getpid()) == b"", "the range is full"
    assert portd.grant(service="api").problem == "range-full"
    assert "no port of" in portd.log_text()


@pytest.mark.parametrize(
    "line",
    [
        b"0\n",
        b"-1\n",
        b"\n",
        b"pid\n",
        b"1.5\n",
        b"99999999999\n",
        b"\xff\n",
        b"9" * 4096,
        b"GET /ports HTTP/1.1\r\n\r\n",
    ],
    ids=lambda line: repr(line[:12]),
)
def test_a_line_that_is_no_pid_is_denied_without_a_byte(portd: Portd, line: bytes) -> None:
    assert ask(portd, line) == b""
    assert portd.leases() == []


def test_a_process_that_has_ended_is_denied(portd: Portd) -> None:
    with idle_process() as process:
        process.kill()
        process.wait()
        assert ask(portd, b"%d\n" % process.pid) == b""
    assert portd.leases() == []


@needs_root
def test_a_process_of_another_user_is_denied(portd: Portd) -> None:
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, user=NOBODY, group=NOBODY, extra_groups=[]) as process:
        assert ask(portd, b"%d\n" % process.pid) == b""
    assert portd.leases() == []


@needs_root
def test_another_user_cannot_open_the_portserver(portd: Portd) -> None:
    assert path_of(portd).stat().st_mode & 0o777 == 0o600

    def connect() -> str:
        try:
            ask(portd, b"%d\n" % os.getpid())
        except PermissionError:
            return "denied"
        return "served"

    assert as_user(NOBODY, connect) == "denied"


@needs_root
def test_another_user_who_inherits_the_way_to_the_portserver_is_not_heard(portd: Portd) -> None:
    portd.runtime.chmod(0o755)
    path_of(portd).chmod(0o666)
    mine = os.getpid()

    def try_it() -> bytes:
        try:
            return ask(portd, b"%d\n" % mine)
        except ConnectionError:  # what was sent has not been read
            return b""

    assert as_user(NOBODY, try_it) == b""
    assert portd.leases() == []


@needs_root
def test_who_counts_processes_in_a_pid_namespace_of_its_own_is_denied(portd: Portd) -> None:
    if shutil.which("unshare") is None:
        pytest.skip("there is no unshare here")
    apart = ["unshare", "--pid", "--fork"]
    if subprocess.run([*apart, "true"], check=False, capture_output=True).returncode != 0:
        pytest.skip("a pid namespace of its own is not allowed here")
    asking = [sys.executable, "-c", ASKER, str(path_of(portd))]
    assert int(subprocess.run(asking, check=True, capture_output=True).stdout) in portd.ports
    until(lambda: len(portd.leases()) == 1, 5 * SLACK, "this process has a port")
    assert subprocess.run([*apart, *asking], check=True, capture_output=True).stdout == b""
    assert len(portd.leases()) == 1


def test_the_portserver_outlives_a_kill_and_its_leases_do_too(portd: Portd) -> None:
    with idle_process() as process:
        first = picked(portd, process.pid)
        portd.kill()
        assert path_of(portd).exists()
        portd.start()
        assert [lease["port"] for lease in portd.leases()] == [first]
        second = picked(portd, process.pid)
        assert second != first
        portd.kill()
    portd.start()
    assert portd.leases() == [], "the process has ended meanwhile"


def test_the_socket_goes_with_portd(portd: Portd) -> None:
    assert portd.terminate() == 0
    assert f"portserver={path_of(portd)}" in portd.log_text()
    assert not path_of(portd).exists()


def test_portd_runs_without_a_portserver_where_its_path_is_too_long(new_portd: NewPortd) -> None:
    portd = new_portd()
    most = 107  # of a path of a unix socket (unix(7)); portserver.sock is five letters longer than portd.sock
    room = most - len(str(portd.folder)) - len("//portd.sock")
    portd.runtime = portd.folder / ("r" * room)
    portd.command[portd.command.index("--runtime-dir") + 1] = str(portd.runtime)
    portd.start()
    assert portd.request("GET", "/health", unix=True).status == 200
    assert "no portserver" in portd.log_text()
