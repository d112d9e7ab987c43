"""portc config: every layer named, every mistake located and mended, files that keep their comments."""

from __future__ import annotations

import contextlib
import json
import random
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.cli import LonelyShell, Shell, shell_of
from harness.daemon import Portd
from harness.http import Json
from harness.programs import PORTC, PORTD, clean_environment

pytestmark = [pytest.mark.usefixtures("portc")]

SEVEN = """\
api:
  port: "7800"
ports:
  stratgy: next           # unknown
  hold: 5                 # wrong type
  ranges:
    default: 20000-24999
    web: 24000-25999      # overlaps
    far: 62000-70000      # beyond 65535
leases:
  ttl: 30                 # no unit
  ttl: 40s                # twice
"""


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


@pytest.fixture
def lonely(folder: Path) -> Iterator[LonelyShell]:
    with contextlib.closing(LonelyShell(folder)) as lonely:
        yield lonely


def user_file(shell: Shell) -> Path:
    return Path(shell.out("config", "path"))


def applied(text: str, edits: list[Json]) -> str:
    """The text with edits made, as an editor makes them: from the last to the first."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    for edit in sorted(edits, key=lambda each: (each["line"], each["column"]), reverse=True):
        begin, end = offset(edit["line"], edit["column"]), offset(edit["end_line"], edit["end_column"])
        text = text[:begin] + edit["text"] + text[end:]
    return text


# --- mistakes -------------------------------------------------------------------------------------------------------


def test_seven_mistakes_are_located_in_one_run_and_their_fixes_mend_them(lonely: LonelyShell) -> None:
    file = lonely.folder / "seven.yaml"
    file.write_text(SEVEN)

    started = subprocess.run(
        [str(PORTD), "--config", str(file), "--state-dir", str(lonely.state), "--port", "0"],
        capture_output=True,
        text=True,
        env=clean_environment(lonely.folder),
        check=False,
        timeout=30,
    )
    assert started.returncode == 78
    lines = [line.split(": error: ")[0] for line in started.stderr.splitlines() if ": error: " in line]
    places = ["2:9", "4:3", "5:9", "8:10", "9:10", "11:8", "12:3"]
    assert lines == [f"{file}:{place}" for place in places]

    del lonely.variables["PORTD_CFG_PORTS__RANGES__DEFAULT"]
    done = lonely.run("config", "validate", str(file), "--json")
    assert done.returncode == 78
    mistakes = json.loads(done.stdout)["mistakes"]
    assert [f"{each['line']}:{each['column']}" for each in mistakes] == places
    file.write_text(applied(SEVEN, [edit for each in mistakes for edit in each["fix"]["edits"]]))
    mended = lonely.run("config", "validate", str(file))
    assert (mended.returncode, mended.stdout) == (0, ""), file.read_text()
    assert "# unknown" in file.read_text()


def test_validate_mends_the_files_itself_when_told(lonely: LonelyShell) -> None:
    file = lonely.folder / "seven.yaml"
    file.write_text(SEVEN)
    assert lonely.run("config", "validate", str(file), "--fix").returncode == 78
    assert "far: 62000-65535" in file.read_text()
    assert "web: 24000-25999" in file.read_text()
    assert lonely.run("config", "validate", str(file), "--fix", "--remove").returncode == 0
    assert lonely.run("config", "validate", str(file)).returncode == 0
    assert "strategy: next           # unknown" in file.read_text()


def test_a_project_with_mistakes_across_the_files_it_extends_is_mended_too(lonely: LonelyShell) -> None:
    (lonely.folder / "base.yaml").write_text("extends: portd.yaml\nservices:\n\tweb: {tags: [5]}\n")
    (lonely.folder / "portd.yaml").write_text(
        "extends: base.yaml\n"
        "ports: {strategy: next}\n"
        "services:\n"
        "  web: {depends_on: [api], checks: [{type: http, interval: 5}]}\n"
        "  api: {depends_on: [web], env: {A: '${services.wep.url}'}}\n"
    )
    done = lonely.run("config", "validate")
    assert done.returncode == 78
    for part in ("is a loop", "a tab", "setting of portd itself", "a duration such as"):
        assert part in done.stdout, part
    assert lonely.run("config", "validate", "--fix", "--remove").returncode == 0
    assert lonely.run("config", "validate").returncode == 0


def test_what_is_mended_keeps_the_file_of_before(lonely: LonelyShell) -> None:
    file = lonely.folder / "seven.yaml"
    file.write_text(SEVEN)
    lonely.run("config", "validate", str(file), "--fix")
    assert Path(f"{file}~").read_text() == SEVEN


def test_nothing_is_renamed_onto_what_is_there(lonely: LonelyShell) -> None:
    file = lonely.folder / "portd.yaml"
    file.write_text("servicess: {}\nservices: {a: {}}\nenvironments: {Testing: {services: {a: {tags: [x]}}}}\n")
    lonely.run("config", "validate", "--fix")
    assert file.read_text() == (
        "servicess: {}\nservices: {a: {}}\nenvironments: {testing: {services: {a: {tags: [x]}}}}\n"
    )


def test_files_that_a_repository_leads_to_are_not_written(lonely: LonelyShell) -> None:
    victim = lonely.folder / "victim.yaml"
    victim.write_text("precious: 1\n")
    repository = lonely.folder / "repository"
    (repository / ".git").mkdir(parents=True)
    (repository / "portd.yaml").write_text("extends: ../victim.yaml\n")
    assert "lies outside of" in lonely.run("config", "validate", cwd=repository).stdout
    lonely.run("config", "validate", "--fix", "--remove", cwd=repository)
    (repository / "portd.yaml").unlink()
    (repository / "portd.yaml").symlink_to(victim)
    editor = lonely.folder / "editor.sh"
    editor.write_text('echo "project: shop" > "$1"')
    lonely.variables |= {"EDITOR": f"sh {editor}", "TMPDIR": str(lonely.folder)}
    for verb in (["validate", "--fix", "--remove"], ["set", "services.web.tags", "a"], ["edit", "--project"]):
        assert lonely.run("config", *verb, cwd=repository).returncode != 0
    (repository / "portd.yaml").unlink()
    (repository / "AGENTS.md").symlink_to(victim)
    (repository / ".portd.draft.yaml").symlink_to(victim)
    assert lonely.run("init", "--agents", cwd=repository).returncode == 77
    (repository / "portd.yaml").write_text("project: other\n")
    lonely.out("config", "edit", "--project", cwd=repository)
    assert victim.read_text() == "precious: 1\n"


def test_many_at_once_lose_nothing(lonely: LonelyShell) -> None:
    file = lonely.folder / "portd.yaml"
    file.write_text("services: {web: {}}\n")
    keys = [f"key{number}" for number in range(8)]
    running = [
        subprocess.Popen(
            [str(PORTC), "config", "set", f"services.web.metadata.{key}", "x"],
            env=clean_environment(lonely.folder) | lonely.variables,
            cwd=lonely.folder,
            stderr=subprocess.DEVNULL,
        )
        for key in keys
    ]
    assert [process.wait(30) for process in running] == [0] * len(keys)
    assert sorted(json.loads(lonely.out("config", "get", "services.web.metadata"))) == keys


def test_a_warning_alone_is_no_failure(lonely: LonelyShell) -> None:
    (lonely.folder / "portd.yaml").write_text("services: {web: {depends_on: [apy]}, api: {}}\n")
    done = lonely.run("config", "validate")
    assert done.returncode == 0
    assert 'warning: services.web.depends_on.apy is no service of this project; did you mean "api"?' in done.stdout


# --- layers ---------------------------------------------------------------------------------------------------------


def dumped(ending: str, value: Json) -> str:
    # JSON is a part of YAML; the comment makes it one that only YAML readers take.
    return ("" if ending == "json" else "# YAML\n") + json.dumps(value, indent=1)


def shown(shell: Shell, *options: str) -> dict[str, Json]:
    settings = json.loads(shell.out("config", "show", "--origin", "--json", *options))["settings"]
    return {each["key"]: each for each in settings}


@pytest.mark.parametrize("ending", ["yaml", "json"])
def test_show_names_every_layer(lonely: LonelyShell, ending: str) -> None:
    folder = lonely.folder
    system, user = folder / "etc" / "portd" / f"portd.{ending}", folder / ".config" / "portd" / f"portd.{ending}"
    for file in (system, user):
        file.parent.mkdir(parents=True)
    ranges = {name: f"{3000 + number}0-{3000 + number}9" for number, name in enumerate("abcd")}
    system.write_text(dumped(ending, {"ports": {"ranges": ranges}}))
    user.write_text(dumped(ending, {"ports": {"ranges": {"b": "31000", "c": "31001", "d": "31002"}}}))
    (folder / f"base.{ending}").write_text(dumped(ending, {"services": {"web": {"env": {"A": "extended", "B": "x"}}}}))
    own = {
        "extends": f"base.{ending}",
        "services": {"web": {"env": {"B": "own", "C": "x", "D": "x", "E": "x"}}},
        "environments": {"testing": {"services": {"web": {"env": {"C": "environment", "D": "x"}}}}},
        "instances": {"feature-x": {"services": {"web": {"env": {"D": "instance", "E": "x"}}}}},
    }
    (folder / f"portd.{ending}").write_text(dumped(ending, own))
    lonely.variables["PORTD_CFG_PORTS__RANGES__C"] = "31003"
    lonely.variables["PORTD_CFG_SERVICES__WEB__TAGS"] = "from-variable"
    command = [
        *(str(PORTC), "config", "show", "--json", "--env", "testing", "--instance", "feature-x"),
        *("--set", "ports.ranges.d=31004", "--set", "services.web.env.E=flag"),
    ]
    # Another /etc, for the system's file.
    script = 'mount -t tmpfs none /etc && cp -r "$0"/etc/portd /etc/ && exec "$@"'
    done = subprocess.run(
        ["unshare", "--map-root-user", "--mount", "sh", "-c", script, str(folder), *command],
        capture_output=True,
        text=True,
        env=clean_environment(folder) | lonely.variables,
        cwd=folder,
        check=False,
        timeout=60,
    )
    if "unshare:" in done.stderr:
        pytest.skip("no mount namespaces here: " + done.stderr.strip())
    assert done.returncode == 0, done.stderr
    settings = {each["key"]: each for each in json.loads(done.stdout)["settings"]}

    def layer(key: str) -> tuple[str, object, str]:
        return settings[key]["layer"], settings[key]["value"], settings[key]["where"].split(":")[0]

    env = "services.web.env."
    project = str(folder / f"portd.{ending}")
    assert layer("ports.strategy") == ("built-in", "hash", "built-in")
    assert layer("ports.ranges.a") == ("system", ranges["a"], f"/etc/portd/portd.{ending}")
    assert layer("ports.ranges.b") == ("user", "31000", str(user))
    assert layer("ports.ranges.c")[::2] == ("variable", "PORTD_CFG_PORTS__RANGES__C")
    assert layer("ports.ranges.d")[::2] == ("flag", "--set")
    assert layer(env + "A") == ("project", "extended", str(folder / f"base.{ending}"))
    assert layer(env + "B") == ("project", "own", project)
    assert layer(env + "C") == ("environment", "environment", project)
    assert layer(env + "D") == ("instance", "instance", project)
    assert layer(env + "E") == ("flag", "flag", "--set")
    assert layer("services.web.tags") == ("variable", ["from-variable"], "PORTD_CFG_SERVICES__WEB__TAGS")


def test_show_tells_what_the_running_portd_has(shell: Shell, portd: Portd) -> None:
    default = shown(shell)["ports.ranges.default"]
    assert (default["value"], default["layer"], default["where"]) == (portd.ports.text, "flag", "--set")


def test_get_prints_the_bare_value(lonely: LonelyShell) -> None:
    lonely.variables["PORTD_CFG_PORTS__STRATEGY"] = "next"
    assert lonely.out("config", "get", "ports.strategy") == "next"
    assert json.loads(lonely.out("config", "get", "leases")) == {"ttl": "30s", "memory": "90d"}
    missing = lonely.run("config", "get", "ports.stratgy")
    assert missing.returncode == 3
    assert 'did you mean "ports.strategy"?' in missing.stderr


# --- changing files -------------------------------------------------------------------------------------------------

COMMENTED = """\
# My ports.

ports:  # all of them
  # Lowest first, for I like them low.
  strategy: next   # or hash

  exclude: [25565]
# Logs.
log: {level: debug}  # for now
"""


def test_comments_and_order_survive_set_and_unset(lonely: LonelyShell) -> None:
    file = user_file(lonely)
    file.parent.mkdir(parents=True)
    file.write_text(COMMENTED)
    lonely.out("config", "set", "ports.strategy", "random")
    lonely.out("config", "set", "ports.exclude", "25565, 24000-24099")
    lonely.out("config", "set", "log.format", "json")
    lonely.out("config", "set", "leases.ttl", "1m")
    lonely.out("config", "unset", "log.level")
    expected = COMMENTED.replace("strategy: next ", "strategy: random ")
    expected = expected.replace("[25565]", "[25565, 24000-24099]")
    expected = expected.replace("log: {level: debug}", "log: {format: json}")
    assert file.read_text() == expected + "leases:\n  ttl: 1m\n"
    assert Path(f"{file}~").exists()


def test_a_setting_that_is_wrong_is_not_written(lonely: LonelyShell) -> None:
    file = user_file(lonely)
    for arguments in (["ports.strategy", "nxt"], ["ports.stratgy", "next"], ["leases.ttl", "30"], ["api.port", "x"]):
        done = lonely.run("config", "set", *arguments)
        assert done.returncode == 2, done
    assert lonely.run("config", "set", "ports.ranges.web", lonely.ports.text).returncode == 78
    assert not file.exists()


def test_a_key_says_which_file_it_belongs_in(lonely: LonelyShell) -> None:
    assert lonely.run("config", "set", "services.web.tags", "a").returncode == 3
    project = lonely.folder / "portd.yaml"
    project.write_text("services:\n  web: {}  # the shop\n")
    below = lonely.folder / "src"
    below.mkdir()
    lonely.out("config", "set", "services.web.tags", "a,b", cwd=below)
    assert project.read_text() == "services:\n  web: {tags: [a, b]}  # the shop\n"


def test_a_kill_leaves_the_old_file_or_the_new(lonely: LonelyShell) -> None:
    file = user_file(lonely)
    file.parent.mkdir(parents=True)
    file.write_text(COMMENTED)
    valid = {COMMENTED.replace("strategy: next ", f"strategy: {word} ") for word in ("next", "random", "hash")}
    chance = random.Random(7)
    killed = 0
    for turn in range(40):
        word = "random" if turn % 2 else "hash"
        process = subprocess.Popen(
            [str(PORTC), "config", "set", "ports.strategy", word],
            env=clean_environment(lonely.folder) | lonely.variables,
            stderr=subprocess.DEVNULL,
        )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(chance.uniform(0.0, 0.03))
        process.send_signal(signal.SIGKILL)
        killed += process.wait(10) != 0
        assert file.read_text() in valid
    assert killed > 0
    assert lonely.run("config", "validate").returncode == 0


def test_a_running_portd_uses_what_is_set_at_once(folder: Path) -> None:
    with contextlib.closing(LonelyShell(folder)) as shell:
        del shell.variables["PORTD_CFG_PORTS__RANGES__DEFAULT"]
        first, second = shell.ports.text, None
        file = user_file(shell)
        file.parent.mkdir(parents=True)
        file.write_text(f"ports: {{ranges: {{default: {first}}}}}\n")
        assert int(shell.out("port", "one")) in shell.ports
        low = shell.ports.spare[0]
        second = f"{low}-{low}"
        done = shell.run("config", "set", "ports.ranges.default", second)
        assert done.returncode == 0
        assert "portd uses it now" in done.stderr
        assert shell.out("port", "two") == str(low)
        done = shell.run("config", "set", "history.enabled", "false")
        assert "but for history.enabled" in done.stderr


def test_edit_replaces_the_file_only_with_what_is_valid(lonely: LonelyShell) -> None:
    editor = lonely.folder / "editor.sh"
    file = user_file(lonely)
    lonely.variables |= {"EDITOR": f"sh {editor}", "TMPDIR": str(lonely.folder)}
    editor.write_text('echo "ports: {strategy: nxt}" > "$1"\n')
    done = lonely.run("config", "edit")
    assert done.returncode == 78
    assert 'did you mean "next"?' in done.stdout
    assert not file.exists()
    draft = Path(done.stderr.splitlines()[-2].split(" is in ")[-1])
    assert draft.read_text() == "ports: {strategy: nxt}\n"
    editor.write_text('echo "ports: {strategy: next}" > "$1"\n')
    assert lonely.run("config", "edit").returncode == 0
    assert file.read_text() == "ports: {strategy: next}\n"
    editor.write_text("exit 1\n")
    assert lonely.run("config", "edit").returncode == 2
    assert file.read_text() == "ports: {strategy: next}\n"


def test_the_schema_that_portc_prints_is_the_one_that_portd_serves(shell: Shell, portd: Portd) -> None:
    assert json.loads(shell.out("config", "schema")) == portd.get("/config/schema").json


def test_path_lists_every_file_in_the_order_of_the_layers(lonely: LonelyShell) -> None:
    (lonely.folder / "portd.yaml").write_text("extends: base.yaml\n")
    (lonely.folder / "base.yaml").write_text("project: shop\n")
    files = json.loads(lonely.out("config", "path", "--all", "--json"))["files"]
    assert [each["layer"] for each in files] == ["system", "user", "project", "project"]
    assert [Path(each["file"]).name for each in files[2:]] == ["base.yaml", "portd.yaml"]
