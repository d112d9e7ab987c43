"""Fixtures of the end-to-end tests."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.daemon import Portd
from harness.programs import PORTC, PORTD

NewPortd = Callable[..., Portd]
PORTDS = pytest.StashKey[list[Portd]]()


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder whose path is short enough for a unix socket, readable by other users."""
    path = Path(tempfile.mkdtemp(prefix="portd-test-"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def new_portd(folder: Path, request: pytest.FixtureRequest) -> Iterator[NewPortd]:
    """Makes portds, not started, each in a folder of its own; ends them after the test."""
    assert PORTD.exists(), f"{PORTD} is not built; ./dev build"
    made: list[Portd] = []
    request.node.stash[PORTDS] = made

    with contextlib.ExitStack() as ends:

        def make(**options: Any) -> Portd:
            own = folder / f"d{len(made)}"
            own.mkdir()
            made.append(Portd(own, **options))
            ends.callback(made[-1].clean_up)
            return made[-1]

        yield make


@pytest.fixture
def portd(new_portd: NewPortd) -> Portd:
    """A portd that runs."""
    return new_portd().start()


@pytest.fixture
def portc() -> Path:
    assert PORTC.exists(), f"{PORTC} is not built; ./dev build"
    return PORTC


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A failed test shows what its portds wrote."""
    report = yield
    if report.failed:
        for portd in item.stash.get(PORTDS, []):
            report.sections.append((f"log of {portd.folder.name}", portd.log_text()))
    return report
