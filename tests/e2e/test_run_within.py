"""`portc run`, and portc, within what a `portc run` has started: which service that is, and who has registered it."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.programs import PORTC
from harness.runs import ENVIRONMENT, LATE_SERVER, lease_of, portc_run, run_environment, run_here
from harness.services import await_status

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="ports are held on Linux only"),
    pytest.mark.usefixtures("portc"),
]


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


def test_a_command_within_a_command_has_a_port_of_its_own(shell: Shell, portd: Portd) -> None:
    inner = [str(PORTC), "run", "--service", "api", "--", "python", "-c", ENVIRONMENT]
    done = run_here(shell, "--handover", "--service", "web", "--", *inner)
    assert done.returncode == 0, done
    environment = json.loads((shell.folder / "environment").read_text())
    port = str(lease_of(portd, "api")["port"])
    assert environment["PORT"] == port != str(lease_of(portd, "web")["port"])
    assert environment["PORTD_LEASE"].startswith(f"api,{port},")
    assert "LISTEN_FDS" not in environment


@pytest.mark.parametrize("options", [["--service", "api"], ["--env", "testing"], ["--instance", "blue"], []])
def test_portc_within_a_command_knows_which_service_that_is(shell: Shell, portd: Portd, options: list[str]) -> None:
    lines = f"echo $PORT; {PORTC} port; {PORTC} run -- sh -c 'echo $PORT'; {PORTC} url"
    done = run_here(shell, *options, "--", "sh", "-c", lines)
    [lease] = portd.leases()
    port = str(lease["port"])
    assert done.stdout.split() == [port, port, port, f"http://localhost:{port}"], done


def test_portc_env_within_a_command_is_of_its_environment(shell: Shell, portd: Portd) -> None:
    (shell.folder / "portd.yaml").write_text(
        "project: acme\nservices: {web: {}, api: {}}\nenvironments: {testing: {}}\n"
    )
    done = run_here(shell, "--service", "web", "--env", "testing", "--", "sh", "-c", f"cd . && {PORTC} env")
    assert done.returncode == 0, done
    told = dict(line.split("=") for line in done.stdout.splitlines())
    assert {lease["instance"] for lease in portd.leases()} == {"main.testing"}
    for service in ("web", "api"):
        assert told[f"{service.upper()}_PORT"] == str(lease_of(portd, service, "main.testing")["port"])


def test_portc_within_a_command_but_in_another_folder_means_that(shell: Shell, portd: Portd) -> None:
    (shell.folder / "child").mkdir()
    done = run_here(shell, "--service", "api", "--", "sh", "-c", f"cd child && {PORTC} port")
    assert done.stdout == f"{lease_of(portd, 'child')['port']}\n"
    assert len(portd.leases()) == 2


@pytest.mark.parametrize("options", [[], ["--service", "web"]])
def test_a_run_within_a_run_of_the_same_service_leaves_the_registration_alone(
    shell: Shell, portd: Portd, options: list[str]
) -> None:
    inner = f"{PORTC} run -- sh -c '{PORTC} run -- true'"
    lines = f"{inner}; echo ended; exec python late.py"
    (shell.folder / "late.py").write_text(LATE_SERVER)
    with portc_run(shell, *options, "--", "sh", "-c", lines) as run:
        run.await_output("^ended$")
        run.await_answer()
        service = "web" if options else "work"
        await_status(portd, service, "passing")
        [instance] = portd.get(f"/services/{service}").json["instances"]
        assert (instance["port"], [check["type"] for check in instance["checks"]]) == (run.port, ["tcp"])
    assert portd.get(f"/services/{service}").status == 404


def test_a_run_in_a_shell_that_has_leased_the_port_is_registered(shell: Shell, portd: Portd) -> None:
    lines = f"{PORTC} allocate web > leased && {PORTC} run --service web -- {PORTC} discover web; true"
    environment = run_environment(shell)
    done = subprocess.run(
        ["sh", "-c", lines], cwd=shell.folder, env=environment, capture_output=True, text=True, check=False
    )
    assert f"localhost:{lease_of(portd, 'web')['port']}" in done.stdout, done


def test_a_run_in_a_program_that_has_leased_by_itself_is_registered(shell: Shell, portd: Portd) -> None:
    lines = f"""
export PORTD_LEASE=$({PORTC} allocate web --json | python -c 'import json, sys; print(json.load(sys.stdin)["port"])')
export PORTD_LEASE=web,$PORTD_LEASE,$$
{PORTC} run --service web -- {PORTC} discover web"""
    done = subprocess.run(
        ["sh", "-c", lines], cwd=shell.folder, env=run_environment(shell), capture_output=True, text=True, check=False
    )
    assert f"localhost:{lease_of(portd, 'web')['port']}" in done.stdout, done
