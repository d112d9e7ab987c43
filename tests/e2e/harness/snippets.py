"""The code of docs/python-snippet.md, as files that run."""

from __future__ import annotations

import re
from pathlib import Path

from harness.programs import SOURCE


def write_snippets(folder: Path) -> None:
    """ports.py, app.py and gunicorn.conf.py, in the order of the document."""
    text = (SOURCE / "docs/python-snippet.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    names = ("ports.py", "app.py", "gunicorn.conf.py")
    assert len(blocks) == len(names)
    for name, block in zip(names, blocks, strict=True):
        (folder / name).write_text(block)
