"""Saying to portd that a service runs. The end is portd's to see: when the lease's holder exits."""

from __future__ import annotations

import os
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

from portd._answers import rows_in
from portd._errors import RefusedError, refusal
from portd._lease import connected

if TYPE_CHECKING:
    from portd._client import Client
    from portd._surroundings import DerivedKey, Key

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

    def register(self, key: Key, port: int, check: dict[str, Any], *, replace: bool, patience: float) -> None:
        """Registers the service on its port, unless this process did.

        replace: also put `check` in the place of checks that somebody else declared. patience: for each answer, in
        seconds. Raises AbsentError, RefusedError.
        """
        with self._lock:
            if port in self._keys:
                return
            with closing(connected()) as client:
                _declare(_Asker(client, patience), key, port, check, replace)
            self._ports[key] = port
            self._keys[port] = key


def claim(derived: DerivedKey, port: int, holder: int, patience: float) -> None:
    """Makes process `holder` the one that the key's lease serves, and asks that the lease move to `port`.

    It stays where it is if portd cannot hold `port`: for a new one a listener that is there already is in the way.
    Raises AbsentError, and RefusedError where another process serves the key.
    """
    key = derived.key
    parts = {"project": key.project, "service": key.service, "instance": key.instance, "role": key.role}
    wishes = {**derived.wishes, "port": port, "on_conflict": "next", "cwd": derived.root, "pid": holder}
    with closing(connected()) as client:
        _Asker(client, patience)("POST", "/ports", {**parts, **wishes})


class _Asker:
    """Asks portd with so much patience, in seconds."""

    def __init__(self, client: Client, patience: float) -> None:
        self._client = client
        self._patience = patience

    def __call__(self, method: str, target: str, body: dict[str, Any] | None = None) -> Any:
        """The answer's JSON. Raises AbsentError, RefusedError."""
        status, answer = self._client.request(method, target, body, patience=self._patience)
        if status >= 400:
            raise refusal(status, answer)
        return answer


def _declare(ask: _Asker, key: Key, port: int, check: dict[str, Any], replace: bool) -> None:
    target = f"/services/{key.service}?project={key.project}&instance={key.instance}"
    known = _registered(ask, target)
    checks = rows_in(known, "checks") if "checks" in known else []
    others = [each for each in checks if each.get("id") != CHECK]
    if others and known.get("port") == port and not replace:
        return  # portc run was here first, with the checks of portd.yaml
    kept = {name: known[name] for name in ("tags", "metadata", "depends_on") if known.get(name)}
    ask("PUT", target, {**kept, "port": port, "checks": [check]})


def _registered(ask: _Asker, target: str) -> dict[str, Any]:
    try:
        instances = rows_in(ask("GET", target), "instances")
    except RefusedError as refused:
        if refused.status != 404:
            raise
        return {}
    return instances[0] if instances else {}
