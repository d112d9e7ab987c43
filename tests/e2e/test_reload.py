"""SIGHUP: portd reads its configuration again and goes on; what can change while it runs."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.configuration import PLAIN, file_of, outcomes, portd_with, reload, show, upper_half, write
from harness.daemon import Portd
from harness.events import EventReader
from harness.fixtures import NewPortd
from harness.http import Json, exchange
from harness.programs import SLACK, SOURCE, until
from harness.services import QUICK, await_status, instance, register

SCHEMA: Json = json.loads((SOURCE / "config/portd.schema.json").read_text())


@pytest.fixture
def portd(new_portd: NewPortd) -> Portd:
    """A portd that runs with a file of its own."""
    return portd_with(new_portd, PLAIN).start()


# --- SIGHUP -----------------------------------------------------------------------------------------------------------


def test_a_range_that_is_changed_is_of_the_next_grant_and_older_leases_stay(portd: Portd) -> None:
    old = portd.lease(service="old")["port"]
    text, wanted = upper_half(portd)
    write(portd, f"api: {{port: 0}}\nports: {{strategy: next, ranges: {{default: {text}}}, exclude: [{old}]}}\n")
    reload(portd)
    assert portd.lease(service="new")["port"] == next(port for port in wanted if port != old)
    assert portd.lease(service="old")["port"] == old


def test_a_file_with_mistakes_changes_nothing_and_is_told_with_its_places(portd: Portd) -> None:
    before = show(portd)["settings"]
    text = write(portd, "ports: {stratgy: next}\nlog: {level: loud}\n")
    reload(portd)
    log = portd.log_text()
    assert f"{file_of(portd)}:1:9: error: ports.stratgy is not a setting; did you mean" in log
    assert f"{file_of(portd)}:2:14: error: log.level must be one of" in log
    assert "configuration not reloaded" in log
    after = show(portd)
    assert after["settings"] == before
    assert after["content"] == text
    write(portd, PLAIN)
    reload(portd)
    assert "configuration reloaded" in portd.log_text()


def test_a_log_file_that_cannot_be_opened_changes_nothing(portd: Portd) -> None:
    write(portd, PLAIN + "watch: {interval: 1s}\nlog: {file: /dev/null/portd.log}\n")
    reload(portd)
    assert f"{file_of(portd)}:4:13: error: log.file cannot be opened" in portd.log_text()
    assert show(portd)["settings"]["watch"]["interval"] == "500ms"


def test_what_needs_a_restart_stays_until_then_and_is_told(portd: Portd) -> None:
    port = portd.tcp_port
    write(portd, PLAIN.replace("{port: 0}", "{port: 7799}") + "history: {enabled: false}\nwatch: {interval: 1s}\n")
    reload(portd)
    shown = show(portd)
    assert shown["restart_needed"] == ["api.port", "history.enabled"]
    assert shown["settings"]["api"]["port"] == 0
    assert shown["settings"]["history"]["enabled"] is True
    assert shown["settings"]["watch"]["interval"] == "1s"
    assert 'restart needed keys="api.port, history.enabled"' in portd.log_text()
    assert portd.tcp_port == port
    write(portd, PLAIN)
    reload(portd)
    assert show(portd)["restart_needed"] == []


def restart_keys(schema: Json, key: str = "") -> set[str]:
    properties = schema.get("properties", {})
    found = {key} if schema.get("x-restart") else set()
    return found.union(*(restart_keys(each, f"{key}.{name}".strip(".")) for name, each in properties.items()))


def test_the_keys_that_need_a_restart_are_those_that_the_test_above_knows() -> None:
    # api.listen has one value only.
    assert restart_keys(SCHEMA) == {"api.port", "api.listen", "history.enabled"}


def test_a_reload_drops_no_request(portd: Portd) -> None:
    over = threading.Event()
    faults: list[str] = []
    served: list[int] = []

    def ask(number: int) -> None:
        connection = portd.tcp()
        try:
            while not over.is_set():
                answer = exchange(connection, "POST", "/ports", {"service": f"s{number}"}, portd.credentials)
                if answer.status not in (200, 201):
                    faults.append(f"{answer.status} {answer.body!r}")
                served.append(number)
        except (OSError, http.client.HTTPException) as error:
            faults.append(repr(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for number in range(20):
        write(portd, PLAIN + f"watch: {{interval: {100 + number}ms}}\n")
        reload(portd)
    over.set()
    for thread in threads:
        thread.join()
    assert faults == []
    assert set(served) == set(range(4))
    assert outcomes(portd) == 20
    assert show(portd)["settings"]["watch"]["interval"] == "119ms"


def test_a_reload_is_an_event(portd: Portd) -> None:
    with EventReader(portd) as reader:
        reload(portd)
        reader.until(lambda event: event.name == "config.reloaded")


# --- what can change while it runs ------------------------------------------------------------------------------------


def test_the_interval_of_the_watch_changes_at_once(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN + "watch: {interval: 60s}\n").start()
    port = portd.lease(service="shop")["port"]
    with EventReader(portd) as reader, listening_on(port):
        write(portd, PLAIN + "watch: {interval: 50ms}\n")
        reload(portd)
        reader.until(lambda event: event.name == "lease.state")


@contextlib.contextmanager
def listening_on(port: int) -> Iterator[None]:
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("127.0.0.1", port))
        server.listen()
        yield


def test_a_muted_alert_is_resolved_and_comes_back_when_it_is_no_longer_muted(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN)
    tiny = portd.ports.first
    ranges = f"api: {{port: 0}}\nports: {{ranges: {{default: {tiny}-{tiny}}}}}\n"
    write(portd, ranges)
    portd.start().lease(service="shop")
    until(lambda: alerts(portd) == ["range-low"], 10 * SLACK, "it is raised")
    write(portd, ranges + "alerts: {mute: [range-low]}\n")
    reload(portd)
    assert alerts(portd) == []
    assert portd.get("/health").json["status"] == "ok"
    write(portd, ranges)
    reload(portd)
    assert alerts(portd) == ["range-low"]


def alerts(portd: Portd) -> list[str]:
    return [alert["kind"] for alert in portd.get("/health").json["alerts"]]


def test_an_alert_that_is_muted_from_the_start_is_never_raised(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN)
    first = portd.ports.first
    text = (
        f"ports: {{ranges: {{default: {first}-{first}}}}}\nalerts: {{mute: [range-low]}}\nwatch: {{interval: 50ms}}\n"
    )
    write(portd, "api: {port: 0}\n" + text)
    portd.start().lease(service="shop")
    with EventReader(portd) as reader, listening_on(first):
        reader.until(lambda event: event.name == "lease.state")
    assert alerts(portd) == []


def test_a_command_check_that_is_added_runs_and_one_that_is_taken_out_does_not(portd: Portd) -> None:
    register(portd, "shop")
    mark = portd.folder / "ran"
    check = f"{{command: [sh, -c, 'echo {{}} >>{mark}; exit 1'], interval: 50ms}}"
    write(portd, PLAIN + f"checks: {{commands: {{shop: {{up: {check}}}}}}}\n")
    reload(portd)
    await_status(portd, "shop", "warning")
    assert mark.exists()
    write(portd, PLAIN)
    reload(portd)
    assert await_status(portd, "shop", "passing")["checks"] == []


def test_hosts_of_checks_and_of_browsers_change_live(portd: Portd) -> None:
    check = {"checks": [{"type": "tcp"} | QUICK], "host": "db.internal", "port": 5432}
    assert portd.request("PUT", "/services/db", check).status == 422
    assert portd.request("GET", "/health", headers={"Host": "portd.test"}).status == 421
    pages = PLAIN.replace("port: 0", "port: 0, allowed_hosts: [portd.test]")
    write(portd, pages + "checks: {allowed_hosts: [db.internal]}\n")
    reload(portd)
    assert portd.request("PUT", "/services/db", check).status == 201
    assert portd.request("GET", "/health", headers={"Host": "portd.test"}).status == 200
    assert instance(portd, "db")["host"] == "db.internal"


# --- the log ----------------------------------------------------------------------------------------------------------


def test_a_log_in_json_is_one_object_a_line(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN + "log: {format: json}\n").start()
    register(portd, "shop")
    write(portd, "ports: {stratgy: \x07next}\n")
    os.kill(portd.pid, signal.SIGHUP)
    until(lambda: "not reloaded" in portd.log_text(), 10 * SLACK, "it is refused")
    lines = [json.loads(line) for line in portd.log_text().splitlines()]
    assert lines
    assert all(set(line) == {"time", "level", "message"} for line in lines)
    assert {line["level"] for line in lines} == {"info", "error"}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", portd.log_text())


def test_the_format_and_the_level_of_the_log_change_live(portd: Portd) -> None:
    write(portd, PLAIN + "log: {format: json, level: error}\n")
    os.kill(portd.pid, signal.SIGHUP)
    until(lambda: show(portd)["settings"]["log"]["level"] == "error", 10 * SLACK, "it is in use")
    write(portd, "ports: 5\n")
    reload(portd)
    last = portd.log_text().splitlines()[-1]
    assert json.loads(last)["level"] == "error"
    assert "configuration reloaded" not in portd.log_text()


def test_the_log_goes_to_a_file_of_the_owner_alone_beside_stderr(portd: Portd) -> None:
    write(portd, PLAIN + "log: {file: ~/logs/portd.log}\n")
    reload(portd)
    file = portd.folder / "logs" / "portd.log"
    assert "configuration reloaded" in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert "configuration reloaded" in portd.log_text()


def test_a_doubtful_setting_is_a_warning_once(new_portd: NewPortd) -> None:
    ephemeral = Path("/proc/sys/net/ipv4/ip_local_port_range")
    if not ephemeral.exists():
        pytest.skip("the ephemeral range is known on Linux only")
    first = int(ephemeral.read_text().split()[0])
    text = PLAIN.replace("{default: {range}}", f"{{default: {{range}}, wild: {first}-{first + 9}}}")
    portd = portd_with(new_portd, text).start()
    warning = "ports.ranges.wild "
    assert portd.log_text().count(warning) == 1
    assert [each["severity"] for each in show(portd)["warnings"]] == ["warning"]
    reload(portd)
    assert portd.log_text().count(warning) == 2
