"""Where portd is: as it is stated, else endpoint.json, which it leaves in its runtime and in its state folder."""

from __future__ import annotations

import json
import os

from portd._surroundings import read_own, runtime_folder, state_folder


class Endpoint:
    """A unix socket (preferred), a URL, or both; and the process, 0 where it is unknown."""

    __slots__ = ("pid", "socket", "url")

    def __init__(self, url: str, socket: str, pid: int) -> None:
        self.url = url
        self.socket = socket
        self.pid = pid


def find_endpoint() -> Endpoint | None:
    """PORTD_URL, PORTD_SOCKET, else endpoint.json; None where there is none of these."""
    url, path = os.environ.get("PORTD_URL"), os.environ.get("PORTD_SOCKET")
    left = read_endpoint()
    if url:
        return Endpoint(url, "", left.pid if left and left.url == url.rstrip("/") else 0)
    if path:
        path = os.path.abspath(path)
        return Endpoint("", path, left.pid if left and left.socket == path else 0)
    return left


def read_endpoint() -> Endpoint | None:
    """What the portd of this user has left. Files of other users do not count."""
    for folder in (runtime_folder, state_folder):
        content = read_own(f"{folder()}/endpoint.json")
        endpoint = _endpoint_from(content) if content else None
        if endpoint is not None:
            return endpoint
    return None


def _endpoint_from(content: bytes) -> Endpoint | None:
    try:
        found = json.loads(content)
        url, socket, pid = found["url"], found["socket"], found["pid"]
    except (ValueError, LookupError, TypeError):
        return None
    sound = isinstance(url, str) and isinstance(socket, str) and isinstance(pid, int) and pid > 0
    return Endpoint(url, socket, pid) if sound else None
