"""What portd's answers hold, read with care: PORTD_URL may lead to something else, or to another version of portd."""

from __future__ import annotations

from typing import Any

from portd._errors import UnansweredError

NOT_PORTDS = "what answers is no portd that this package knows; look at PORTD_URL and PORTD_SOCKET"


def lease_in(answer: object) -> tuple[int, str]:
    """Port and id of a lease. Raises UnansweredError where it has none."""
    found = answer if isinstance(answer, dict) else {}
    port, identity = found.get("port"), found.get("id")
    if type(port) is not int or not 0 < port < 65536 or not isinstance(identity, str):  # a bool is an int, too
        raise UnansweredError(NOT_PORTDS)
    return port, identity


def rows_in(answer: object, name: str) -> list[dict[str, Any]]:
    """The objects in the list of this name. Raises UnansweredError where it is none."""
    rows = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise UnansweredError(NOT_PORTDS)
    return rows


def text_in(answer: dict[str, Any], name: str) -> str:
    """Raises UnansweredError where it is no text."""
    text = answer.get(name)
    if not isinstance(text, str):
        raise UnansweredError(NOT_PORTDS)
    return text
