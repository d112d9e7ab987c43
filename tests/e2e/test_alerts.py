"""Alerts: their life, and how they reach people."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.cli import shell_of
from harness.configuration import file_of, portd_with, reload, write
from harness.daemon import Portd
from harness.events import EventReader
from harness.fixtures import NewPortd
from harness.http import Json
from harness.programs import SLACK, until
from harness.receivers import Receiver
from harness.scripted import ScriptedServer, silent
from harness.services import http_server

PORTS = "api: {port: 0}\nports: {ranges: {default: {range}}}\n"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    one = Receiver().up()
    yield one
    one.down()


def alerts(portd: Portd, query: str = "") -> list[Json]:
    answer = portd.get(f"/alerts{query}")
    assert answer.status == 200, answer
    return list(answer.json["alerts"])


def critical(portd: Portd, service: str, *, wrong: bool = True) -> None:
    """Raises one alert of the service, or resolves it."""
    if wrong:
        declared = portd.request("PUT", f"/services/{service}", {"checks": [{"type": "ttl"}]})
        assert declared.status in (200, 201), declared
    status = "critical" if wrong else "passing"
    assert portd.request("PUT", f"/services/{service}/checks/ttl", {"status": status}).status == 200


def contested(portd: Portd, port: int) -> list[Json]:
    return [one for one in alerts(portd, "?kind=port-contested") if one["subject"] == str(port)]


def test_an_intruder_is_one_alert_that_names_it_and_resolves_with_its_end(portd: Portd, folder: Path) -> None:
    mine, elsewhere = folder / "mine", folder / "elsewhere"
    mine.mkdir()
    elsewhere.mkdir()
    lease = portd.lease(service="shop", cwd=str(mine))
    port = lease["port"]
    with EventReader(portd) as events, http_server(port, elsewhere) as process:
        until(lambda: bool(contested(portd, port)), 10 * SLACK, "the port is contested")
        [raised] = contested(portd, port)
        assert raised["state"] == "raised"
        facts = raised["facts"]
        assert (facts["pid"], facts["port"], facts["lease"]) == (process.pid, port, lease["id"])
        assert facts["cwd"] == str(elsewhere)
        assert str(process.pid) in raised["detail"]
        acknowledged = portd.request("POST", f"/alerts/{raised['id']}/ack", {})
        assert acknowledged.json["state"] == "acknowledged"
        process.kill()
        told = events.until(lambda event: event.name == "alert.resolved")
    names = [event.name for event in told if event.name.startswith("alert.")]
    assert names == ["alert.raised", "alert.acknowledged", "alert.resolved"]
    assert [event.data["alert"]["id"] for event in told if event.name.startswith("alert.")] == [raised["id"]] * 3
    [resolved] = contested(portd, port)
    assert resolved["state"] == "resolved"
    assert resolved["count"] == 1
    assert portd.get("/health").json["status"] == "ok"


def test_what_is_raised_anew_and_after_a_restart_has_an_id_of_its_own(portd: Portd) -> None:
    critical(portd, "shop")
    [first] = alerts(portd)
    critical(portd, "shop", wrong=False)
    critical(portd, "shop")
    second = alerts(portd, "?state=raised")[0]
    assert alerts(portd, "?state=resolved")[0]["id"] == first["id"]
    portd.restart()
    critical(portd, "shop")
    third = alerts(portd)[0]
    assert len({first["id"], second["id"], third["id"]}) == 3


def test_portc_lists_alerts_and_acknowledges_one(portd: Portd) -> None:
    critical(portd, "shop")
    shell = shell_of(portd)
    [alert] = json.loads(shell.out("alerts", "--json"))["alerts"]
    assert "service-critical" in shell.out("alerts")
    assert "acknowledged" in shell.out("alerts", "ack", alert["id"])
    critical(portd, "shop", wrong=False)
    assert json.loads(shell.out("alerts", "--json"))["alerts"] == []
    assert [one["state"] for one in json.loads(shell.out("alerts", "--all", "--json"))["alerts"]] == ["resolved"]
    assert shell.run("alerts", "ack", alert["id"]).returncode == 3


def test_a_webhook_that_is_down_for_a_while_gets_each_alert_once(new_portd: NewPortd, receiver: Receiver) -> None:
    portd = portd_with(new_portd, PORTS + f'alerts: {{webhook: "{receiver.url}"}}\n').start()
    critical(portd, "first")
    assert receiver.await_count(1)[0].body["event"] == "alert.raised"
    receiver.down()
    for service in ("second", "third"):
        critical(portd, service)
    critical(portd, "second", wrong=False)
    until(lambda: "webhook fails" in portd.log_text(), 10 * SLACK, "portd says that nobody takes its alerts")
    receiver.up()
    expected = [(one["id"], one["state"]) for one in reversed(alerts(portd, "?kind=service-critical"))]
    assert len(expected) == 3
    got = receiver.await_count(4)
    assert [(one.body["alert"]["subject"], one.body["event"]) for one in got] == [
        ("first", "alert.raised"),
        ("second", "alert.raised"),
        ("third", "alert.raised"),
        ("second", "alert.resolved"),
    ]
    assert all(one.id == one.key for one in got)
    assert len(set(receiver.ids())) == 4
    until(lambda: "webhook takes alerts again" in portd.log_text(), 10 * SLACK, "portd says that it is back")
    critical(portd, "third", wrong=False)
    assert receiver.await_count(5)[4].body["alert"]["subject"] == "third"
    assert len(receiver.ids()) == 5


def test_a_receiver_that_answers_503_gets_it_again_and_once(new_portd: NewPortd, receiver: Receiver) -> None:
    receiver.status = 503
    portd = portd_with(new_portd, PORTS + f'alerts: {{webhook: "{receiver.url}"}}\n').start()
    critical(portd, "shop")
    until(lambda: "webhook fails" in portd.log_text(), 10 * SLACK, "it is refused")
    receiver.status = 200
    [one] = receiver.await_count(1)
    assert one.id == f"{alerts(portd)[0]['id']}-raised"


def test_the_webhook_is_put_into_use_by_a_reload(new_portd: NewPortd, receiver: Receiver) -> None:
    portd = portd_with(new_portd, PORTS).start()
    critical(portd, "before")
    write(portd, PORTS + f'alerts: {{webhook: "{receiver.url}"}}\n')
    reload(portd)
    critical(portd, "after")
    assert receiver.await_count(1)[0].body["alert"]["subject"] == "after"


@pytest.mark.parametrize(
    ("alerts_text", "says"),
    [
        ('{webhook: "https://localhost:1/"}', "is https, which portd does not speak"),
        ('{webhook: "http://example.com/"}', "leads to"),
        ('{webhook: "http://10.0.0.1/", allowed_hosts: [10.0.0.2]}', "leads to"),
        ('{webhook: "http://localhost.example.com/"}', "leads to"),
    ],
)
def test_a_webhook_off_this_machine_is_a_configuration_error(new_portd: NewPortd, alerts_text: str, says: str) -> None:
    portd = portd_with(new_portd, PORTS + f"alerts: {alerts_text}\n")
    process = portd.spawn()
    assert process.wait(20 * SLACK) == 78
    assert says in portd.log_text()
    assert "alerts.webhook" in portd.log_text()


def test_a_receiver_that_never_answers_holds_up_nobody(new_portd: NewPortd) -> None:
    with contextlib.closing(ScriptedServer(0, silent)) as mute:
        url = f"http://127.0.0.1:{mute.port}/"
        portd = portd_with(new_portd, PORTS + f'alerts: {{webhook: "{url}"}}\n').start()
        critical(portd, "shop")
        until(lambda: mute.served > 0, 10 * SLACK, "the receiver is asked")
        assert portd.get("/alerts").status == 200
        assert portd.terminate() == 0


def desktop(folder: Path, script: str) -> dict[str, str]:
    """The variables of a desktop whose notify-send is this script."""
    programs = folder / "programs"
    programs.mkdir()
    program = programs / "notify-send"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return {"PATH": f"{programs}:{os.environ['PATH']}", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nowhere"}


@pytest.mark.skipif(sys.platform != "linux", reason="notify-send is of Linux")
def test_what_is_raised_is_shown_on_the_desktop_where_there_is_one(new_portd: NewPortd, folder: Path) -> None:
    environment = desktop(folder, f"printf '%s\\n' \"$@\" >> {folder}/shown")
    portd = portd_with(new_portd, PORTS, environment=environment).start()
    critical(portd, "shop")
    shown = folder / "shown"
    until(lambda: shown.exists() and "shop" in shown.read_text(), 10 * SLACK, "the alert is shown")
    assert shown.read_text().splitlines()[:3] == ["--app-name=portd", "--", "portd: service-critical"]
    write(portd, file_of(portd).read_text() + "alerts: {desktop: false}\n")
    reload(portd)
    critical(portd, "quiet")
    critical(portd, "shop", wrong=False)
    until(lambda: 'subject="quiet"' in portd.log_text(), 10 * SLACK, "the alert is in the log")
    assert "quiet" not in shown.read_text()


@pytest.mark.skipif(sys.platform != "linux", reason="notify-send is of Linux")
def test_a_notification_that_hangs_holds_up_nobody_and_ends_with_portd(new_portd: NewPortd, folder: Path) -> None:
    environment = desktop(folder, f"echo $$ > {folder}/pid\nexec sleep 1000")
    portd = portd_with(new_portd, PORTS, environment=environment).start()
    critical(portd, "shop")
    pid = folder / "pid"
    until(lambda: pid.exists() and bool(pid.read_text()), 10 * SLACK, "the program runs")
    assert portd.get("/alerts").status == 200
    assert portd.terminate() == 0
    until(lambda: not Path(f"/proc/{pid.read_text().strip()}").exists(), 10 * SLACK, "the program has ended")
