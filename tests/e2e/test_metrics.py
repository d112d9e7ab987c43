"""Debian's Prometheus reads what portd counts."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.events import EventReader
from harness.fixtures import NewPortd
from harness.programs import SLACK, until
from harness.prometheus import prometheus, value_of
from harness.services import register

needs_prometheus = pytest.mark.skipif(sys.platform != "linux", reason="./dev installs Prometheus on Linux only")

CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: portd
    {credentials}
    static_configs: [{{targets: ["127.0.0.1:{port}"]}}]
"""


def figures(portd: Portd) -> dict[str, float]:
    """Every series and its value."""
    answer = portd.get("/metrics")
    assert answer.status == 200, answer
    lines = [line for line in answer.body.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in lines)}


def busy(portd: Portd) -> None:
    """Something of everything that is counted."""
    portd.lease(service="shop")
    register(portd, "web", checks=[{"type": "tcp"}])
    portd.request("DELETE", "/ports?project=nobody")
    portd.get("/nowhere")
    portd.get("/health")


@needs_prometheus
def test_promtool_finds_nothing_wrong(portd: Portd) -> None:
    busy(portd)
    text = portd.get("/metrics").body
    done = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_the_type_is_that_of_the_text_format(portd: Portd) -> None:
    assert portd.get("/metrics").headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"


def test_requests_are_counted_by_route_and_status(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    portd.get(f"/ports/{port}")
    portd.get(f"/ports/{port + 1}")
    portd.get("/nowhere")
    portd.get("/nowhere/else")
    portd.raw(b"NONSENSE\r\n\r\n")
    seen = figures(portd)
    assert seen['portd_http_requests_total{method="POST",route="/ports",status="201"}'] == 1
    assert seen['portd_http_requests_total{method="GET",route="/ports/{port}",status="200"}'] == 2
    assert seen['portd_http_requests_total{method="other",route="none",status="404"}'] == 2
    assert seen['portd_http_requests_total{method="other",route="none",status="400"}'] == 1
    assert seen['portd_http_request_duration_seconds_count{method="GET",route="/ports/{port}"}'] == 2
    assert 0 < seen['portd_http_request_duration_seconds_sum{method="POST",route="/ports"}'] < 10 * SLACK


def test_the_number_of_series_does_not_grow_with_what_is_asked_for(portd: Portd) -> None:
    def ask() -> int:
        for number in range(20_000, 20_040):
            portd.get(f"/ports/{number}")
            portd.get(f"/services/no-{number}")
            portd.get(f"/no/{number}")
            portd.request("BREW", f"/no/{number}")
        return len(figures(portd))

    portd.get("/metrics")
    assert ask() == ask()


def test_leases_services_and_checks_are_counted_as_they_are(portd: Portd) -> None:
    before = figures(portd)
    assert before['portd_leases{state="reserved"}'] == 0
    busy(portd)
    until(lambda: figures(portd)['portd_checks{status="starting"}'] == 1, 10, "the check is counted")
    seen = figures(portd)
    assert seen['portd_leases{state="reserved"}'] == 2
    assert seen['portd_lease_kinds{kind="sticky"}'] == 2
    assert seen['portd_services{status="starting"}'] == 1
    assert seen['portd_events_total{event="lease.granted"}'] == 2
    free = 'portd_range_free_ports{range="default"}'
    assert seen[free] == before[free] - 2


def test_commits_are_counted_by_their_size_and_time(portd: Portd) -> None:
    portd.lease(service="shop")
    portd.lease(service="bundle", roles=["http", "debug", "admin"])
    seen = figures(portd)
    assert seen["portd_store_changes_total"] == 4
    assert seen["portd_store_commit_changes_sum"] == 4
    assert seen["portd_store_commit_changes_count"] == seen["portd_store_commit_duration_seconds_count"] == 2
    assert seen["portd_store_commit_duration_seconds_sum"] > 0


def test_readers_of_events_are_counted_while_they_read(portd: Portd) -> None:
    assert figures(portd)["portd_event_readers"] == 0
    with EventReader(portd):
        until(lambda: figures(portd)["portd_event_readers"] == 1, 10 * SLACK, "the reader is counted")

    def gone() -> bool:
        # That it is gone shows when it is told something.
        portd.request("DELETE", f"/ports/{portd.lease(service='shop')['port']}")
        return figures(portd)["portd_event_readers"] == 0

    until(gone, 10 * SLACK, "the reader is gone")
    assert figures(portd)['portd_http_requests_total{method="GET",route="/events",status="200"}'] == 1


def test_the_process_is_described(portd: Portd) -> None:
    seen = figures(portd)
    assert 0 < seen["process_cpu_seconds_total"] < 60
    assert 0 < seen["process_open_fds"] < seen["process_max_fds"]
    assert seen["process_start_time_seconds"] > 1_700_000_000
    if sys.platform == "linux":
        assert 1_000_000 < seen["process_resident_memory_bytes"] < seen["process_virtual_memory_bytes"]
    version = portd.get("/health").json["version"]
    assert seen[f'portd_build_info{{version="{version}"}}'] == 1


def test_what_is_raised_is_counted(new_portd: NewPortd) -> None:
    first = new_portd().start()
    second = new_portd(flags=["--set", f"api.port={first.tcp_port}"])
    second.command[second.command.index("--port") : second.command.index("--port") + 2] = []
    second.start()
    assert figures(second)['portd_alerts{kind="endpoint-taken"}'] == 1
    assert figures(first)['portd_alerts{kind="endpoint-taken"}'] == 0


def scraping(portd: Portd, folder: Path, credentials: str = "") -> Path:
    path = folder / "prometheus.yml"
    path.write_text(CONFIGURATION.format(port=portd.tcp_port, credentials=credentials))
    return path


@needs_prometheus
@pytest.mark.parametrize("with_token", [False, True], ids=["same-user", "token"])
def test_a_real_prometheus_scrapes_portd(portd: Portd, folder: Path, with_token: bool) -> None:
    busy(portd)
    credentials = f"authorization: {{credentials_file: {portd.runtime / 'token'}}}" if with_token else ""
    with prometheus(scraping(portd, folder, credentials), folder) as url:
        leases = 'portd_leases{job="portd",state="reserved"}'
        until(lambda: value_of(url, leases) == "2", 60 * SLACK, "Prometheus has scraped portd")
        assert value_of(url, 'up{job="portd"}') == "1"
        grants = 'histogram_quantile(0.5, portd_http_request_duration_seconds_bucket{route="/ports",method="POST"})'
        assert re.fullmatch(r"0\.\d+(e-\d+)?|\d\.\d+e-\d+", value_of(url, grants) or "")
