"""SIGTERM and SIGINT: what is in flight is finished, nothing new is begun, exit 0. SIGHUP: it goes on."""

from __future__ import annotations

import json
import os
import signal
import socket
import time

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.http import read_answer
from harness.programs import NEEDS_TOKEN, SLACK, until

pytestmark = pytest.mark.portable


def test_sigterm_finishes_the_request_in_flight(portd: Portd) -> None:
    body = b'{"service":"shop"}'
    head = (
        f"POST /ports HTTP/1.1\r\nHost: localhost:{portd.tcp_port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    )
    head += "".join(f"{name}: {value}\r\n" for name, value in portd.credentials.items()) + "\r\n"
    with socket.create_connection(("127.0.0.1", portd.tcp_port), timeout=20) as stream:
        stream.sendall(head.encode() + body[:5])
        assert portd.get("/health").status == 200  # so the head has arrived
        os.kill(portd.pid, signal.SIGTERM)
        stream.sendall(body[5:])
        assert read_answer(stream).status == 201
    assert portd.terminate() == 0
    portd.start()
    assert [lease["service"] for lease in portd.leases()] == ["shop"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_idle_connections_at_once(portd: Portd, number: signal.Signals) -> None:
    with socket.create_connection(("127.0.0.1", portd.tcp_port), timeout=20):
        assert portd.get("/health").status == 200
        started = time.monotonic()
        os.kill(portd.pid, number)
        assert portd.process
        assert portd.process.wait(20) == 0
    assert time.monotonic() - started < 2 * SLACK


def test_sighup_ends_nothing(portd: Portd) -> None:
    with socket.create_connection(("127.0.0.1", portd.tcp_port), timeout=20) as idle:
        os.kill(portd.pid, signal.SIGHUP)
        until(lambda: "configuration reloaded" in portd.log_text(), 10 * SLACK, "it is read again")
        idle.sendall(f"GET /health HTTP/1.1\r\nHost: localhost:{portd.tcp_port}\r\n\r\n".encode())
        assert read_answer(idle).status in (200, 403)  # 403: without its token, where one is needed
    assert portd.running


def test_a_signal_ends_waits(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    waiting = portd.tcp()
    body = json.dumps({"service": "api", "port": shop["port"], "on_conflict": "wait", "wait": "1m"})
    waiting.request("POST", "/ports", body, {"Content-Type": "application/json"} | portd.credentials)
    assert portd.get("/health").status == 200
    started = time.monotonic()
    assert portd.terminate() == 0
    assert waiting.getresponse().status in (409, 503)
    waiting.close()
    assert time.monotonic() - started < 5 * SLACK


def test_the_endpoint_file_is_gone_after_the_end(portd: Portd) -> None:
    files = [portd.runtime / "endpoint.json", portd.state / "endpoint.json"]
    assert [json.loads(file.read_text())["pid"] for file in files] == [portd.pid] * 2
    assert portd.terminate() == 0
    assert not any(file.exists() for file in files)


@pytest.mark.skipif(NEEDS_TOKEN, reason="who listens is seen on Linux only")
def test_a_taken_endpoint_falls_to_the_next_free_port_and_says_who_owns_it(new_portd: NewPortd) -> None:
    portd = new_portd()
    taken = portd.ports.spare[0]
    with socket.create_server(("127.0.0.1", taken)):
        portd.command[portd.command.index("--port") + 1] = str(taken)
        portd.start()
        assert taken < portd.tcp_port <= taken + 10
        assert str(os.getpid()) in portd.log_text()
        assert portd.get("/health").json["status"] == "degraded"
