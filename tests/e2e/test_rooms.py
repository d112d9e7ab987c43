"""Who may include whom (section 8 of the design)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.programs import SOURCE

# What a room may see besides itself: rooms, or one header. The composition root, daemon/*.cpp, sees everything of the
# daemon.
ROOMS = {
    "common": set[str](),
    "config": {"common"},
    "daemon/core": {"common"},
    "daemon/store": {"common", "daemon/core"},
    "daemon/platform": {"common", "daemon/core"},
    "daemon/outbound": {"common", "daemon/task.hpp"},
    "daemon/health": {"common", "daemon/core", "daemon/outbound", "daemon/task.hpp"},
    "daemon/notify": {"common", "daemon/outbound", "daemon/task.hpp"},
    "daemon/watch": {"common", "daemon/core"},
    "daemon/containers": {"common", "daemon/core"},
    "daemon/sockets": {"common", "daemon/core", "daemon/task.hpp"},
    "daemon/portserver": {"common", "daemon/core", "daemon/sockets", "daemon/task.hpp"},
    "daemon/metrics": {"common", "daemon/core"},
    "daemon/api": {"common", "daemon/core", "daemon/metrics", "daemon/sockets", "daemon/task.hpp"},
    "client": {"common", "config"},
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)


def sources(folder: Path) -> Iterator[Path]:
    return (path for path in folder.rglob("*") if path.suffix in (".hpp", ".cpp"))


def includes(path: Path) -> list[tuple[str, str]]:
    return INCLUDE.findall(path.read_text())


def room_of(include: str) -> str:
    parts = include.split("/")
    return "/".join(parts[:2]) if parts[0] == "daemon" and len(parts) > 2 else parts[0]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_includes_only_what_it_may_see(room: str) -> None:
    allowed = ROOMS[room] | {room}
    wrong = [
        f"{path.relative_to(SOURCE)} includes {target}"
        for path in sources(SOURCE / room)
        for quote, target in includes(path)
        if quote == '"' and "/" in target and not {target, room_of(target)} & allowed
    ]
    assert wrong == []


def test_every_folder_of_sources_is_a_room() -> None:
    folders = {str(path.parent.relative_to(SOURCE)) for top in ("common", "config", "daemon", "client")
               for path in sources(SOURCE / top)}  # fmt: skip
    strangers = {folder for folder in folders - {"daemon"} if not any(is_within(folder, room) for room in ROOMS)}
    assert strangers == set()


def is_within(folder: str, room: str) -> bool:
    return folder == room or folder.startswith(f"{room}/")


# Rules only: no sockets, SQL, JSON or clock in core.
FOREIGN_TO_CORE = re.compile(r"^(boost/asio|boost/beast|nlohmann|sqlite3|SQLiteCpp|spdlog|sys/socket|netinet|time\.h)")


def test_core_knows_rules_only() -> None:
    wrong = [
        f"{path.relative_to(SOURCE)} includes {target}"
        for path in sources(SOURCE / "daemon/core")
        for _, target in includes(path)
        if FOREIGN_TO_CORE.match(target) or target in ("common/json.hpp", "common/lease_json.hpp")
    ]
    assert wrong == []


def test_core_reads_no_clock() -> None:
    clock = re.compile(r"\b(system_clock|steady_clock)::now\s*\(")
    assert [path.name for path in sources(SOURCE / "daemon/core") if clock.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("library", "rooms"),
    [
        ("SQLiteCpp|sqlite3", {"daemon/store"}),
        ("boost/beast", {"daemon/api", "daemon/outbound", "client"}),
        ("yaml-cpp", {"config"}),
        ("prometheus", {"daemon/metrics"}),
    ],
)
def test_a_library_is_known_to_its_room_only(library: str, rooms: set[str]) -> None:
    named = re.compile(rf"^({library})")
    folders = {
        str(path.parent.relative_to(SOURCE))
        for top in ("common", "config", "daemon", "client")
        for path in sources(SOURCE / top)
        if path.name != "asio.cpp" and any(named.match(target) for _, target in includes(path))
    }
    assert {folder for folder in folders if not any(is_within(folder, room) for room in rooms)} == set()
