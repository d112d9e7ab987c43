"""Debian's Chromium without a screen, driven by playwright-core."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from harness.programs import SOURCE

BROWSER = SOURCE / "tests" / "e2e" / "browser"


def page_text(url: str, folder: Path) -> str:
    """The text of a page as a person sees it. `folder`: for the browser's own files; a screenshot is left there."""
    command = ["node", str(BROWSER / "open.mjs"), url, str(folder / "page.png")]
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TMPDIR": str(folder)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False, timeout=110)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()
