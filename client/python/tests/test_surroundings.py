"""Switches, and portd's folders as portd itself finds them."""

from __future__ import annotations

import os
import pwd
import sys
from pathlib import Path

import pytest
from portd._surroundings import is_on, port_from, read_own, runtime_folder, state_folder

pytestmark = pytest.mark.usefixtures("own_environment")


@pytest.mark.parametrize(
    ("value", "on"), [("1", True), ("yes", True), ("", False), ("0", False), ("False", False), ("off", False)]
)
def test_a_switch_is_on_unless_it_says_no(monkeypatch: pytest.MonkeyPatch, value: str, on: bool) -> None:
    monkeypatch.setenv("PORTD_DISABLE", value)
    assert is_on("PORTD_DISABLE") == on


def test_a_port_is_a_port() -> None:
    assert [port_from(text) for text in ("1", "65535", "65536", "0", "", "1e3", "+1", "000001")] == [
        *(1, 65535),
        *(None,) * 6,
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="other folders there")
@pytest.mark.parametrize(
    ("variables", "state", "runtime"),
    [
        ({}, "{home}/.local/state/portd", "{home}/.local/state/portd/run"),
        ({"XDG_STATE_HOME": "/s", "XDG_RUNTIME_DIR": "/r"}, "/s/portd", "/r/portd"),
        ({"XDG_STATE_HOME": "s", "XDG_RUNTIME_DIR": "r"}, "{home}/.local/state/portd", "{home}/.local/state/portd/run"),
        ({"PORTD_STATE_DIR": "s/x/..", "XDG_STATE_HOME": "/t"}, "{cwd}/s", "{cwd}/s/run"),
        ({"PORTD_STATE_DIR": "/s/", "PORTD_RUNTIME_DIR": "r", "XDG_RUNTIME_DIR": "/t"}, "/s", "{cwd}/r"),
        ({"HOME": "nowhere"}, "{user}/.local/state/portd", "{user}/.local/state/portd/run"),
    ],
)
def test_the_folders_are_those_of_portd(
    own_environment: Path, monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], state: str, runtime: str
) -> None:
    monkeypatch.delenv("PORTD_STATE_DIR")
    monkeypatch.delenv("PORTD_RUNTIME_DIR")
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    places = {"home": os.environ["HOME"], "cwd": str(own_environment), "user": pwd.getpwuid(os.getuid()).pw_dir}
    assert (state_folder(), runtime_folder()) == (state.format(**places), runtime.format(**places))


def test_only_a_small_regular_file_of_this_user_is_read(own_environment: Path) -> None:
    file = own_environment / "file"
    assert read_own(str(file)) is None
    file.write_text("x" * 20)
    assert read_own(str(file)) == b"x" * 20
    assert read_own(str(file), 10) is None
    assert read_own(str(own_environment)) is None
    os.mkfifo(own_environment / "fifo")
    assert read_own(str(own_environment / "fifo")) is None
