"""Who a port is for, and where that comes from in a folder (tests/config/keys.json holds the cases)."""

from __future__ import annotations


class Key:
    """A project's service, in one instance, in one role."""

    __slots__ = ("instance", "project", "role", "service")

    def __init__(self, service: str, project: str = "default", instance: str = "main", role: str = "http") -> None:
        self.project = project
        self.service = service
        self.instance = instance
        self.role = role

    @property
    def text(self) -> str:
        """`[project/]service[@instance][:role]`, defaults left out."""
        project = "" if self.project == "default" else f"{self.project}/"
        instance = "" if self.instance == "main" else f"@{self.instance}"
        role = "" if self.role == "http" else f":{self.role}"
        return f"{project}{self.service}{instance}{role}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Key({self.text!r})"
