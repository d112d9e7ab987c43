"""The main job on real input: a Flask app on the port that portd keeps for it, through `kill -9` of portd."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.programs import NEEDS_TOKEN, SLACK, clean_environment, until
from harness.snippets import write_snippets

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="the snippet needs portd to see who calls")


@contextlib.contextmanager
def started(command: list[str], portd: Portd, folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """An app in its folder, led to this portd; ended by SIGTERM."""
    environment = clean_environment(folder) | {"PORTD_URL": portd.url}
    with (folder / "app.log").open("ab") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def page(port: int) -> str | None:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            return str(answer.read().decode())
    except OSError:
        return None


def serving_port(portd: Portd, folder: Path) -> int:
    """Where the app of the snippet serves, once it does."""

    def serves() -> bool:
        return any(page(lease["port"]) == "hello from shop" for lease in portd.leases() if lease["service"] == "shop")

    try:
        until(serves, 30 * SLACK, "the app serves")
    except AssertionError as error:
        raise AssertionError((folder / "app.log").read_text()) from error
    return int(portd.leases()[0]["port"])


@pytest.fixture
def app(folder: Path) -> Path:
    path = folder / "shop"
    path.mkdir()
    write_snippets(path)
    return path


FLASK = [sys.executable, "app.py"]
GUNICORN = [sys.executable, "-m", "gunicorn", "--workers", "2", "app:app"]


@pytest.mark.parametrize("command", [FLASK, GUNICORN], ids=["flask", "gunicorn"])
def test_an_app_serves_on_its_port_through_kill_9_of_portd(portd: Portd, app: Path, command: list[str]) -> None:
    with started(command, portd, app):
        port = serving_port(portd, app)
        assert port in portd.ports
        portd.kill()
        assert page(port) == "hello from shop"
        portd.start()
        assert [(lease["port"], lease["state"]) for lease in portd.leases()] == [(port, "listening")]
        assert page(port) == "hello from shop"

    with started(command, portd, app):
        assert serving_port(portd, app) == port


def test_a_second_start_of_an_app_that_runs_is_told_so(portd: Portd, app: Path) -> None:
    with started(FLASK, portd, app) as first:
        port = serving_port(portd, app)
        environment = clean_environment(app) | {"PORTD_URL": portd.url}
        second = subprocess.run(
            FLASK, cwd=app, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert second.returncode == 1
        assert f"already runs as pid {first.pid}" in second.stderr
        assert page(port) == "hello from shop"


def test_the_reloader_keeps_the_port_of_its_parent(portd: Portd, app: Path) -> None:
    source = (app / "app.py").read_text()
    (app / "app.py").write_text(
        source.replace('app.run(port=port_for("shop"))', 'app.run(port=port_for("shop"), debug=True)')
    )
    with started(FLASK, portd, app):
        assert serving_port(portd, app) in portd.ports
        assert len(portd.leases()) == 1
