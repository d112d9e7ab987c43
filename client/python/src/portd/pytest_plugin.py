"""pytest fixture `portd_server`: a real server for a test, on a port that no other test has.

pytest loads this in every run, so it imports nothing of portd, Flask or Werkzeug until a test asks for a server.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portd._test_server import Served, Server


class ServerFactory:
    """What the fixture `portd_server` gives: call it for a server, as often as the test needs one."""

    def __init__(self, ends: contextlib.ExitStack) -> None:
        self._ends = ends

    def __call__(self, served: Served, *, env: Mapping[str, str] | None = None, cwd: Any = None) -> Server:
        """Serves a WSGI app in a thread, or runs a command (a list of arguments), until the test ends.

        The port comes from portd as a lease of kind `process`, so it is unique among all workers and all suites on
        this machine; without portd the system picks one. PORTD_STRICT=1: AbsentError instead. In a command `{port}`,
        `{url}` and `{fd}` (a socket that already listens) are filled in, PORT and its like are set; `env` and `cwd`
        are the command's.
        """
        from portd._test_server import serve

        server = serve(served, env, cwd)
        self._ends.callback(server.close)
        return server


@pytest.fixture
def portd_server() -> Iterator[ServerFactory]:
    """Makes servers: `portd_server(app).get("/")`, `portd_server(["flask", "run"]).url`."""
    with contextlib.ExitStack() as ends:
        yield ServerFactory(ends)
