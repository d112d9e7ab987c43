"""Debian's Prometheus finds services through portd and scrapes them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.programs import SLACK, until
from harness.prometheus import prometheus, value_of
from harness.scripted import answering, scripted_server
from harness.services import register

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="./dev installs Prometheus on Linux only")

CONFIGURATION = """
global: {{scrape_interval: 1s, scrape_timeout: 1s}}
scrape_configs:
  - job_name: portd
    http_sd_configs: [{{url: "{url}/sd/prometheus", refresh_interval: 1s}}]
    relabel_configs:
      - {{source_labels: [__meta_portd_tags], regex: ".*,metrics,.*", action: keep}}
      - {{source_labels: [__meta_portd_service], target_label: service}}
"""


def configuration(portd: Portd, folder: Path) -> Path:
    path = folder / "prometheus.yml"
    path.write_text(CONFIGURATION.format(url=portd.url))
    return path


def test_prometheus_finds_and_scrapes_a_service(portd: Portd, folder: Path) -> None:
    metrics = answering("200 OK", "jobs_done 42\n", "Content-Type: text/plain; version=0.0.4\r\n")
    with scripted_server(metrics) as server:
        register(portd, "worker", port=server.port, tags=["metrics"])
        register(portd, "other", port=server.port)
        with prometheus(configuration(portd, folder), folder) as url:
            query = 'jobs_done{service="worker"}'
            until(lambda: value_of(url, query) == "42", 60 * SLACK, "Prometheus has scraped the worker")
            assert value_of(url, "count(jobs_done)") == "1"


def test_promtool_finds_what_is_registered(portd: Portd, folder: Path) -> None:
    register(portd, "worker", port=20_000, tags=["metrics"])
    command = ["promtool", "check", "service-discovery", "--timeout=3s", str(configuration(portd, folder)), "portd"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done
    assert '"service": "worker"' in done.stdout
