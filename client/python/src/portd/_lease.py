"""A port for a key: from portd, or from what there is when portd is not."""

from __future__ import annotations

from portd._key import Key


class Lease:
    """A port, who it is for, and who said so.

    source: "daemon" (portd granted it now), "explicit" (the caller or the user chose it), "inherited" (a parent
    process, or portc run, has it from portd: PORTD_LEASE), "PORT" (that variable), "remembered" (what portd said
    last), "default" (nobody knew better).
    """

    __slots__ = ("id", "key", "port", "source")

    def __init__(self, port: int, key: Key, source: str, id: str | None = None) -> None:  # noqa: A002
        self.port = port
        self.key = key
        self.source = source
        self.id = id

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def granted(self) -> bool:
        """Whether portd owns this port for the key, as far as this process knows."""
        return self.source == "inherited" or self.id is not None

    def __repr__(self) -> str:
        return f"Lease({self.key.text!r}, port={self.port}, source={self.source!r})"


def lease(service: str | None = None, *, port: int | None = None, strict: bool = False) -> Lease:
    """The port of this folder's service, or of `service`; see the README for what decides when portd is absent."""
    raise NotImplementedError
