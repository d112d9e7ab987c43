"""The fixtures of every Python test, and the Pythons that the package runs on."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from harness.fixtures import folder, new_portd, portc, portd, pytest_runtest_makereport
from harness.package import PYTHONS
from portd._lease import DEFAULTS

__all__ = ["folder", "new_portd", "own_environment", "portc", "portd", "pytest_runtest_makereport", "python"]


@pytest.fixture(params=PYTHONS)
def python(request: pytest.FixtureRequest) -> Path:
    """A Python with Flask 2.2 and one with Flask 3.1."""
    return PYTHONS[request.param]


@pytest.fixture
def own_environment(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """This process in a folder of its own, `shop`, where nothing of the developer's own portd can be found."""
    for name in list(os.environ):
        if name.startswith(("PORTD_", "XDG_", "FLASK_", "WERKZEUG_", "UVICORN_", "LISTEN_", "GUNICORN_")):
            monkeypatch.delenv(name)
    # So that what the package sets goes again.
    for name in ("PORT", "PORTD_LEASE", "PORTD_LEASE_CWD", "PORTD_LEASE_FOR", "PORTD_NOTED"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for server in DEFAULTS:  # that another test has loaded
        monkeypatch.delitem(sys.modules, server, raising=False)
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.setenv("PORTD_STATE_DIR", str(folder / "state"))
    monkeypatch.setenv("PORTD_RUNTIME_DIR", str(folder / "run"))
    shop = folder / "shop"
    shop.mkdir()
    monkeypatch.chdir(shop)
    return shop
