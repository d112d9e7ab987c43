"""`portc adopt`: a lease for what already runs, which notices nothing of it."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import urllib.request
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.programs import SLACK, until
from harness.servers import bind_error, opened

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="other systems do not tell who listens"),
    pytest.mark.usefixtures("portc"),
]

SEEN_WITHIN = 3.0 * SLACK  # portd looks about itself twice a second

SERVER = """
import http.server, sys, threading

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"well")
    def log_message(self, *_):
        pass

server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler)
threading.Thread(target=lambda: (sys.stdin.read(), server.shutdown()), daemon=True).start()
print("listening", flush=True)
server.serve_forever()
"""


class Load:
    """Asks a server again and again, and remembers what did not work."""

    def __init__(self, port: int) -> None:
        self.answers = 0
        self.failures: list[str] = []
        self._url = f"http://127.0.0.1:{port}/"
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def _ask(self) -> None:
        while not self._over.is_set():
            try:
                with urllib.request.urlopen(self._url, timeout=10) as answer:
                    assert answer.read() == b"well"
                self.answers += 1
            except (OSError, AssertionError) as error:
                self.failures.append(repr(error))
                return

    def end(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


@pytest.fixture
def demo(shell: Shell) -> Path:
    folder = shell.folder / "old-demo"
    folder.mkdir()
    return folder


def test_a_running_server_is_leased_and_notices_nothing(shell: Shell, portd: Portd, demo: Path) -> None:
    port = portd.ports.spare[0]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, str(port)], stdin=pipe, stdout=pipe, text=True, cwd=demo
    ) as server:
        assert server.stdout
        assert server.stdin
        assert server.stdout.readline() == "listening\n"
        load = Load(port)
        until(lambda: load.answers > 20, 10 * SLACK, "the server answers")
        said = shell.out("adopt", str(port))
        answered = load.answers
        until(lambda: load.answers > answered + 100, 20 * SLACK, "the server goes on")
        [lease] = portd.leases()
        load.end()
        assert server.poll() is None
        server.stdin.close()
        assert server.wait(10 * SLACK) == 0

    assert load.failures == []
    assert said.startswith(f"adopted port {port} as old-demo: pid {server.pid} (")
    assert (lease["port"], lease["state"], lease["service"]) == (port, "listening", "old-demo")
    assert (lease["holder"]["pid"], lease["cwd"]) == (server.pid, str(demo))
    until(lambda: bool(portd.report(port)["lease"]["held"]), SEEN_WITHIN, "it is held for it")
    assert portd.report(port)["verdict"] == "reserved"
    assert bind_error(port) is not None
    assert shell.out("port", cwd=demo) == str(port)


def test_as_gives_it_its_name(shell: Shell, portd: Portd, demo: Path) -> None:
    port = portd.ports.spare[0]
    with opened(port, cwd=demo):
        lease = json.loads(shell.out("adopt", str(port), "--as", "acme/web@blue:debug", "--json"))
        assert shell.out("adopt", str(port), "--as", "acme/web@blue:debug").endswith("already")
    key = [lease[part] for part in ("project", "service", "instance", "role", "port")]
    assert key == ["acme", "web", "blue", "debug", port]


def test_what_runs_in_the_root_folder_is_named_after_its_program(shell: Shell, portd: Portd) -> None:
    port = portd.ports.spare[0]
    with opened(port, cwd=Path("/")):
        said = shell.out("adopt", str(port))
    [lease] = portd.leases()
    assert lease["service"].startswith(Path(sys.executable).name.split(".")[0])
    assert said.startswith(f"adopted port {port} as {lease['service']}: pid")


def test_of_udp_no_hold_is_promised(shell: Shell, portd: Portd, demo: Path) -> None:
    port = portd.ports.spare[0]
    with opened(port, udp=True, cwd=demo) as server:
        said = shell.out("adopt", str(port), "--as", "dns")
        assert said.startswith(f"adopted port {port} as dns: pid {server.pid} (")
        assert "does not hold UDP" in said
        explained = shell.out("who", str(port))
        assert explained.startswith("listening: ")
        assert "curl" not in explained
    until(lambda: bool(portd.report(port)["verdict"] == "reserved"), SEEN_WITHIN, "it has ended")
    assert not portd.report(port)["lease"]["held"]


def test_nobody_to_adopt_is_not_found(shell: Shell, portd: Portd) -> None:
    done = shell.run("adopt", str(portd.ports.spare[0]), "--as", "web")
    assert done.returncode == 3
    assert portd.leases() == []


def test_a_key_with_another_port_keeps_it(shell: Shell, portd: Portd) -> None:
    has = shell.out("port", "web")
    port = portd.ports.spare[0]
    with opened(port, cwd=shell.folder):
        done = shell.run("adopt", str(port), "--as", "web")
    assert done.returncode == 4
    assert shell.out("port", "web") == has


def test_the_port_of_another_key_stays_its_own(shell: Shell, folder: Path) -> None:
    port = shell.out("port", "web")
    with opened(int(port), cwd=folder):
        assert shell.run("adopt", port, "--as", "intruder").returncode == 4
    assert shell.out("port", "web") == port


def test_portd_adopts_not_itself(shell: Shell, portd: Portd) -> None:
    assert shell.run("adopt", str(portd.tcp_port), "--as", "portd").returncode == 77


def test_the_list_of_all_has_it_before_and_after(shell: Shell, portd: Portd, demo: Path) -> None:
    port = portd.ports.spare[0]
    with opened(port, cwd=demo) as server:
        until(lambda: str(port) in shell.out("ls", "--all"), SEEN_WITHIN, "it is listed")
        [row] = [line.split() for line in shell.out("ls", "--all").splitlines() if f" {port} " in line]
        assert row[:5] == ["-", "-", str(port), "foreign", str(server.pid)]
        assert row[-1] == "~/old-demo"
        shell.out("adopt", str(port), "--as", "web")
        [row] = [line.split() for line in shell.out("ls", "--all").splitlines() if f" {port} " in line]
        assert row[:4] == ["web", "main", str(port), "listening"]
