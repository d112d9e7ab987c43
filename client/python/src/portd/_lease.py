"""A port for a key: from portd, or from what there is while portd is not.

What only a grant needs is imported only then: a start without portd is not to take half a millisecond longer.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Any

from portd._errors import AbsentError, KeyDerivationError, refusal
from portd._surroundings import (
    DerivedKey,
    Key,
    derive_key,
    find_endpoint,
    is_left_over,
    is_on,
    port_in,
    project_name,
    remember,
    remembered,
)

if TYPE_CHECKING:
    from portd._client import Client

# What a server listens on when nothing is stated; the first that is loaded is meant.
DEFAULTS = {"uvicorn": 8000, "hypercorn": 8000, "gunicorn": 8000, "waitress": 8080, "django": 8000, "tornado": 8888}
DEFAULT = 5000  # Flask's, and everybody else's
LONG_PATIENCE = 600.0  # seconds: portd's own limit where the project file has it wait for a port


class Lease:
    """A port, who it is for, and who said so.

    source: "daemon" (portd said so just now), "explicit" (the caller or the user), "inherited" (portd, to a parent of
    this process: PORTD_LEASE), "PORT" (that variable), "remembered" (portd, some time ago), "default" (nobody).
    id: portd's for this lease, where this process has asked; what is changed names it (`?lease=ID`).
    granted: whether portd keeps this port for the key.
    """

    __slots__ = ("_key", "granted", "id", "port", "source")

    def __init__(
        self,
        port: int,
        key: Key | None,
        source: str,
        id: str | None = None,
        *,
        granted: bool | None = None,
    ) -> None:
        self.port = port
        self.source = source
        self.id = id
        self.granted = id is not None if granted is None else granted
        self._key = key

    @property
    def key(self) -> Key:
        """Raises KeyDerivationError, with PORTD_DISABLE=1 only: until it is asked for nothing is read then."""
        if self._key is None:
            self._key = derive_key(os.getcwd()).key
        return self._key

    @property
    def url(self) -> str:
        """As every browser on this machine opens it."""
        return f"http://localhost:{self.port}"

    def __repr__(self) -> str:
        return f"Lease(port={self.port}, source={self.source!r}, id={self.id!r})"


def lease(service: str | None = None, *, port: int | None = None, strict: bool = False) -> Lease:
    """The port of this folder's service, or of SERVICE: `[project/]service[@instance][:role]`.

    portd is asked once for all processes of a service. While there is none: `port`, PORT, what it said last, the
    framework's default; with `strict` or PORTD_STRICT=1 AbsentError instead. `port` is that very port: the lease moves
    there. Raises RefusedError (AlreadyRunningError, ...) when portd says no, KeyDerivationError.
    """
    return obtain(service, port=port, strict=strict)


def obtain(
    service: str | None = None, *, port: int | None = None, strict: bool = False, default: int | None = None
) -> Lease:
    """lease(), for a framework whose default port is known."""
    if is_on("PORTD_DISABLE"):
        return _stand_in(None, port, default)
    strict = strict or is_on("PORTD_STRICT")
    return obtain_for(_derived(service, strict), port=port, own=service is None, strict=strict, default=default)


def obtain_for(
    derived: DerivedKey, *, port: int | None, own: bool, strict: bool = False, default: int | None = None
) -> Lease:
    """lease() of a key that is known. `own`: this process's, and that of those that it starts."""
    if is_on("PORTD_DISABLE"):
        return _stand_in(None, port, default)
    found = _inherited(derived.key, own=own)
    if found is not None and port in (None, found.port):
        return found
    if found is not None and found.key != derived.key:  # of the name that portc run gave it, another port
        derived = DerivedKey(found.key, derived.root, derived.project_file, {})
    try:
        return _granted(derived, port, own=own)
    except AbsentError as absent:
        if strict or is_on("PORTD_STRICT"):
            raise
        lease = _stand_in(derived.key, port, default)
        _note(derived, lease, absent)
        return lease


def _inherited(key: Key, *, own: bool) -> Lease | None:
    if "PORTD_LEASE" not in os.environ:
        return None
    from portd._inherited import inherited

    return inherited(key, own=own)


def _granted(derived: DerivedKey, port: int | None, *, own: bool) -> Lease:
    """Asks portd; what it says is for the children of this process too, and for when there is no portd."""
    client = connected()
    from portd._inherited import pass_on
    from portd._processes import holder_pid

    try:
        lease = grant(client, derived, port=port, holder=holder_pid())
    finally:
        client.close()
    remember(lease.key, lease.port)
    pass_on(lease, own=own)
    return lease


def connected() -> Client:
    """To the portd of this user; nothing is sent yet. Raises AbsentError, and PortdError where PORTD_URL is none."""
    endpoint = find_endpoint()
    if endpoint is None or is_left_over(endpoint):
        raise AbsentError("portd does not run; start it with: portc daemon start")
    from portd._client import Client

    return Client.at(endpoint).open()


def grant(client: Client, derived: DerivedKey, *, port: int | None, holder: int | None) -> Lease:
    """Asks for the key's port. `holder`: the process that the lease serves, None for nobody yet.

    Raises AbsentError, RefusedError.
    """
    body: dict[str, Any] = {**_parts(derived.key), "cwd": derived.root, **derived.wishes}
    if port is not None:
        body.update(port=port, on_conflict="fail")
    # Over its socket portd sees who asks, also from another pid namespace.
    if holder is None or holder != os.getpid() or not client.knows_peer:
        body["pid"] = holder
    patience = {"patience": LONG_PATIENCE} if body.get("on_conflict") == "wait" else {}
    status, answer = client.request("POST", "/ports", body, **patience)
    if status >= 400:
        raise refusal(status, answer)
    return _read(answer, derived.key)


def _read(answer: object, key: Key) -> Lease:
    from portd._answers import lease_in

    port, identity = lease_in(answer)
    return Lease(port, key, "daemon", identity)


def find_or_grant(client: Client, derived: DerivedKey) -> Lease:
    """The key's lease as it is; granted to nobody yet where there is none. Raises AbsentError, RefusedError."""
    filters = "&".join(f"{name}={value}" for name, value in _parts(derived.key).items() if name != "role")
    status, answer = client.request("GET", f"/ports?{filters}")
    if status >= 400:
        raise refusal(status, answer)
    from portd._answers import rows_in

    for found in rows_in(answer, "leases"):
        if found.get("role") == derived.key.role:
            return _read(found, derived.key)
    return grant(client, derived, port=None, holder=None)


def current(*, default: int | None = None) -> Lease:
    """lease() for whoever only wants to know: serves nothing, holds nothing, passes nothing on."""
    if is_on("PORTD_DISABLE"):
        return _stand_in(None, None, default)
    derived = _derived(None, is_on("PORTD_STRICT"))
    try:
        return _inherited(derived.key, own=True) or find_or_grant(connected(), derived)
    except AbsentError:
        if is_on("PORTD_STRICT"):
            raise
        return _stand_in(derived.key, None, default)


def _parts(key: Key) -> dict[str, str]:
    return {"project": key.project, "service": key.service, "instance": key.instance, "role": key.role}


def _derived(service: str | None, strict: bool) -> DerivedKey:
    try:
        if service is None or "PORTD_LEASE" not in os.environ:
            return derive_key(os.getcwd(), key=service)
        from portd._inherited import sibling_key

        return sibling_key(service)
    except KeyDerivationError:
        # Without portd a file of the project that cannot be read keeps nobody from starting.
        if strict or service is not None or find_endpoint() is not None:
            raise
        folder = os.getcwd()
        return DerivedKey(Key(project_name(os.path.basename(folder)) or "app"), folder, None, {})


def _stand_in(key: Key | None, port: int | None, default: int | None) -> Lease:
    """What there is while portd is not. Without a key nothing is read."""
    if port is not None:
        return Lease(port, key, "explicit")
    stated = port_in("PORT")
    if stated is not None:
        return Lease(stated, key, "PORT")
    known = remembered(key) if key is not None else None
    if known is not None:
        return Lease(known, key, "remembered")
    return Lease(default or _default(), key, "default")


def _default() -> int:
    return next((port for server, port in DEFAULTS.items() if server in sys.modules), DEFAULT)


def _note(derived: DerivedKey, lease: Lease, absent: AbsentError) -> None:
    """One line for a project that counts on portd; once for all processes that come from the first."""
    if derived.project_file is None or is_on("PORTD_NOTED"):
        return
    os.environ["PORTD_NOTED"] = "1"
    print(f"portd: {lease.key.text} is on port {lease.port} ({lease.source}) for now: {absent}", file=sys.stderr)
