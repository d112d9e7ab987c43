"""kill -9 at random moments, and the history of what clients were told (promises P1 to P3).

The checker is itself checked: a daemon with a planted bug must be caught.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from harness.programs import BUILD, SANITIZED

from .chaos import Chaos, caught

NewPortd = Callable[..., object]
SEED = int(os.environ.get("PORTD_CHAOS_SEED", random.SystemRandom().randrange(1_000_000)))
KILLS = int(os.environ.get("PORTD_CHAOS_KILLS", "15" if SANITIZED else "100"))
ENOUGH_TO_BE_CAUGHT = 60


def chaos(new_portd: NewPortd, folder: Path, program: str, *, full_disk: bool = False, delay_ms: int = 0) -> Chaos:
    full = folder / "disk-is-full" if full_disk else None
    environment = {
        "PORTD_FAULT_VFS": "powercut",
        "PORTD_FAULT_FULL_FILE": str(folder / "disk-is-full"),
        "PORTD_FAULT_SYNC_DELAY_MS": str(delay_ms),
    }
    print(f"PORTD_CHAOS_SEED={SEED}")
    portd = new_portd(program=BUILD / program, environment=environment)
    return Chaos(portd, SEED, full)  # type: ignore[arg-type]


@pytest.mark.timeout(300)
def test_promises_hold_through_random_kills(new_portd: NewPortd) -> None:
    print(f"PORTD_CHAOS_SEED={SEED}")
    Chaos(new_portd(), SEED).run(KILLS)  # type: ignore[arg-type]


@pytest.mark.timeout(300)
def test_promises_hold_when_each_kill_is_a_power_cut_and_the_disk_fills(new_portd: NewPortd, folder: Path) -> None:
    chaos(new_portd, folder, "portd_chaos", full_disk=True).run(KILLS)


@pytest.mark.timeout(300)
@pytest.mark.skipif(SANITIZED, reason="tests the checker, not portd")
@pytest.mark.parametrize(
    ("bug", "sign", "full_disk", "delay_ms", "squatters"),
    [
        ("reply_before_commit", "P[12]", False, 10, 0),
        ("repeat_before_commit", "P[12]", False, 10, 0),
        ("no_uniqueness", "P[12]", False, 0, 0),
        ("hold_closed_before_commit", "lost its hold", True, 0, 0),
        ("new_port_with_reuseaddr", "another program", False, 0, 30),
        ("synchronous_normal", "P[12]", False, 0, 0),
    ],
)
def test_a_planted_bug_is_caught(
    new_portd: NewPortd, folder: Path, bug: str, sign: str, full_disk: bool, delay_ms: int, squatters: int
) -> None:
    run = chaos(new_portd, folder, f"portd_plant_{bug}", full_disk=full_disk, delay_ms=delay_ms)
    assert re.search(sign, caught(run, ENOUGH_TO_BE_CAUGHT, squatters))


@pytest.mark.timeout(300)
def test_the_sound_daemon_passes_what_catches_the_planted_bugs(new_portd: NewPortd, folder: Path) -> None:
    run = chaos(new_portd, folder, "portd_chaos", full_disk=True, delay_ms=10)
    assert caught(run, 15, squatters=30) == ""
