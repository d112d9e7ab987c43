"""Names and texts of keys that take more than a look: what is no name yet, or none at all.

Not in _surroundings.py: most folders have a name that is one, and need not load this.
"""

from __future__ import annotations

import os

from portd._errors import KeyDerivationError
from portd._surroundings import LONGEST_NAME, checked_name, to_name


def stated_parts(text: str) -> dict[str, str]:
    """What a key's text states: "service", and those of "project", "instance" and "role" that it names.

    Raises KeyDerivationError, naming the part that is wrong.
    """
    parts: dict[str, str] = {}
    before, slash, rest = text.partition("/")
    rest = rest if slash else before
    rest, colon, role = rest.partition(":")
    service, at, instance = rest.partition("@")
    if slash:
        parts["project"] = checked_name("project", before)
    if at:
        parts["instance"] = checked_name("instance", instance)
    if colon:
        parts["role"] = checked_name("role", role)
    parts["service"] = checked_name("service", service)
    return parts


def refused_name(what: str, name: str) -> KeyDerivationError:
    """Names `what`, and the nearest valid name."""
    nearest = to_name(name)
    return KeyDerivationError(
        f"the {what} \"{name}\" is not a name: up to 63 of a-z, 0-9, '.', '_' and '-', a letter or digit first"
        + (f'; try "{nearest}"' if nearest else "")
    )


def made_name(anything: str, allowed: frozenset[str]) -> str:
    """Of what has other characters than the allowed ones, or is too long; "" where nothing is left."""
    name = ""
    for byte in os.fsencode(anything):
        if byte & 0xC0 == 0x80:  # only the first byte of a character of UTF-8 counts
            continue
        character = chr(byte).lower() if byte < 0x80 else "-"
        name += character if character in allowed else "-"
    name = name.lstrip("._-").rstrip("-")
    return name if len(name) <= LONGEST_NAME else f"{name[:54]}-{hash_of(anything)}"


def hash_of(original: str) -> str:
    import hashlib

    return hashlib.sha256(os.fsencode(original)).hexdigest()[:8]
