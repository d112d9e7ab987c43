"""Where a key comes from: the cases that C++ and Python agree on, and what only Python does."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from harness.programs import BUILD, SOURCE
from portd._errors import KeyDerivationError
from portd._surroundings import DerivedKey, Key, derive_key, to_name

CASES = json.loads((SOURCE / "tests/config/keys.json").read_text())["cases"]


def build(case: dict[str, Any], tree: Path) -> None:
    for name in case.get("folders", []):
        (tree / name).mkdir(parents=True, exist_ok=True)
    for name, content in case.get("files", {}).items():
        write(tree / name, content.replace("{tree}", str(tree)))


def write(path: Path, content: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def derive(folder: Path, *, variables: dict[str, str] | None = None, **hints: Any) -> DerivedKey:
    """With HOME beside the folder, and portc."""
    return derive_key(
        str(folder), environ={"HOME": str(folder.parent), "PATH": str(BUILD)} | (variables or {}), **hints
    )


def refusal(folder: Path, **more: Any) -> str:
    with pytest.raises(KeyDerivationError) as refused:
        derive(folder, **more)
    return str(refused.value)


@pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
def test_a_key_is_that_of_the_vector_file(case: dict[str, Any], folder: Path) -> None:
    build(case, folder)
    variables = {name: value.replace("{tree}", str(folder)) for name, value in case.get("variables", {}).items()}
    cwd, hints = folder / case["cwd"], case.get("hints", {})
    variables = {"HOME": str(folder)} | variables
    if "error" in case:
        assert case["error"] in refusal(cwd, variables=variables, **hints)
        return
    derived = derive(cwd, variables=variables, **hints)
    assert {name: getattr(derived.key, name) for name in case["key"]} == case["key"]
    assert derived.root == str((folder / case["root"]).resolve())


@pytest.mark.parametrize("text", ["shop", "acme/shop@feature-x:debug", "acme/shop", "shop@blue", "shop:debug"])
def test_the_text_of_a_key_reads_as_that_key(text: str) -> None:
    assert Key.parse(text).text == text
    assert Key.parse(text) == Key.parse(text)
    assert len({Key.parse(text), Key.parse(text)}) == 1
    assert repr(Key.parse(text)) == f"Key({text!r})"


@pytest.mark.parametrize(
    ("text", "part"), [("Shop", "service"), ("a/", "service"), ("/a", "project"), ("a@", "instance")]
)
def test_a_text_that_is_no_key_is_refused_by_its_part(text: str, part: str) -> None:
    with pytest.raises(KeyDerivationError, match=f"the {part} "):
        Key.parse(text)


def test_a_name_of_bytes_that_are_no_utf_8_is_the_same_as_in_c() -> None:
    assert to_name(os.fsdecode(b"caf\xe9 \x80x")) == "caf--x"


@pytest.mark.parametrize("name", ["portd.yaml", "package.json", "pyproject.toml"])
def test_a_fifo_is_not_waited_for(folder: Path, name: str) -> None:
    shop = folder / "shop"
    shop.mkdir()
    os.mkfifo(shop / name)
    assert "not a regular file" in refusal(shop)


def test_a_link_that_leads_nowhere_is_named(folder: Path) -> None:
    shop = folder / "shop"
    shop.mkdir()
    (shop / "portd.yaml").symlink_to("gone.yaml")
    assert "portd.yaml" in refusal(shop)


def test_files_over_their_limit_are_refused(folder: Path) -> None:
    write(folder / "a/portd.yaml", "#" * (256 * 1024 + 1))
    write(folder / "b/package.json", " " * (256 * 1024 + 1))
    assert "larger than 262144 bytes" in refusal(folder / "a")
    assert "larger than 262144 bytes" in refusal(folder / "b")


def test_a_file_that_is_no_utf_8_is_named(folder: Path) -> None:
    write(folder / "a/portd.yaml", "")
    (folder / "a/portd.yaml").write_bytes(b"project: \xff\n")
    assert "portd.yaml" in refusal(folder / "a")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_project_file_of_another_user_is_refused(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder / "shop/portd.yaml", "project: shop\n")
    os.chown(folder / "shop/portd.yaml", 4711, 4711)
    monkeypatch.setattr("os.geteuid", lambda: 4712)
    assert "belongs to another user" in refusal(folder / "shop")


def test_the_root_folder_has_no_name_for_a_service() -> None:
    with pytest.raises(KeyDerivationError, match="PORTD_SERVICE"):
        derive_key("/", environ={"HOME": "/", "PORTD_INSTANCE": "x"})


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('[project]\nname = "shop"\n', "shop"),
        ("[project]\nname='shop' # it\n", "shop"),
        ('[ project ]\nversion = "1"\nname = "shop"\n', "shop"),
        ('[tool.x]\nname = "other"\n', "here"),
        ('[project]\ndynamic = ["name-x"]\nnamed = 1\n[tool.x]\nname = "other"\n', "here"),
        ('project.name = "dotted"\n', "dotted"),
        ('project = {name = "inline"}\n', "inline"),
        ('[project]\n"name" = "quoted"\n', "quoted"),
        ('[project]\nname = "sh\\u006fp"\n', "shop"),
        ('[project]\nname = """shop"""\n', "shop"),
        ('[tool.x]\ntext = """\n[project]\nname = "no"\n"""\n', "here"),
        ("[project]\nname = 1\n", "here"),
        ("", "here"),
    ],
)
def test_pyproject_toml_names_the_service(folder: Path, text: str, name: str) -> None:
    pytest.importorskip("tomllib")
    write(folder / "here/pyproject.toml", text)
    assert derive(folder / "here").key.service == name


def test_a_pyproject_toml_that_is_broken_where_its_name_is_is_named(folder: Path) -> None:
    write(folder / "shop/pyproject.toml", "[project]\nname = \n")
    assert "pyproject.toml" in refusal(folder / "shop")


@pytest.mark.parametrize(
    "text",
    [
        '[project]\ndependencies = [\n    "named.x>=2",\n    \'a; x == "1"\',\n]\nname = "shop"\n',
        '[project]\nname = "shop"\n[tool.ruff.lint]\nselect = [\n  "E",\n  "a.b = c",\n]\n',
        '["project"]\nname = "shop"\n',
    ],
)
def test_an_ordinary_pyproject_toml_needs_no_reader_of_toml(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], text: str
) -> None:
    monkeypatch.setattr("portd._manifests._toml", lambda: None)
    write(folder / "here/pyproject.toml", text)
    assert derive(folder / "here").key.service == "shop"
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('project.name = "dotted"\n', "here"),
        ('[project]\nname = "sh\\u006fp"\n', "here"),
        ('[project]\nname = "shop"\n[tool.x]\ntext = """x"""\n', "shop"),
    ],
)
def test_without_a_reader_of_toml_a_difficult_name_is_a_guess_and_keeps_nobody_from_starting(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], text: str, name: str
) -> None:
    monkeypatch.setattr("portd._manifests._toml", lambda: None)
    write(folder / "here/pyproject.toml", text)
    assert derive(folder / "here").key.service == derive(folder / "here").key.service == name
    (line,) = capfd.readouterr().err.splitlines()
    assert "tomli" in line
    assert "PORTD_SERVICE" in line
    assert derive(folder / "here", variables={"PORTD_SERVICE": "web"}).key.service == "web"


def test_a_package_json_that_is_no_object_is_named(folder: Path) -> None:
    write(folder / "shop/package.json", "[]")
    assert "must be a JSON object" in refusal(folder / "shop")


@pytest.mark.parametrize("home", ["home", "home/", "link", "home/../home"])
def test_home_ends_the_look_whatever_it_is_called(folder: Path, home: str) -> None:
    shop = folder / "home" / "shop"
    shop.mkdir(parents=True)
    (folder / "link").symlink_to("home")
    (folder / "portd.yaml").write_text("project: acme\n")
    assert derive_key(str(shop), environ={"HOME": f"{folder}/{home}"}).project_file is None
    assert derive_key(str(shop), environ={"HOME": f"{folder}/other"}).project_file == str(folder / "portd.yaml")
