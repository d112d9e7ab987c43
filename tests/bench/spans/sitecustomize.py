"""Has a `flask run` that starts with this folder in PYTHONPATH write down what the package does in it, and how long.

SPANS names the file: a line a span, with milliseconds of the clock and of the processor. A span within another counts
once; writing it down does not count.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

_inside = False


@contextlib.contextmanager
def span(what: str) -> Iterator[None]:
    global _inside
    if _inside:
        yield
        return
    _inside = True
    clock, processor = time.perf_counter(), time.process_time()
    try:
        yield
    finally:
        took = time.perf_counter() - clock, time.process_time() - processor
        _inside = False
        _write(what, *took)


def _write(what: str, clock: float, processor: float) -> None:
    with open(os.environ["SPANS"], "a") as file:  # noqa: PTH123  pathlib is not to be loaded for this
        file.write(f"{what} {clock * 1000:.4f} {processor * 1000:.4f}\n")


def _measured(what: str, function: Callable[..., Any]) -> Callable[..., Any]:
    def run(*arguments: Any, **named: Any) -> Any:
        with span(what):
            return function(*arguments, **named)

    return run


def _measure_entry_points() -> None:
    """Reading them is the package's, of those of its wheel; and so is all that the loaded one has Flask call."""
    read = metadata.Distribution.entry_points.fget  # type: ignore[attr-defined]
    load = metadata.EntryPoint.load

    def entry_points(self: metadata.Distribution) -> Any:
        clock, processor = time.perf_counter(), time.process_time()
        found = read(self)
        took = time.perf_counter() - clock, time.process_time() - processor
        if any(each.value.startswith("portd.") for each in found):
            _write("entry points", *took)
        return found

    def loaded(self: metadata.EntryPoint) -> Any:
        if not self.value.startswith("portd."):
            return load(self)
        with span("entry point"):
            command = load(self)
        _measure_port()
        return command

    metadata.Distribution.entry_points = property(entry_points)  # type: ignore[assignment, method-assign]
    metadata.EntryPoint.load = loaded  # type: ignore[method-assign]


def _measure_port() -> None:
    from flask.cli import run_command

    for option in run_command.params:
        if option.name == "port":
            assert callable(option.default), "the package has not been here"
            assert option.callback is not None
            option.default = _measured("port", option.default)
            option.callback = _measured("port", option.callback)


if "SPANS" in os.environ:
    _measure_entry_points()
