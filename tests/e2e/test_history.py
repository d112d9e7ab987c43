"""Who had which port when, and statistics: through restarts and kills, over HTTP and by portc."""

from __future__ import annotations

import json
import sqlite3
import threading
from datetime import datetime, timezone
from pathlib import Path

from harness.cli import shell_of
from harness.configuration import portd_with, reload, write
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.http import Json
from harness.programs import SLACK, until
from harness.services import await_status, free_port, http_server, register

PLAIN = "api: {port: 0}\nports: {ranges: {default: {range}}}\n"


def entries(portd: Portd, query: str = "") -> list[Json]:
    answer = portd.get(f"/history{query}")
    assert answer.status == 200, answer
    found: list[Json] = answer.json["entries"]
    return found


def leased(portd: Portd, query: str = "") -> list[Json]:
    """Without the machine's other listeners."""
    return [entry for entry in entries(portd, query) if entry["what"] == "lease"]


def moment() -> str:
    return datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def told(entry: Json) -> tuple[object, ...]:
    return (entry["port"], entry["service"], entry["until"] is None, entry["reason"])


def test_a_lease_is_in_it_from_its_grant_to_its_release(portd: Portd) -> None:
    lease = portd.lease(service="shop", cwd="/srv")
    (entry,) = leased(portd)
    assert told(entry) == (lease["port"], "shop", True, "granted")
    assert entry["from"] == lease["created_at"]
    assert (entry["lease"], entry["cwd"], entry["what"]) == (lease["id"], "/srv", "lease")
    portd.request("DELETE", f"/ports/{lease['port']}")
    (entry,) = leased(portd)
    assert told(entry) == (lease["port"], "shop", False, "released")


def test_a_moment_is_answered_exactly(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    portd.request("DELETE", f"/ports/{port}")
    (first,) = leased(portd)
    portd.lease(service="shop", port=port)
    assert leased(portd, f"?port={port}&at={first['from']}")[-1] == first
    assert first not in leased(portd, f"?port={port}&at={first['until']}")
    assert leased(portd, f"?port={port}&at=1h") == []


def test_a_lease_goes_on_through_a_restart(portd: Portd) -> None:
    lease = portd.lease(service="shop")
    portd.restart()
    (entry,) = leased(portd)
    assert told(entry) == (lease["port"], "shop", True, "granted")
    assert entry["from"] == lease["created_at"]


def test_after_a_kill_what_was_written_goes_on_and_the_rest_is_found_again(portd: Portd) -> None:
    first = portd.lease(service="shop")
    assert len(leased(portd)) == 1  # written by now
    second = portd.lease(service="api")
    portd.kill()
    portd.start()
    assert {told(entry)[:3] for entry in leased(portd)} == {
        (first["port"], "shop", True),
        (second["port"], "api", True),
    }


def test_a_lease_that_went_while_portd_was_away_ended_when_it_was_seen_last(portd: Portd) -> None:
    lease = portd.lease(service="shop")
    assert portd.terminate() == 0
    with sqlite3.connect(portd.state / "portd.db") as database:
        database.execute("DELETE FROM leases")
    database.close()
    stopped = moment()
    portd.start()
    (entry,) = leased(portd)
    assert told(entry) == (lease["port"], "shop", False, "unseen")
    assert lease["created_at"] <= entry["until"] <= stopped


def test_the_answer_is_bounded(portd: Portd) -> None:
    for number in range(5):
        portd.lease(service=f"s{number}")
    page = portd.get("/history?limit=3&project=default").json
    assert [entry["service"] for entry in page["entries"]] == ["s4", "s3", "s2"]
    assert page["truncated"] is True


def test_switched_off_it_says_how_to_switch_it_on(new_portd: NewPortd) -> None:
    portd = new_portd(flags=["--set", "history.enabled=false"]).start()
    assert portd.grant(service="shop").status == 201
    for target in ("/history", "/stats"):
        answer = portd.get(target)
        assert answer.status == 503
        assert "history.enabled" in answer.json["detail"]
    assert not (portd.state / "history.db").exists()


def test_a_history_that_cannot_be_written_is_503_and_grants_go_on(new_portd: NewPortd) -> None:
    portd = new_portd()
    (portd.state / "history.db").mkdir(parents=True)
    (portd.state / "history.db" / "in the way").touch()
    portd.start()
    assert portd.grant(service="shop").status == 201
    answer = portd.get("/history")
    assert (answer.status, "leases are not affected" in answer.json["detail"]) == (503, True)
    assert portd.grant(service="api").status == 201


def test_grants_and_conflicts_are_counted(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    assert portd.grant(service="api", port=port, on_conflict="fail").status == 409
    portd.request("DELETE", f"/ports/{port}")
    stats = portd.get("/stats?window=1h").json
    assert {name: stats[name] for name in ("grants", "releases", "expired", "moves", "conflicts")} == {
        "grants": 1,
        "releases": 1,
        "expired": 0,
        "moves": 0,
        "conflicts": 1,
    }
    assert stats["ports"]["leased"] == 0


def test_counts_survive_a_restart(portd: Portd) -> None:
    portd.lease(service="shop")
    portd.restart()
    portd.lease(service="api")
    assert portd.get("/stats").json["grants"] == 2


def test_a_service_has_uptime_and_latency(portd: Portd, folder: Path) -> None:
    shop = register(portd, "shop", checks=[{"type": "http", "path": "/", "interval": "1s"}])
    with http_server(shop["port"], folder):
        await_status(portd, "shop", "passing")
        (service,) = portd.get("/stats").json["services"]
        until(lambda: portd.get("/stats").json["services"][0]["uptime"] == 1, 5 * SLACK, "it is passing for a while")
    assert service["checks"] > service["failures"] >= 0
    assert 0 < service["latency_ms"]["p50"] <= service["latency_ms"]["max"]


def test_a_smaller_bound_holds_without_a_restart(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN + "history: {max_size: 200MB}\n").start()
    assert leased(portd) == []
    assert portd.terminate() == 0
    fill(portd.state / "history.db", 100_000)
    portd.start()
    file = portd.state / "history.db"
    assert file.stat().st_size > 12_000_000
    write(portd, PLAIN + "history: {max_size: 10MB}\n")
    reload(portd)
    until(lambda: file.stat().st_size <= 10_000_000, 20 * SLACK, "the file is small")
    assert leased(portd, "?limit=1&project=default")[0]["service"] == "s99999"


def fill(file: Path, rows: int) -> None:
    a_day_ago = int(datetime.now(timezone.utc).timestamp() - 86_400) * 1000
    with sqlite3.connect(file) as database:
        database.execute(
            "INSERT INTO intervals (port, protocol, began_at, ended_at, what, project, service, instance, role, lease, "
            "command, cwd, began, ended) "
            "WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?1) "
            "SELECT 20000 + i % 10000, 'tcp', ?2 + i, ?2 + i + 500, 'lease', 'default', 's' || i, "
            "'main', 'http', '00000001-' || i, 'python -m http.server', '/home/me/shop', 'granted', 'released' FROM n",
            (rows, a_day_ago),
        )
    database.close()


def test_readers_delay_no_grant(portd: Portd) -> None:
    assert leased(portd) == []
    assert portd.terminate() == 0
    fill(portd.state / "history.db", 100_000)
    portd.start()
    over = threading.Event()

    def read() -> None:
        while not over.is_set():
            assert portd.get("/history?service=nobody&limit=1000").status in (200, 503)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    try:
        for number in range(50):
            assert portd.grant(service=f"s{number}").status == 201
    finally:
        over.set()
        for reader in readers:
            reader.join()
    assert len(leased(portd, "?since=1h&limit=1000")) == 50


# --- ports that portd never leased -----------------------------------------------------------------------------------


def test_a_port_that_nobody_leased_is_answered_for_every_moment(portd: Portd, folder: Path) -> None:
    port = free_port()
    with http_server(port, folder) as server:
        until(lambda: entries(portd, f"?port={port}") != [], 5 * SLACK, "the listener is seen")
        (entry,) = entries(portd, f"?port={port}")
    assert (entry["what"], entry["verdict"], entry["service"], entry["pid"]) == (
        "listener",
        "foreign",
        None,
        server.pid,
    )
    assert (entry["cwd"], entry["until"]) == (str(folder), None)
    until(lambda: entries(portd, f"?port={port}")[0]["until"] is not None, 5 * SLACK, "its end is seen")
    (ended,) = entries(portd, f"?port={port}")
    assert entries(portd, f"?port={port}&at={ended['from']}") == [ended]
    assert entries(portd, f"?port={port}&at={ended['until']}") == []


def test_whose_a_listener_is_goes_with_the_lease_of_its_port(portd: Portd, folder: Path) -> None:
    port = free_port()

    def verdicts() -> list[tuple[str, str | None, bool]]:
        found = [entry for entry in entries(portd, f"?port={port}") if entry["what"] == "listener"]
        return [(entry["verdict"], entry["service"], entry["until"] is None) for entry in reversed(found)]

    with http_server(port, folder):
        until(lambda: verdicts() == [("foreign", None, True)], 5 * SLACK, "the listener is seen")
        assert portd.request("POST", "/ports", {"service": "shop", "port": port, "adopt": True}).status == 201
        until(lambda: verdicts()[-1] == ("listening", "shop", True), 5 * SLACK, "it is the adopted lease's")
        portd.request("DELETE", f"/ports/{port}")
        assert portd.request("POST", "/ports", {"service": "blog", "port": port, "adopt": True}).status == 201
        until(lambda: verdicts()[-1] == ("listening", "blog", True), 5 * SLACK, "it is the other one's")
        assert [entry["service"] for entry in entries(portd, f"?port={port}&at=0s")] == ["blog", "blog"]
        assert entries(portd, f"?port={port}&at=0s&service=shop") == []
        lease = next(entry for entry in entries(portd, f"?port={port}&at=0s") if entry["what"] == "lease")
        assert (lease["pid"], lease["command"]) == (None, None)


def test_a_foreign_listener_goes_on_through_a_restart(portd: Portd, folder: Path) -> None:
    port = free_port()
    with http_server(port, folder):
        until(lambda: entries(portd, f"?port={port}") != [], 5 * SLACK, "the listener is seen")
        (before,) = entries(portd, f"?port={port}")
        portd.restart()
        until(lambda: entries(portd, f"?port={port}") == [before], 5 * SLACK, "it is found again")


# --- portc ----------------------------------------------------------------------------------------------------------


def test_portc_shows_who_had_a_port(portd: Portd) -> None:
    shell = shell_of(portd)
    port = shell.out("port", "shop")
    lines = shell.out("history", port).splitlines()
    assert len(lines) == 2
    assert lines[1].split()[:3] == [port, "lease", "shop"]
    page = json.loads(shell.out("history", "--service", "shop", "--since", "1h", "--json"))
    assert [entry["port"] for entry in page["entries"]] == [int(port)]
    nobody = shell.run("history", "--at", "2h")
    assert (nobody.returncode, nobody.stdout) == (1, "")
    assert shell.run("history", "--at", "soon").returncode == 2


def test_portc_shows_statistics(portd: Portd) -> None:
    shell = shell_of(portd)
    shell.out("port", "shop")
    assert ": 1 grant, 0 releases" in shell.out("stats")
    assert json.loads(shell.out("stats", "--window", "7d", "--json"))["window"] == "7d"
