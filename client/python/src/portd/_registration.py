"""Saying to portd that a service runs. The end is portd's to see: when the lease's holder exits."""

from __future__ import annotations

import os
import threading
from typing import Any

from portd._client import PATIENCE, Client
from portd._errors import refusal
from portd._key import Key
from portd._surroundings import is_on

# By this a registration of ours is told from one of `portc run` or of a person.
CHECK = "wsgi"


class Registrar:
    """What this process has registered. A key is registered once, however many apps of the process ask. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ports: dict[Key, int] = {}
        self._keys: dict[int, Key] = {}
        # What a parent registered says nothing of its child; nor does a lock that another thread held at the fork.
        os.register_at_fork(after_in_child=self._forget)

    def _forget(self) -> None:
        self._lock = threading.Lock()
        self._ports = {}
        self._keys = {}

    def port_of(self, key: Key) -> int | None:
        """Where this process has registered the key."""
        return self._ports.get(key)

    def key_of(self, port: int) -> Key | None:
        """Who this process has registered on the port: two apps behind one DispatcherMiddleware have one port."""
        return self._keys.get(port)

    def register(
        self, key: Key, port: int, check: dict[str, Any], *, replace: bool, patience: float | None = None
    ) -> bool:
        """Registers the service on its port, unless this process did; whether it is. False without a portd.

        replace: also put `check` in the place of checks that somebody else declared. Raises PortdError.
        """
        with self._lock:
            if port in self._keys:
                return True
            client = _client(patience)
            if client is None:
                return False
            client.declare(key, port, check, replace)
            self._ports[key] = port
            self._keys[port] = key
            return True


def claim(key: Key, port: int, pid: int, patience: float | None = None) -> int | None:
    """Makes process `pid` the lease's holder, and asks that the lease move to `port`.

    The port that the lease has then, which is another one if `port` cannot be leased: a program that listens there
    already keeps portd from holding it. None without a portd. Raises PortdError.
    """
    client = _client(patience)
    if client is None:
        return None
    wanted = {
        "project": key.project,
        "service": key.service,
        "instance": key.instance,
        "role": key.role,
        "port": port,
        "pid": pid,
        "cwd": os.getcwd(),
        "on_conflict": "next",
    }
    return int(client.ask("POST", "/ports", wanted)["port"])


def _client(patience: float | None) -> _Registry | None:
    if is_on("PORTD_DISABLE"):
        return None
    client = Client.discover()
    return _Registry(client, PATIENCE if patience is None else patience) if client is not None else None


class _Registry:
    """The part of portd that is spoken to here, with so much patience, in seconds."""

    def __init__(self, client: Client, patience: float) -> None:
        self._client = client
        self._patience = patience

    def declare(self, key: Key, port: int, check: dict[str, Any], replace: bool) -> None:
        target = f"/services/{key.service}?project={key.project}&instance={key.instance}"
        status, known = self._client.request("GET", target, patience=self._patience)
        declared = known["instances"][0] if status == 200 and known["instances"] else {}
        others = [each for each in declared.get("checks", []) if each["id"] != CHECK]
        if others and declared["port"] == port and not replace:
            return  # portc run was here first, with the checks of portd.yaml
        kept = {name: declared[name] for name in ("tags", "metadata", "depends_on") if declared.get(name)}
        self.ask("PUT", target, {**kept, "port": port, "checks": [check]})

    def ask(self, method: str, target: str, body: dict[str, Any]) -> dict[str, Any]:
        status, answer = self._client.request(method, target, body, patience=self._patience)
        if status >= 400 or not isinstance(answer, dict):
            raise refusal(status, answer)
        return answer
