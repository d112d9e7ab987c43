"""Ports from portd: the same one next week, and nobody else's."""

from __future__ import annotations

from portd._errors import AbsentError, AlreadyRunningError, PortdError, RefusedError
from portd._key import Key
from portd._lease import Lease, lease
from portd._listen import listen
from portd._service import Service, lookup

__all__ = [
    "AbsentError",
    "AlreadyRunningError",
    "Key",
    "Lease",
    "PortdError",
    "RefusedError",
    "Service",
    "lease",
    "listen",
    "lookup",
]
