"""What `lsof` says of ports, as developers ask it."""

from __future__ import annotations

import subprocess


def _lsof(*options: str) -> list[str]:
    """Its lines; it exits with 1 when there is nothing to tell."""
    done = subprocess.run(["lsof", "-nP", *options], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout.split()


def users(port: int) -> set[int]:
    """`lsof -ti:PORT`: who has a socket on it, listening or connected."""
    return {int(pid) for pid in _lsof(f"-ti:{port}")}


def listeners(port: int) -> set[int]:
    """`lsof -tiTCP:PORT -sTCP:LISTEN`."""
    return {int(pid) for pid in _lsof(f"-tiTCP:{port}", "-sTCP:LISTEN")}


def ports_of_group(group: int) -> set[int]:
    """Where the processes of a group listen."""
    found = _lsof("-a", "-g", str(group), "-iTCP", "-sTCP:LISTEN", "-Fn")
    return {int(name.rpartition(":")[2]) for name in found if name.startswith("n")}
