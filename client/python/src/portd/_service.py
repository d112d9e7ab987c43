"""Where a sibling is."""

from __future__ import annotations

from portd._key import Key


class Service:
    """A service of this machine. `status` is that of its checks, or "unregistered" before it runs."""

    __slots__ = ("key", "port", "status")

    def __init__(self, key: Key, port: int, status: str) -> None:
        self.key = key
        self.port = port
        self.status = status

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def __repr__(self) -> str:
        return f"Service({self.key.text!r}, port={self.port}, status={self.status!r})"


def lookup(service: str) -> Service:
    """Where `[project/]service[@instance][:role]` is or will be; stable even before it runs."""
    raise NotImplementedError
