"""How long a clean build takes, and a change of one line until it is tested."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

from harness.programs import SOURCE

from .row import Row
from .tools import say, workplace

NOT_COPIED = shutil.ignore_patterns("build", ".venv", ".git", ".*_cache", "node_modules", "__pycache__")
CHANGED = Path("daemon/core/leases.cpp")


def build_time() -> list[Row]:
    """In a copy of the sources, with as many jobs as ninja likes and without ccache."""
    with workplace() as folder:
        source, build = folder / "source", folder / "build"
        shutil.copytree(SOURCE, source, ignore=NOT_COPIED)
        run("cmake", "-S", str(source), "--preset", "release", "-B", str(build))
        clean = run("ninja", "-C", str(build), "portd", "portc")
        say(f"clean build {clean:.0f} s")
        run("ninja", "-C", str(build), "core_test")
        with (source / CHANGED).open("a") as changed:
            changed.write("// One more line.\n")
        tested = run("ninja", "-C", str(build), "core_test") + run(str(build / "core_test"), "--gtest_brief=1")
    return [
        Row(
            "clean build of portd and portc, no ccache",
            "≤ 4 min",
            f"{clean / 60:.1f} min",
            clean <= 240,
            "./dev bench --only build",
        ),
        Row(
            f"one-line change in {CHANGED} to tested",
            "≤ 15 s",
            f"{tested:.1f} s",
            tested <= 15,
            "./dev bench --only build",
        ),
    ]


def run(*command: str) -> float:
    """Seconds it took; it must succeed."""
    started = time.monotonic()
    environment = os.environ | {"CCACHE_DISABLE": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=1200, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr)[-3000:]}")
    return time.monotonic() - started
