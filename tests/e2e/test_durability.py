"""What was told survives `kill -9`; the kill happens right after the answer."""

from __future__ import annotations

import pytest
from harness.daemon import Portd

pytestmark = pytest.mark.portable


def test_a_granted_lease_survives_kill_9(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    portd.kill()
    portd.start()
    again = portd.grant(service="shop")
    assert (again.status, again.json["port"], again.json["id"]) == (200, shop["port"], shop["id"])


def test_a_released_lease_stays_released_after_kill_9_and_its_port_is_remembered(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    assert portd.request("DELETE", f"/ports/{shop['port']}").status == 204
    portd.kill()
    portd.start()
    assert portd.leases() == []
    again = portd.grant(service="shop")
    assert (again.status, again.json["port"]) == (201, shop["port"])
    assert again.json["id"] != shop["id"]


def test_a_refusal_that_names_a_lease_is_as_durable_as_the_lease(portd: Portd) -> None:
    shop = portd.lease(service="shop")
    refused = portd.grant(service="api", port=shop["port"], on_conflict="fail")
    portd.kill()
    portd.start()
    assert refused.status == 409
    assert [lease["port"] for lease in portd.leases()] == [shop["port"]]


def test_revisions_never_go_back(portd: Portd) -> None:
    def number() -> int:
        return int(portd.get("/ports").json["revision"].rsplit("-", 1)[1])

    portd.lease(service="shop")
    before = number()
    portd.kill()
    portd.start()
    portd.lease(service="api")
    assert number() > before
