"""Reading GET /events as a client does."""

from __future__ import annotations

import http.client
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from harness.daemon import Portd
from harness.http import TIMEOUT, Json


@dataclass(frozen=True)
class Event:
    name: str
    id: str
    data: Json


class EventReader:
    """One subscriber; use it as a context manager."""

    def __init__(self, portd: Portd, last_event_id: str | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", portd.tcp_port, timeout=TIMEOUT)
        headers = {} if last_event_id is None else {"Last-Event-ID": last_event_id}
        self._connection.request("GET", "/events", headers=portd.credentials | headers)
        self._response = self._connection.getresponse()
        assert self._response.status == 200
        assert self._response.headers["Content-Type"] == "text/event-stream"
        self._response.readline()  # the comment or the reset with which every stream begins

    def __enter__(self) -> EventReader:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
        self._response.close()

    def __iter__(self) -> Iterator[Event]:
        fields: dict[str, str] = {}
        for line in self._response:
            text = line.decode().rstrip("\n")
            if text.startswith(":"):
                continue
            if text:
                name, _, value = text.partition(": ")
                fields[name] = value
            elif fields:
                yield Event(fields["event"], fields["id"], json.loads(fields["data"]))
                fields = {}

    def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """What comes up to and with the wanted one."""
        seen: list[Event] = []
        for event in self:
            seen.append(event)
            if wanted(event):
                return seen
        raise AssertionError(f"the stream ended after {seen}")
