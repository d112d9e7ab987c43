"""What portd.yaml says: read here where that is sure, told by portc where it is not; never guessed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from harness.programs import BUILD
from portd._errors import KeyDerivationError
from portd._project_file import Project, _read_by_pyyaml, read_project
from portd._yaml import Refused, Unsure, read_yaml

BLOCK = """\
# A project.
project: shop          # its name
services:
  web:
    ports:
      http: {port: 20100, on_conflict: fail}
      "debug":
        range: 'web'
    command: flask run --debug
    depends_on: {api: healthy, db: started}
    checks:
    - type: http
      path: /healthz
    - {type: tcp,   # a connect
       interval: 5s}
    env:
      API_URL: "${services.api.url}"
      EMPTY:
  api:
    ports: [grpc,
      'http',]
  db: {shared: true, ports: [postgres]}
"""


def read(folder: Path, text: str, *, environment: str = "", instance: str = "main", **variables: str) -> Project:
    file = folder / "portd.yaml"
    file.write_text(text)
    return read_project(str(file), environment, instance, {"HOME": str(folder)} | variables)


def facts(project: Project) -> dict[str, Any]:
    return {name: (service.ports, service.shared) for name, service in project.services.items()}


def refusal(folder: Path, text: str, **more: Any) -> str:
    with pytest.raises(KeyDerivationError) as refused:
        read(folder, text, **more)
    return str(refused.value)


def test_a_project_in_block_style_is_read_without_portc(folder: Path) -> None:
    project = read(folder, BLOCK)
    assert project.name == "shop"
    assert facts(project) == {
        "web": ({"http": {"port": 20100, "on_conflict": "fail"}, "debug": {"range": "web"}}, False),
        "api": ({"grpc": {}, "http": {}}, False),
        "db": ({"postgres": {}}, True),
    }
    assert [service.main_role for service in project.services.values()] == ["http", "http", "postgres"]


def test_portc_reads_the_same(folder: Path) -> None:
    alone = read(folder, BLOCK)
    told = read(folder, BLOCK, PATH=str(BUILD), PORTD_CFG_PROJECT="shop")
    assert (told.name, facts(told)) == (alone.name, facts(alone))


LAYERS = """\
services: {web: , db: {shared: true}}
environments:
  testing: {services: {web: {shared: true}, db: null}}
  development: {services: {web: {ports: [debug]}}}
instances:
  blue: {services: {web: {ports: [grpc]}}}
"""


@pytest.mark.parametrize(
    ("environment", "instance"), [("", "main"), ("testing", "main"), ("", "blue"), ("testing", "blue")]
)
def test_environments_and_instances_are_laid_upon_it_as_portc_does(
    folder: Path, environment: str, instance: str
) -> None:
    alone = read(folder, LAYERS, environment=environment, instance=instance)
    told = read(
        folder, LAYERS, environment=environment, instance=instance, PATH=str(BUILD), PORTD_CFG_SERVICES__WEB__CWD="."
    )
    assert (told.name, facts(told)) == (alone.name, facts(alone))
    assert alone.services["web"].shared == (environment == "testing")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("# nothing\n\n", None),
        ("a: b\r\nc: 'it''s'\r\n", {"a": "b", "c": "it's"}),
        ('a: "tab\\t and \\u00e9"', {"a": "tab\t and \u00e9"}),
        ("a:\n- b\n-\n  c: d\n- - e\n  - f\n", {"a": ["b", {"c": "d"}, ["e", "f"]]}),
        ("a: {b, c: , 'd': [], e: {f: g}}", {"a": {"b": None, "c": None, "d": [], "e": {"f": "g"}}}),
        ("a: http://x:1/#y # comment", {"a": "http://x:1/#y"}),
        ("a: [http://x:1/y, -1, b c]", {"a": ["http://x:1/y", "-1", "b c"]}),
        ("a: null\nb: ~\nc:\nd: 'null'", {"a": None, "b": None, "c": None, "d": "null"}),
        ("- a\n- b\n", ["a", "b"]),
        ("a: [\n  b, # one\n\n  # two\n  c\n]\nd: e", {"a": ["b", "c"], "d": "e"}),
        ('"a b": c', {"a b": "c"}),
        ("word", "word"),
    ],
)
def test_what_is_surely_yaml_is_read(text: str, value: object) -> None:
    yaml = pytest.importorskip("yaml")
    assert read_yaml(text) == value
    assert _read_by_pyyaml(yaml, text) == value


@pytest.mark.parametrize(
    "text",
    [
        "a: |\n  b\n",
        "a: >\n  b\n",
        "a: b\n  c\n",
        "a: b: c",
        "a: 'b",
        "a: [b",
        "a: [b]c",
        "a: [b\n c]",
        "a: [b c: d]",
        "a: {[b]: c}",
        "? a\n: b\n",
        "--- \na: b\n",
        "%YAML 1.2\n",
        "a: @b",
        "a: `b",
        "a: b\n   c: d\n",
        " a: b\nc: d\n",
        "- a\n  - b\n",
        "a: b\nword\n",
        "<<: {a: b}",
        "a: {<<: b}",
        'a: "\\x41"',
        "a: \x07",
        "a: [b,#c\n]",
        "a: 'b'#c",
        "a b: c",
        "a:\tb",
    ],
)
def test_what_is_not_sure_is_not_guessed(text: str) -> None:
    with pytest.raises(Unsure) as unsure:
        read_yaml(text)
    assert not isinstance(unsure.value, Refused)


@pytest.mark.parametrize(
    "text",
    [
        "a: &b c",
        "a: *b",
        "a: !!str b",
        "a: [*b]",
        "a: {b: !c d}",
        "*a",
        "a: b\na: c",
        "a: {b: c, b: d}",
        "\ta: b",
        "a: " + "[" * 40 + "]" * 40,
        "".join(" " * n + f"a{n}:\n" for n in range(40)),
    ],
)
def test_what_no_project_file_may_have_is_refused_whoever_could_read_it(folder: Path, text: str) -> None:
    with pytest.raises(Refused):
        read_yaml(text)
    assert "portd.yaml:" in refusal(folder, text)


@pytest.mark.parametrize(
    "text",
    [
        "proyect: shop",
        "project: [a, b]",
        "project: 2024",
        "services: [web]",
        "services: {web: {shared: yes}}",
        "services: {web: {ports: {http: {port: 0}}}}",
        "services: {web: {ports: {http: {number: 1}}}}",
        "services: {web: {port: 1}}",
        "services: {web: {}, WEB: {}}",
        "api: {port: 7700}",
        "project: [",
    ],
)
def test_a_mistake_is_named_by_portc_and_without_it_too(folder: Path, text: str) -> None:
    assert f"{folder}/portd.yaml" in refusal(folder, text, PATH=str(BUILD))
    assert "portd.yaml" in refusal(folder, text)


def test_without_portc_pyyaml_reads_what_is_beyond_this_reader(folder: Path) -> None:
    pytest.importorskip("yaml")
    project = read(folder, "project: >-\n  shop\nservices:\n  web: {ports: {http: {port: 20100}}, shared: true}\n")
    assert project.name == "shop"
    assert facts(project) == {"web": ({"http": {"port": 20100}}, True)}


def test_pyyaml_does_not_follow_anchors(folder: Path) -> None:
    pytest.importorskip("yaml")
    assert "anchors" in refusal(folder, "project: >-\n  shop\nservices: {web: {tags: [  &a b]}}")


def test_with_neither_the_message_says_what_to_install(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    message = refusal(folder, "project: >-\n  shop\n")
    assert "portd.yaml:1" in message
    assert "put portc into PATH, or install PyYAML" in message


def test_what_a_file_extends_only_portc_knows(folder: Path) -> None:
    assert "put portc into PATH" in refusal(folder, "extends: base.yaml\n")


def test_a_portc_that_does_not_run_is_named(folder: Path) -> None:
    (folder / "portc").write_text("#!/nonexistent\n")
    (folder / "portc").chmod(0o755)
    assert "could not be asked" in refusal(folder, "extends: base.yaml\n", PATH=str(folder))


@pytest.mark.parametrize("text", ['{"project": "a", "project": "b"}', "{", "[" * 100_000])
def test_a_broken_portd_json_is_named(folder: Path, text: str) -> None:
    (folder / "portd.json").write_text(text)
    with pytest.raises(KeyDerivationError, match=r"portd\.json"):
        read_project(str(folder / "portd.json"), "", "main", {})


def test_portd_json_states_ports(folder: Path) -> None:
    (folder / "portd.json").write_text('{"services": {"web": {"ports": {"http": {"port": 20100}}, "shared": true}}}')
    assert facts(read_project(str(folder / "portd.json"), "", "main", {})) == {"web": ({"http": {"port": 20100}}, True)}
