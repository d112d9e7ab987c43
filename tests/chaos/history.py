"""What clients were told, and whether it can all be true: promises P1 to P3 of the design.

Each key belongs to one writer, so its history is sequential but for what an unanswered request did. Times are of
one monotonic clock; a lease is certainly live from its answer until its release is sent.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field


class PromiseError(AssertionError):
    """A promise was broken."""


@dataclass
class Record:
    """A lease as it was acknowledged."""

    port: int
    lease: str
    acknowledged: float


@dataclass
class KeyHistory:
    """What is known of one key."""

    live: Record | None = None
    certain: bool = True  # False: an unanswered request may have granted or released it
    release_sent: set[str] = field(default_factory=set)
    told_live: set[str] = field(default_factory=set)


class History:
    """All keys together; every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys: dict[str, KeyHistory] = {}
        self._granted: dict[str, str] = {}  # lease id -> key: an id is never used again
        self.answers = 0

    def of(self, key: str) -> KeyHistory:
        with self._lock:
            return self._keys.setdefault(key, KeyHistory())

    def grant_unanswered(self, key: str) -> None:
        self.of(key).certain = False

    def granted(self, key: str, port: int, lease: str, created: bool, sent: float) -> None:
        """A 200 or 201 to a grant that was sent at `sent`."""
        known = self.of(key)
        with self._lock:
            self.answers += 1
            self._check_sequence(key, known, port, lease, created)
            self._check_told(key, known, lease)
            if created and lease in self._granted:
                raise PromiseError(f"P2: lease {lease} was granted to {self._granted[lease]} and to {key}")
            self._granted[lease] = key
            self._check_unique(key, port, sent)
            known.live = Record(port, lease, time.monotonic())
            known.certain = True

    def told(self, key: str, lease: str) -> None:
        """Somebody was told that this lease of a writer is live: it is durable."""
        known = self.of(key)
        with self._lock:
            self.answers += 1
            known.told_live.add(lease)

    def release_begins(self, key: str, lease: str) -> None:
        known = self.of(key)
        with self._lock:
            known.release_sent.add(lease)
            known.certain = False

    def released(self, key: str) -> None:
        known = self.of(key)
        with self._lock:
            self.answers += 1
            known.live, known.certain = None, True

    def release_refused(self, key: str) -> None:
        """A look after a refused release found the lease as it was."""
        known = self.of(key)
        with self._lock:
            self.answers += 1
            assert known.live
            known.release_sent.discard(known.live.lease)
            known.certain = True

    def check_end(self, leases: dict[str, tuple[int, str]]) -> None:
        """The whole table, with nothing under way, against all that was acknowledged."""
        ports = [port for port, _ in leases.values()]
        if len(ports) != len(set(ports)):
            raise PromiseError(f"P2: two leases on one port: {sorted(ports)}")
        for key, known in self._keys.items():
            found = leases.get(key)
            if found is not None:
                self._check_told(key, known, found[1])
            if not known.certain:
                continue
            expected = (known.live.port, known.live.lease) if known.live else None
            if found != expected:
                raise PromiseError(f"P1: {key} was acknowledged as {expected}, and is {found}")

    def _check_sequence(self, key: str, known: KeyHistory, port: int, lease: str, created: bool) -> None:
        if not known.certain:
            return
        if known.live and (known.live.port, known.live.lease) != (port, lease):
            raise PromiseError(f"P1: {key} had {known.live} acknowledged, and now has {port} {lease}")
        if not known.live and not created:
            raise PromiseError(f"P1: the release of {key} was acknowledged, and {lease} still lives")

    def _check_told(self, key: str, known: KeyHistory, lease: str) -> None:
        lost = known.told_live - known.release_sent - {lease}
        if lost:
            raise PromiseError(f"P1: {key} was told to have {lost}, nobody released it, and now it has {lease}")

    def _check_unique(self, key: str, port: int, sent: float) -> None:
        for other, known in self._keys.items():
            live = known.live
            if other == key or live is None or live.port != port:
                continue
            if live.acknowledged < sent and live.lease not in known.release_sent:
                raise PromiseError(f"P2: port {port} went to {key} while {other} has it as {live.lease}")
