"""What can go wrong; every message tells the next step."""

from __future__ import annotations

from typing import Any


class PortdError(Exception):
    """The base of every error of this package."""


class AbsentError(PortdError):
    """portd does not run, or cannot answer: nothing was asked of it. Raised where nothing can stand in for it, and
    everywhere with `strict` or PORTD_STRICT=1."""


class UnansweredError(AbsentError):
    """Whether portd did what was asked is unknown: the connection or the time ended before an answer, or the answer was
    that portd itself fails just now (a full disk, say), or no answer of a portd."""


class KeyDerivationError(PortdError):
    """The folder or the stated text gives no key. The message names the file or the part."""


class RefusedError(PortdError):
    """portd answered, and the answer is no. `str()` is its `detail`, which tells the next step."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        self.status = status
        self.problem = problem
        super().__init__(str(problem.get("detail") or problem.get("title") or f"portd answered {status}"))

    @property
    def type(self) -> str:
        """The last word of the problem's type: "already-running", "port-in-use", "range-full", ..."""
        return str(self.problem.get("type", "")).rpartition(":")[2]


class AlreadyRunningError(RefusedError):
    """Another process serves this key."""

    @property
    def pid(self) -> int | None:
        """Of the process that serves it."""
        pid = self.problem.get("pid")
        return pid if isinstance(pid, int) else None

    @property
    def url(self) -> str | None:
        """Where it serves."""
        url = self.problem.get("url")
        return url if isinstance(url, str) else None


def refusal(status: int, answer: object) -> PortdError:
    """The error of an answer of 400 or more. One of 500 or more is no refusal, but for a range that is full (507)."""
    error = RefusedError(status, answer if isinstance(answer, dict) else {})
    if status >= 500 and error.type != "range-full":
        return UnansweredError(str(error))
    return AlreadyRunningError(status, error.problem) if error.type == "already-running" else error
