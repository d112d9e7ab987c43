"""Origins of siblings that stay right when a sibling moves: what Flask-CORS and Flask-SocketIO take."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

Match = re.Match


class Origins:
    """Matches exactly the origins of some services, as they are at the moment of the question.

    Flask-CORS tells a regular expression by `isinstance(x, re.Pattern)` and asks its `match`; `re.Pattern` has no
    subclasses, so this class says that it is one (`__class__`) and compiles what it stands for at every question.
    Flask-SocketIO calls what is callable with the origin. Any thread.

    ports: called at every question; the ports of the services. own_ports: that a socket's page may come from, too.
    """

    def __init__(self, ports: Callable[[], Iterable[int]], own_ports: Callable[[], Iterable[int]] = tuple) -> None:
        self._ports = ports
        self._own_ports = own_ports

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        return re.Pattern

    @property
    def pattern(self) -> str:
        """The regular expression of this moment."""
        return _pattern_of(self._ports())

    @property
    def flags(self) -> int:
        return re.compile("").flags

    def match(self, origin: object) -> Match[str] | None:
        return re.fullmatch(self.pattern, origin) if isinstance(origin, str) else None

    fullmatch = search = match

    def __call__(self, origin: object, environ: object = None) -> bool:
        """Whether Flask-SocketIO lets this origin in; beside the siblings' the service's own, as it does by default."""
        pattern = _pattern_of([*self._ports(), *self._own_ports()])
        return isinstance(origin, str) and re.fullmatch(pattern, origin) is not None

    def __repr__(self) -> str:
        return f"Origins({self.pattern!r})"


def _pattern_of(ports: Iterable[int]) -> str:
    """Both names under which a browser reaches a port of this machine. No port: nothing matches."""
    numbers = "|".join(str(port) for port in sorted(set(ports)))
    return rf"http://(?:localhost|127\.0\.0\.1):(?:{numbers})" if numbers else r"(?!)"
