"""`portc who` of every kind of port, with real processes on it."""

from __future__ import annotations

import getpass
import os
import sys
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.programs import SLACK, until
from harness.servers import has_ipv6, opened
from harness.users import NOBODY, needs_root

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell who listens"),
    pytest.mark.usefixtures("portc"),
]

SEEN_WITHIN = 3.0 * SLACK  # portd looks about itself twice a second


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


def who(shell: Shell, port: int, *words: str) -> str:
    """What it says once all these words are in it."""
    until(lambda: all(word in shell.out("who", str(port)) for word in words), SEEN_WITHIN, f"{words} of {port}")
    return shell.out("who", str(port))


def test_leased_and_idle_it_is_held(shell: Shell) -> None:
    port = int(shell.out("port", "shop"))
    said = who(shell, port)
    assert said.startswith(f"reserved: port {port} is leased to shop since ")
    assert "nobody listens, and portd holds it for that service" in said
    assert said.endswith(f"next: portc release {port}")


def test_leased_and_serving_it_names_the_server(shell: Shell) -> None:
    port = int(shell.out("port", "shop"))
    with opened(port, cwd=shell.folder) as server:
        said = who(shell, port, "listening: ")
    assert f"its service listens: pid {server.pid} ({sys.executable}" in said
    assert said.endswith(f"next: curl http://localhost:{port}/")


def test_contested_it_names_the_intruder_and_the_key(shell: Shell, folder: Path) -> None:
    port = int(shell.out("port", "shop"))
    with opened(port, cwd=folder) as intruder:
        said = who(shell, port, "contested: ")
    assert "is leased to shop since " in said
    assert f"but pid {intruder.pid} ({sys.executable}" in said
    assert f"next: portc free {port}" in said


def test_foreign_it_tells_who_how_and_how_to_end_it(shell: Shell, portd: Portd) -> None:
    port = portd.ports.spare[0]
    with opened(port, cwd=shell.folder) as server:
        said = who(shell, port, "foreign: ")
    assert f"port {port} is not leased; pid {server.pid} ({sys.executable}" in said
    assert f" of {getpass.getuser()} listens on it." in said
    assert f"pid {server.pid} runs since 20" in said
    assert " in ~." in said  # the shell's folder is its home
    assert f"pid {server.pid} was started by pid {os.getpid()} (" in said
    assert f"next: portc free {port}   (or: kill {server.pid})" in said


@needs_root
def test_another_users_it_tells_whose_and_that_it_sees_no_more(new_portd: NewPortd) -> None:
    portd = new_portd(uid=NOBODY).start()
    shell = shell_of(portd)
    shell.uid = NOBODY
    port = portd.ports.spare[0]
    with opened(port):
        said = who(shell, port, "foreign: ")
    assert "a process of root listens on it." in said
    assert "note: owned by user root, whose processes only root may see: sudo " in said
    assert f"next: sudo ss -Hltunp 'sport = :{port}'" in said


@needs_root
def test_another_users_that_root_sees_is_told_in_full(shell: Shell, portd: Portd) -> None:
    port = portd.ports.spare[0]
    with opened(port, uid=NOBODY) as server:
        said = who(shell, port, "foreign: ")
    assert f"pid {server.pid} ({sys.executable}" in said
    assert " of nobody listens on it." in said
    assert said.endswith(f"next: kill {server.pid}")


def test_udp_only_leaves_tcp_to_others(shell: Shell, portd: Portd) -> None:
    port = portd.ports.spare[0]
    with opened(port, udp=True):
        said = who(shell, port, "foreign: ")
    assert f"note: only UDP port {port} is open; nobody listens on TCP port {port}." in said


@pytest.mark.skipif(not has_ipv6(), reason="there is no ::1 here")
def test_ipv6_only_is_not_reached_by_ipv4(shell: Shell, portd: Portd) -> None:
    port = portd.ports.spare[0]
    with opened(port, "::1"):
        said = who(shell, port, "foreign: ")
    assert f"note: it listens on IPv6 only: http://[::1]:{port}/ reaches it" in said


def test_two_owners_are_both_named_and_warned_of(shell: Shell, portd: Portd) -> None:
    port = portd.ports.spare[0]
    with opened(port, shared=True) as one, opened(port, shared=True) as other:
        said = who(shell, port, "foreign: ", str(one.pid), str(other.pid))
    assert " listen on it." in said
    [warning] = [line for line in said.splitlines() if line.startswith("warning: ")]
    assert str(one.pid) in warning
    assert str(other.pid) in warning


def test_free_leads_to_a_lease(shell: Shell, portd: Portd) -> None:
    port = portd.ports.spare[0]
    assert shell.out("who", str(port)).splitlines() == [
        f"free: port {port} is not leased, and nobody listens on it.",
        f"next: portc allocate --port {port}",
    ]


def test_blocked_by_browsers_it_says_so(shell: Shell) -> None:
    assert shell.out("who", "6000").startswith("blocked: port 6000 is never granted, because browsers refuse")


@pytest.mark.parametrize("port", ["65536", "70000", "0", "-1", "web"])
def test_what_is_no_port_is_a_usage_error(shell: Shell, port: str) -> None:
    done = shell.run("who", port)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("portc: ")


def test_an_ephemeral_port_is_warned_of(shell: Shell) -> None:
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert "note: it lies in the ephemeral range" in shell.out("who", str(first))
