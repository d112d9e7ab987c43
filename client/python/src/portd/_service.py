"""Where a sibling is."""

from __future__ import annotations

from portd._answers import rows_in, text_in
from portd._errors import AbsentError, refusal
from portd._inherited import inherited, sibling_key
from portd._lease import connected, find_or_grant
from portd._surroundings import DerivedKey, Key, is_on, remember, remembered


class Service:
    """A service of this machine.

    status: of its checks (passing, warning, critical, starting, maintenance), "unregistered" before it runs, "unknown"
    while there is no portd to ask.
    """

    __slots__ = ("key", "port", "status", "url")

    def __init__(self, key: Key, port: int, status: str, url: str | None = None) -> None:
        self.key = key
        self.port = port
        self.status = status
        self.url = url or f"http://localhost:{port}"

    def __repr__(self) -> str:
        return f"Service({self.key.text!r}, port={self.port}, status={self.status!r})"


def lookup(service: str) -> Service:
    """Where `[project/]service[@instance][:role]` is or will be: in this instance of this project, unless it says
    otherwise; what the project shares, in `main`.

    A service that does not run yet gets its port now, so that the URL is right before it does. While there is no portd:
    what it said last, or the project file; AbsentError where neither knows, and with PORTD_STRICT=1. Raises
    RefusedError, KeyDerivationError.
    """
    derived = sibling_key(service)
    if is_on("PORTD_DISABLE"):
        return _stand_in(derived, AbsentError("PORTD_DISABLE is set"))
    try:
        found = _ask(derived)
    except AbsentError as absent:
        if is_on("PORTD_STRICT"):
            raise
        return _stand_in(derived, absent)
    remember(found.key, found.port)
    return found


def _ask(derived: DerivedKey) -> Service:
    key = derived.key
    client = connected()
    try:
        lease = find_or_grant(client, derived)
        status, answer = client.request("GET", f"/services/{key.service}?project={key.project}&instance={key.instance}")
    finally:
        client.close()
    if status == 404:
        return Service(key, lease.port, "unregistered")
    if status >= 400:
        raise refusal(status, answer)
    instances = rows_in(answer, "instances")
    if not instances:
        return Service(key, lease.port, "unregistered")
    # Another role's otherwise.
    url = text_in(instances[0], "url") if instances[0].get("port") == lease.port else None
    return Service(key, lease.port, text_in(instances[0], "status"), url)


def _stand_in(derived: DerivedKey, absent: AbsentError) -> Service:
    own = inherited(derived.key, own=False)
    port = own.port if own is not None else None
    if port is None and not is_on("PORTD_DISABLE"):
        port = remembered(derived.key)
    port = port or derived.wishes.get("port")
    if port is None:
        raise AbsentError(f"nobody knows where {derived.key.text} is: {absent}") from absent
    return Service(derived.key, port, "unknown")
