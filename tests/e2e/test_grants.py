"""The main flow, by curl and by every rule of asking again."""

from __future__ import annotations

import json
import subprocess

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.http import Json
from harness.programs import NEEDS_TOKEN
from harness.servers import idle_process, listener

pytestmark = pytest.mark.portable


def curl(*arguments: str) -> tuple[int, str]:
    """Status and body, as `curl` at a prompt shows them."""
    done = subprocess.run(
        ["curl", "--silent", "--write-out", "\n%{http_code}", *arguments], capture_output=True, text=True, check=True
    )
    body, _, status = done.stdout.rpartition("\n")
    return int(status), body


@pytest.mark.skipif(NEEDS_TOKEN, reason="elsewhere curl needs the token")
def test_curl_gets_a_port_keeps_it_and_gets_it_back_after_a_release(portd: Portd) -> None:
    status, body = curl("--json", '{"service":"shop"}', f"{portd.url}/ports")
    port = json.loads(body)["port"]
    assert (status, port in portd.ports) == (201, True)

    again, body = curl("--json", '{"service":"shop"}', f"{portd.url}/ports")
    assert (again, json.loads(body)["port"]) == (200, port)

    assert curl("--request", "DELETE", f"{portd.url}/ports/{port}") == (204, "")
    assert curl("--request", "DELETE", f"{portd.url}/ports/{port}")[0] == 404
    after, body = curl("--json", '{"service":"shop"}', f"{portd.url}/ports")
    assert (after, json.loads(body)["port"]) == (201, port)


def test_the_default_range_is_20000_to_29999_and_location_names_the_lease(new_portd: NewPortd) -> None:
    portd = new_portd(default_range=True).start()
    answer = portd.grant(service="shop")
    assert answer.status == 201
    assert 20_000 <= answer.json["port"] <= 29_999
    assert answer.headers["location"].endswith(f"/ports/{answer.json['port']}")
    assert portd.get(f"/ports/{answer.json['port']}").json["lease"]["service"] == "shop"


def test_a_fresh_portd_lists_no_leases(portd: Portd) -> None:
    answer = portd.get("/ports")
    assert answer.status == 200
    assert answer.json["leases"] == []
    assert answer.json["revision"]


def test_a_lease_shows_every_field_of_the_contract(portd: Portd) -> None:
    lease = portd.lease(service="shop")
    fields = "id port protocol project service instance role kind state hold held url cwd expires_at holder".split()
    assert list(lease) == [*fields, "created_at", "updated_at", "last_used_at", "revision"]
    assert lease["url"] == f"http://localhost:{lease['port']}"


def test_an_asked_port_that_is_leased_is_refused_naming_its_owner(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    answer = portd.grant(service="api", port=shop["port"], on_conflict="fail")
    assert (answer.status, answer.problem) == (409, "port-in-use")
    assert "shop" in answer.json["detail"]
    assert [lease["service"] for lease in portd.leases()] == ["shop"]


def test_on_conflict_next_gives_another_port(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    assert portd.lease(service="api", port=shop["port"])["port"] != shop["port"]


def test_on_conflict_wait_is_served_when_the_port_is_released(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    waiting = portd.tcp()
    body = json.dumps({"service": "api", "port": shop["port"], "on_conflict": "wait", "wait": "30s"})
    waiting.request("POST", "/ports", body, {"Content-Type": "application/json"} | portd.credentials)
    assert portd.request("DELETE", f"/ports/{shop['port']}").status == 204
    answer = waiting.getresponse()
    assert (answer.status, json.loads(answer.read())["port"]) == (201, shop["port"])
    waiting.close()


def test_on_conflict_wait_gives_up_when_its_time_is_over(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    answer = portd.grant(service="api", port=shop["port"], on_conflict="wait", wait="50ms")
    assert (answer.status, answer.problem) == (409, "port-in-use")


def test_reclaim_takes_a_port_from_a_dead_holder_only(portd: Portd) -> None:
    with idle_process() as holder:
        shop = portd.lease(service="shop", pid=holder.pid)
        asked = {"service": "api", "port": shop["port"], "on_conflict": "reclaim"}
        assert portd.grant(**asked).status == 409
    assert portd.lease(**asked)["port"] == shop["port"]


def test_asking_with_another_port_moves_the_lease(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    other = portd.ports.first if shop["port"] != portd.ports.first else portd.ports.last
    moved = portd.lease(service="shop", port=other)
    assert moved["port"] == other
    assert portd.report(shop["port"])["verdict"] == "free"


@pytest.mark.parametrize("change", [{"kind": "ttl"}, {"hold": "none"}, {"kind": "ttl", "ttl": "9s"}])
def test_asking_on_other_terms_is_a_key_conflict(portd: Portd, change: Json) -> None:
    portd.lease(service="shop")
    answer = portd.grant(service="shop", **change)
    assert (answer.status, answer.problem) == (409, "key-conflict")


def test_a_bundle_is_granted_whole(portd: Portd) -> None:
    answer = portd.grant(service="shop", roles=["http", "debug", "metrics"])
    assert answer.status == 201
    assert [lease["role"] for lease in answer.json["leases"]] == ["http", "debug", "metrics"]
    assert len({lease["port"] for lease in answer.json["leases"]}) == 3
    assert portd.grant(service="shop", roles=["http", "debug", "metrics"]).status == 200
    assert portd.grant(service="shop", roles=["http", "extra"]).status == 201


def test_a_bundle_that_cannot_be_granted_whole_grants_nothing(portd: Portd) -> None:
    portd.lease(service="shop", role="metrics", hold="none")
    before = portd.leases()
    answer = portd.grant(service="shop", hold="open", roles=["http", "debug", "metrics"])
    assert (answer.status, answer.problem) == (409, "key-conflict")
    assert portd.leases() == before


def test_a_range_that_is_full_says_so_and_grants_nothing(new_portd: NewPortd) -> None:
    portd = new_portd()
    portd.command += ["--set", f"ports.ranges.tiny={portd.ports.spare[0]}-{portd.ports.spare[2]}"]
    portd.start()
    answer = portd.grant(service="shop", count=4, range="tiny")
    assert (answer.status, answer.problem) == (507, "range-full")
    assert portd.leases() == []
    assert portd.grant(service="shop", count=3, range="tiny").status == 201


def test_forty_process_ports_come_in_one_answer(portd: Portd) -> None:
    answer = portd.request("POST", "/ports", {"kind": "process", "count": 40}, unix=True)
    assert answer.status == 201
    ports = {lease["port"] for lease in answer.json["leases"]}
    assert len(ports) == 40
    assert all(port in portd.ports for port in ports)


def test_a_second_live_process_for_a_live_key_is_told_who_runs(portd: Portd) -> None:
    with idle_process() as first, idle_process() as second:
        shop = portd.lease(service="shop", pid=first.pid)
        answer = portd.grant(service="shop", pid=second.pid)
        assert (answer.status, answer.problem) == (409, "already-running")
        assert str(first.pid) in answer.json["detail"]
        assert shop["url"] in answer.json["detail"]
        assert portd.grant(service="shop", pid=first.pid).status == 200


def test_a_pid_that_does_not_live_is_refused(portd: Portd) -> None:
    with idle_process() as gone:
        pass
    answer = portd.grant(service="shop", pid=gone.pid)
    assert (answer.status, answer.problem) == (422, "invalid-value")


def test_a_lease_is_renewed_and_changed_by_patch(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    assert portd.request("PATCH", f"/ports/{port}", {}).status == 200
    changed = portd.request("PATCH", f"/ports/{port}", {"kind": "ttl", "ttl": "5m"})
    assert (changed.status, changed.json["kind"]) == (200, "ttl")


def test_a_stale_lease_id_changes_nothing(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    assert portd.request("DELETE", f"/ports/{shop['port']}?lease={shop['id']}").status == 204
    second = portd.lease(service="shop")
    for method, body in (("DELETE", None), ("PATCH", {})):
        answer = portd.request(method, f"/ports/{second['port']}?lease={shop['id']}", body)
        assert (answer.status, answer.problem) == (412, "stale-lease")
    assert portd.leases()[0]["id"] == second["id"]


def test_many_are_released_by_a_filter_and_never_without_one(portd: Portd) -> None:
    for service in ("web", "api"):
        portd.lease(project="acme", service=service)
    portd.lease(service="shop")
    assert portd.request("DELETE", "/ports").status == 422
    assert portd.request("DELETE", "/ports?project=acme").status == 200
    assert [lease["service"] for lease in portd.leases()] == ["shop"]


def test_leases_are_listed_by_filter(portd: Portd) -> None:
    portd.lease(project="acme", service="web")
    portd.lease(service="shop", instance="feature-x")
    assert [lease["service"] for lease in portd.get("/ports?project=acme").json["leases"]] == ["web"]
    assert [lease["service"] for lease in portd.get("/ports?instance=feature-x").json["leases"]] == ["shop"]


def test_an_unknown_field_is_refused_by_name(portd: Portd) -> None:
    answer = portd.grant(service="shop", prot=20100)
    assert answer.status == 422
    assert "prot" in answer.json["detail"]


def test_the_verdict_of_a_port_says_what_was_promised_and_what_is(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    assert portd.report(port)["verdict"] == "reserved"
    assert portd.report(6000)["verdict"] == "blocked"
    unleased = next(other for other in range(portd.ports.first, portd.ports.last) if other != port)
    assert portd.report(unleased) == {
        "port": unleased,
        "verdict": "free",
        "lease": None,
        "listeners": [],
        "barred": None,
        "ephemeral": False,
        "warnings": [],
    }


@pytest.mark.skipif(NEEDS_TOKEN, reason="listeners are seen on Linux only")
def test_a_listener_nobody_leased_is_foreign(portd: Portd) -> None:
    with listener(portd.ports.first) as process:
        report = portd.report(portd.ports.first)
        assert (report["verdict"], report["lease"]) == ("foreign", None)
        assert report["listeners"][0]["pid"] in (process.pid, None)
