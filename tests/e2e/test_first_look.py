"""What the first portc on a machine says of it."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.cli import LonelyShell, Shell, shell_of
from harness.daemon import Portd
from harness.servers import opened
from harness.terminal import terminal

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell who listens"),
    pytest.mark.usefixtures("portc"),
]

WIDE = (24, 2_000)


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


@pytest.fixture
def lonely(folder: Path) -> Iterator[LonelyShell]:
    with contextlib.closing(LonelyShell(folder)) as shell:
        yield shell


def shown_by(shell: Shell, *arguments: str) -> str:
    with terminal(shell, *arguments, size=WIDE) as opened_terminal:
        code, shown = opened_terminal.await_end()
    assert code == 0, shown
    return shown


def test_at_a_terminal_it_names_what_runs_once(lonely: LonelyShell) -> None:
    port = lonely.ports.spare[0]
    demo = lonely.folder / "old-demo"
    demo.mkdir()
    with opened(port, cwd=demo):
        shown = shown_by(lonely, "port", "shop")  # starts portd
        assert "started portd" in shown
        assert " in use: " in shown
        assert f"{port} python" in shown
        assert "(~/old-demo, " in shown
        assert "--as web` gives one a name." in shown
        assert str(lonely.endpoint and lonely.endpoint["url"]).rpartition(":")[2] not in shown
        assert " in use: " not in shown_by(lonely, "ls")


def test_a_script_sees_nothing_and_leaves_it_to_a_person(shell: Shell, portd: Portd) -> None:
    with opened(portd.ports.spare[0], cwd=shell.folder):
        assert shell.run("ls").stderr == "portc: no leases yet; get a port with: portc port\n"
        assert " in use: " not in shown_by(shell, "ls", "--json")
        assert " in use: " not in shown_by(shell, "--version")
        assert " in use: " not in shown_by(shell, "ls", "--help")
        assert " in use: " in shown_by(shell, "ls")


def test_a_failure_of_portd_in_it_is_none_of_the_verb(shell: Shell, portd: Portd) -> None:
    portd.state.chmod(0o500)
    try:
        assert "SERVICE" in shown_by(shell, "ls")
    finally:
        portd.state.chmod(0o700)
