"""Where portd is to be reached when its own port is taken."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from typing import Any

from harness.programs import SLACK, until

NewPortd = Callable[..., Any]


def test_a_taken_port_falls_to_the_next_free_one_and_an_alert_names_the_owner(new_portd: NewPortd) -> None:
    portd = new_portd()
    wanted = portd.ports.first
    portd.command[portd.command.index("--port") + 1] = str(wanted)
    with socket.create_server(("127.0.0.1", wanted)), socket.create_server(("127.0.0.1", wanted + 1)):
        portd.start()
        assert portd.tcp_port == wanted + 2
        health = portd.get("/health").json
    assert health["status"] == "degraded"
    (alert,) = health["alerts"]
    assert (alert["kind"], alert["subject"]) == ("endpoint-taken", str(wanted))
    assert f"pid {os.getpid()}" in alert["detail"]


def test_the_alert_says_when_the_taken_port_is_free_again(new_portd: NewPortd) -> None:
    portd = new_portd()
    wanted = portd.ports.first
    portd.command[portd.command.index("--port") + 1] = str(wanted)
    with socket.create_server(("127.0.0.1", wanted)):
        portd.start()
    detail = f"port {wanted} is free again, but portd still serves on {portd.tcp_port}"
    until(lambda: detail in portd.get("/health").json["alerts"][0]["detail"], 10 * SLACK, "it is free again")


def test_eleven_taken_ports_end_the_start_with_74_and_name_the_way_out(new_portd: NewPortd) -> None:
    portd = new_portd()
    wanted = portd.ports.first
    portd.command[portd.command.index("--port") + 1] = str(wanted)
    takers = [socket.create_server(("127.0.0.1", wanted + step)) for step in range(11)]
    try:
        process = portd.spawn()
        assert process.wait(20) == 74
    finally:
        for taker in takers:
            taker.close()
    assert "choose another with --port" in portd.log_text()
