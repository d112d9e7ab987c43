"""docs/configuration.md is what the schema says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]
from harness.programs import SOURCE
from jsonschema import Draft7Validator

REFERENCE = SOURCE / "docs" / "configuration.md"
SCRIPT = SOURCE / "docs" / "configuration.py"
SCHEMA: dict[str, Any] = json.loads((SOURCE / "config" / "portd.schema.json").read_text())


def test_the_reference_is_what_the_schema_generates() -> None:
    command = [sys.executable, str(SCRIPT), "--print"]
    generated = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
    if generated != REFERENCE.read_text():
        pytest.fail("docs/configuration.md is not up to date; run: python3 docs/configuration.py")


def test_the_schema_is_one_of_draft_7() -> None:
    Draft7Validator.check_schema(SCHEMA)


def yaml_blocks() -> list[str]:
    return re.findall(r"^```yaml\n(.*?)^```", REFERENCE.read_text(), re.DOTALL | re.MULTILINE)


def test_every_example_of_the_reference_is_a_valid_file() -> None:
    validator = Draft7Validator(SCHEMA)
    blocks = yaml_blocks()
    assert len(blocks) > 30
    wrong = [
        f"{error.json_path}: {error.message}\n{block}"
        for block in blocks
        for error in validator.iter_errors(yaml.safe_load(block) or {})
    ]
    assert wrong == []


def test_the_reference_has_every_section_and_every_key_of_a_service() -> None:
    headings = set(re.findall(r"^#+ `(.*)`$", REFERENCE.read_text(), re.MULTILINE))
    sections = SCHEMA["properties"]
    keys = {f"{name}.{key}" for name, part in sections.items() for key in part.get("properties", {})}
    of_services = {f"services.<service>.{key}" for key in SCHEMA["definitions"]["service"]["properties"]}
    assert set(sections) | keys | of_services == headings
