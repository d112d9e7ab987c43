"""A project and its portd.yaml, as a person works with it: environments, worktrees, siblings, shared services."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.http import Json
from harness.services import http_server

pytestmark = [pytest.mark.portable, pytest.mark.usefixtures("portc")]

PROJECT = """\
project: shop
services:
  web:
    ports: [http, debug]
    depends_on: {api: healthy, db: started}
    checks: [{type: http, path: "/", interval: 5s}]
    env: {API_URL: "${services.api.url}", DB_PORT: "${services.db.port}", DEBUG: "${DEBUG:-1}"}
    tags: [public]
    metadata: {team: checkout, api: "${services.api.url}"}
  api: {}
  db: {shared: true, ports: [postgres]}
environments: {testing: {services: {web: {env: {DEBUG: "0"}}}}}
instances: {feature-x: {services: {web: {tags: [beta]}}}}
"""


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


def git(folder: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@localhost", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, timeout=30)


def repository(shell: Shell, name: str, project: str = PROJECT) -> Path:
    folder = shell.folder / name
    (folder / "src" / "deep").mkdir(parents=True)
    (folder / "portd.yaml").write_text(project)
    git(folder, "init")
    (folder / "src" / "deep" / "main.py").write_text("")
    git(folder, "add", ".")
    git(folder, "commit", "-m", "start")
    return folder


def environment_of(shell: Shell, folder: Path, *options: str) -> dict[str, str]:
    lines = shell.out("env", *options, cwd=folder).splitlines()
    return dict(line.split("=", 1) for line in lines)


def instances(portd: Portd, service: str) -> dict[str, Json]:
    found = portd.get(f"/services/{service}?project=shop").json["instances"]
    return {each["instance"]: each for each in found}


def test_two_environments_in_two_worktrees_have_four_ports_and_one_database(shell: Shell, tmp_path: Path) -> None:
    main = repository(shell, "shop")
    feature = shell.folder / "feature-x"
    git(main, "worktree", "add", str(feature))
    places = [(main, ()), (main, ("--env", "testing")), (feature, ()), (feature, ("--env", "testing"))]

    seen = [environment_of(shell, folder, *options) for folder, options in places]
    again = [environment_of(shell, folder / "src" / "deep", *options) for folder, options in places]

    assert again == seen
    web = {int(each["WEB_PORT"]) for each in seen}
    database = {int(each["DB_PORT"]) for each in seen}
    assert (len(web), len(database)) == (4, 1)
    with contextlib.ExitStack() as running:
        for port in sorted(web | database):
            running.enter_context(http_server(port, tmp_path))


def test_siblings_are_looked_for_in_the_same_instance_and_never_silently_in_main(shell: Shell, portd: Portd) -> None:
    main = repository(shell, "shop")
    feature = shell.folder / "feature-x"
    git(main, "worktree", "add", str(feature))
    in_main = environment_of(shell, main, "web")
    in_feature = environment_of(shell, feature, "web")
    assert in_main["API_URL"] != in_feature["API_URL"]
    assert in_feature["API_URL"].removesuffix("/") == shell.out("url", "api@feature-x", cwd=main)
    assert in_feature["DB_PORT"] == shell.out("port", "db", cwd=main)
    shell.out("register", "web", cwd=feature)
    needs = {each["service"]: each["instance"] for each in instances(portd, "web")["feature-x"]["depends_on"]}
    assert needs == {"api": "feature-x", "db": "main"}


def test_two_repositories_with_a_service_of_the_same_name_do_not_share_a_port(shell: Shell) -> None:
    project = "services: {web: {}}\n"
    one, other = repository(shell, "one", project), repository(shell, "other", project)
    assert shell.out("port", "web", cwd=one) != shell.out("port", "web", cwd=other)


def test_what_the_file_declares_is_registered_from_any_folder_below(shell: Shell, portd: Portd) -> None:
    folder = repository(shell, "shop")
    shell.out("register", "web", cwd=folder / "src" / "deep")
    web = instances(portd, "web")["main"]
    assert web["tags"] == ["public"]
    assert web["metadata"] == {"team": "checkout", "api": shell.out("url", "api", cwd=folder)}
    assert [(each["type"], each["interval"]) for each in web["checks"]] == [("http", "5s")]
    shell.out("register", "web", "--tag", "mine", cwd=folder)
    assert instances(portd, "web")["main"]["tags"] == ["mine"]


def test_an_instance_and_an_environment_have_overrides_of_their_own(shell: Shell, portd: Portd) -> None:
    folder = repository(shell, "shop")
    assert environment_of(shell, folder, "web")["DEBUG"] == "1"
    assert environment_of(shell, folder, "web", "--env", "testing")["DEBUG"] == "0"
    shell.variables["PORTD_ENV"] = "testing"
    assert environment_of(shell, folder, "web")["DEBUG"] == "0"
    del shell.variables["PORTD_ENV"]
    shell.out("register", "web", "--instance", "feature-x", cwd=folder)
    assert instances(portd, "web")["feature-x"]["tags"] == ["beta"]
    shell.variables["DEBUG"] = "7"
    assert environment_of(shell, folder, "web")["DEBUG"] == "7"


def test_a_declared_port_is_used_and_a_changed_one_moved_to(shell: Shell, portd: Portd) -> None:
    first, second = portd.ports.spare[:2]
    project = "project: shop\nservices: {web: {ports: {http: {port: NUMBER}}}}\n"
    folder = repository(shell, "shop", project.replace("NUMBER", str(first)))
    assert shell.out("port", cwd=folder) == str(first)
    (folder / "portd.yaml").write_text(project.replace("NUMBER", str(second)))
    assert shell.out("port", cwd=folder / "src") == str(second)
    assert [lease["port"] for lease in portd.leases()] == [second]


def test_a_declared_port_that_is_taken_is_told_of(shell: Shell, portd: Portd) -> None:
    taken = portd.lease(service="other")["port"]
    folder = repository(shell, "shop", f"services: {{web: {{ports: {{http: {{port: {taken}}}}}}}}}\n")
    done = shell.run("port", cwd=folder)
    assert done.returncode == 0
    assert int(done.stdout) != taken
    assert f"port {taken}, which portd.yaml asks for, is taken" in done.stderr


def test_a_mistyped_service_is_told_of(shell: Shell) -> None:
    folder = repository(shell, "shop")
    assert 'wbe is not in portd.yaml; did you mean "web"?' in shell.run("port", "wbe", cwd=folder).stderr


def test_every_verb_says_where_a_broken_file_is_broken(shell: Shell, portd: Portd) -> None:
    folder = repository(shell, "shop", "services:\n  web: {port: [http]}\n")
    for verb in (["port"], ["url", "web"], ["env"], ["register"], ["config", "show"], ["trust"]):
        done = shell.run(*verb, cwd=folder)
        assert done.returncode == 78, verb
        assert "portd.yaml:2:9: error: services.web.port is not a setting" in done.stderr, verb
        assert "    |         ^^^^" in done.stderr
    assert portd.leases() == []


@pytest.mark.parametrize(("form", "read"), [("shell", "sh"), ("direnv", "sh"), ("dotenv", "dotenv"), ("json", "json")])
def test_env_is_read_back_as_it_was_by_those_it_is_for(shell: Shell, form: str, read: str) -> None:
    odd = 'it\'s \\ "odd" $HOME `id` # \u00e9'
    folder = repository(shell, "shop", "project: shop\nservices: {web: {env: {ODD: ''}}}\n")
    text = (folder / "portd.yaml").read_text().replace("''", "'" + odd.replace("'", "''").replace("$", "$$") + "'")
    (folder / "portd.yaml").write_text(text)
    printed = shell.out("env", "web", "--format", form, cwd=folder)
    if read == "json":
        import json

        assert json.loads(printed)["ODD"] == odd
    elif read == "sh":
        script = 'watch_file() { test -f "$1" || exit 9; }; eval "$1"; printf %s "$ODD"'
        done = subprocess.run(
            ["sh", "-c", script, "sh", printed], capture_output=True, text=True, check=True, timeout=10
        )
        assert done.stdout == odd
    else:
        assert f"ODD={dotenv_of(odd)}" in printed.splitlines()


def dotenv_of(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("$", "\\$").replace("`", "\\`") + '"'


def test_variables_that_decide_what_runs_need_trust(shell: Shell) -> None:
    folder = repository(shell, "shop", "project: shop\nservices: {web: {env: {PATH: ./bin}}}\n")
    done = shell.run("env", "web", cwd=folder)
    assert done.returncode == 77
    assert "sets PATH, which decides what programs run" in done.stderr
    assert "WEB_PORT" in shell.out("env", cwd=folder)
    shell.out("trust", cwd=folder)
    assert "PATH=./bin" in shell.out("env", "web", cwd=folder)


def test_trust_shows_the_commands_of_every_environment(shell: Shell) -> None:
    project = "services: {a: {command: ok}}\nenvironments:\n"
    project += "".join(f"  e{n}: {{services: {{a: {{tags: [t]}}}}}}\n" for n in range(49))
    project += "  zz: {services: {a: {command: 'curl evil', cwd: ..}}}\n"
    shown = shell.out("trust", cwd=repository(shell, "shop", project))
    assert "a in zz" in shown
    assert "curl evil" in shown


def test_a_mistyped_environment_is_told_of(shell: Shell) -> None:
    folder = repository(shell, "shop")
    assert 'did you mean "testing"?' in shell.run("port", "web", "--env", "testign", cwd=folder).stderr


def test_trust_is_given_and_taken_by_any_edit(shell: Shell) -> None:
    folder = repository(shell, "shop", "extends: base.yaml\nservices: {web: {command: flask run}}\n")
    (folder / "base.yaml").write_text("services: {web: {tags: [a]}}\n")
    assert shell.run("trust", "--check", cwd=folder).returncode == 77
    assert "flask run" in shell.out("trust", cwd=folder)
    assert shell.run("trust", "--check", cwd=folder / "src").returncode == 0
    (folder / "base.yaml").write_text("services: {web: {tags: [b]}}\n")
    assert shell.run("trust", "--check", cwd=folder).returncode == 77
    shell.out("trust", cwd=folder)
    shell.out("untrust", cwd=folder)
    assert shell.run("trust", "--check", cwd=folder).returncode == 77


def test_a_copied_project_is_not_trusted_with_the_first(shell: Shell) -> None:
    text = "services: {web: {command: flask run}}\n"
    shell.out("trust", cwd=repository(shell, "one", text))
    assert shell.run("trust", "--check", cwd=repository(shell, "two", text)).returncode == 77


def test_init_writes_a_file_that_is_valid_and_keeps_the_ports_of_before(shell: Shell) -> None:
    folder = shell.folder / "shop"
    folder.mkdir()
    (folder / "requirements.txt").write_text("Flask==3.1\n")
    (folder / "compose.yaml").write_text("services: {db: {image: 'postgres:16', ports: ['5432:5432']}}\n")
    before = shell.out("port", cwd=folder)
    shell.out("init", "--agents", cwd=folder)
    text = (folder / "portd.yaml").read_text()
    assert text.startswith("# yaml-language-server: $schema=http://localhost:")
    assert shell.run("config", "validate", cwd=folder).returncode == 0
    assert shell.out("port", "shop", cwd=folder) == before
    assert "DB_PORT" in environment_of(shell, folder)
    agents = (folder / "AGENTS.md").read_text()
    assert "portc run --" in agents
    assert "portc url" in agents
    assert shell.run("init", cwd=folder).returncode == 4
    assert (folder / "portd.yaml").read_text() == text
