"""What a health check makes of a real server's answers."""

from __future__ import annotations

import itertools
import os
import sys
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.http import Json
from harness.programs import SLACK, until
from harness.scripted import Flood, Script, answering, scripted_server, sending, silent
from harness.services import QUICK, await_status, http_server, register

NUMBERS = itertools.count(1)

# Critical at the first failure, so that one look tells.
STRICT = {"failures": 1, "start_period": "0s", **QUICK}


def outcome(portd: Portd, script: Script, **check: object) -> tuple[str, str]:
    """The status that a server with this script comes to, and what the check says."""
    with scripted_server(script) as server:
        # A name of its own: the kernel may give two servers the same port, and then the first one's status would stand.
        service = f"shop-{next(NUMBERS)}"
        register(portd, service, port=server.port, checks=[{"type": "http", **STRICT, **check}])
        found: Json = {}

        def looked_at() -> bool:
            nonlocal found
            [found] = portd.get(f"/services/{service}").json["instances"]
            return bool(found["status"] != "starting")

        until(looked_at, 10 * SLACK, "the check was made")
        return str(found["status"]), str(found["checks"][0]["output"])


@pytest.mark.parametrize(
    ("status_line", "wanted"),
    [
        ("200 OK", "passing"),
        ("204 No Content", "passing"),
        ("429 Too Many Requests", "warning"),
        ("302 Found", "critical"),
        ("404 Not Found", "critical"),
        ("500 Internal Server Error", "critical"),
    ],
)
def test_the_status_of_an_answer_decides(portd: Portd, status_line: str, wanted: str) -> None:
    status, output = outcome(portd, answering(status_line))
    assert status == wanted
    assert output.startswith(status_line)


def test_an_expected_status_passes(portd: Portd) -> None:
    assert outcome(portd, answering("302 Found"), expect_status=[301, 302])[0] == "passing"


def test_a_body_without_the_expected_text_is_critical(portd: Portd) -> None:
    assert outcome(portd, answering("200 OK", "all is well"), expect_body="well")[0] == "passing"
    assert outcome(portd, answering("200 OK", "all is lost"), expect_body="well")[0] == "critical"


def test_a_slow_answer_times_out(portd: Portd) -> None:
    status, output = outcome(portd, silent, timeout="50ms")
    assert status == "critical"
    assert output.startswith("timed out after 50ms")


def test_ten_gigabytes_are_read_to_64_kb_only(portd: Portd) -> None:
    flood = Flood()
    status, _ = outcome(portd, flood, expect_body="never there", interval="10s")
    assert status == "critical"
    in_buffers = 16 * 1024**2  # of the kernel, on both sides
    assert flood.sent < in_buffers


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"\x15\x03\x01\x00\x02\x02\x46", "TLS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "not HTTP"),
        (b"\x00\xff\x1b[31m\r\n\r\n", "not HTTP"),
    ],
)
def test_what_is_not_http_is_told_readably(portd: Portd, data: bytes, words: str) -> None:
    status, output = outcome(portd, sending(data))
    assert status == "critical"
    assert words in output
    assert output.isprintable()


def test_one_failure_never_flips_a_threshold_of_three(portd: Portd) -> None:
    with scripted_server(answering("200 OK")) as server:
        register(portd, "shop", port=server.port, checks=[{"type": "http", **QUICK}])
        await_status(portd, "shop", "passing")
        flips = 0

        def failing_once() -> None:
            before = server.served
            server.script = answering("500 Internal Server Error")
            until(lambda: server.served > before, 5 * SLACK, "the check has failed")
            server.script = answering("200 OK")
            until(lambda: server.served > before + 3, 5 * SLACK, "the check was made again")

        for _ in range(5):
            failing_once()
            flips += portd.get("/services/shop").json["instances"][0]["status"] == "critical"
    assert flips == 0


def test_a_heartbeat_that_stays_away_is_critical_with_the_last_output(portd: Portd) -> None:
    register(portd, "worker", checks=[{"type": "ttl", "ttl": "200ms"}])
    beat = portd.request("PUT", "/services/worker/checks/ttl", {"status": "passing", "output": "42 jobs"})
    assert beat.json["status"] == "passing"
    found = await_status(portd, "worker", "critical")
    assert found["checks"][0]["output"] == "42 jobs"
    assert found["reason"] == "no heartbeat for 200ms; the last said: 42 jobs"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere nobody sees who listens")
def test_a_stranger_on_the_services_port_is_an_impostor_with_pid_and_command(portd: Portd, folder: Path) -> None:
    home = folder / "shop"
    home.mkdir()
    lease = portd.lease(service="shop", cwd=str(home))
    register(portd, "shop", checks=[{"type": "http", **QUICK}])
    with http_server(lease["port"], folder) as stranger:
        found = await_status(portd, "shop", "critical")
        assert found["reason"] == "impostor"
        output = found["checks"][0]["output"]
        assert f"pid {stranger.pid}" in output
        assert "http.server" in output
        kinds = {alert["kind"] for alert in portd.get("/health").json["alerts"]}
        assert "impostor" in kinds
    with http_server(lease["port"], home):
        assert await_status(portd, "shop", "passing")["reason"] is None


def command_check(portd: Portd, *command: str, timeout: str = "2s") -> None:
    key = "checks.commands.shop.ready"
    portd.command += ["--set", f"{key}.command={','.join(command)}", "--set", f"{key}.timeout={timeout}"]
    portd.command += ["--set", f"{key}.interval=50ms"]


@pytest.mark.parametrize(("code", "wanted"), [("0", "passing"), ("1", "warning")])
def test_a_command_of_the_configuration_is_a_check(new_portd: NewPortd, code: str, wanted: str) -> None:
    portd = new_portd()
    command_check(portd, "/bin/sh", "-c", f"echo seen by $0; exit {code}", "portd")
    portd.start()
    register(portd, "shop")
    found = await_status(portd, "shop", wanted)
    assert "seen by portd" in found["checks"][0]["output"]


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_command_that_hangs_is_killed_with_its_children(new_portd: NewPortd, folder: Path) -> None:
    pids = folder / "pids"
    portd = new_portd()
    command_check(portd, "/bin/sh", "-c", f"sleep 1000 & echo $! >> {pids}; wait", timeout="100ms")
    portd.start()
    register(portd, "shop")
    until(lambda: pids.exists() and pids.read_text().endswith("\n"), 10 * SLACK, "the command runs")
    child = pids.read_text().split()[0]
    until(lambda: not is_running(child), 10 * SLACK, "the child is gone")


def is_running(pid: str) -> bool:
    return os.path.exists(f"/proc/{pid}") and "sleep" in Path(f"/proc/{pid}/cmdline").read_text()  # noqa: PTH110
