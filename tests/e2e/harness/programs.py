"""Which programs are under test, and how slow they may be."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("PORTD_BUILD_DIR", SOURCE / "build" / "release"))
PORTD = BUILD / "portd"
PORTC = BUILD / "portc"

# Sanitizers cost time; what is promised of the release build is promised of them in proportion.
SANITIZED = BUILD.name in ("asan", "tsan")
SLACK = 10 if SANITIZED else 1

# Where the system does not tell whose a TCP connection is, a token has to.
NEEDS_TOKEN = sys.platform != "linux" or BUILD.name == "portable"

# Variables that a program under test may inherit; everything else comes from the test.
INHERITED = ("PATH", "LANG", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS")


def clean_environment(home: Path) -> dict[str, str]:
    """An environment in which nothing of the developer's own portd can be found."""
    kept = {name: os.environ[name] for name in INHERITED if name in os.environ}
    return kept | {"HOME": str(home)}


def until(condition: Callable[[], bool], within: float, what: str) -> float:
    """Waits for a condition that nothing announces; returns how many seconds it took."""
    started = time.monotonic()
    while not condition():
        if time.monotonic() - started > within:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.002)
    return time.monotonic() - started
