"""What portd writes about itself, and how it is read."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

from harness.cli import LonelyShell, shell_of
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.programs import PORTC, SLACK, clean_environment, until
from harness.services import http_server

HOSTILE = "\r\x1b[31mred\x1b]0;title\x07\u202eevil\x85\u2028forged\n2026-01-01T00:00:00.000+00:00 error forged\n"
LINE = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+[+-]\d\d:\d\d (trace|debug|info|warning|error|critical) \S")


def be_hostile(portd: Portd) -> None:
    """A service whose texts would write lines of their own; what its check says is in the log, with the alert."""
    declared = {"metadata": {"owner": HOSTILE}, "checks": [{"type": "ttl"}]}
    answer = portd.request("PUT", "/services/shop", declared)
    assert answer.status in (200, 201), answer
    beat = portd.request("PUT", "/services/shop/checks/ttl", {"status": "critical", "output": HOSTILE})
    assert beat.status == 200, beat
    until(lambda: "alert raised" in portd.log_text(), 10 * SLACK, "the alert is in the log")


def assert_clean(text: str) -> None:
    """Every line is a record, and nothing in it steers a terminal."""
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", text)
    for line in text.splitlines():
        assert LINE.match(line), line


def test_a_hostile_service_leaves_one_clean_line(new_portd: NewPortd) -> None:
    portd = new_portd(flags=["--log-level", "trace"]).start()
    be_hostile(portd)
    text = portd.log.read_bytes().decode()
    assert_clean(text)
    [line] = [line for line in text.split("\n") if "alert raised" in line]
    assert "kind=service-critical" in line
    assert "forged" in line
    assert "\\x1b[31mred" in line


def test_a_hostile_folder_of_an_intruder_leaves_one_clean_line(portd: Portd, folder: Path) -> None:
    mine = folder / "mine"
    mine.mkdir()
    hostile = folder / 'a\n2026-01-01T00:00:00.000+00:00 error forged\x1b[31m"b'
    hostile.mkdir()
    port = portd.lease(service="shop", cwd=str(mine))["port"]
    with http_server(port, hostile):
        until(lambda: "kind=port-contested" in portd.log_text(), 10 * SLACK, "the alert is in the log")
    text = portd.log.read_bytes().decode()
    assert_clean(text)
    [line] = [line for line in text.split("\n") if "alert raised" in line]
    assert f"port={port} key=" in line
    assert re.search(r' cwd="[^"]*/a\\x0a2026[^"]*forged\\x1b\[31m\\"b" ', line)


def test_a_hostile_service_leaves_one_clean_json_line(new_portd: NewPortd) -> None:
    portd = new_portd(flags=["--log-level", "trace", "--set", "log.format=json"]).start()
    be_hostile(portd)
    raw = portd.log.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f-\xff]", raw)
    records = [json.loads(line) for line in raw.splitlines()]
    [record] = [record for record in records if "alert raised" in record["message"]]
    assert record["level"] == "warning"
    assert "\n" not in record["message"]


def test_a_path_cannot_write_lines_either(new_portd: NewPortd) -> None:
    portd = new_portd(flags=["--log-level", "debug"]).start()
    assert portd.get('/nope%0a%1b[31m"x').status in (400, 404)
    portd.raw(b"GET /a\x1b[31m HTTP/1.1\r\nHost: localhost\r\n\r\n")
    assert_clean(portd.log.read_bytes().decode())


def test_requests_are_logged_at_debug_alone(new_portd: NewPortd) -> None:
    loud = new_portd(flags=["--log-level", "debug"]).start()
    loud.get("/ports?project=mine")
    until(lambda: "request method=GET" in loud.log_text(), 10 * SLACK, "the request is in the log")
    [line] = [line for line in loud.log_text().splitlines() if 'path="/ports"' in line]
    assert re.search(r'debug request method=GET path="/ports" status=200 us=\d+ caller=tcp$', line)
    loud.request("GET", "/health", unix=True)
    until(lambda: re.search(r"caller=pid:\d+", loud.log_text()) is not None, 10 * SLACK, "who asked is in the log")
    quiet = new_portd().start()
    quiet.get("/ports")
    assert "request method" not in quiet.log_text()


def test_an_alert_is_logged_once_as_keys_and_values(portd: Portd) -> None:
    be_hostile(portd)
    portd.get("/ports")
    portd.get("/alerts")
    assert portd.log_text().count("alert raised id=") == 1


def test_portc_shows_the_file_that_is_configured_and_follows_it(new_portd: NewPortd) -> None:
    portd = new_portd()
    log = portd.folder / "mine.log"
    portd.command += ["--set", f"log.file={log}"]
    portd.start()
    shell = shell_of(portd)
    assert " info ready url=" in shell.out("daemon", "logs")
    assert len(shell.out("daemon", "logs", "-n", "1").splitlines()) == 1
    with following(portd, "-n", "1") as follower:
        assert follower.stdout
        assert b" info ready url=" in follower.stdout.readline()
        os.kill(portd.pid, signal.SIGHUP)
        assert b"configuration reloaded" in follower.stdout.readline()
        follower.send_signal(signal.SIGINT)
        assert follower.wait(20 * SLACK) == 0


def test_a_file_of_10_mb_is_begun_anew_and_the_older_one_is_kept(new_portd: NewPortd) -> None:
    portd = new_portd()
    log = portd.folder / "mine.log"
    log.write_bytes(b"x" * (10 * 1024 * 1024 - 11) + b"\n")
    portd.command += ["--set", f"log.file={log}"]
    portd.start()
    until(lambda: " info ready url=" in log.read_text(), 10 * SLACK, "portd writes into the new file")
    assert log.stat().st_size < 10_000
    assert (portd.folder / "mine.1.log").stat().st_size > 10_000_000


def test_portc_follows_a_file_that_is_begun_anew(portd: Portd) -> None:
    log = portd.state / "portd.log"
    log.write_text("old\n")
    with following(portd, "-n", "1") as follower:
        assert follower.stdout
        assert follower.stdout.readline() == b"old\n"
        with log.open("a") as more:
            more.write("last of it\n")
        log.rename(portd.state / "portd.1.log")
        log.write_text("new\n")
        assert follower.stdout.readline() == b"last of it\n"
        assert follower.stdout.readline() == b"new\n"


def test_portc_shows_the_log_of_a_portd_that_it_started(folder: Path) -> None:
    with contextlib.closing(LonelyShell(folder)) as shell:
        shell.out("port", "shop")
        assert " info ready url=" in shell.out("daemon", "logs")


@contextlib.contextmanager
def following(portd: Portd, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """`portc daemon logs -f`, ended with the block."""
    shell = shell_of(portd)
    process = subprocess.Popen(
        [str(PORTC), "daemon", "logs", "-f", *arguments],
        stdout=subprocess.PIPE,
        env=clean_environment(portd.folder) | shell.variables,
        cwd=shell.folder,
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
