"""What the package adds to every command of Flask: no module that Flask does not load anyway."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.package import flask_app, package_environment

MODULES = """
import sys
import flask.cli
before = set(sys.modules)
import portd._flask_cli
for _ in range({times}):
    portd._flask_cli._OPTION.default()
print(*sorted(name for name in set(sys.modules) - before))
"""


def modules(python: Path, folder: Path, environment: dict[str, str], times: int) -> list[str]:
    command = [str(python), "-c", MODULES.format(times=times)]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.split()


def test_a_command_that_needs_no_port_loads_three_small_modules(python: Path, folder: Path) -> None:
    shop = flask_app(folder / "shop")
    loaded = modules(python, shop, package_environment(folder), 0)
    assert loaded == ["portd", "portd._flask_cli", "portd._surroundings"]
    # A machine that never had a portd is done after a look.
    assert modules(python, shop, package_environment(folder), 1) == loaded


@pytest.mark.parametrize("present", [False, True], ids=["absent", "present"])
def test_a_port_needs_nothing_that_flask_does_not_load(python: Path, folder: Path, portd: Portd, present: bool) -> None:
    shop = flask_app(folder / "shop")
    environment = package_environment(folder, portd)
    assert len(modules(python, shop, environment, 1)) > 3
    if not present:
        portd.terminate()
    assert [name for name in modules(python, shop, environment, 1) if not name.startswith("portd")] == []


def test_a_portd_that_was_killed_is_noticed_without_the_client(python: Path, folder: Path, portd: Portd) -> None:
    shop = flask_app(folder / "shop")
    environment = package_environment(folder, portd)
    assert "portd._client" in modules(python, shop, environment, 1)
    portd.kill()
    assert "portd._client" not in modules(python, shop, environment, 1)


def test_a_wrong_word_of_the_entry_point_would_be_seen(python: Path, folder: Path) -> None:
    command = [str(python), "-c", "import portd._flask_cli as c; print(c._OPTION.original, c.command.name)"]
    done = subprocess.run(command, env=package_environment(folder), capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["5000", "portd"]
