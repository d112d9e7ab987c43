"""portd's configuration over HTTP: GET and PUT /config, POST /config/validate; and what a wrong file does at start."""

from __future__ import annotations

import json
import re
import stat
import subprocess
from pathlib import Path

import pytest
from harness.configuration import PLAIN, file_of, portd_with, put, show, upper_half, write
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.http import Answer, Json
from harness.programs import SLACK, SOURCE

SCHEMA: Json = json.loads((SOURCE / "config/portd.schema.json").read_text())


@pytest.fixture
def portd(new_portd: NewPortd) -> Portd:
    """A portd that runs with a file of its own."""
    return portd_with(new_portd, PLAIN).start()


def message_of(portd: Portd, text: str) -> str:
    """What a portd that starts with this text prints, without the excerpts."""
    path = portd.folder / "other" / "portd.yaml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    at = portd.command.index("--config") + 1
    command = [*portd.command[:at], str(path), *portd.command[at + 1 :]]
    result = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)
    assert result.returncode == 78, result
    return result.stderr.replace(str(path), str(file_of(portd)))


# --- start-up ---------------------------------------------------------------------------------------------------------

SEVEN = """api: {port: 70000}
ports:
  stratgy: next
  hold: tight
  ranges: {default: 20000}
  exclude: 5
leases: {ttl: 30}
log: {level: loud}
alerts: {mute: [port-contestd]}
"""


def test_portd_does_not_start_with_mistakes_and_tells_each_with_its_place(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, SEVEN)
    process = portd.spawn()
    assert process.wait(20 * SLACK) == 78
    places = re.findall(rf"^{re.escape(str(file_of(portd)))}:(\d+:\d+): error: (\S+) ", portd.log_text(), re.M)
    assert places == [
        ("1:13", "api.port"),
        ("3:3", "ports.stratgy"),
        ("4:9", "ports.hold"),
        ("6:12", "ports.exclude"),
        ("7:15", "leases.ttl"),
        ("8:14", "log.level"),
        ("9:17", "alerts.mute[0]"),
    ]


def test_a_log_file_that_cannot_be_opened_ends_the_start(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, "log: {file: /dev/null/portd.log}\n")
    assert portd.spawn().wait(20 * SLACK) == 74
    assert f"{file_of(portd)}:1:13: error: log.file cannot be opened" in portd.log_text()


# --- GET and PUT ------------------------------------------------------------------------------------------------------


def test_get_tells_what_is_stated_what_is_in_use_and_where_it_came_from(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN, environment={"PORTD_CFG_LEASES__TTL": "1m"})
    portd.command += ["--set", "watch.interval=1s"]
    answer = portd.start().get("/config")
    assert re.fullmatch(r'"[0-9a-f]{32}"', answer.headers["etag"])
    shown = answer.json
    assert shown["file"] == str(file_of(portd))
    assert shown["content"] == file_of(portd).read_text()
    assert shown["settings"]["ports"]["ranges"] == {"default": portd.ports.text}
    assert shown["settings"]["ports"]["strategy"] == "hash"
    assert shown["settings"]["leases"]["ttl"] == "1m"
    assert shown["origins"]["ports.ranges.default"] == {"layer": "user", "where": f"{file_of(portd)}:2:27"}
    assert shown["origins"]["ports.strategy"] == {"layer": "built-in", "where": "built-in"}
    assert shown["origins"]["leases.ttl"] == {"layer": "variable", "where": "PORTD_CFG_LEASES__TTL"}
    assert shown["origins"]["watch.interval"] == {"layer": "flag", "where": "--set"}
    assert shown["restart_needed"] == []
    assert shown["warnings"] == []
    assert portd.request("GET", "/config", headers={"If-None-Match": answer.headers["etag"]}).status == 304


def test_get_without_a_file_shows_where_it_would_lie(new_portd: NewPortd) -> None:
    portd = new_portd().start()
    shown = show(portd)
    assert shown["file"] == str(portd.folder / ".config" / "portd" / "portd.yaml")
    assert shown["content"] == ""
    assert put(portd, content="leases: {ttl: 1m}\n").status == 200
    folder = portd.folder / ".config" / "portd"
    assert (folder / "portd.yaml").read_text() == "leases: {ttl: 1m}\n"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert show(portd)["settings"]["leases"]["ttl"] == "1m"


def test_put_replaces_the_file_keeps_the_previous_one_and_takes_effect(portd: Portd) -> None:
    before = file_of(portd).read_text()
    file_of(portd).chmod(0o640)
    text, wanted = upper_half(portd)
    content = f"# mine\napi: {{port: 0}}\nports: {{strategy: next, ranges: {{default: {text}}}}}\n"
    answer = put(portd, content=content)
    assert answer.status == 200, answer
    assert answer.json == show(portd)
    assert answer.headers["etag"] == portd.get("/config").headers["etag"]
    assert file_of(portd).read_text() == content
    assert stat.S_IMODE(file_of(portd).stat().st_mode) == 0o640
    assert Path(f"{file_of(portd)}~").read_text() == before
    assert sorted(each.name for each in file_of(portd).parent.iterdir()) == ["portd.yaml", "portd.yaml~"]
    assert portd.lease(service="new")["port"] == wanted[0]


def test_put_of_what_the_file_has_puts_it_into_use_and_keeps_the_previous_one(portd: Portd) -> None:
    before = file_of(portd).read_text()
    assert put(portd, content=before + "# more\n").status == 200
    edited = write(portd, PLAIN + "leases: {ttl: 1m}\n" + COMMANDS)
    answer = put(portd, content=edited)
    assert answer.status == 200, answer
    assert answer.json["settings"]["leases"]["ttl"] == "1m"
    assert Path(f"{file_of(portd)}~").read_text() == before


def test_put_needs_the_tag_of_what_it_replaces(portd: Portd) -> None:
    content = PLAIN.replace("{range}", portd.ports.text) + "leases: {ttl: 1m}\n"
    absent = portd.request("PUT", "/config", {"content": content})
    assert (absent.status, absent.problem) == (428, "precondition-required")
    old = portd.get("/config").headers["etag"]
    assert put(portd, content=content).status == 200
    stale = put(portd, old, content="")
    assert (stale.status, stale.problem) == (412, "stale-etag")
    assert file_of(portd).read_text() == content
    assert put(portd, "*", content=content + "# more\n").status == 200


def test_a_file_that_was_edited_meanwhile_is_not_replaced(portd: Portd) -> None:
    etag = portd.get("/config").headers["etag"]
    edited = write(portd, PLAIN + "# by hand\n")
    answer = put(portd, etag, content="")
    assert (answer.status, answer.problem) == (412, "stale-etag")
    assert file_of(portd).read_text() == edited


def test_put_refuses_mistakes_with_the_messages_that_portd_prints(portd: Portd) -> None:
    before = file_of(portd).read_text()
    answer = put(portd, content=SEVEN)
    assert (answer.status, answer.problem) == (422, "invalid-value")
    assert answer.json["detail"] + "\n" == message_of(portd, SEVEN)
    assert [(each["line"], each["column"], each["key"]) for each in answer.json["mistakes"]][:2] == [
        (1, 13, "api.port"),
        (3, 3, "ports.stratgy"),
    ]
    assert len(answer.json["mistakes"]) == 7
    assert file_of(portd).read_text() == before
    assert not Path(f"{file_of(portd)}~").exists()


def test_put_of_settings_keeps_the_comments(portd: Portd) -> None:
    write(
        portd,
        "# mine\napi: {port: 0}  # any\n\nports:\n  # where from\n  ranges: {default: {range}}\n"
        "  strategy: next # low\nlog: {level: debug}\n",
    )
    settings = {
        "api": {"port": 0},
        "ports": {"ranges": {"default": portd.ports.text}, "strategy": "random"},
        "leases": {"ttl": "1m"},
    }
    answer = put(portd, settings=settings)
    assert answer.status == 200, answer
    content = file_of(portd).read_text()
    for kept in ("# mine\n", "api: {port: 0}  # any\n", "  # where from\n", "  strategy: random # low\n"):
        assert kept in content
    assert "debug" not in content
    shown = answer.json["settings"]
    assert (shown["ports"]["strategy"], shown["leases"]["ttl"], shown["log"]["level"]) == ("random", "1m", "info")
    assert put(portd, settings=settings).status == 200
    assert file_of(portd).read_text() == content


def test_put_of_settings_writes_json_into_a_json_file(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN)
    file = file_of(portd).with_suffix(".json")
    stated = {"api": {"port": 0}, "ports": {"ranges": {"default": portd.ports.text}}}
    file.write_text(json.dumps(stated, indent=2))
    portd.command[portd.command.index("--config") + 1] = str(file)
    portd.start()
    wanted = stated | {"leases": {"ttl": "1m"}}
    assert put(portd, settings=wanted).status == 200
    assert json.loads(file.read_text()) == wanted


def test_put_of_settings_with_a_mistake_is_refused_with_its_place(portd: Portd) -> None:
    before = file_of(portd).read_text()
    answer = put(portd, settings={"ports": {"stratgy": "next"}})
    assert answer.status == 422
    assert [each["key"] for each in answer.json["mistakes"]] == ["ports.stratgy"]
    assert file_of(portd).read_text() == before


COMMANDS = "checks: {commands: {shop: {up: {command: ['true']}}}}\n"


@pytest.mark.parametrize(
    "content",
    [
        COMMANDS.replace("true", "false"),
        COMMANDS.replace("up:", "down:"),
        COMMANDS.replace("shop", "api"),
        COMMANDS.replace("['true']", "['true'], interval: 1m"),
        "checks: {commands: {shop: null}}\n",
        "checks: {commands: null}\n",
        "checks: null\n",
        "",
    ],
)
def test_put_takes_no_commands_but_those_of_the_file(new_portd: NewPortd, content: str) -> None:
    portd = portd_with(new_portd, PLAIN + COMMANDS).start()
    before = file_of(portd).read_text()
    answer = put(portd, content=PLAIN.replace("{range}", portd.ports.text) + content)
    assert (answer.status, answer.problem) == (403, "command-not-allowed")
    assert "by hand" in answer.json["detail"]
    assert file_of(portd).read_text() == before


def test_put_leads_the_log_to_no_other_file(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN + "log: {file: ~/one.log}\n").start()
    plain = PLAIN.replace("{range}", portd.ports.text)
    before = file_of(portd).read_text()
    answer = put(portd, content=plain + "log: {file: ~/.profile}\n")
    assert (answer.status, answer.problem) == (403, "command-not-allowed")
    assert "log.file would be other" in answer.json["detail"]
    assert file_of(portd).read_text() == before
    assert not (portd.folder / ".profile").exists()
    assert put(portd, content=plain + "log: {file: ~/one.log, level: debug}\n").status == 200
    assert put(portd, content=plain).status == 200


def test_put_takes_the_commands_that_the_file_has(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN + COMMANDS).start()
    same = 'checks:\n  allowed_hosts: [db.internal]\n  commands:\n    shop:\n      up: {command: ["true"]}\n'
    assert put(portd, content=PLAIN.replace("{range}", portd.ports.text) + same).status == 200


@pytest.mark.parametrize("now", ["", "checks:\n", "checks: {commands: }\n", "checks: {commands: {}}\n"])
def test_a_file_without_commands_may_be_written_in_any_way(new_portd: NewPortd, now: str) -> None:
    portd = portd_with(new_portd, PLAIN + now).start()
    hosts = "checks: {allowed_hosts: [db.internal]}\n"
    assert put(portd, content=PLAIN.replace("{range}", portd.ports.text) + hosts).status == 200


def test_a_flag_that_covers_a_command_lets_no_other_in(new_portd: NewPortd) -> None:
    portd = portd_with(new_portd, PLAIN)
    portd.command += ["--set", "checks.commands.shop.up.command=[sleep, now]"]
    answer = put(portd.start(), content=PLAIN.replace("{range}", portd.ports.text) + COMMANDS)
    assert (answer.status, answer.problem) == (403, "command-not-allowed")


def test_settings_take_no_commands_either(portd: Portd) -> None:
    checks = {"commands": {"shop": {"up": {"command": ["true"]}}}}
    answer = put(portd, settings={"api": {"port": 0}, "checks": checks})
    assert (answer.status, answer.problem) == (403, "command-not-allowed")


def test_a_file_that_cannot_be_written_is_told_and_nothing_is_changed(portd: Portd) -> None:
    before = file_of(portd).read_text()
    Path(f"{file_of(portd)}~").mkdir()  # where the previous one would stay
    answer = put(portd, content=before + "leases: {ttl: 1m}\n")
    assert (answer.status, answer.problem) == (503, "store-unavailable")
    assert file_of(portd).read_text() == before
    assert show(portd)["settings"]["leases"]["ttl"] == "30s"


def test_put_of_more_than_64_kb_is_refused(portd: Portd) -> None:
    assert put(portd, content="#" * 65_536).status == 413


# --- validating -------------------------------------------------------------------------------------------------------


def validate(portd: Portd, content: str, scope: str = "daemon") -> Json:
    answer: Answer = portd.request("POST", "/config/validate", {"content": content, "scope": scope})
    assert answer.status == 200, answer
    return answer.json


def test_validating_tells_what_put_would(portd: Portd) -> None:
    assert validate(portd, "ports: {strategy: next}\n") == {"valid": True, "mistakes": []}
    judged = validate(portd, SEVEN)
    assert judged["valid"] is False
    assert judged["mistakes"] == put(portd, content=SEVEN).json["mistakes"]
    fix = judged["mistakes"][1]["fix"]
    assert fix["edits"] == [{"line": 3, "column": 3, "end_line": 3, "end_column": 10, "text": "strategy"}]


def test_validating_a_project_reads_no_other_file(portd: Portd) -> None:
    secret = portd.folder / "secret.yaml"
    secret.write_text("services: {web: {prots: [http]}}\n")
    extending = "extends: ../secret.yaml\nservices: {api: {depends_on: [web]}}\n"
    assert validate(portd, extending, "project")["valid"] is True
    assert validate(portd, f"extends: {secret}\n", "project")["valid"] is True
    judged = validate(portd, "services:\n  web: {prots: [http]}\n", "project")
    [mistake] = judged["mistakes"]
    assert (mistake["line"], mistake["column"], mistake["key"]) == (2, 9, "services.web.prots")
    assert validate(portd, "ports: {strategy: next}\n", "project")["valid"] is False


def test_the_schema_is_served_as_it_lies_in_the_sources(portd: Portd) -> None:
    answer = portd.get("/config/schema")
    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json == SCHEMA
    known = {"If-None-Match": answer.headers["etag"]}
    assert portd.request("GET", "/config/schema", headers=known).status == 304
