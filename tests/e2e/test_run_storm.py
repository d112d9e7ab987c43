"""Many `portc run` at once, while somebody takes every port that he can get: each serves on its own."""

from __future__ import annotations

import contextlib
import sys

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.programs import SANITIZED, SLACK, until
from harness.runs import Run, portc_run
from harness.thief import thief

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(sys.platform != "linux", reason="sockets are handed over on Linux"),
    pytest.mark.usefixtures("portc"),
]

RUNS = 8 if SANITIZED else 24

APP = """
import os
from flask import Flask
app = Flask(__name__)
app.get("/")(lambda: os.path.basename(os.getcwd()))
"""


def start(shell: Shell, name: str, ends: contextlib.ExitStack) -> Run:
    folder = shell.folder / name
    folder.mkdir()
    (folder / "app.py").write_text(APP)
    return ends.enter_context(portc_run(shell, "--", "flask", "run", cwd=folder))


def leased(portd: Portd) -> set[int]:
    return {lease["port"] for lease in portd.leases()}


@pytest.mark.timeout(300)
def test_a_thief_gets_no_port_of_a_run_that_starts(portd: Portd) -> None:
    shell = shell_of(portd)
    names = [f"service-{number}" for number in range(RUNS)]
    with contextlib.ExitStack() as ends:
        runs = [start(shell, name, ends) for name in names]
        until(lambda: len(leased(portd)) == RUNS, 60 * SLACK, "each has its lease")
        with thief(portd.ports.first, portd.ports.last) as taken:
            bodies = [run.await_answer().body.decode() for run in runs]
            ports = [run.port for run in runs]
        assert bodies == names
        assert len(set(ports)) == RUNS
        assert set(ports) == leased(portd)
        assert taken.loot
        assert taken.loot & set(ports) == set()


@pytest.mark.timeout(300)
def test_a_thief_that_aims_at_held_ports_gets_none_before_the_handover(portd: Portd) -> None:
    shell = shell_of(portd)
    names = [f"service-{number}" for number in range(RUNS)]
    with contextlib.ExitStack() as ends, thief(portd.ports.first, portd.ports.last, held=True) as taken:
        runs = [start(shell, name, ends) for name in names]
        assert [run.await_answer().body.decode() for run in runs] == names
    assert taken.loot & leased(portd) == set()
