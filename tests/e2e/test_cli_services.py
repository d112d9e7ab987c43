"""portc's verbs of services against a real portd."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.programs import PORTC, clean_environment
from harness.scripted import answering, scripted_server
from harness.services import QUICK, await_status, http_server, register

pytestmark = pytest.mark.usefixtures("portc")


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


def test_what_was_registered_is_discovered(shell: Shell) -> None:
    first = shell.run("register", "shop", "--tag", "beta", "--meta", "owner=me", "--check", "http:/healthz")
    assert first.returncode == 0, first
    assert "new" in first.stderr
    table = shell.out("discover")
    assert "shop" in table
    assert "starting" in table
    [found] = json.loads(shell.out("discover", "shop", "--json"))["instances"]
    assert (found["tags"], found["metadata"]) == (["beta"], {"owner": "me"})
    assert shell.run("discover", "nope").returncode == 3
    assert shell.run("register", "shop", "--remove").returncode == 0
    assert shell.run("discover", "shop").returncode == 3


def test_health_exits_with_what_the_service_is(shell: Shell, portd: Portd, folder: Path) -> None:
    port = register(portd, "shop", checks=[{"type": "http", **QUICK}])["port"]
    assert shell.run("health", "shop").returncode == 1
    with http_server(port, folder):
        await_status(portd, "shop", "passing")
        healthy = shell.run("health", "shop")
    assert healthy.returncode == 0
    assert "200 OK" in healthy.stdout
    assert shell.run("health", "nope").returncode == 3


def test_wait_says_what_it_waits_for_and_ends_when_it_is_well(shell: Shell, portd: Portd, folder: Path) -> None:
    port = register(portd, "db", checks=[{"type": "http", **QUICK}])["port"]
    environment = clean_environment(shell.folder) | shell.variables
    command = [str(PORTC), "wait", "db", "--healthy", "--timeout", "60s"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd=shell.folder) as waiting:
        assert waiting.stderr
        said = waiting.stderr.readline()
        assert "db" in said
        with http_server(port, folder):
            assert waiting.wait(60) == 0


def test_wait_gives_up_with_the_reason(shell: Shell, portd: Portd) -> None:
    port = register(portd, "db", checks=[{"type": "tcp", "start_period": "0s", **QUICK}])["port"]
    await_status(portd, "db", "critical")
    done = shell.run("wait", "db", "--healthy", "--timeout", "300ms")
    assert done.returncode == 1
    assert f"db: critical, connection refused on {port}" in done.stderr


def test_graph_shows_the_root_and_whom_it_affects(shell: Shell, portd: Portd) -> None:
    with scripted_server(answering("200 OK")) as server:
        port = server.port
        register(portd, "db", port=port, checks=[{"type": "tcp", "failures": 1, **QUICK}])
        shell.out("register", "api", "--port", str(port), "--depends-on", "db")
        shell.out("register", "web", "--port", str(port), "--depends-on", "api")
        await_status(portd, "db", "passing")
    await_status(portd, "db", "critical")
    tree = shell.out("graph").splitlines()
    assert [line.strip("└─ ").split()[0] for line in tree[:3]] == ["web", "api", "db"]
    assert "affected by db" in tree[0]
    assert "critical" in tree[2]
    assert "web" in shell.out("graph", "--dot")
    assert shell.out("graph", "--mermaid").startswith(("graph", "flowchart"))
    refused = shell.run("register", "db", "--port", str(port), "--depends-on", "web")
    assert refused.returncode == 2
    assert "web → api → db → web" in refused.stderr


def test_maintenance_is_set_and_taken_back(shell: Shell, portd: Portd) -> None:
    register(portd, "shop")
    shell.out("maintenance", "shop", "on", "--reason", "moving house")
    assert portd.get("/services/shop").json["instances"][0]["reason"] == "moving house"
    shell.out("maintenance", "shop", "off")
    assert portd.get("/services/shop/health").status == 200


def test_events_are_followed_and_resumed(shell: Shell, portd: Portd) -> None:
    register(portd, "one")
    known = portd.get("/services").json["revision"]
    register(portd, "two")
    told = shell.out("events", "--since", known, "--count", "2", "--json").splitlines()
    assert [json.loads(line)["event"] for line in told] == ["lease.granted", "service.registered"]
