"""What can go wrong; every message tells the next step."""

from __future__ import annotations

from typing import Any


class PortdError(Exception):
    """The base of every error of this package."""


class AbsentError(PortdError):
    """portd does not run, or does not answer, and `strict` or PORTD_STRICT=1 forbids to go on without it."""


class UnansweredError(PortdError):
    """The connection ended, or time did, before an answer: whether portd did what was asked is unknown."""


class KeyDerivationError(PortdError):
    """No key can be derived of this folder, or the key stated is none: the message names the file or the part."""


class RefusedError(PortdError):
    """portd answered, and the answer is no. `str()` is its `detail`."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        super().__init__(str(problem.get("detail") or problem.get("title") or f"portd answered {status}"))

    @property
    def type(self) -> str:
        """The problem's last word: "already-running", "port-in-use", "range-full", ..."""
        return str(self.problem.get("type", "")).rpartition(":")[2]


class AlreadyRunningError(RefusedError):
    """Another process serves this key already."""

    @property
    def pid(self) -> int | None:
        """Of who serves it."""
        holder = self.problem.get("holder")
        return holder.get("pid") if isinstance(holder, dict) else None

    @property
    def url(self) -> str | None:
        """Where it serves."""
        url = self.problem.get("url")
        return url if isinstance(url, str) else None
