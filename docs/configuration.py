"""Writes docs/configuration.md from config/portd.schema.json: python3 docs/configuration.py

With --print it goes to the standard output instead. The words around the keys stand here, those about a key in the
schema; tests/e2e/test_configuration_reference.py holds the file against both.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
SCHEMA = FOLDER.parent / "config" / "portd.schema.json"
TARGET = FOLDER / "configuration.md"
WIDTH = 120

INTRODUCTION = """\
# Configuration

Generated from [config/portd.schema.json](../config/portd.schema.json) by `python3 docs/configuration.py`; change the
schema or that script, not this file. Everything has a default: portd and portc run without any file.

There are two kinds of files, both YAML or JSON and both described by the one schema. The *settings* of portd lie in the
system's and the user's file; [config/portd.yaml](../config/portd.yaml) is one with every key and its default, to copy.
A *project's* `portd.yaml` (or `portd.json`) lies in its repository and says which services it consists of; it cannot
change portd's settings.

For completion and checks as you type, an editor with the YAML language server needs one line at the top:

```yaml
# yaml-language-server: $schema=http://localhost:7700/config/schema
```

## Layers

Each layer wins over those above it.

| layer | where | for |
|---|---|---|
| built-in | the defaults below | both |
| system | `/etc/portd/portd.yaml` | settings |
| user | `$XDG_CONFIG_HOME/portd/portd.yaml`, else `~/.config/portd/portd.yaml` | settings |
| project | `portd.yaml` or `portd.json`, after the files that it `extends` | project |
| environment | `environments.<environment>` of the project's file | project |
| instance | `instances.<instance>` of the project's file, such as that of a git worktree | project |
| variables | `PORTD_CFG_PORTS__STRATEGY=next`: upper case, `__` between the names | both |
| flags | `--set ports.strategy=next` | both |

`--config FILE` or `PORTD_CONFIG` takes the place of the user's file. The environment is that of `--env` or `PORTD_ENV`,
else `development`.

Maps merge key by key. Scalars and lists replace what is below them. `null` takes a key back:

| system's file | user's file | what holds |
|---|---|---|
| `ports: {strategy: next}` | `ports: {hold: none}` | `ports: {strategy: next, hold: none}` |
| `ports: {exclude: [25565]}` | `ports: {exclude: [8080]}` | `ports: {exclude: [8080]}` |
| `ports: {strategy: next}` | `ports: {strategy: null}` | `ports: {strategy: hash}`, the default |

In a variable and after `--set`, a list is written `a, b` or `[a, b]`, a map `{a: b}`; after `--set` a name with
dots is in quotes: `--set 'checks.commands."shop/my.db".ready.command=[pg_isready]'`. Other variables named `PORTD_…`
are no settings.

`portc config show --origin` tells of each value which layer it came from.

## Values

- Durations: `250ms`, `30s`, `5m`, `2h`, `90d`.
- Sizes: `512KB`, `100MB`, `2GB`; 1 MB is 1,000,000 bytes.
- Ports and ranges: `8080`, `20000-29999`, both ends included.
- Plain scalars are those of YAML 1.2: `yes` and `on` are texts, not booleans.
- A file is UTF-8, has at most 256 KB, 10,000 values and 32 levels, one document, and no anchors, aliases or tags.

## Mistakes

A key that nobody knows is a mistake, and so is a value that is not what is expected. All are told at once, each with
its place and what would mend it; portd ends with exit code 78.

```text
portd.yaml:2:3: error: ports.stratgy is not a setting; did you mean "ports.strategy"?
  2 |   stratgy: next
    |   ^^^^^^^
  fix: rename it to "strategy"
portd.yaml:3:15: error: leases.ttl must be a duration such as "30s" or "90d", not "30"
  3 | leases: {ttl: 30}
    |               ^^
  fix: write 30s
```

`portc config validate` checks a file without using it.

## Reload

portd reads its files again on SIGHUP and on `PUT /config`. A file with a mistake changes nothing: portd goes on with
what it has, and says what is wrong. Each key tells whether a change takes effect at once or needs a restart.
"""

SETTINGS = """\
# Settings of portd

Keys of the system's and the user's file.
"""

PROJECT = """\
# The project's file

Keys of the `portd.yaml` or `portd.json` of a project. portc looks for it in the folder that it runs in and in those
above, up to the root of the git repository or the home folder. It is read anew whenever portc needs it.

```yaml
project: shop
services:
  web:
    ports: [http, debug]
    command: flask run
    depends_on: {api: healthy, db: started}
    checks: [{type: http, path: /healthz, interval: 5s}]
    env: {API_URL: "${services.api.url}"}
  api: {}
  db: {shared: true, ports: [postgres]}
environments: {testing: {services: {web: {env: {DEBUG: "0"}}}}}
instances: {feature-x: {services: {web: {tags: [beta]}}}}
```

## References

The texts in `env`, `command`, `checks` and `metadata` may refer to services of the project and to variables. They are
filled in when they are used, with what holds then.

| written | filled in |
|---|---|
| `${services.api.url}` | the URL of the service's main port: `http` where it has one, else its first |
| `${services.api.port}`, `${services.api.host}` | its number, its host |
| `${services.api.ports.debug}` | the number of the port with that role |
| `${VAR}` | the variable; a mistake when it is not set |
| `${VAR:-text}` | the variable, or the text when it is unset or empty |
| `$$` | a `$`; one before anything but `{` and `$` stays as it is |

A reference to a service or a role that the project does not have is a mistake.

## Several files, environments, instances

`extends` names files that come before this one, by their path from here: their maps merge with this one's, and this one
wins. Of several the later wins. They may extend others, 32 in all; a loop is a mistake.

`environments.<environment>.services` is laid over `services` in that environment; each but `development` has ports of
its own. `instances.<instance>.services` is laid over both. An instance is one checkout of the project: `main`, a linked
git worktree by the name of its folder, or what `--instance` or `PORTD_INSTANCE` say.

A service with `shared: true` runs once, as instance `main`, for all instances and environments: a database of which one
is enough.
"""

# What stands in a key where its user chooses a name, and which name an example has there; by what holds it.
PLACEHOLDERS = {
    "ports.ranges": ("<range>", "default"),
    "checks.commands": ("<service>", "shop/db"),
    "checks.commands.<service>": ("<check>", "ready"),
    "services": ("<service>", "web"),
    "services.<service>.ports": ("<role>", "http"),
    "services.<service>.depends_on": ("<service>", "api"),
    "services.<service>.env": ("<variable>", "DEBUG"),
    "services.<service>.metadata": ("<name>", "team"),
    "environments": ("<environment>", "testing"),
    "instances": ("<instance>", "feature-x"),
}

Schema = dict[str, Any]


@dataclass(frozen=True)
class Key:
    """A key of the schema, with the schema of its value; `path` has the names of an example."""

    name: str
    path: tuple[str, ...]
    part: Schema

    @property
    def last(self) -> str:
        return self.name.rsplit(".", 1)[-1]


class Reference:
    """The generated document."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema

    def text(self) -> str:
        parts = [INTRODUCTION, SETTINGS, *self._sections("daemon"), PROJECT, *self._sections("project")]
        return "\n".join(part.rstrip("\n") + "\n" for part in parts)

    # --- the schema ---------------------------------------------------------------------------------------------

    def _resolved(self, part: Schema) -> Schema:
        """With what its "$ref" leads to; a keyword beside it wins."""
        if "$ref" not in part:
            return part
        target = self._schema["definitions"][part["$ref"].rsplit("/", 1)[-1]]
        return self._resolved(target) | {name: value for name, value in part.items() if name != "$ref"}

    def _children(self, key: Key) -> Iterator[Key]:
        for name, part in key.part.get("properties", {}).items():
            yield Key(f"{key.name}.{name}", (*key.path, name), self._resolved(part))

    def _member(self, key: Key) -> Key | None:
        """The value under a name that its user chooses."""
        part = key.part.get("additionalProperties")
        if not isinstance(part, dict):
            return None
        placeholder, example = PLACEHOLDERS[key.name]
        return Key(f"{key.name}.{placeholder}", (*key.path, example), self._resolved(part))

    # --- the document -------------------------------------------------------------------------------------------

    def _sections(self, scope: str) -> Iterator[str]:
        for name, part in self._schema["properties"].items():
            resolved = self._resolved(part)
            if resolved["x-scope"] == scope:
                yield self._section(Key(name, (name,), resolved))

    def _section(self, key: Key) -> str:
        lines = [f"## `{key.name}`", "", filled(key.part["description"])]
        if "properties" in key.part:
            for child in self._children(key):
                lines += ["", *self._entry(child)]
            return "\n".join(lines)
        lines += ["", *self._facts(key)]
        member = self._member(key)
        if member and key.name == "services":
            for child in self._children(member):
                lines += ["", *self._entry(child)]
        return "\n".join(lines)

    def _entry(self, key: Key) -> list[str]:
        lines = [f"### `{key.name}`", "", filled(key.part["description"]), "", *self._facts(key)]
        for inner in self._tabled(key):
            lines += ["", f"Below `{inner.name}`:", "", *self._table(inner)]
        return lines

    def _tabled(self, key: Key) -> Iterator[Key]:
        """What lies below a key and has keys of its own."""
        if "items" in key.part and "properties" in (item := self._resolved(key.part["items"])):
            yield Key(f"{key.name}[]", key.path, item)
        member = self._member(key) if "additionalProperties" in key.part else None
        if member and "properties" in member.part:
            yield member
        elif member:
            yield from self._tabled(member)

    def _facts(self, key: Key) -> list[str]:
        facts = [f"- Value: {self._values(key.part)}."]
        if "default" in key.part:
            facts.append(f"- Default: `{flow(key.part['default'])}`.")
        if self._scope(key) == "daemon":
            live = not key.part.get("x-restart", False)
            facts.append(f"- A change takes effect {'at once' if live else 'after a restart of portd'}.")
        examples = [block(nested(key.path, example)) for example in key.part["examples"]]
        lines = [line for fact in facts for line in hanging(fact)]
        for example in examples:
            lines += ["", "```yaml", example, "```"]
        return lines

    def _scope(self, key: Key) -> str:
        return str(self._schema["properties"][key.path[0]]["x-scope"])

    def _table(self, key: Key) -> list[str]:
        lines = ["| key | what | value | default | example |", "|---|---|---|---|---|"]
        for child in self._children(key):
            what = child.part["description"].rstrip(".")
            if child.last in key.part.get("required", []):
                what += " (required)"
            default = f"`{flow(child.part['default'])}`" if "default" in child.part else "none"
            example = ", ".join(f"`{child.last}: {flow(each)}`" for each in child.part["examples"])
            cells = [f"`{child.last}`", what, self._values(child.part), default, example]
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        return lines

    def _values(self, part: Schema) -> str:
        """What may stand there, in words."""
        if part.get("x-format") in ("duration", "size"):
            return f"a {part['x-format']}, {part.get('x-minimum', '0s')} to {part['x-maximum']}"
        if "x-expected" in part:
            return str(part["x-expected"])
        if "enum" in part:
            words = [f"`{word}`" for word in part["enum"]]
            return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
        kind = part.get("type")
        if kind == "boolean":
            return "`true` or `false`"
        if kind == "integer":
            return f"a whole number, {part['minimum']} to {part['maximum']}"
        if kind == "array":
            most = f", {part['maxItems']} at most" if "maxItems" in part else ""
            item = self._resolved(part["items"])
            return f"a list{most}; each: {'as below' if 'properties' in item else self._values(item)}"
        if kind == "object":
            return self._map_values(part)
        return "text" + (f", {part['maxLength']} characters at most" if "maxLength" in part else "")

    def _map_values(self, part: Schema) -> str:
        most = f", {part['maxProperties']} entries at most" if "maxProperties" in part else ""
        member = self._resolved(part["additionalProperties"]) if part.get("additionalProperties") else {}
        if "properties" in member or member.get("type") == "object":
            return f"a map by name{most}"
        return f"a map by name{most}; each: {self._values(member)}"


# --- text -------------------------------------------------------------------------------------------------------


def filled(text: str) -> str:
    return textwrap.fill(escaped(text), WIDTH, break_long_words=False, break_on_hyphens=False)


def hanging(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_long_words=False, break_on_hyphens=False)


def escaped(text: str) -> str:
    """What Markdown would take for HTML or a reference, as code."""
    return re.sub(r"(?<!`)(\$\{[^}]*\}|\$\$|\[project/\]service\[@instance\]|~/)(?!`)", r"`\1`", text)


# --- YAML -------------------------------------------------------------------------------------------------------


def nested(path: tuple[str, ...], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def scalar(value: Any) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    plain = re.fullmatch(r"[A-Za-z0-9_./~-][\w./:~@ -]*", value)
    read_otherwise = re.fullmatch(r"[-+]?\.?\d[\d.]*([eE][-+]?\d+)?|true|false|null|~|-.*|.*: .*|.*:", value)
    return value if plain and not read_otherwise else json.dumps(value, ensure_ascii=False)


def flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(name)}: {flow(member)}" for name, member in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(item) for item in value) + "]"
    return scalar(value)


def block(value: dict[str, Any], indent: str = "") -> str:
    """Maps that hold one value or maps line by line, everything else in one line."""
    lines = []
    for name, member in value.items():
        if isinstance(member, dict) and (len(member) == 1 or any(isinstance(each, dict) for each in member.values())):
            lines.append(f"{indent}{scalar(name)}:\n{block(member, indent + '  ')}")
        else:
            lines.append(f"{indent}{scalar(name)}: {flow(member)}")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description="Writes docs/configuration.md from config/portd.schema.json.")
    parser.add_argument("--print", action="store_true", help="to the standard output instead")
    text = Reference(json.loads(SCHEMA.read_text(encoding="utf-8"))).text()
    if parser.parse_args().print:
        sys.stdout.write(text)
    else:
        TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
