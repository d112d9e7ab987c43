"""HTTP/1.1 to portd, by hand: urllib and http.client cost more to import than the whole exchange takes."""

from __future__ import annotations

from typing import Any


class Client:
    """Talks to one portd. Not for several threads at once."""

    @classmethod
    def discover(cls) -> Client | None:
        """The portd of this user, by PORTD_URL, PORTD_SOCKET or endpoint.json; None when there is none."""
        raise NotImplementedError

    def request(self, method: str, target: str, body: dict[str, Any] | None = None) -> tuple[int, Any]:
        """Status and JSON of the answer (None when it has none). Raises UnansweredError, AbsentError."""
        raise NotImplementedError
