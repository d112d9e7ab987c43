"""An editor knows portd.yaml by the schema that its first line names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness.cli import shell_of
from harness.daemon import Portd
from harness.language_server import LanguageServer, language_server
from harness.programs import SOURCE

SCHEMA = (SOURCE / "config" / "portd.schema.json").as_uri()


def document(*lines: str, schema: str = SCHEMA) -> str:
    """Its first line is line 0; the lines that are given begin at 1."""
    return "\n".join([f"# yaml-language-server: $schema={schema}", *lines])


@pytest.fixture
def editor(folder: Path) -> Iterator[LanguageServer]:
    with language_server(folder) as server:
        yield server


def lines_of(diagnostics: list[dict[str, Any]]) -> list[int]:
    return [each["range"]["start"]["line"] for each in diagnostics]


def test_an_editor_offers_what_a_service_may_have(editor: LanguageServer) -> None:
    editor.open("portd.yaml", document("services:", "  web:", "    "))
    offered = editor.completion("portd.yaml", 3, 4)
    assert {"ports", "command", "cwd", "depends_on", "checks", "env", "tags", "metadata", "shared"} <= set(offered)
    assert "project" not in offered
    assert offered["shared"].startswith("One instance, `main`,")


def test_an_editor_offers_the_sections_and_the_words_of_a_setting(editor: LanguageServer) -> None:
    editor.open("portd.yaml", document(""))
    assert {"services", "environments", "ports", "log"} <= set(editor.completion("portd.yaml", 1, 0))
    editor.open("words.yaml", document("ports:", "  strategy: "))
    assert {"hash", "next", "random"} <= set(editor.completion("words.yaml", 2, 12))


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        (["services:", "  web:", "    shared: 5"], 3),
        (["services:", "  web:", "    command: flask run", "    ports: 5"], 4),
        (["services:", "  web:", "    port: [http]"], 3),
        (["ports:", "  strategy: newest"], 2),
        (["leases:", "  ttl: 30"], 2),
        (["leases:", "  ttl: 30 seconds"], 2),
    ],
)
def test_an_editor_marks_the_line_that_is_wrong(editor: LanguageServer, lines: list[str], wrong: int) -> None:
    assert lines_of(editor.open("portd.yaml", document(*lines))) == [wrong]


def test_an_editor_takes_the_schema_from_portd(portd: Portd, editor: LanguageServer) -> None:
    url = f"{portd.url}/config/schema"
    assert lines_of(editor.open("wrong.yaml", document("ports:", "  strategy: newest", schema=url))) == [2]
    editor.open("portd.yaml", document("services:", "  web:", "    ", schema=url))
    assert "depends_on" in editor.completion("portd.yaml", 3, 4)


def test_an_editor_knows_the_file_that_portc_init_wrote(portd: Portd, portc: Path, editor: LanguageServer) -> None:
    shell = shell_of(portd)
    shell.out("init")
    written = (shell.folder / "portd.yaml").read_text()
    assert written.splitlines()[0] == f"# yaml-language-server: $schema=http://localhost:{portd.tcp_port}/config/schema"
    assert editor.open("portd.yaml", written) == []
    lines = written.splitlines()
    service = next(number for number, line in enumerate(lines) if line.startswith("    ports:"))
    wrong = [*lines[:service], "    ports: 5", *lines[service + 1 :]]
    assert lines_of(editor.open("wrong.yaml", "\n".join(wrong))) == [service]
    asked = [*lines[:service], "    ", *lines[service + 1 :]]
    editor.open("asked.yaml", "\n".join(asked))
    assert "ports" in editor.completion("asked.yaml", service, 4)


def test_an_editor_marks_nothing_in_a_right_file(editor: LanguageServer) -> None:
    lines = """\
project: shop
extends: ../portd.base.yaml
services:
  web:
    ports: {http: {port: 20100}, debug: {range: web}}
    command: flask run
    depends_on: {api: healthy, db: {condition: started, required: false}}
    checks: [{type: http, path: /healthz, interval: 5s}]
    env: {API_URL: "${services.api.url}", DEBUG: 1}
  api: {ports: [http], command: [npm, run, dev], depends_on: [db]}
  db: {shared: true, ports: [postgres]}
environments: {testing: {services: {web: {env: {DEBUG: "0"}}}}}
instances: {feature-x: {services: {web: {tags: [beta]}}}}"""
    assert editor.open("portd.yaml", document(*lines.splitlines())) == []


def test_an_editor_marks_nothing_in_the_settings_that_are_shipped(editor: LanguageServer) -> None:
    shipped = (SOURCE / "config" / "portd.yaml").read_text()
    uncommented = re.sub(r"^( *)#(?! )", r"\1", shipped, flags=re.MULTILINE)
    assert "\n  strategy: hash\n" in uncommented
    assert editor.open("portd.yaml", document(*uncommented.splitlines())) == []


def test_an_editor_describes_a_key(editor: LanguageServer) -> None:
    editor.open("portd.yaml", document("services:", "  db:", "    shared: true"))
    assert "serves all instances and environments of the project" in editor.hover("portd.yaml", 3, 6)
