"""The name of a service in pyproject.toml and package.json."""

from __future__ import annotations

import json
import re
from typing import Any

from portd._errors import KeyDerivationError
from portd._key import read_file


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
    return name if sure else _parsed_name(path, content)


_HEADER = re.compile(r"\[([^\[\]]*)\]\s*(#.*)?$")
_NAME = re.compile(r"""name\s*=\s*(?:"([^"\\]*)"|'([^']*)')\s*(?:#.*)?$""")
_UNSURE = re.compile(r"""^\s*(?:project|"|')[^=]*[.=]|\"\"\"|'''""", re.MULTILINE)


def _plain_name(content: str) -> tuple[bool, str | None]:
    """Whether a look at the lines tells, and what: tomllib costs several milliseconds, where there is one."""
    if _UNSURE.search(content):
        return False, None
    inside = False
    for line in map(str.strip, content.splitlines()):
        header = _HEADER.match(line)
        if header:
            inside = header.group(1).strip() == "project"
        elif inside and line.startswith(("name", '"name', "'name")):
            found = _NAME.match(line)
            if found:
                return True, found.group(1) if found.group(1) is not None else found.group(2)
            if re.match(r"name\s*=", line) or not line.startswith("name"):
                return False, None
    return True, None


def _parsed_name(path: str, content: str) -> str | None:
    toml = _toml()
    if toml is None:
        raise KeyDerivationError(
            f"{path}: reading its name needs Python 3.11 or the package tomli; or state it with PORTD_SERVICE"
        )
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
