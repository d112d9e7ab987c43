"""`portc top` on a terminal and without one."""

from __future__ import annotations

import json
import os
import re
import signal
import sys
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.programs import SLACK, until
from harness.servers import opened
from harness.terminal import terminal

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the terminal is opened as Linux does"),
    pytest.mark.usefixtures("portc"),
]

WRITE = {"x86_64": "1", "aarch64": "64"}  # the number of write(2)
ENTERED = "\x1b[?1049h"
LEFT = "\x1b[?25h\x1b[?1049l"


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


def test_without_a_terminal_it_prints_one_frame(shell: Shell, portd: Portd) -> None:
    port = shell.out("port", "shop")
    lines = shell.out("top").splitlines()
    assert re.match(r"portd \S+ ok \| 0 alerts \| 1 lease: 1 reserved \| 0 services \| \d+ foreign$", lines[0])
    assert lines[1].split() == ["SERVICE", "INSTANCE", "PORT", "STATE", "STATUS", "LATENCY", "PID", "COMMAND"]
    assert lines[2].split() == ["shop", "main", port, "reserved", "-", "-", "-", "-"]
    assert "\x1b" not in shell.out("top", "--once")
    assert json.loads(shell.out("top", "--json"))["ports"]["leases"][0]["port"] == int(port)


def test_it_shows_foreign_listeners_when_asked_to(shell: Shell, portd: Portd) -> None:
    port = portd.ports.spare[0]
    with opened(port) as server:
        until(lambda: f" {port} " in shell.out("top", "--all"), 3 * SLACK, "it is listed")
        [row] = [line.split() for line in shell.out("top", "--all").splitlines() if f" {port} " in line]
        assert row[:7] == ["-", "-", str(port), "foreign", "-", "-", str(server.pid)]
        assert f" {port} " not in shell.out("top")


def test_it_lives_and_leaves_the_terminal_as_it_was(shell: Shell) -> None:
    with terminal(shell, "top") as seen:
        seen.await_text(ENTERED)
        seen.await_text("0 leases")
        shell.out("port", "shop")
        seen.await_text("1 lease: 1 reserved")
        seen.type("s")
        seen.await_text("sort: port")
        seen.type("a")
        seen.await_text("foreign: shown")
        seen.type("q")
        code, shown = seen.await_end()
        assert (code, shown.endswith(LEFT)) == (0, True), shown
        assert seen.modes_now == seen.modes


def test_a_signal_ends_it_though_its_terminal_takes_no_output(shell: Shell) -> None:
    with terminal(shell, "top") as seen:
        seen.await_text("0 leases")
        stuck = 0

        def blocked() -> bool:
            """Whether it sits in write(2), however often it is told to draw."""
            nonlocal stuck
            seen.process.send_signal(signal.SIGWINCH)
            call = Path(f"/proc/{seen.process.pid}/syscall").read_text().split()[0]
            stuck = stuck + 1 if call == WRITE.get(os.uname().machine) else 0
            return stuck == 20

        until(blocked, 30 * SLACK, "its terminal to be full")
        seen.process.send_signal(signal.SIGTERM)
        assert seen.process.wait(15 * SLACK) == -signal.SIGTERM
        assert seen.modes_now == seen.modes


def test_it_fits_the_terminal_and_follows_its_size(shell: Shell) -> None:
    for i in range(8):
        shell.out("port", f"shop-{i}")
    with terminal(shell, "top", size=(6, 40)) as seen:
        seen.await_text("1-3 of 8")
        seen.type("j")
        seen.await_text("2-4 of 8")
        seen.type("\x1b[6~")
        seen.await_text("5-7 of 8")
        seen.resize(24, 100)
        seen.process.send_signal(signal.SIGWINCH)
        assert "shop-7" in seen.await_text("shop-7")
        seen.type("q")
        seen.await_end()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, -signal.SIGTERM)])
def test_a_signal_ends_it_with_the_terminal_as_it_was(shell: Shell, number: signal.Signals, code: int) -> None:
    with terminal(shell, "top") as seen:
        seen.await_text("0 leases")
        seen.process.send_signal(number)
        ended, shown = seen.await_end()
        assert (ended, shown.endswith(LEFT)) == (code, True), shown
        assert seen.modes_now == seen.modes


def test_ctrl_c_ends_it(shell: Shell) -> None:
    with terminal(shell, "top") as seen:
        seen.await_text("0 leases")
        seen.type("\x03")
        assert seen.await_end()[0] == 0


def test_a_stop_gives_the_terminal_back_until_it_goes_on(shell: Shell) -> None:
    with terminal(shell, "top") as seen:
        seen.await_text("0 leases")
        seen.type("\x1a")
        seen.await_text(LEFT)
        stopped = os.waitid(os.P_PID, seen.process.pid, os.WSTOPPED | os.WNOWAIT)
        assert stopped is not None
        assert seen.modes_now == seen.modes
        seen.process.send_signal(signal.SIGCONT)
        seen.await_text(ENTERED)
        seen.await_text("0 leases")
        seen.type("q")
        assert seen.await_end()[0] == 0


def test_it_waits_for_a_portd_that_restarts(shell: Shell, portd: Portd) -> None:
    with terminal(shell, "top") as seen:
        seen.await_text("0 leases")
        assert portd.terminate() == 0
        seen.await_text("waiting: ")
        portd.start()
        seen.await_text("q quit")
        shell.out("port", "shop")
        seen.await_text("1 lease")
        seen.type("q")
        assert seen.await_end()[0] == 0
