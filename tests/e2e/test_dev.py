"""./dev on a machine where something is missing: it says what, asks nothing, and does nothing twice."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from harness.programs import SOURCE
from harness.users import NOBODY

# Stand-ins for the system's tools. What is installed is a file that apt-get adds to; every call is recorded.
TOOLS = {
    "sudo": 'exec "$@"',
    "dpkg-query": 'for name; do :; done; grep -qx "$name" "$WORLD/installed" && printf installed',
    "apt-cache": 'grep -qx "$2" "$WORLD/known" && echo "$2 | 1.0"',
    "apt-get": 'echo "apt-get $*" >>"$WORLD/calls"; for word; do echo "$word" >>"$WORLD/installed"; done',
    "cmake": 'echo "cmake $*" >>"$WORLD/calls"; mkdir -p build/release; : >build/release/build.ninja',
    "ninja": 'echo "ninja $*" >>"$WORLD/calls"; cp "$WORLD/portd" "$WORLD/portc" build/release/',
}
BASICS = ["bash", "sh", "dirname", "cat", "grep", "cp", "cmp", "mkdir", "install", "env", "chmod", "getconf"]


class Machine:
    """A folder with a copy of ./dev, and a PATH on which only stand-ins and basics lie."""

    def __init__(self, folder: Path, known: list[str]) -> None:
        self.folder = folder
        self.calls_file = folder / "calls"
        bin_folder = folder / "bin"
        bin_folder.mkdir()
        for name, body in TOOLS.items():
            (bin_folder / name).write_text(f"#!/bin/bash\n{body}\n")
            (bin_folder / name).chmod(0o755)
        for name in BASICS:
            found = shutil.which(name)
            assert found
            (bin_folder / name).symlink_to(found)
        for name in ("portd", "portc"):
            (folder / name).write_text(f'#!/bin/sh\necho {name} runs "$@"\n')
            (folder / name).chmod(0o755)
        (folder / "known").write_text("".join(f"{name}\n" for name in known))
        (folder / "installed").write_text("")
        shutil.copy(SOURCE / "dev", folder / "dev")
        shutil.copy(SOURCE / "CMakePresets.json", folder)
        self.environment = {"PATH": str(bin_folder), "WORLD": str(folder), "HOME": str(folder / "home")}

    def dev(self, *arguments: str, user: int | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["bash", "dev", *arguments],
            cwd=self.folder,
            env=self.environment,
            user=user,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    def calls(self) -> list[str]:
        return self.calls_file.read_text().splitlines() if self.calls_file.exists() else []


@pytest.fixture
def machine(folder: Path) -> Machine:
    return Machine(folder, ["g++", "cmake", "libboost1.81-dev", "libboost-url1.81-dev"])


def test_run_installs_builds_two_programs_and_becomes_portd(machine: Machine) -> None:
    done = machine.dev("run", "--port", "0")
    assert done.returncode == 0, done.stderr
    assert "installing g++ cmake" in done.stderr
    assert "curl" in done.stdout
    assert done.stdout.splitlines()[-1] == "portd runs --port 0"
    assert machine.calls()[-1] == "ninja -C build/release --quiet portd portc"
    update, install = [call for call in machine.calls() if call.startswith("apt-get")]
    assert update.endswith("update -qq")
    assert "install -y -qq --no-install-recommends g++ cmake" in install
    assert "libboost1.81-dev libboost-url1.81-dev" in install


def test_a_second_run_installs_and_configures_nothing(machine: Machine) -> None:
    machine.dev("run")
    machine.calls_file.unlink()
    assert machine.dev("run").returncode == 0
    assert machine.calls() == ["ninja -C build/release --quiet portd portc"]


def test_where_boost_1_81_does_not_exist_the_systems_own_is_taken(folder: Path) -> None:
    machine = Machine(folder, ["g++", "libboost-dev", "libboost-url-dev"])
    machine.dev("build")
    assert " libboost-dev libboost-url-dev " in machine.calls()[1]


def test_without_apt_and_brew_it_says_what_it_knows(machine: Machine) -> None:
    (machine.folder / "bin" / "apt-get").unlink()
    done = machine.dev("build")
    assert done.returncode == 1
    assert "brew" in done.stderr
    assert machine.calls() == []


def test_without_root_and_sudo_it_says_what_root_has_to_install(machine: Machine) -> None:
    (machine.folder / "bin" / "sudo").unlink()
    done = machine.dev("build", user=NOBODY if os.geteuid() == 0 else None)
    assert done.returncode == 1
    assert "as root: apt-get install g++ cmake" in done.stderr
    assert machine.calls() == []


def test_install_puts_both_programs_under_the_prefix(machine: Machine) -> None:
    prefix = machine.folder / "prefix"
    done = machine.dev("install", "--prefix", str(prefix))
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (prefix / "bin").iterdir()) == ["portc", "portd"]
    assert "not in PATH" in done.stderr


def test_an_unknown_verb_shows_the_known_ones(machine: Machine) -> None:
    done = machine.dev("serve")
    assert done.returncode == 1
    assert "./dev run" in done.stderr


def test_help_names_every_verb(machine: Machine) -> None:
    shown = machine.dev("help").stdout
    assert [
        verb for verb in ("run", "test", "install", "build", "check", "bench", "fmt", "clean") if verb not in shown
    ] == []
