"""The kernel keeps a leased port from everybody but its service."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.programs import PORTD, SLACK, until
from harness.servers import bind_error, end, first_line, listener, start_listener
from harness.users import NOBODY, needs_root

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="ports are held on Linux only")


def test_a_program_without_reuseaddr_does_not_get_a_leased_port(portd: Portd) -> None:
    lease = portd.lease(service="shop")
    assert lease["held"] is True
    process = start_listener(lease["port"], reuse=False)
    assert first_line(process) == str(errno.EADDRINUSE)
    end(process)


def test_a_program_with_reuseaddr_serves_on_its_leased_port(portd: Portd) -> None:
    lease = portd.request("POST", "/ports", {"service": "shop"}, unix=True).json
    with listener(lease["port"]):
        report = portd.report(lease["port"])
        assert report["verdict"] == "listening"
        assert report["lease"]["state"] == "listening"
    assert portd.report(lease["port"])["verdict"] == "reserved"


def test_a_lease_without_a_hold_leaves_the_port_to_anybody(portd: Portd) -> None:
    lease = portd.lease(service="shop", hold="none")
    assert lease["held"] is False
    assert bind_error(lease["port"]) is None


def test_a_strict_hold_keeps_programs_with_reuseaddr_out_too(portd: Portd) -> None:
    lease = portd.lease(service="shop", hold="strict")
    process = start_listener(lease["port"])
    assert first_line(process) == str(errno.EADDRINUSE)
    end(process)


def test_a_released_port_can_be_bound_by_anybody(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    assert bind_error(port) == errno.EADDRINUSE
    assert portd.request("DELETE", f"/ports/{port}").status == 204
    assert bind_error(port) is None


def test_a_port_somebody_listens_on_is_not_granted(portd: Portd) -> None:
    with listener(portd.ports.first):
        answer = portd.grant(service="shop", port=portd.ports.first, on_conflict="fail")
        assert (answer.status, answer.problem) == (409, "port-in-use")


def test_a_restart_while_the_service_listens_loses_neither_the_lease_nor_the_hold(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    with listener(port):
        portd.kill()
        portd.start()
        assert portd.leases()[0]["state"] == "listening"
    took = until(lambda: bind_error(port) == errno.EADDRINUSE, 5 * SLACK, "the hold is back")
    assert took < 1 * SLACK


def test_a_restart_over_the_time_wait_of_its_own_service_takes_the_hold_again(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    subprocess.run([sys.executable, "-c", LEAVE_TIME_WAIT, str(port)], check=True)
    portd.restart()
    assert portd.leases()[0]["held"] is True


# The serving side closes first, so that its side of the connection stays in TIME_WAIT.
LEAVE_TIME_WAIT = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
client = socket.create_connection(server.getsockname())
accepted, _ = server.accept()
accepted.close()
client.recv(1)
client.close()
"""


@needs_root
def test_a_second_users_portd_does_not_get_a_held_port(new_portd: NewPortd, portd: Portd) -> None:
    lease = portd.lease(service="shop")
    program = shutil.copy(PORTD, portd.folder.parent / "portd")
    other = new_portd(uid=NOBODY, program=program, ports=portd.ports).start()
    assert other.request("GET", "/ports").status == 403  # it is not ours either

    def ask(port: int) -> str:
        return as_nobody(other, f'{{"service": "shop", "port": {port}, "on_conflict": "fail"}}')

    assert ask(lease["port"]) == "409"
    assert ask(next(free for free in range(portd.ports.first, portd.ports.last) if free != lease["port"])) == "201"


def as_nobody(portd: Portd, body: str) -> str:
    """The status that curl gets as the other user."""
    nobody = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    shown = ["--output", os.devnull, "--write-out", "%{http_code}", "--silent"]
    curl = [*nobody, "curl", *shown, "--json", body, f"{portd.url}/ports"]
    return subprocess.run(curl, capture_output=True, text=True, check=True).stdout


# A network of its own in which the kernel picks from 32 ports; `exec`, so that the process is portd itself.
TINY_NETWORK = """
ip link set lo up && echo 33000 33031 >/proc/sys/net/ipv4/ip_local_port_range && exec "$@"
"""
BIND_ANY = """
import socket
kept = []
for _ in range(16):
    for family in (socket.AF_INET, socket.AF_INET6):
        probe = socket.socket(family)
        try:
            probe.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", 0))
        except OSError:
            continue
        kept.append(probe)
print(*{probe.getsockname()[1] for probe in kept})
"""


@needs_root
def test_bind_to_port_0_never_yields_a_held_port(new_portd: NewPortd) -> None:
    launcher = ["unshare", "--net", "sh", "-c", TINY_NETWORK, "sh"]
    flags = ["--set", "ports.ranges.tiny=33000-33015"]
    portd = new_portd(launcher=launcher, flags=flags).start()
    # Half of the range: portd's own endpoint is one of the 32 ports, too.
    asked = {"kind": "process", "range": "tiny", "count": 8}
    answer = portd.request("POST", "/ports", asked, unix=True)
    held = {lease["port"] for lease in answer.json["leases"]}
    inside = ["nsenter", f"--net=/proc/{portd.pid}/ns/net", sys.executable, "-c", BIND_ANY]
    picked = subprocess.run(inside, capture_output=True, text=True, check=True).stdout.split()
    assert len(held) == 8
    assert picked
    assert not held & {int(port) for port in picked}
