"""Ports from portd: the same one next week, and nobody else's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from portd._errors import (
        AbsentError,
        AlreadyRunningError,
        KeyDerivationError,
        PortdError,
        RefusedError,
        UnansweredError,
    )
    from portd._lease import Lease, lease
    from portd._listen import listen
    from portd._service import Service, lookup
    from portd._surroundings import Key

__version__ = "0.1.0"
__all__ = [
    "AbsentError",
    "AlreadyRunningError",
    "Key",
    "KeyDerivationError",
    "Lease",
    "PortdError",
    "RefusedError",
    "Service",
    "UnansweredError",
    "lease",
    "listen",
    "lookup",
]

_MODULES = {
    "Key": "_surroundings",
    "Lease": "_lease",
    "lease": "_lease",
    "Service": "_service",
    "lookup": "_service",
    "listen": "_listen",
}


def __getattr__(name: str) -> Any:
    # Read when it is first used: `flask --help` pays for nothing of it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"portd.{_MODULES.get(name, '_errors')}"), name)
    globals()[name] = value
    return value
