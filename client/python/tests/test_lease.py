"""lease(), lookup() and listen() against a real portd, and what stands in for it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import portd as package
import pytest
from harness.daemon import Portd
from harness.scripted_portd import answer, scripted
from portd._inherited import stated
from portd._lease import connected, current, obtain
from portd._registration import Registrar
from portd._surroundings import Key, remember, remembered


@pytest.fixture
def led(portd: Portd, own_environment: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder `shop` of a user whose portd runs."""
    monkeypatch.setenv("PORTD_STATE_DIR", str(portd.state))
    monkeypatch.setenv("PORTD_RUNTIME_DIR", str(portd.runtime))
    return own_environment


def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a new process that inherits nothing."""
    monkeypatch.delenv("PORTD_LEASE", raising=False)


# --- with portd ------------------------------------------------------------------------------------------------------


def test_a_folder_has_its_port(portd: Portd, led: Path) -> None:
    lease = package.lease()
    (known,) = portd.leases()
    assert (lease.port, lease.id, lease.key.text) == (known["port"], known["id"], "shop")
    assert (lease.source, lease.granted, lease.url) == ("daemon", True, f"http://localhost:{lease.port}")
    assert known["holder"]["pid"] == os.getpid()
    assert known["cwd"] == str(led)


def test_asking_twice_is_one_grant(portd: Portd, led: Path) -> None:
    first = package.lease()
    portd.kill()
    assert package.lease() is first
    assert os.environ["PORTD_LEASE"] == f"shop,{first.port},{os.getpid()}"


@pytest.mark.parametrize("pid", [2**22 + 1, 2**40], ids=["beyond PID_MAX_LIMIT", "beyond pid_t"])
def test_a_portd_whose_process_is_not_seen_is_asked_while_it_listens(
    own_environment: Path, folder: Path, pid: int
) -> None:
    with scripted(folder, answer(200, {}), pid=pid), contextlib.closing(connected()) as client:
        assert client.request("GET", "/health") == (200, {})
    with pytest.raises(package.AbsentError, match="portc daemon start"):
        connected()


def test_a_service_of_another_name_has_a_port_of_its_own(portd: Portd, led: Path) -> None:
    own, other = package.lease(), package.lease("acme/api@blue:debug")
    assert own.port != other.port
    assert {lease["project"] for lease in portd.leases()} == {"default", "acme"}
    assert os.environ["PORTD_LEASE"].startswith("shop,")


def test_a_stated_port_is_that_very_port(portd: Portd, led: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = portd.ports.last
    assert package.lease().port != wanted
    assert package.lease(port=wanted).port == wanted
    assert [lease["port"] for lease in portd.leases()] == [wanted]
    fresh(monkeypatch)
    assert package.lease().port == wanted


def test_a_stated_port_that_is_anothers_is_refused(portd: Portd, led: Path) -> None:
    other = portd.lease(service="other")
    with pytest.raises(package.RefusedError, match=str(other["port"])) as refused:
        package.lease(port=other["port"])
    assert (refused.value.status, refused.value.type) == (409, "port-in-use")


def test_who_runs_already_is_named(portd: Portd, led: Path) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:
        held = portd.lease(service="shop", pid=other.pid)
        with pytest.raises(package.AlreadyRunningError) as running:
            package.lease()
        other.kill()
    assert (running.value.pid, running.value.url) == (other.pid, held["url"])
    assert str(other.pid) in str(running.value)
    assert package.lease().port == held["port"]


def test_a_descendant_of_who_has_it_has_it_too(portd: Portd, led: Path) -> None:
    held = portd.lease(service="shop", pid=os.getppid())
    assert package.lease().port == held["port"]
    assert portd.leases()[0]["holder"]["pid"] == os.getppid()


def test_the_project_file_says_which_port(portd: Portd, led: Path) -> None:
    wanted = portd.ports.last
    (led / "portd.yaml").write_text(f"project: acme\nservices: {{web: {{ports: {{http: {{port: {wanted}}}}}}}}}\n")
    lease = package.lease()
    assert (lease.key.text, lease.port) == ("acme/web", wanted)


def test_a_broken_project_file_is_named(led: Path) -> None:
    (led / "portd.yaml").write_text("project: &a shop\n")
    with pytest.raises(package.KeyDerivationError, match=r"portd\.yaml:1"):
        package.lease()


def test_what_portd_refuses_is_not_taken_for_absence(folder: Path, own_environment: Path) -> None:
    problem = {"type": "urn:portd:problem:range-full", "detail": "the range is full; release a port"}
    with scripted(folder, answer(507, problem)), pytest.raises(package.RefusedError, match="release a port") as refused:
        package.lease()
    assert refused.value.type == "range-full"


def test_a_refusal_without_a_word_is_one(folder: Path, own_environment: Path) -> None:
    with scripted(folder, answer(422, [])), pytest.raises(package.RefusedError, match="422"):
        package.lease()


@pytest.mark.parametrize("status", [500, 503, 507])
def test_a_portd_that_fails_keeps_nobody_from_starting(
    folder: Path,
    own_environment: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    status: int,
) -> None:
    problem = {"type": "urn:portd:problem:disk-full", "detail": "the disk is full; make room"}

    def failing() -> contextlib.AbstractContextManager[object]:
        (folder / "run/portd.sock").unlink(missing_ok=True)
        return scripted(folder, *[answer(status, problem)] * 2)

    remember(Key("shop"), 20100)
    with failing():
        assert package.lease().source == "remembered"
    assert capfd.readouterr().err == ""
    (own_environment / "portd.yaml").write_text("project: acme\n")
    with failing():
        assert package.lease().port == 5000
    assert capfd.readouterr().err == (
        "portd: acme/shop is on port 5000 (default) for now: the disk is full; make room\n"
    )
    remember(Key("api", "acme"), 20101)
    with failing():
        assert package.lookup("api").port == 20101
    monkeypatch.setenv("PORTD_STRICT", "1")
    with failing(), pytest.raises(package.UnansweredError, match="make room"):
        package.lease()


SHAPES: list[object] = [
    None,
    {},
    [],
    "port",
    {"port": "20100", "id": "x"},
    {"port": True, "id": "x"},
    {"port": 99_999_999, "id": "x"},
    {"port": 20_100, "id": 1},
    {"leases": {}},
    {"leases": [1]},
    {"leases": [{"role": "http"}]},
]


@pytest.mark.parametrize("shape", SHAPES)
def test_an_answer_that_is_not_portds_is_absence(folder: Path, own_environment: Path, shape: object) -> None:
    def no_portds() -> contextlib.AbstractContextManager[object]:
        (folder / "run/portd.sock").unlink(missing_ok=True)
        return scripted(folder, *[answer(200, shape)] * 2)

    with no_portds():
        assert package.lease().source == "default"
    with no_portds(), pytest.raises(package.UnansweredError, match="PORTD_URL"):
        package.lease(strict=True)
    with no_portds():
        assert current().source == "default"
    with no_portds(), pytest.raises(package.AbsentError, match="nobody knows"):
        package.lookup("api")


def test_an_answer_that_is_too_deep_is_absence(folder: Path, own_environment: Path) -> None:
    deep = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"[" * 100_000
    with scripted(folder, deep, deep):
        assert package.lease().source == "default"


@pytest.mark.parametrize("shape", [None, [], {}, {"instances": 1}, {"instances": [{}]}, {"instances": [{"status": 1}]}])
def test_a_service_that_is_not_portds_is_absence(folder: Path, own_environment: Path, shape: object) -> None:
    leases = answer(200, {"leases": [{"role": "http", "port": 20100, "id": "x"}]})
    with scripted(folder, leases, answer(200, shape)), pytest.raises(package.AbsentError, match="PORTD_URL"):
        package.lookup("api")


@pytest.mark.parametrize("shape", [None, [], {}, {"instances": [{"checks": 1}]}, {"instances": [{"checks": ["x"]}]}])
def test_a_registration_that_is_not_portds_is_absence(folder: Path, own_environment: Path, shape: object) -> None:
    with scripted(folder, answer(200, shape)), pytest.raises(package.UnansweredError, match="PORTD_URL"):
        Registrar().register(Key("shop"), 20100, {}, replace=False, patience=5)


def test_whoever_only_wants_to_know_holds_nothing(portd: Portd, led: Path) -> None:
    lease = current()
    assert portd.leases()[0]["holder"] is None
    assert "PORTD_LEASE" not in os.environ
    assert current().port == lease.port == package.lease().port


# --- lookup ----------------------------------------------------------------------------------------------------------


def test_a_siblings_url_is_right_before_it_runs(portd: Portd, led: Path) -> None:
    (led / "portd.yaml").write_text("project: acme\nservices: {web: {}, api: {}, db: {shared: true, ports: [pg]}}\n")
    os.environ["PORTD_INSTANCE"] = "blue"
    before, db = package.lookup("api"), package.lookup("db")
    assert (before.key.text, before.status) == ("acme/api@blue", "unregistered")
    assert db.key.text == "acme/db:pg"
    assert [lease["holder"] for lease in portd.leases()] == [None, None]
    portd.request("PUT", "/services/api?project=acme&instance=blue", {})
    after = package.lookup("api")
    assert (after.url, after.port, after.status) == (before.url, before.port, "passing")
    del os.environ["PORTD_INSTANCE"]


def test_a_port_that_is_not_the_registered_one_has_its_own_url(portd: Portd, led: Path) -> None:
    portd.request("PUT", "/services/api", {})
    debug = package.lookup("api:debug")
    assert debug.url == f"http://localhost:{debug.port}"
    assert debug.port != package.lookup("api").port
    assert "api" in repr(debug)


def test_without_portd_a_sibling_is_where_it_was(portd: Portd, led: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = package.lookup("api")
    portd.terminate()
    again = package.lookup("api")
    assert (again.port, again.status) == (known.port, "unknown")
    monkeypatch.setenv("PORTD_STRICT", "1")
    with pytest.raises(package.AbsentError):
        package.lookup("api")


def test_without_portd_the_project_file_may_know_a_sibling(own_environment: Path) -> None:
    (own_environment / "portd.yaml").write_text("services: {web: {}, api: {ports: {http: {port: 20100}}}}\n")
    assert package.lookup("api").port == 20100
    with pytest.raises(package.AbsentError, match="nobody knows where web is"):
        package.lookup("web")


def test_without_portd_this_service_is_where_its_parent_said(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTD_LEASE", f"shop,20100,{os.getppid()}")
    assert package.lookup("shop").port == 20100


def test_disabled_it_looks_nobody_up(led: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTD_DISABLE", "1")
    with pytest.raises(package.AbsentError, match="PORTD_DISABLE"):
        package.lookup("api")


def test_what_portd_refuses_of_a_service_is_told(folder: Path, own_environment: Path) -> None:
    leases = answer(200, {"leases": [{"role": "http", "port": 20100, "id": "x"}]})
    with scripted(folder, leases, answer(403, {"detail": "no"})), pytest.raises(package.RefusedError, match="no"):
        package.lookup("api")
    (folder / "run/portd.sock").unlink()
    with scripted(folder, answer(403, {"detail": "no"})), pytest.raises(package.RefusedError, match="no"):
        package.lookup("api")


# --- listen ----------------------------------------------------------------------------------------------------------


def serves(listener: socket.socket) -> bool:
    with socket.create_connection(listener.getsockname(), timeout=30) as client:
        accepted, _ = listener.accept()
        with accepted:
            accepted.sendall(b"x")
            return client.recv(1) == b"x"


def test_a_socket_is_handed_over(portd: Portd, led: Path) -> None:
    with package.listen() as listener:
        assert listener.getsockname() == ("127.0.0.1", package.lease().port)
        assert serves(listener)
        assert not listener.get_inheritable()
        with pytest.raises(package.RefusedError):
            package.listen()
    with package.listen() as again:
        assert serves(again)


def test_a_process_that_has_inherited_its_lease_gets_the_socket(
    portd: Portd, led: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = portd.lease(service="shop")["port"]
    monkeypatch.setenv("PORTD_LEASE", f"shop,{port},{os.getppid()}")
    with package.listen() as listener:
        assert listener.getsockname()[1] == port


@pytest.mark.parametrize(
    ("name", "value"),
    [("UVICORN_FD", "{}"), ("GUNICORN_CMD_ARGS", "-w 2 --bind fd://{}"), ("WERKZEUG_SERVER_FD", "{}")],
)
def test_a_socket_that_a_launcher_has_handed_on_is_taken(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as launchers:
        port = launchers.getsockname()[1]
        monkeypatch.setenv("PORTD_LEASE", f"shop,{port},{os.getppid()}")
        monkeypatch.setenv("LISTEN_FDS", "0")
        monkeypatch.setenv(name, value.format(launchers.fileno()))
        with package.listen() as listener:
            assert listener.getsockname() == launchers.getsockname()
            assert listener.fileno() != launchers.fileno()


def test_a_descriptor_that_is_another_port_or_none_is_left_alone(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other, (own_environment / "file").open("w") as file:
        monkeypatch.setenv("UVICORN_FD", str(other.fileno()))
        monkeypatch.setenv("WERKZEUG_SERVER_FD", str(file.fileno()))
        monkeypatch.setenv("LISTEN_FDS", "1")
        monkeypatch.setenv("PORT", str(free_port()))
        with package.listen() as listener:
            assert listener.getsockname()[1] != other.getsockname()[1]
            assert serves(listener)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_a_handover_that_breaks_off_is_told(folder: Path, own_environment: Path) -> None:
    granted = answer(200, {"port": 20100, "id": "x"})
    with scripted(folder, granted, b""), pytest.raises(package.UnansweredError):
        package.listen()


def test_an_answer_without_a_socket_is_told(folder: Path, own_environment: Path) -> None:
    granted = answer(200, {"port": 20100, "id": "x"})
    with scripted(folder, granted, answer(200, {})), pytest.raises(package.PortdError, match="without a socket"):
        package.listen()


# --- without portd ---------------------------------------------------------------------------------------------------


def test_without_portd_the_order_is_explicit_variable_memory_default(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def now(port: int | None = None) -> tuple[int, str]:
        lease = package.lease(port=port)
        assert not lease.granted
        return lease.port, lease.source

    assert now() == (5000, "default")
    remember(Key("shop"), 20100)
    assert now() == (20100, "remembered")
    monkeypatch.setenv("PORT", "8080")
    assert now() == (8080, "PORT")
    assert now(9090) == (9090, "explicit")
    assert capfd.readouterr().err == ""
    assert stated() is None


def test_a_parents_lease_counts_without_portd(own_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "8080")
    monkeypatch.setenv("PORTD_LEASE", f"shop,20100,{os.getppid()}")
    lease = package.lease(strict=True)
    assert (lease.port, lease.source, lease.granted, lease.id) == (20100, "inherited", True, None)


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8080x", "\u0668"])
def test_a_variable_that_is_no_port_does_not_count(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch, port: str
) -> None:
    monkeypatch.setenv("PORT", port)
    assert package.lease().source == "default"


def test_the_default_is_that_of_the_server_that_is_loaded(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "uvicorn", pytest)
    assert package.lease().port == 8000
    assert obtain(default=5001).port == 5001


def test_a_project_that_counts_on_portd_is_told_once(own_environment: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (own_environment / "portd.yaml").write_text("project: acme\n")
    package.lease()
    package.lease()
    (line,) = capfd.readouterr().err.splitlines()
    assert line == (
        "portd: acme/shop is on port 5000 (default) for now: portd does not run; start it with: portc daemon start"
    )


def test_strict_raises_instead(own_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(package.AbsentError, match="portc daemon start"):
        package.lease(strict=True)
    monkeypatch.setenv("PORTD_STRICT", "1")
    with pytest.raises(package.AbsentError):
        package.lease(port=8080)
    with pytest.raises(package.AbsentError):
        current()


def test_disabled_it_asks_nobody_and_reads_nothing(led: Path, portd: Portd, monkeypatch: pytest.MonkeyPatch) -> None:
    (led / "portd.yaml").write_text("project: [\n")
    monkeypatch.setenv("PORTD_DISABLE", "1")
    monkeypatch.setenv("PORTD_LEASE", f"shop,20100,{os.getppid()}")
    lease = package.lease()
    assert (lease.port, lease.source) == (5000, "default")
    with pytest.raises(package.KeyDerivationError):
        _ = lease.key
    assert package.lease(port=8080).port == 8080
    assert current().port == 5000
    assert portd.leases() == []


def test_without_portd_a_broken_file_keeps_nobody_from_starting(own_environment: Path) -> None:
    (own_environment / "package.json").write_text("{")
    lease = package.lease()
    assert (lease.port, lease.key.text) == (5000, "shop")
    with pytest.raises(package.KeyDerivationError, match=r"package\.json"):
        package.lease(strict=True)


def test_what_portd_said_is_remembered_for_this_user_only(portd: Portd, led: Path) -> None:
    lease = package.lease("acme/api@blue:debug")
    file = portd.state / "last-ports" / "acme%api@blue:debug"
    assert file.read_text() == f"{lease.port}\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == [file.name]
    file.write_text("nonsense")
    assert remembered(lease.key) is None


def test_where_nothing_can_be_written_nothing_is_remembered(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (own_environment / "file").write_text("")
    monkeypatch.setenv("PORTD_STATE_DIR", str(own_environment / "file"))
    remember(Key("shop"), 20100)
    assert remembered(Key("shop")) is None


def test_nobody_else_has_left_what_is_remembered(own_environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(Key("shop"), 20100)
    assert remembered(Key("shop")) == 20100
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    assert remembered(Key("shop")) is None


def test_the_longest_key_is_remembered(own_environment: Path) -> None:
    key = Key("s" * 63, "p" * 63, "i" * 63, "r" * 63)
    remember(key, 20100)
    assert remembered(key) == 20100


def test_a_lease_shows_what_it_is(led: Path) -> None:
    lease = package.lease()
    assert repr(lease) == f"Lease(port={lease.port}, source='daemon', id={lease.id!r})"
    assert json.dumps(lease.port)
    with pytest.raises(AttributeError):
        _ = package.nothing
