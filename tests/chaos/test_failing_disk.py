"""A disk that breaks its word: what fsync could not write is never acknowledged."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.daemon import STOP_TIME
from harness.programs import BUILD

from .wire import GoneError, Wire

EXIT_IO = 74


def test_a_failed_fsync_acknowledges_nothing_and_the_next_start_rebuilds(
    new_portd: Callable[..., Any], folder: Path
) -> None:
    broken = folder / "fsync-fails"
    portd = new_portd(program=BUILD / "portd_chaos", environment={"PORTD_FAULT_FSYNC_FILE": str(broken)}).start()
    kept = portd.lease(service="before")

    broken.touch()
    wire = Wire(portd.socket_path)
    with pytest.raises(GoneError):
        wire.ask("POST", "/ports", {"service": "lost"})
    wire.close()
    assert portd.process.wait(STOP_TIME) == EXIT_IO

    broken.unlink()
    portd.start()
    assert portd.get("/health").json["store"]["condition"] == "rebuilt"
    assert portd.lease(service="before")["id"] == kept["id"]
