"""How leases of each kind end."""

from __future__ import annotations

import sys
import time

import pytest
from harness.daemon import Portd
from harness.programs import SLACK, until
from harness.servers import idle_process


def ports_of(portd: Portd) -> list[int]:
    return [lease["port"] for lease in portd.leases()]


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere holders are looked at now and then")
def test_a_process_lease_is_gone_within_100_ms_of_its_holders_death(portd: Portd) -> None:
    with idle_process() as holder:
        portd.lease(kind="process", pid=holder.pid)
        holder.kill()
        took = until(lambda: not ports_of(portd), 5 * SLACK, "the lease is gone")
    assert took < 0.1 * SLACK


def test_a_process_lease_of_a_holder_that_died_meanwhile_is_gone_after_a_restart(portd: Portd) -> None:
    with idle_process() as holder:
        portd.lease(kind="process", pid=holder.pid)
        portd.kill()
    portd.start()
    assert ports_of(portd) == []


def test_a_process_lease_of_a_live_holder_survives_a_restart(portd: Portd) -> None:
    with idle_process() as holder:
        port = portd.lease(kind="process", pid=holder.pid)["port"]
        portd.kill()
        portd.start()
        assert ports_of(portd) == [port]
        holder.kill()
        until(lambda: not ports_of(portd), 5 * SLACK, "the lease is gone")


def test_a_process_lease_needs_a_process(portd: Portd) -> None:
    answer = portd.grant(kind="process")
    assert (answer.status, answer.problem) == (422, "invalid-value")
    assert "pid" in answer.json["detail"]


def test_a_sticky_lease_outlives_its_holder(portd: Portd) -> None:
    with idle_process() as holder:
        port = portd.lease(service="shop", pid=holder.pid)["port"]
    assert ports_of(portd) == [port]


def test_a_ttl_lease_expires_on_time(portd: Portd) -> None:
    asked = time.monotonic()
    lease = portd.lease(service="shop", kind="ttl", ttl="300ms")
    granted = time.monotonic()
    assert lease["expires_at"]
    until(lambda: not ports_of(portd), 5 * SLACK, "the lease has expired")
    gone = time.monotonic()
    assert gone - asked > 0.3
    assert gone - granted < 0.3 + 0.2 * SLACK


def test_a_ttl_lease_that_is_renewed_lives_on(portd: Portd) -> None:
    port = portd.lease(service="shop", kind="ttl", ttl="1s")["port"]
    renewals: list[int] = []

    def renew_until_past_the_first_ttl() -> bool:
        renewals.append(portd.request("PATCH", f"/ports/{port}", {}).status)
        return False

    with pytest.raises(AssertionError):
        until(renew_until_past_the_first_ttl, 1.5, "never: it only renews")
    assert set(renewals) == {200}


def test_a_ttl_lease_gets_a_full_ttl_after_a_restart(portd: Portd) -> None:
    ttl = 2.0
    portd.lease(service="shop", kind="ttl", ttl="2s")
    with pytest.raises(AssertionError):
        until(lambda: not ports_of(portd), ttl / 2, "never: half of it passes")
    portd.kill()
    portd.start()
    took = until(lambda: not ports_of(portd), 10 * SLACK, "the lease has expired")
    assert took > ttl * 0.8
