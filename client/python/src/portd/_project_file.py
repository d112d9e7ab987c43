"""What portd.yaml or portd.json says of a project's services and their ports."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

from portd._errors import KeyDerivationError
from portd._files import read_file
from portd._surroundings import port_from, project_name
from portd._yaml import NULLS, Plain, Refused, Unsure, Value, read_yaml

if TYPE_CHECKING:
    from collections.abc import Mapping

TOP = frozenset(("project", "services", "environments", "instances", "extends"))
OF_SERVICE = frozenset(("ports", "command", "cwd", "depends_on", "checks", "env", "tags", "metadata", "shared"))
OF_LAYER = frozenset(("services",))
SETTINGS = ("PORTD_CFG_SERVICES", "PORTD_CFG_PROJECT")
OF_PORT = frozenset(("port", "range", "protocol", "on_conflict"))


class ProjectService:
    """One service: whether all instances share it, and its roles with the fields of POST /ports that they state."""

    __slots__ = ("ports", "shared")

    def __init__(self, ports: dict[str, dict[str, Any]], shared: bool) -> None:
        self.ports = ports or {"http": {}}
        self.shared = shared

    @property
    def main_role(self) -> str:
        """The role that is meant where none is named: http where it is there, else the first."""
        return "http" if "http" in self.ports else next(iter(self.ports))


class Project:
    """A project in one environment and one instance. `name` is as it stands there."""

    __slots__ = ("name", "services")

    def __init__(self, name: str, services: dict[str, ProjectService]) -> None:
        self.name = name
        self.services = services


def read_project(file: str, environment: str, instance: str, variables: Mapping[str, str]) -> Project:
    """Raises KeyDerivationError, naming the file.

    What this package does not surely understand, portc tells (`portc config show`, which reads files only); where
    there is none, PyYAML reads the file.
    """
    content = read_file(file)
    if content is None:
        raise KeyDerivationError(f"{file}: is gone")
    try:
        if any(name.startswith(SETTINGS) for name in variables):
            raise Unsure(0, "settings in variables (PORTD_CFG_...)")
        return _project_from(_overlaid(_tree(file, content), environment, instance))
    except Refused as refused:
        raise KeyDerivationError(_at(file, refused)) from None
    except Unsure as unsure:
        return _told_by_others(file, content, unsure, (environment, instance), variables)


def _at(file: str, unsure: Unsure) -> str:
    return f"{file}:{unsure}" if unsure.line else f"{file}: {unsure}"


def _tree(file: str, content: str) -> Value:
    if not file.endswith(".json"):
        return read_yaml(content)
    try:
        return _as_yaml(json.loads(content, object_pairs_hook=_without_twins))
    except (ValueError, RecursionError) as error:
        raise KeyDerivationError(f"{file}: not JSON: {error}") from error


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name is there twice")
    return found


def _as_yaml(value: Any) -> Value:
    """What json or PyYAML gives, as read_yaml gives it: other scalars than texts as Plain."""
    if isinstance(value, dict):
        return {str(name): _as_yaml(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_as_yaml(each) for each in value]
    if value is None or isinstance(value, str):
        return value
    return Plain(str(value).lower() if isinstance(value, bool) else str(value))


# --- layers -----------------------------------------------------------------------------------------------------------


def _overlaid(tree: Value, environment: str, instance: str) -> dict[str, Value]:
    """The tree with what it has for this environment and this instance laid upon it."""
    whole = _map(tree, "the file")
    if "extends" in whole:
        raise Unsure(0, "extends")
    _check_names(whole, TOP, "")
    services = _map(whole.get("services"), "services")
    # `services: {api: }` declares a service of which there is nothing more to say.
    whole["services"] = {name: {} if each is None else each for name, each in services.items()}
    for section, name in (("environments", environment or "development"), ("instances", instance)):
        layers = _map(whole.pop(section, None), section)
        layer = _map(layers.get(name), f"{section}.{name}")
        _check_names(layer, OF_LAYER, f"{section}.{name}")
        whole = _map(_merged(whole, layer), "the file")
    return whole


def _merged(lower: Value, upper: Value) -> Value:
    """Maps merge, all else replaces, null removes."""
    if not isinstance(lower, dict) or not isinstance(upper, dict):
        return upper
    merged = dict(lower)
    for name, value in upper.items():
        merged[name] = _merged(merged.get(name), value)
        if value is None:
            del merged[name]
    return merged


# --- meaning ----------------------------------------------------------------------------------------------------------


def _project_from(tree: dict[str, Value]) -> Project:
    name = tree.get("project")
    services: dict[str, ProjectService] = {}
    for original, value in _map(tree.get("services"), "services").items():
        known = project_name(original)
        if known in services:
            raise Unsure(0, f"services.{original}: another service has the same name")
        services[known] = _service_from(_map(value, f"services.{original}"), f"services.{original}")
    return Project("" if name is None else _text(name, "project"), services)


def _service_from(tree: dict[str, Value], where: str) -> ProjectService:
    _check_names(tree, OF_SERVICE, where)
    shared = tree.get("shared")
    if shared not in (None, "true", "false") or (shared is not None and not isinstance(shared, Plain)):
        raise Unsure(0, f"{where}.shared: true or false is expected")
    ports = tree.get("ports")
    if isinstance(ports, list):
        roles: dict[str, dict[str, Any]] = {_text(each, f"{where}.ports"): {} for each in ports}
    else:
        roles = {
            role: _port_from(_map(each, f"{where}.ports.{role}"), f"{where}.ports.{role}")
            for role, each in _map(ports, f"{where}.ports").items()
        }
    return ProjectService(roles, shared == "true")


def _port_from(tree: dict[str, Value], where: str) -> dict[str, Any]:
    _check_names(tree, OF_PORT, where)
    wishes: dict[str, Any] = {}
    for name, value in tree.items():
        if value is None:
            continue
        wishes[name] = _number(value, f"{where}.port") if name == "port" else _text(value, f"{where}.{name}")
    return wishes


def _map(value: Value, where: str) -> dict[str, Value]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Unsure(0, f"{where}: a map is expected")
    return dict(value)


def _text(value: Value, where: str) -> str:
    if not isinstance(value, str) or (isinstance(value, Plain) and not value.is_text):
        raise Unsure(0, f"{where}: a name is expected")
    return str(value)


def _number(value: Value, where: str) -> int:
    port = port_from(value) if isinstance(value, Plain) else None
    if port is None:
        raise Unsure(0, f"{where}: a port from 1 to 65535 is expected")
    return port


def _check_names(tree: dict[str, Value], known: frozenset[str], where: str) -> None:
    for name in tree:
        if name not in known:
            raise Unsure(0, f"{where}{'.' if where else ''}{name}: there is no such key")


# --- who else may know ------------------------------------------------------------------------------------------------


def _told_by_others(
    file: str, content: str, unsure: Unsure, layers: tuple[str, str], variables: Mapping[str, str]
) -> Project:
    portc = _portc(variables)
    if portc is not None:
        return _told_by_portc(portc, file, layers, variables)
    yaml = _pyyaml() if file.endswith(".yaml") else None
    if yaml is not None:
        try:
            return _project_from(_overlaid(_read_by_pyyaml(yaml, content), *layers))
        except Refused as refused:
            raise KeyDerivationError(_at(file, refused)) from None
        except (yaml.YAMLError, RecursionError) as error:
            raise KeyDerivationError(f"{file}: {error}") from error
        except Unsure as other:
            unsure = other
    raise KeyDerivationError(
        f"{_at(file, unsure)}: beyond what the Python package reads by itself; put portc into PATH"
        + ("" if yaml is not None else ", or install PyYAML")
    )


def _portc(variables: Mapping[str, str]) -> str | None:
    for folder in variables.get("PATH", "").split(os.pathsep):
        path = os.path.join(folder, "portc")
        if folder.startswith("/") and os.access(path, os.X_OK):
            return path
    return None


def _told_by_portc(portc: str, file: str, layers: tuple[str, str], variables: Mapping[str, str]) -> Project:
    import subprocess

    environment, instance = layers
    command = [portc, "config", "show", "--json", "--env", environment or "development", "--instance", instance]
    own = dict(variables, PORTD_AUTOSTART="0", PORTD_RUNTIME_DIR="/nonexistent", PORTD_STATE_DIR="/nonexistent")
    try:
        told = subprocess.run(
            command, cwd=os.path.dirname(file), env=own, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise KeyDerivationError(f"{file}: {portc} could not be asked what it says: {error}") from error
    if told.returncode != 0:
        message = told.stderr.strip().removeprefix("portc: ")
        raise KeyDerivationError(message if file in message else f"{file}: {message}")
    tree: dict[str, Value] = {}
    for setting in json.loads(told.stdout)["settings"]:
        path = _path(setting["key"])
        if path[0] in ("project", "services"):
            _put(tree, path, _as_yaml(setting["value"]))
    try:
        return _project_from(tree)
    except Unsure as unsure:
        raise KeyDerivationError(f"{file}: {unsure.what}") from None


def _put(tree: dict[str, Value], path: list[str], value: Value) -> None:
    for name in path[:-1]:
        inner = tree.setdefault(name, {})
        assert isinstance(inner, dict)
        tree = inner
    tree[path[-1]] = value


def _path(key: str) -> list[str]:
    """`services."a.b".ports`: its names."""
    import re

    return [
        json.loads(quoted) if quoted else plain for quoted, plain in re.findall(r'("(?:[^"\\]|\\.)*")|([^."]+)', key)
    ]


def _pyyaml() -> Any:
    try:
        import yaml  # type: ignore[import-untyped, unused-ignore]
    except ImportError:
        return None
    return yaml


def _read_by_pyyaml(yaml: Any, content: str) -> Value:
    """Its nodes, not its values: those have `yes` for true, and follow aliases."""
    for event in yaml.parse(content, yaml.SafeLoader):
        if getattr(event, "anchor", None) is not None:
            raise Refused(event.start_mark.line + 1, "anchors and aliases are not allowed; write the value out")
        if str(getattr(event, "tag", None) or "!").strip("!"):
            raise Refused(event.start_mark.line + 1, "tags (!name) are not allowed; leave it out")
    return _value_of(yaml.compose(content, yaml.SafeLoader))


def _value_of(node: Any) -> Value:
    if node is None:
        return None
    if node.id == "sequence":
        return [_value_of(each) for each in node.value]
    if node.id == "scalar":
        text = str(node.value) if node.style else Plain(node.value)
        return None if isinstance(text, Plain) and text in NULLS else text
    found: dict[str, Value] = {}
    for name, value in node.value:
        if name.id != "scalar" or name.value in found:
            raise Refused(name.start_mark.line + 1, "a key that is no plain word, or is there twice")
        found[name.value] = _value_of(value)
    return found
