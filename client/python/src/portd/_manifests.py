"""The name of a service in pyproject.toml and package.json."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

from portd._errors import KeyDerivationError
from portd._files import read_file


def name_in_package(path: str) -> str | None:
    """Of "@scope/name" the last part. Raises KeyDerivationError."""
    content = read_file(path)
    if content is None:
        return None
    try:
        manifest = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise KeyDerivationError(f"{path}: not JSON: {error}") from error
    if not isinstance(manifest, dict):
        raise KeyDerivationError(f"{path}: must be a JSON object")
    name = manifest.get("name")
    return name.rpartition("/")[2] if isinstance(name, str) else None


def name_in_pyproject(path: str) -> str | None:
    """`name` of `[project]`. Raises KeyDerivationError."""
    content = read_file(path)
    if content is None:
        return None
    sure, name = _plain_name(content)
    if sure:
        return name
    toml = _toml()
    if toml is None:
        _note(path, name)
        return name
    return _parsed_name(toml, path, content)


_HEADER = re.compile(r"\[([^\[\]]*)\]\s*(#.*)?$")
_NAME = re.compile(r"""name\s*=\s*(?:"([^"\\]*)"|'([^']*)')\s*(?:#.*)?$""")
# Keys that are quoted or dotted, and texts of several lines. What else begins with a quote is an item of a list.
_UNSURE = re.compile(r"""^\s*(?:project\b|"[^"]*"|'[^']*')\s*[.=]|\"\"\"|'''""", re.MULTILINE)


def _plain_name(content: str) -> tuple[bool, str | None]:
    """Whether a look at the lines tells for sure, and what: tomllib costs several milliseconds, where there is one."""
    sure = _UNSURE.search(content) is None
    inside = False
    for line in map(str.strip, content.splitlines()):
        header = _HEADER.match(line)
        if header:
            inside = header.group(1).strip().strip("\"'") == "project"
        elif inside and re.match(r"name\s*=", line):
            found = _NAME.match(line)
            if found is None:
                return False, None
            return sure, found.group(1) if found.group(1) is not None else found.group(2)
    return sure, None


def _note(path: str, name: str | None) -> None:
    """Once a process: the name is a guess."""
    if path in _noted:
        return
    _noted.add(path)
    taken = f'"{name}" is taken' if name else "the folder's is taken"
    print(
        f"portd: {path}: its name is sure with Python 3.11 or tomli only; {taken}; PORTD_SERVICE states it",
        file=sys.stderr,
    )


_noted: set[str] = set()


def _parsed_name(toml: Any, path: str, content: str) -> str | None:
    try:
        project = toml.loads(content).get("project")
    except ValueError as error:
        raise KeyDerivationError(f"{path}: {error}") from error
    name = project.get("name") if isinstance(project, dict) else None
    return name if isinstance(name, str) else None


def _toml() -> Any:
    import importlib

    for module in ("tomllib", "tomli"):
        try:
            return importlib.import_module(module)
        except ImportError:
            continue
    return None
