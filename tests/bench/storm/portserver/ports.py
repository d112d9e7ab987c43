"""The port that the portserver of PyPI's portpicker gives."""

from __future__ import annotations

import os

import portpicker  # type: ignore[import-untyped]


def port_for(_service: str) -> int:
    return int(portpicker.get_port_from_port_server(os.environ["PORTSERVER_ADDRESS"]))
