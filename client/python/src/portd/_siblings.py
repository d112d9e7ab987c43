"""Where other services are, asked for so often that portd is not asked each time."""

from __future__ import annotations

import threading
import time

from portd._errors import PortdError
from portd._service import Service, lookup

# How long an answer is taken for the present one, in seconds. A page asks for a sibling at every request.
LASTS = 1.0


class Siblings:
    """Remembers look-ups for a second, and for as long as portd does not answer. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._known: dict[str, tuple[float, Service]] = {}

    def find(self, service: str) -> Service:
        """Raises what `lookup` raises, if nothing is known of the service yet."""
        known = self._known.get(service)
        if known is not None and time.monotonic() - known[0] < LASTS:
            return known[1]
        # One thread asks; the others go on with what was true a second ago.
        if not self._lock.acquire(blocking=known is None):
            return known[1] if known is not None else self.find(service)
        try:
            return self._ask(service)
        finally:
            self._lock.release()

    def _ask(self, service: str) -> Service:
        known = self._known.get(service)
        try:
            found = lookup(service)
        except PortdError:
            if known is None:
                raise
            found = known[1]
        self._known[service] = (time.monotonic(), found)
        return found
