"""What really listens: lease states against the kernel, and ports that portd never leased."""

from __future__ import annotations

import contextlib
import errno
import http.server
import json
import os
import socket
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.http import Json
from harness.programs import PORTD, SLACK, until
from harness.programs_on_ports import answers, open_socket, server_in
from harness.servers import bind_error
from harness.users import NOBODY, needs_root

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="listeners are seen on Linux only")


def alerts(portd: Portd) -> list[Json]:
    return [alert for alert in portd.get("/health").json["alerts"] if alert["kind"] == "port-contested"]


def state(portd: Portd, port: int) -> str:
    return str(portd.report(port)["lease"]["state"])


def free_port(portd: Portd) -> int:
    return portd.ports.spare[0]


# --- a server that was there before portd -------------------------------------------------------------------------


def test_a_stranger_that_came_while_portd_was_down_contests_until_it_ends(portd: Portd, folder: Path) -> None:
    (folder / "shop").mkdir()
    port = portd.lease(service="shop", cwd=str(folder / "shop"))["port"]
    assert portd.terminate() == 0
    with server_in(folder / "elsewhere", port) as pid:
        portd.start()
        took = until(lambda: bool(alerts(portd)), 10 * SLACK, "the alert is raised")
        assert took < 2 * SLACK
        assert state(portd, port) == "contested"
        [alert] = alerts(portd)
        for fact in (f"pid {pid} ", f"http.server {port}", str(folder / "elsewhere"), f"port {port}", "shop"):
            assert fact in alert["detail"]
    until(lambda: alerts(portd) == [], 10 * SLACK, "the alert resolves")
    until(lambda: bind_error(port) == errno.EADDRINUSE, 10 * SLACK, "the hold is back")
    assert state(portd, port) == "reserved"


def test_a_server_from_the_leases_own_folder_is_adopted(portd: Portd, folder: Path) -> None:
    (folder / "shop").mkdir()
    port = portd.lease(service="shop", cwd=str(folder / "shop"))["port"]
    assert portd.terminate() == 0
    with server_in(folder / "shop", port) as pid:
        portd.start()
        assert state(portd, port) == "listening"
        assert portd.report(port)["lease"]["holder"]["pid"] == pid
        assert alerts(portd) == []
    until(lambda: state(portd, port) == "reserved", 10 * SLACK, "the lease is reserved again")
    until(lambda: bind_error(port) == errno.EADDRINUSE, 10 * SLACK, "the hold is back")


def test_flask_on_the_port_of_a_plain_grant_is_its_service(portd: Portd, folder: Path) -> None:
    curl = ["curl", "--silent", "--fail", "--json", '{"service": "shop"}', f"{portd.url}/ports"]
    port = int(
        subprocess.run(curl, capture_output=True, text=True, check=True).stdout.split('"port":')[1].split(",")[0]
    )
    (folder / "app.py").write_text("import flask\napp = flask.Flask(__name__)\napp.get('/')(lambda: 'hello')\n")
    with server_in(folder, port, [sys.executable, "-m", "flask", "run", "-p", str(port)]):
        assert state(portd, port) == "listening"
        assert alerts(portd) == []


# --- ports that portd never leased --------------------------------------------------------------------------------


def test_a_listener_tells_where_it_comes_from(portd: Portd, folder: Path) -> None:
    (folder / "old-demo" / ".git").mkdir(parents=True)
    (folder / "old-demo" / ".git" / "HEAD").write_text("ref: refs/heads/feature/login\n")
    port = free_port(portd)
    with server_in(folder / "old-demo", port) as pid:
        report = portd.report(port)
    assert report["verdict"] == "foreign"
    assert report["lease"] is None
    [listener] = report["listeners"]
    assert listener["pid"] == pid
    assert f"http.server {port}" in listener["command"]
    assert listener["cwd"] == str(folder / "old-demo")
    assert listener["branch"] == "feature/login"
    assert listener["started_by"][0]["pid"] == os.getpid()
    assert listener["note"] is None
    assert listener["since"] is not None


def test_all_ports_are_told_with_the_foreign_ones_in_order(portd: Portd, folder: Path) -> None:
    lease = portd.lease(service="shop")
    first, second = sorted(portd.ports.spare[:2])
    with server_in(folder / "b", second), server_in(folder / "a", first):
        everything = portd.get("/ports?all=true").json
    assert [each["port"] for each in everything["leases"]] == [lease["port"]]
    ours = [each["port"] for each in everything["foreign"] if each["port"] in (first, second)]
    assert ours == [first, second]
    assert lease["port"] not in [each["port"] for each in everything["foreign"]]


def test_udp_and_ipv6_alone_are_seen(portd: Portd) -> None:
    port = free_port(portd)
    with open_socket("udp", "127.0.0.1", port) as (pid, _):
        [listener] = portd.report(port)["listeners"]
        assert (listener["protocol"], listener["pid"]) == ("udp", pid)
    with open_socket("tcp", "::1", port) as (pid, _):
        [listener] = portd.report(port)["listeners"]
        assert (listener["address"], listener["pid"]) == ("::1", pid)


def test_a_port_that_the_kernel_gives_away_is_said_to_be_one(portd: Portd) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert portd.report(server.getsockname()[1])["ephemeral"] is True
    assert portd.report(free_port(portd))["ephemeral"] is False


def test_a_datagram_client_is_told_of_only_if_asked_for(portd: Portd) -> None:
    with open_socket("udp", "127.0.0.1", 0) as (pid, port):
        assert port not in [each["port"] for each in portd.get("/ports?all=true").json["foreign"]]
        assert portd.report(port)["listeners"][0]["pid"] == pid


def test_two_programs_that_share_a_port_are_named(portd: Portd) -> None:
    port = free_port(portd)
    with open_socket("shared", "127.0.0.1", port) as (one, _), open_socket("shared", "127.0.0.1", port) as (two, _):
        [warning] = portd.report(port)["warnings"]
    assert f"pid {one} " in warning
    assert f"pid {two} " in warning
    assert "SO_REUSEPORT" in warning


def test_a_program_on_every_address_beside_one_on_a_single_address_is_told_apart(portd: Portd) -> None:
    port = free_port(portd)
    with open_socket("shared", "0.0.0.0", port) as (wide, _), open_socket("shared", "127.0.0.1", port) as (narrow, _):
        [warning] = portd.report(port)["warnings"]
    assert f"connections to 127.0.0.1 reach only pid {narrow} " in warning
    assert f"any other address pid {wide} " in warning


def test_the_wildcard_of_ipv6_says_whether_it_leaves_ipv4_alone(portd: Portd) -> None:
    port = free_port(portd)
    with open_socket("tcp", "::", port):
        [listener] = portd.report(port)["listeners"]
    assert (listener["address"], listener["v6_only"]) == ("::", True)
    with socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True):
        [listener] = portd.report(port)["listeners"]
    assert (listener["address"], listener["v6_only"]) == ("::", False)


def test_two_programs_of_which_localhost_reaches_one_or_the_other_are_named(portd: Portd) -> None:
    port = free_port(portd)
    with open_socket("tcp", "127.0.0.1", port) as (v4, _), open_socket("tcp", "::1", port) as (v6, _):
        [warning] = portd.report(port)["warnings"]
    assert f"pid {v4} " in warning.split("IPv4")[0]
    assert f"pid {v6} " in warning.split("IPv4")[1]


@needs_root
def test_what_another_user_owns_is_shown_as_far_as_the_system_allows(new_portd: NewPortd, folder: Path) -> None:
    program = folder / "portd"
    program.write_bytes(PORTD.read_bytes())
    program.chmod(0o755)
    portd = new_portd(uid=NOBODY, program=program).start()
    with open_socket("tcp", "127.0.0.1", free_port(portd)) as (_, port):
        answer = subprocess.run(
            ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "curl", "-s",
             f"{portd.url}/ports/{port}"],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
    assert '"user":"root"' in answer.stdout
    assert '"pid":null' in answer.stdout
    assert "owned by user root, whose processes only root may see" in answer.stdout


# --- adoption by request ------------------------------------------------------------------------------------------


class Visitors(threading.Thread):
    """Asks one page over and over, each time over a connection of its own, and counts what went wrong."""

    def __init__(self, port: int) -> None:
        super().__init__()
        self.port = port
        self.over = threading.Event()
        self.asked = 0
        self.lost = 0

    def run(self) -> None:
        while not self.over.is_set():
            self.asked += 1
            self.lost += not answers(self.port)

    def __enter__(self) -> Visitors:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self.join()


def test_a_running_server_is_adopted_untouched_and_its_port_held_after_its_end(portd: Portd, folder: Path) -> None:
    port = free_port(portd)
    with server_in(folder / "old-demo", port) as pid:
        with Visitors(port) as visitors:
            until(lambda: visitors.asked > 20, 30 * SLACK, "the server is visited")
            answer = portd.grant(adopt=True, port=port, service="web")
            seen = visitors.asked
            until(lambda: visitors.asked > seen + 50, 30 * SLACK, "it is visited on")
        assert visitors.lost == 0
        assert answer.status == 201, answer
        assert answer.json["holder"]["pid"] == pid
        assert answer.json["state"] == "listening"
        assert answer.json["cwd"] == str(folder / "old-demo")
        assert portd.grant(adopt=True, port=port, service="web").status == 200
        assert portd.report(port)["verdict"] == "listening"
        assert alerts(portd) == []
    until(lambda: bind_error(port) == errno.EADDRINUSE, 10 * SLACK, "the port is held")
    assert portd.lease(service="web")["port"] == port
    assert portd.restart().lease(service="web")["held"] is True


def test_what_cannot_be_adopted_is_refused_with_the_reason(portd: Portd, folder: Path) -> None:
    port, leased = free_port(portd), portd.lease(service="shop")["port"]
    assert portd.grant(adopt=True, port=port).problem == "not-found"
    assert portd.grant(adopt=True, port=portd.tcp_port, service="web").problem == "forbidden"
    with server_in(folder / "old-demo", port), server_in(folder / "old-demo", leased):
        assert portd.grant(adopt=True, port=port, service="shop").problem == "key-conflict"
        assert portd.grant(adopt=True, port=leased, service="web").problem == "port-in-use"
        assert portd.grant(adopt=True, port=port, service="web", on_conflict="next").status == 422
        assert portd.grant(adopt=True, port=port).json["service"] == "old-demo"


# --- containers ---------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def engine(path: Path, containers: list[Json]) -> Iterator[list[str]]:
    """Answers GET /containers/json on a unix socket; what was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(containers).encode())

        def address_string(self) -> str:
            return "unix"

        def log_message(self, *_: object) -> None:
            pass

    with socketserver.ThreadingUnixStreamServer(str(path), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield asked
        finally:
            server.shutdown()
            thread.join()


def container(port: int, key: str = "") -> Json:
    return {
        "Id": "0123456789abcdef" * 4,
        "Names": ["/shop-db-1"],
        "Image": "postgres:16",
        "Labels": {"portd.service": key} if key else {},
        "Ports": [{"IP": "127.0.0.1", "PrivatePort": 5432, "PublicPort": port, "Type": "tcp"}],
    }


@pytest.fixture
def asking(new_portd: NewPortd, folder: Path) -> Portd:
    """A portd that asks an engine at folder/docker.sock."""
    return new_portd(flags=["--set", f"watch.docker_socket={folder / 'docker.sock'}"]).start()


def published_as(portd: Portd, port: int) -> Json | None:
    listeners = portd.report(port)["listeners"]
    return listeners[0]["container"] if listeners else None


def test_the_container_behind_a_published_port_is_named(asking: Portd, folder: Path) -> None:
    port = free_port(asking)
    with engine(folder / "docker.sock", [container(port, "db")]) as asked:
        with open_socket("tcp", "127.0.0.1", port, name="/usr/bin/docker-proxy"):
            until(lambda: published_as(asking, port) is not None, 10 * SLACK, "the container is known")
            assert published_as(asking, port) == {
                "id": "0123456789ab",
                "name": "shop-db-1",
                "image": "postgres:16",
                "key": "db",
            }
        assert set(asked) == {"/containers/json"}


def test_a_published_port_is_adopted_by_its_label_without_an_alert(asking: Portd, folder: Path) -> None:
    port = asking.lease(service="db", cwd=str(folder / "shop"))["port"]
    labelled = engine(folder / "docker.sock", [container(port, "db")])
    with labelled, open_socket("tcp", "127.0.0.1", port, name="docker-proxy"):
        until(lambda: state(asking, port) == "listening", 10 * SLACK, "the lease is listening")
        assert "port-contested" not in asking.log_text()
        assert alerts(asking) == []
        assert asking.report(port)["lease"]["holder"] is None


def test_a_published_port_is_adopted_by_request_and_stays_so(asking: Portd, folder: Path) -> None:
    port = free_port(asking)
    unlabelled = engine(folder / "docker.sock", [container(port)])
    with unlabelled, open_socket("tcp", "127.0.0.1", port, name="docker-proxy"):
        until(lambda: published_as(asking, port) is not None, 10 * SLACK, "the container is known")
        answer = asking.grant(adopt=True, port=port)
        assert answer.status == 201, answer
        assert answer.json["service"] == "shop-db-1"
        assert answer.json["holder"] is None
        asking.restart()
        until(lambda: state(asking, port) == "listening", 10 * SLACK, "the lease is listening again")
        assert alerts(asking) == []


def test_programs_that_are_no_proxy_are_no_question_for_the_engine(asking: Portd, folder: Path) -> None:
    port = free_port(asking)
    with engine(folder / "docker.sock", [container(port)]) as asked, open_socket("tcp", "127.0.0.1", port):
        assert published_as(asking, port) is None
        assert asked == []
