"""portc at a prompt: what it prints, how it exits, how it finds and starts portd."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.cli import LonelyShell, Shell, shell_of
from harness.daemon import Portd
from harness.programs import NEEDS_TOKEN

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("portc")]

VERBS = ["run", "allocate", "port", "url", "release", "prune", "ls", "who", "health", "daemon"]
VERBS += ["register", "discover", "wait", "events", "graph", "maintenance"]
VERBS += ["free", "adopt", "top", "doctor", "alerts", "history", "stats"]
VERBS += ["env", "init", "config", "trust", "untrust"]


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


@pytest.fixture
def lonely(folder: Path) -> Iterator[LonelyShell]:
    with contextlib.closing(LonelyShell(folder)) as shell:
        yield shell


# --- the verbs ------------------------------------------------------------------------------------------------------


def test_port_prints_the_bare_number_and_the_same_one_again(shell: Shell, portd: Portd) -> None:
    number = shell.out("port", "shop")
    assert int(number) in portd.ports
    assert shell.out("port", "shop") == number


def test_port_grants_nothing_when_told_to_look_only(shell: Shell, portd: Portd) -> None:
    done = shell.run("port", "shop", "--existing")
    assert (done.returncode, done.stdout) == (3, "")
    assert portd.leases() == []


def test_url_prints_the_bare_url(shell: Shell) -> None:
    assert shell.out("url", "shop") == f"http://localhost:{shell.out('port', 'shop')}"


def test_a_key_in_text_form_names_project_instance_and_role(shell: Shell, portd: Portd) -> None:
    shell.out("port", "acme/shop@feature-x:debug")
    lease = portd.leases()[0]
    assert [lease[part] for part in ("project", "service", "instance", "role")] == [
        "acme",
        "shop",
        "feature-x",
        "debug",
    ]


def test_the_folder_names_the_service(shell: Shell, portd: Portd) -> None:
    (shell.folder / "Web Shop").mkdir()
    shell.out("port", cwd=shell.folder / "Web Shop")
    assert portd.leases()[0]["service"] == "web-shop"


def test_allocate_says_on_stderr_when_a_lease_is_new(shell: Shell) -> None:
    first = shell.run("allocate", "shop")
    second = shell.run("allocate", "shop")
    assert (first.returncode, second.returncode) == (0, 0)
    assert "new lease" in first.stderr
    assert "new lease" not in second.stderr
    assert first.stdout == second.stdout
    assert "shop" in first.stdout


def test_allocate_records_the_shell_that_called_portc(shell: Shell, portd: Portd) -> None:
    shell.out("allocate", "shop")
    assert portd.leases()[0]["holder"]["pid"] == os.getpid()


def test_a_conflict_exits_with_4_and_tells_the_next_step(shell: Shell) -> None:
    port = shell.out("port", "shop")
    done = shell.run("allocate", "api", "--port", port, "--on-conflict", "fail")
    assert done.returncode == 4
    assert "shop" in done.stderr


def test_release_takes_a_port_or_a_key(shell: Shell, portd: Portd) -> None:
    port = shell.out("port", "shop")
    shell.out("port", "api")
    assert port in shell.out("release", port)
    assert "api" in shell.out("release", "api")
    assert portd.leases() == []
    assert shell.run("release", port).returncode == 3


def test_ls_shows_every_lease_in_a_table(shell: Shell) -> None:
    port = shell.out("port", "acme/shop@feature-x")
    heading, row = shell.out("ls").splitlines()
    assert heading.split() == ["SERVICE", "INSTANCE", "PORT", "STATE", "PID", "COMMAND", "CWD"]
    assert row.split()[:4] == ["acme/shop", "feature-x", port, "reserved"]


def test_who_gives_the_verdict(shell: Shell) -> None:
    port = shell.out("port", "shop")
    assert "reserved" in shell.out("who", port)
    assert "shop" in shell.out("who", port)
    assert "blocked" in shell.out("who", "6000")


def test_prune_releases_the_leases_of_folders_that_are_gone(shell: Shell, portd: Portd) -> None:
    gone = shell.folder / "gone"
    gone.mkdir()
    port = shell.out("port", cwd=gone)
    gone.rmdir()
    assert port in shell.out("prune", "--gone", "--dry-run")
    assert len(portd.leases()) == 1
    assert port in shell.out("prune", "--gone")
    assert portd.leases() == []


def test_health_shows_portd_itself(shell: Shell) -> None:
    assert "ok" in shell.out("health")


@pytest.mark.parametrize("verb", ["allocate", "port", "url", "ls", "health"])
def test_json_is_one_object(shell: Shell, verb: str) -> None:
    key = ["shop"] if verb in ("allocate", "port", "url") else []
    assert isinstance(json.loads(shell.out(verb, *key, "--json")), dict)


@pytest.mark.parametrize("verb", VERBS)
def test_help_has_examples(shell: Shell, verb: str) -> None:
    assert f"portc {verb}" in shell.out(verb, "--help").partition("Examples:")[2]


@pytest.mark.parametrize("arguments", [["no-such-verb"], ["port", "--no-such-flag"], ["who", "70000"], ["port", "A B"]])
def test_a_usage_error_exits_with_2(shell: Shell, arguments: list[str]) -> None:
    done = shell.run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_output_into_a_pipe_has_no_colour(shell: Shell) -> None:
    shell.out("port", "shop")
    assert "\x1b" not in shell.out("ls")


# --- finding and starting portd -------------------------------------------------------------------------------------


def test_portd_is_started_when_none_runs_and_that_is_said_once(lonely: LonelyShell) -> None:
    first = lonely.run("port", "shop")
    second = lonely.run("port", "shop")
    assert (first.returncode, second.returncode) == (0, 0)
    assert int(first.stdout) in lonely.ports
    assert first.stdout == second.stdout
    assert "started" in first.stderr
    assert second.stderr == ""


def test_without_autostart_69_says_how_to_start_it(lonely: LonelyShell) -> None:
    lonely.variables["PORTD_AUTOSTART"] = "0"
    done = lonely.run("port", "shop")
    assert done.returncode == 69
    assert "portc daemon start" in done.stderr or "portd" in done.stderr
    assert lonely.endpoint is None


def test_daemon_start_status_and_stop(lonely: LonelyShell) -> None:
    assert lonely.run("daemon", "status").returncode == 69
    lonely.out("daemon", "start")
    endpoint = lonely.endpoint
    assert endpoint
    assert str(endpoint["pid"]) in lonely.out("daemon", "status")
    lonely.out("daemon", "stop")
    assert lonely.run("daemon", "status").returncode == 69


@pytest.mark.skipif(NEEDS_TOKEN, reason="elsewhere a URL needs the token")
def test_url_and_socket_lead_to_a_portd_elsewhere(portd: Portd, folder: Path) -> None:
    lost = Shell(folder, {"PORTD_AUTOSTART": "0"})
    assert lost.out("--url", portd.url, "ls", "--json") == lost.out("--socket", str(portd.socket_path), "ls", "--json")
    lost.variables["PORTD_URL"] = portd.url
    assert lost.run("ls").returncode == 0
