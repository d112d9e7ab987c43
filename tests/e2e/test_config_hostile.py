"""Files that were made to hurt cost a fraction of a second and little memory, and are refused with words."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.programs import PORTC, PORTD, SANITIZED, SLACK, clean_environment
from harness.resources import Cost, cost_of

# Of the release build.
MOST_CPU = 0.1
MOST_MEMORY = 50 * 1024 * 1024
MOST_OUTPUT = 64 * 1024
EXIT_CONFIGURATION = 78


def numbered(count: int, text: str) -> str:
    return "".join(text.replace("#", str(i)) for i in range(count))


LONG_LINE = 255 * 1024
BOMB = "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 60))

SETTINGS: dict[str, tuple[str | bytes, str]] = {
    "alias-bomb": (BOMB, "anchors (&name) are not allowed"),
    "recursive-alias": ("a: &a [*a]\n", "anchors (&name) are not allowed"),
    "10-mb": ("a: 1\n" * (2 << 20), "is larger than"),
    "100000-keys": (numbered(100_000, "k#: 1\n"), "is larger than"),
    "20000-keys": (numbered(20_000, "k#: 1\n"), "more than 10000 values"),
    "deep-block-maps": ("".join(" " * i + "a:\n" for i in range(700)), "more than 32 levels of nesting"),
    "deep-block-lists": ("- " * 10_000 + "a", "more than 32 levels of nesting"),
    "deep-flow-maps": ("{a: " * 10_000 + "1" + "}" * 10_000, "more than 32 levels of nesting"),
    "deep-flow-lists": ("[" * 10_000 + "]" * 10_000, "more than 32 levels of nesting"),
    "open-flow-lists": ("[" * 250_000, "more than 20000 brackets"),
    "questions": ("? " * 100_000, "a key is a plain word"),
    "colons": ("a:" * 130_000, "not valid YAML"),
    "open-quote": ('a: "' + '\\"' * 130_000, "not valid YAML"),
    "documents": ("---\n" * 60_000, "a second document"),
    "nul-bytes": ("ports:\0\0 1\n", "a NUL byte"),
    "invalid-utf-8": (b"ports: \xff\xfe\n", "not UTF-8"),
    "long-line": ("a: " + "x" * LONG_LINE, "must not be longer than 4096 bytes"),
    "long-list": ("ports: {exclude: [" + "x," * 9_900 + "]}", "and 9800 more"),
    "long-comment": ("ports: {strategi: next} #" + "x" * LONG_LINE, 'did you mean "ports.strategy"?'),
    "repeated-keys": ("ports: {}\n" * 4_000, "is stated twice"),
    "repeated-keys-of-one-line": ("ports: {" + "strategy: next, " * 4_000 + "}", "is stated twice"),
    "wrong-keys": (numbered(4_990, "k#: 1\n"), "and 4890 more"),
    "wrong-keys-of-one-line": ("ports: {" + numbered(4_990, "k#: 1, ") + "}", "and 4890 more"),
    "wrong-items": ("ports:\n  exclude:\n" + numbered(9_990, "  - x#\n"), "and 9890 more"),
    "wrong-names": ("checks: {commands: {" + numbered(1_500, "s" * 120 + "#: {x: {a: 1}}, ") + "}}", " more"),
    "wrong-checks": ("checks:\n  commands:\n" + numbered(1_100, "    s#: {c: {comand: [a], interval: 1}}\n"), " more"),
    "tabs": ("\ta: 1\n" * 9_990, "a tab as indentation"),
    "overlapping-ranges": ("ports:\n  ranges:\n" + numbered(4_990, "    r#: 1-65535\n"), "overlaps with"),
    "long-hosts": ("api: {allowed_hosts: [" + f"{'a' * 4096}, " * 60 + "]}", "must be a host name"),
    "long-range": ("ports: {ranges: {web: " + "a" * 4096 + "}}", "must be a port or a range"),
    "long-duration": ("leases: {ttl: " + "1" * 4096 + "}", "must be a duration"),
    "long-path": ("log: {file: /" + "a" * 4090 + "/}", "must be an absolute path"),
}


def write(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def cost_of_portd(folder: Path, config: Path) -> Cost:
    folders = ["--state-dir", str(folder / "state"), "--runtime-dir", str(folder / "run")]
    command = [str(PORTD), "--config", str(config), "--port", "0", *folders]
    return cost_of(command, folder / "output", clean_environment(folder), timeout=20 * SLACK, enough=MOST_CPU)


def assert_cheap(cost: Cost) -> None:
    assert len(cost.output) < MOST_OUTPUT
    if not SANITIZED:
        assert cost.cpu < MOST_CPU
        assert cost.memory < MOST_MEMORY


@pytest.mark.parametrize("name", SETTINGS)
def test_portd_refuses_a_hostile_file_at_little_cost(name: str, folder: Path) -> None:
    content, message = SETTINGS[name]
    cost = cost_of_portd(folder, write(folder / "portd.yaml", content))
    assert cost.code == EXIT_CONFIGURATION, cost.output
    assert message in cost.output
    assert_cheap(cost)


def make_directory(path: Path) -> None:
    path.mkdir()


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


def make_loop(path: Path) -> None:
    path.symlink_to(path)


def make_endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize("make", [make_directory, make_fifo, make_loop, make_endless])
def test_portd_refuses_what_is_no_file(make: Callable[[Path], None], folder: Path) -> None:
    make(folder / "portd.yaml")
    cost = cost_of_portd(folder, folder / "portd.yaml")
    assert cost.code == EXIT_CONFIGURATION, cost.output
    assert "portd.yaml" in cost.output
    assert_cheap(cost)


def chain(first: int, last: int) -> str:
    return "".join(f"  s{i}: {{depends_on: [s{i + 1}]}}\n" for i in range(first, last))


def unknown(count: int) -> str:
    return "services:\n" + numbered(count, f"  {'s' * 50}#: {{depends_on: [{'s' * 50}#x]}}\n")


# The files of a project, and a part of what is said about them; None: they are taken, and no daemon is there to ask.
PROJECTS: dict[str, tuple[dict[str, str], str | None]] = {
    "extends-bomb": (
        {f"b{i}.yaml": f"extends: [b{i + 1}.yaml, b{i + 1}.yaml]\n" for i in range(1, 20)}
        | {"b20.yaml": "services: {web: {}}\n", "portd.yaml": "extends: [b1.yaml, b1.yaml]\n"},
        None,
    ),
    "extends-mesh": (
        {
            f"b{i}.yaml": f"extends: [{', '.join(f'b{n}.yaml' for n in range(i + 1, 30))}]\n"
            "services:\n" + numbered(190, "  s#: {tags: [a]}\n")
            for i in range(30)
        }
        | {"portd.yaml": "extends: b0.yaml\n"},
        None,
    ),
    "extends-itself": ({"portd.yaml": "extends: portd.yaml\n"}, "is a loop"),
    "large-bases": (
        {f"b{i}.yaml": "services:\n" + numbered(1_600, f"  s{i}-#: {{tags: [a]}}\n") for i in range(30)}
        | {"portd.yaml": "extends: [" + numbered(30, "b#.yaml, ") + "]\n"},
        "values in all",
    ),
    "chain": (
        {
            "base.yaml": "services:\n" + chain(100, 199) + "  s199: {}\n",
            "portd.yaml": "extends: base.yaml\nservices:\n" + chain(0, 100),
        },
        None,
    ),
    "cycle": ({"portd.yaml": "services:\n" + chain(0, 1_900) + "  s1900: {depends_on: [s0]}\n"}, "closes a cycle"),
    "wrong-references": (
        {"portd.yaml": "services:\n" + numbered(1_900, "  s#: {env: {A: '${services.x#.url}'}}\n")},
        " more",
    ),
    "unknown-services": ({"portd.yaml": unknown(1_900)}, "at most 200 are allowed"),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_portc_reads_a_hostile_project_at_little_cost(name: str, folder: Path) -> None:
    files, message = PROJECTS[name]
    for file, content in files.items():
        write(folder / file, content)
    environment = clean_environment(folder) | {"PORTD_AUTOSTART": "0"}
    cost = cost_of([str(PORTC), "port"], folder / "output", environment, timeout=20 * SLACK, enough=MOST_CPU)
    if message is None:
        assert cost.code == 69, cost.output
    else:
        assert message in cost.output
    assert_cheap(cost)
