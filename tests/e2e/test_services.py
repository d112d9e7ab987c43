"""The registry: what is registered, found, depended on, and what of it outlives a crash."""

from __future__ import annotations

import contextlib
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.programs import SLACK, until
from harness.scripted import answering, scripted_server
from harness.servers import idle_process
from harness.services import QUICK, await_status, http_server, instance, register, status


def test_a_server_passes_within_300_ms_of_listening_and_is_critical_after_its_third_failure(
    portd: Portd, folder: Path
) -> None:
    shop = register(portd, "shop", checks=[{"type": "http", "interval": "200ms"}])
    assert shop["status"] == "starting"
    with http_server(shop["port"], folder) as server:
        took = until(lambda: status(portd, "shop") == "passing", 10 * SLACK, "shop passes")
        assert took < 0.3 * SLACK
        server.kill()
        server.wait()
        found = await_status(portd, "shop", "critical")
    assert found["reason"] == f"connection refused on {shop['port']}"
    assert portd.get("/services/shop/health").status == 503


def test_a_process_lease_takes_its_registration_with_it(portd: Portd) -> None:
    with idle_process() as holder:
        portd.lease(service="job", kind="process", pid=holder.pid)
        register(portd, "job")
        holder.kill()
        until(lambda: portd.get("/services/job").status == 404, 5 * SLACK, "job is no longer registered")
    assert portd.leases() == []


def test_a_sticky_service_that_ended_stays_and_is_critical(portd: Portd, folder: Path) -> None:
    shop = register(portd, "shop")
    with http_server(shop["port"], folder):
        until(lambda: portd.leases()[0]["state"] == "listening", 5 * SLACK, "shop listens")
    found = await_status(portd, "shop", "critical")
    assert found["reason"].startswith(f"nothing listens on {shop['port']}")


def test_a_sibling_that_is_not_up_has_its_stable_port(portd: Portd) -> None:
    port = register(portd, "db")["port"]
    portd.kill()
    portd.start()
    assert instance(portd, "db")["port"] == port
    assert register(portd, "db")["port"] == port


def test_a_cycle_is_named_and_a_dead_root_affects_two(portd: Portd) -> None:
    with scripted_server(answering("200 OK")) as db:
        up = {"type": "tcp", "failures": 1, **QUICK}
        register(portd, "db", port=db.port, checks=[up])
        register(portd, "api", port=db.port, depends_on=[{"service": "db"}])
        register(portd, "web", port=db.port, depends_on=[{"service": "api"}])
        refused = portd.request("PUT", "/services/db", {"port": db.port, "depends_on": [{"service": "web"}]})
        assert (refused.status, refused.problem) == (422, "dependency-cycle")
        assert "web → api → db → web" in refused.json["detail"]
        await_status(portd, "db", "passing")
    await_status(portd, "db", "critical")
    graph = portd.get("/graph").json
    affected = {node["service"]: node["affected_by"] for node in graph["nodes"]}
    assert affected == {"db": [], "api": ["db"], "web": ["db"]}
    assert graph["start_order"] == ["db", "api", "web"]
    [alert] = portd.get("/health").json["alerts"]
    assert (alert["kind"], alert["subject"]) == ("service-critical", "db")
    assert alert["detail"].endswith("affected: api, web")


def test_a_thousand_services_survive_a_kill(portd: Portd) -> None:
    def register_one(number: int) -> None:
        port = 10_000 + number
        register(portd, f"s{number}", port=port, checks=[{"type": "ttl"}], tags=["beta"])

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(register_one, range(1000)))
        list(pool.map(lambda n: portd.request("PUT", f"/services/s{n}/checks/ttl", {"status": "passing"}), range(1000)))
    portd.kill()
    portd.start()
    services = portd.get("/services").json["services"]
    assert sorted(service["service"] for service in services) == sorted(f"s{number}" for number in range(1000))
    assert {service["status"] for service in services} == {"starting"}
    assert {tuple(service["tags"]) for service in services} == {("beta",)}


def test_a_service_that_is_released_is_gone_and_one_that_is_deregistered_keeps_its_port(portd: Portd) -> None:
    port = register(portd, "shop")["port"]
    assert portd.request("DELETE", "/services/shop").status == 204
    assert [lease["port"] for lease in portd.leases()] == [port]
    register(portd, "shop")
    assert portd.request("DELETE", f"/ports/{port}").status == 204
    assert portd.get("/services/shop").status == 404


@pytest.mark.parametrize(
    ("check", "status_code", "problem"),
    [
        ({"type": "http", "url": "http://169.254.169.254/"}, 422, "host-not-allowed"),
        ({"type": "http", "url": "http://[fe80::1]/"}, 422, "host-not-allowed"),
        ({"type": "http", "url": "http://localhost.example.com/"}, 422, "host-not-allowed"),
        ({"type": "command", "command": ["true"]}, 403, "command-not-allowed"),
        ({"type": "command"}, 403, "command-not-allowed"),
    ],
)
def test_a_check_may_not_leave_the_machine_nor_run_a_command(
    portd: Portd, check: dict[str, object], status_code: int, problem: str
) -> None:
    answer = portd.request("PUT", "/services/shop", {"checks": [check]})
    assert (answer.status, answer.problem) == (status_code, problem)
    assert portd.leases() == []


def test_portd_ends_well_while_somebody_waits(portd: Portd) -> None:
    register(portd, "shop")
    with contextlib.closing(portd.tcp()) as waiting:
        waiting.request("GET", "/services/shop?wait=9m", headers=portd.credentials)
        assert portd.get("/health").status == 200  # accepted after the one that waits
        assert portd.process
        portd.process.send_signal(signal.SIGTERM)
        assert waiting.getresponse().status in (200, 503)
    assert portd.process.wait(15 * SLACK) == 0
