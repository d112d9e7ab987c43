"""`portc free`: ends the process that it has named, and nobody else."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.programs import SLACK, until
from harness.servers import OPENER, first_line, opened
from harness.terminal import terminal
from harness.users import NOBODY, needs_root

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell who listens"),
    pytest.mark.usefixtures("portc"),
]

SEEN_WITHIN = 3.0 * SLACK  # portd looks about itself twice a second


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


@pytest.fixture
def port(portd: Portd) -> int:
    """One that portd does not lease."""
    return portd.ports.spare[0]


def await_verdict(portd: Portd, port: int, verdict: str) -> None:
    until(lambda: bool(portd.report(port)["verdict"] == verdict), SEEN_WITHIN, f"{port} is {verdict}")


def test_it_ends_who_listens_and_the_port_is_free(shell: Shell, portd: Portd, port: int) -> None:
    with opened(port) as server, opened(portd.ports.spare[1]) as bystander:
        await_verdict(portd, port, "foreign")
        said = shell.out("free", str(port), "--yes")
        assert f"pid {server.pid} (" in said
        assert said.splitlines()[-1] == f"ended pid {server.pid}; port {port} is free"
        assert server.wait(0) == -signal.SIGTERM
        assert bystander.poll() is None
    assert portd.report(port)["verdict"] == "free"


def test_the_port_of_a_lease_is_held_again(shell: Shell, portd: Portd, folder: Path) -> None:
    port = int(shell.out("port", "shop"))
    with opened(port, cwd=folder) as intruder:
        await_verdict(portd, port, "contested")
        said = shell.out("free", str(port), "--yes")
    assert said.splitlines()[-1] == f"ended pid {intruder.pid}; port {port} is held for shop"
    assert portd.leases()[0]["held"]


def test_the_service_of_a_contested_port_is_left_alone(shell: Shell, portd: Portd, folder: Path) -> None:
    port = int(shell.out("port", "shop"))
    with opened(port, cwd=shell.folder) as service:
        await_verdict(portd, port, "listening")
        with opened(port, "127.0.0.2", cwd=folder) as stranger:
            await_verdict(portd, port, "contested")
            assert shell.out("who", str(port)).endswith(f"next: portc free {port}   (or: kill {stranger.pid})")
            [row] = [line.split() for line in shell.out("ls").splitlines() if f" {port} " in line]
            assert row[:5] == ["shop", "main", str(port), "contested", str(stranger.pid)]
            told = json.loads(shell.out("free", str(port), "--yes", "--json"))
            assert stranger.wait(0) == -signal.SIGTERM
        assert [each["pid"] for each in told["ended"]] == [stranger.pid]
        assert told["now"]["verdict"] == "listening"
        assert service.poll() is None


def test_at_a_terminal_it_asks(shell: Shell, portd: Portd, port: int) -> None:
    with opened(port) as server:
        await_verdict(portd, port, "foreign")
        with terminal(shell, "free", str(port), size=(24, 300)) as asked:
            assert f"end pid {server.pid} (" in asked.await_text("[y/N] ")
            asked.type("\r")
            code, _ = asked.await_end()
        assert code == 1
        assert server.poll() is None
        with terminal(shell, "free", str(port), size=(24, 300)) as asked:
            asked.await_text("[y/N] ")
            asked.type("y\r")
            code, shown = asked.await_end()
        assert code == 0, shown
        assert server.wait(0) == -signal.SIGTERM


def test_without_a_terminal_it_needs_yes(shell: Shell, portd: Portd, port: int) -> None:
    with opened(port) as server:
        await_verdict(portd, port, "foreign")
        done = shell.run("free", str(port))
        assert done.returncode == 2
        assert f"portc free {port} --yes" in done.stderr
        assert server.poll() is None


def test_nobody_listens_is_no_failure(shell: Shell, port: int) -> None:
    assert shell.out("free", str(port)) == f"nobody listens on port {port}; it is free already"


def test_all_that_share_a_port_are_ended(shell: Shell, portd: Portd, port: int) -> None:
    with opened(port, shared=True) as one, opened(port, shared=True) as other:
        until(lambda: len(portd.report(port)["listeners"]) == 2, SEEN_WITHIN, "both are seen")
        told = json.loads(shell.out("free", str(port), "--yes", "--json"))
        assert {each["pid"] for each in told["ended"]} == {one.pid, other.pid}
        assert (one.wait(0), other.wait(0)) == (-signal.SIGTERM, -signal.SIGTERM)
    assert told["now"]["verdict"] == "free"


def test_who_does_not_end_in_time_is_named(shell: Shell, portd: Portd, port: int) -> None:
    ignores = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" + OPENER
    command = [sys.executable, "-c", ignores, "127.0.0.1", str(port), "tcp", "SO_REUSEADDR", "0"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as server:
        assert first_line(server) == "listening"
        await_verdict(portd, port, "foreign")
        done = shell.run("free", str(port), "--yes", "--timeout", "200ms")
        assert server.poll() is None
        assert server.stdin
        server.stdin.close()
    assert done.returncode == 1
    assert f"kill -9 {server.pid}" in done.stderr


def test_what_is_started_again_is_told(shell: Shell, portd: Portd, port: int) -> None:
    restarts = (
        "import signal, subprocess, sys\n"
        "while True:\n"
        "    child = subprocess.Popen([sys.executable, '-c', *sys.argv[1:]])\n"
        "    signal.signal(signal.SIGTERM, lambda *_: (child.kill(), sys.exit(0)))\n"
        "    child.wait()\n"
    )
    opens = [OPENER.replace("sys.stdin.read()", "__import__('time').sleep(600)")]
    command = [sys.executable, "-c", restarts, *opens, "127.0.0.1", str(port), "tcp", "SO_REUSEADDR", "0"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as keeper:
        await_verdict(portd, port, "foreign")
        done = shell.run("free", str(port), "--yes")
        keeper.terminate()
    assert done.returncode == 1, done
    assert f"listens on port {port} now" in done.stderr
    assert f"it was started by pid {keeper.pid} (" in done.stderr


def test_what_a_loop_starts_again_after_a_pause_is_told(shell: Shell, portd: Portd, port: int) -> None:
    loop = 'while :; do "$@"; sleep 0.5; done'
    opens = OPENER.replace("sys.stdin.read()", "__import__('time').sleep(600)")
    server = [sys.executable, "-c", opens, "127.0.0.1", str(port), "tcp", "SO_REUSEADDR", "0"]
    command = ["sh", "-c", loop, "sh", *server]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True) as keeper:
        try:
            await_verdict(portd, port, "foreign")
            done = shell.run("free", str(port), "--yes")
        finally:
            os.killpg(keeper.pid, signal.SIGKILL)
    assert done.returncode == 1, done
    assert f"it was started by pid {keeper.pid} (sh" in done.stderr


def test_portd_is_not_ended(shell: Shell, portd: Portd) -> None:
    done = shell.run("free", str(portd.tcp_port), "--yes")
    assert done.returncode == 1
    assert "portc daemon stop" in done.stderr
    assert portd.running


@needs_root
def test_another_users_process_is_not_ended(shell: Shell, portd: Portd, port: int) -> None:
    with opened(port, uid=NOBODY) as server:
        await_verdict(portd, port, "foreign")
        done = shell.run("free", str(port), "--yes")
        assert server.poll() is None
    assert done.returncode == 77
    assert "another user's" in done.stderr


@needs_root
def test_a_hidden_process_is_not_ended(new_portd: NewPortd) -> None:
    portd = new_portd(uid=NOBODY).start()
    shell = shell_of(portd)
    shell.uid = NOBODY
    port = portd.ports.spare[0]
    with opened(port) as server:
        until(lambda: "foreign: " in shell.out("who", str(port)), SEEN_WITHIN, "it is seen")
        done = shell.run("free", str(port), "--yes")
        assert server.poll() is None
    assert done.returncode == 77
    assert "a process of root is another user's" in done.stderr
