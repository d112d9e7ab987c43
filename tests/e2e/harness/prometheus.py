"""A real Prometheus, and what it knows."""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from harness.programs import clean_environment
from harness.services import free_port


@contextlib.contextmanager
def prometheus(configured: Path, folder: Path) -> Iterator[str]:
    """A Prometheus that runs; its URL."""
    port = free_port()
    command = ["prometheus", f"--config.file={configured}", f"--storage.tsdb.path={folder / 'tsdb'}"]
    command += [f"--web.listen-address=127.0.0.1:{port}"]
    with (folder / "prometheus.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=clean_environment(folder))
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(30)


def value_of(url: str, query: str) -> str | None:
    """The value of the only series that a query finds."""
    with contextlib.suppress(OSError):
        asked = f"{url}/api/v1/query?{urllib.parse.urlencode({'query': query})}"
        with urllib.request.urlopen(asked, timeout=5) as answer:
            results = json.load(answer)["data"]["result"]
        return str(results[0]["value"][1]) if results else None
    return None
