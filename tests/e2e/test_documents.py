"""What the documents say about this repository is so."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness.programs import SOURCE


def text(path: str) -> str:
    return (SOURCE / path).read_text()


def documents() -> list[Path]:
    found = [SOURCE / "README.md", *(SOURCE / "docs").rglob("*.md")]
    return [path for path in found if "node_modules" not in path.parts]


@pytest.mark.parametrize("group", ["build", "wheel", "test", "check", "bench"])
def test_the_readme_lists_the_packages_that_dev_installs(group: str) -> None:
    listed = re.search(rf"^{group}_packages=\((.*?)\)$", text("dev"), re.DOTALL | re.MULTILINE)
    assert listed
    packages = [word.strip('"').split("|")[0] for word in listed[1].split()]
    row = re.search(rf"^\| {group} \| (.*) \|$", text("README.md"), re.MULTILINE)
    assert row
    assert row[1].split() == packages


@pytest.mark.parametrize("path", sorted((SOURCE / "tests").glob("requirements*.txt")), ids=lambda path: path.stem)
def test_every_python_package_is_pinned(path: Path) -> None:
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert lines
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def known_tests() -> set[str]:
    """Every test by its name: TEST(Suite, Name) as Suite.Name, and functions of pytest."""
    names = set()
    for path in (SOURCE / "tests").rglob("*_test.cpp"):
        names |= {
            f"{suite}.{name}"
            for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(\w+)\)", path.read_text(), re.M)
        }
    for path in (SOURCE / "tests").rglob("test_*.py"):
        names |= set(re.findall(r"^def (test_\w+)\(", path.read_text(), re.M))
    return names


def test_every_test_that_the_security_document_names_exists() -> None:
    named = set(re.findall(r"`((?:[A-Z]\w*\.[A-Z]\w*)|(?:test_\w+))`", text("docs/security.md")))
    assert named
    assert named - known_tests() == set()


def test_the_performance_document_has_every_subject_of_the_bench() -> None:
    subjects = set(re.findall(r'^    "([\w-]+)": \w+,$', text("tests/bench/measure/command_line.py"), re.M))
    assert subjects
    assert set(re.findall(r"`\./dev bench --only ([\w-]+)`", text("docs/performance.md"))) == subjects


def test_every_link_between_the_documents_leads_somewhere() -> None:
    broken = [
        f"{path.relative_to(SOURCE)}: {target}"
        for path in documents()
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text())
        if not (path.parent / target).exists()
    ]
    assert broken == []


def test_a_decision_is_one_page() -> None:
    long = [path.name for path in (SOURCE / "docs/decisions").glob("*.md") if len(path.read_text().splitlines()) > 60]
    assert long == []


def test_every_snippet_of_python_in_the_documents_compiles() -> None:
    for path in documents():
        for block in re.findall(r"^```python\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE):
            compile(block, str(path), "exec")


def source_files() -> list[Path]:
    tops = ("common", "config", "daemon", "client", "tests", "docs")
    kinds = {".cpp", ".hpp", ".py", ".md", ".txt", ".sh", ".json", ".yaml", ".sql"}
    found = [path for top in tops for path in (SOURCE / top).rglob("*") if path.suffix in kinds and path.is_file()]
    return [path for path in found if "node_modules" not in path.parts]


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    home = re.compile(r"(?<![\w.~])/(?:work|root|Users)/\w")
    assert [str(path) for path in source_files() if home.search(path.read_text(errors="replace"))] == []


def test_every_file_that_the_architecture_names_exists() -> None:
    named = re.findall(r"`((?:common|config|daemon|client|tests)/[\w./-]*)`", text("docs/architecture.md"))
    assert named
    assert [path for path in named if not (SOURCE / path).exists()] == []


def test_the_prometheus_document_has_every_figure() -> None:
    sources = [path.read_text() for path in (SOURCE / "daemon/metrics").glob("*.cpp")]
    figures = {name for source in sources for name in re.findall(r'"(portd_[a-z_]+)"', source)}
    assert "portd_leases" in figures
    assert set(re.findall(r"`(portd_[a-z_]+)`", text("docs/prometheus.md"))) == figures


def test_the_document_of_the_doctor_has_every_finding() -> None:
    sources = [path.read_text() for path in (SOURCE / "client/doctor").glob("*_checks.cpp")]
    ids = {name for source in sources for name in re.findall(r'(?:\(\s*|Finding \w+)\{\s*"([a-z0-9-]+)"', source)}
    rows = re.findall(r"^\| (`[a-z0-9`, -]+`) \|", text("docs/doctor.md"), re.M)
    assert "no-daemon" in ids
    assert {name for row in rows for name in re.findall(r"`([a-z0-9-]+)`", row)} == ids
