"""What `portc run` relies on in other people's servers, without portd: how each takes a socket that listens already.

None of it is promised by them (hypercorn's fd:// and gunicorn's --bind fd:// apart). When one of these tests fails with
a new version, client/launch_variables.cpp and client/framework.cpp need another way for it.
"""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness.frameworks import ASGI, FLASK, HARD, every_flask, with_flask
from harness.open_ports import ports_of_group
from harness.programs import clean_environment
from harness.runs import END_TIME, Run, started

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(sys.platform != "linux", reason="sockets are handed over on Linux"),
]

WERKZEUG = {"WERKZEUG_SERVER_FD": "3", "WERKZEUG_RUN_MAIN": "true"}
AGAIN = 3  # what Werkzeug ends with when its source changed


@contextlib.contextmanager
def serving(command: str, folder: Path, variables: Mapping[str, str]) -> Iterator[tuple[Run, int]]:
    """A server with a socket on descriptor 3, and nothing that tells it a port; and that socket's port."""
    environment = clean_environment(folder) | {"PYTHONDONTWRITEBYTECODE": "1"} | dict(variables)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        words = ["bash", "-c", f"exec {command} 3<&{listener.fileno()}"]
        with started(words, folder, environment, folder / "log", kept=(listener.fileno(),)) as run:
            yield run, int(listener.getsockname()[1])


def assert_takes_the_socket(command: str, folder: Path, variables: Mapping[str, str]) -> None:
    with serving(command, folder, variables) as (run, port):
        run.await_answer(body="hello", port=port)
        assert ports_of_group(run.pid) == {port}


@every_flask
@pytest.mark.parametrize("command", ["flask run", "flask run --debug", "python app.py"])
def test_werkzeug_takes_werkzeug_server_fd(command: str, flask: str, folder: Path) -> None:
    (folder / "app.py").write_text(HARD)
    assert_takes_the_socket(command, folder, with_flask(flask) | WERKZEUG)


@every_flask
@pytest.mark.parametrize("command", ["flask run --debug", "python app.py"])
def test_werkzeug_asks_to_be_started_again_by_its_exit_code(command: str, flask: str, folder: Path) -> None:
    (folder / "app.py").write_text(HARD)
    with serving(command, folder, with_flask(flask) | WERKZEUG) as (run, port):
        run.await_answer(body="hello", port=port)
        (folder / "app.py").write_text(HARD.replace("hello", "again"))
        assert run.process.wait(END_TIME) == AGAIN


@dataclass(frozen=True)
class Way:
    command: str
    text: str
    variables: Mapping[str, str] = field(default_factory=dict)


WAYS = {
    "UVICORN_FD": Way("uvicorn app:app", ASGI, {"UVICORN_FD": "3"}),
    "UVICORN_FD-reload": Way("uvicorn --reload app:app", ASGI, {"UVICORN_FD": "3"}),
    "GUNICORN_CMD_ARGS": Way("gunicorn -w 2 'app:create_app()'", FLASK, {"GUNICORN_CMD_ARGS": "--bind fd://3"}),
    "hypercorn-fd": Way("hypercorn app:app --bind fd://3", ASGI),
    "hypercorn-fd-reload": Way("hypercorn --reload app:app --bind fd://3", ASGI),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_server_takes_descriptor_3(name: str, folder: Path) -> None:
    way = WAYS[name]
    (folder / "app.py").write_text(way.text)
    path = {"PATH": with_flask("flask31")["PATH"]}
    assert_takes_the_socket(way.command, folder, path | dict(way.variables))
