"""What `portc run` relies on in other people's servers, without portd: how each takes a socket that listens already.

None of it is promised by them (hypercorn's fd:// and gunicorn's --bind fd:// apart). When one of these tests fails with
a new version, client/launch_variables.cpp and client/framework.cpp need another way for it.
"""

from __future__ import annotations

import contextlib
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness.frameworks import ASGI, FLASK, HARD, every_flask, with_flask
from harness.open_ports import ports_of_group
from harness.programs import SLACK, clean_environment, until
from harness.runs import fetch

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="sockets are handed over on Linux")

WERKZEUG = {"WERKZEUG_SERVER_FD": "3", "WERKZEUG_RUN_MAIN": "true"}
AGAIN = 3  # what Werkzeug ends with when its source changed


@dataclass
class Program:
    """A server with a socket on descriptor 3, and nothing that tells it a port."""

    process: subprocess.Popen[bytes]
    port: int
    log: Path

    def await_answer(self, body: str) -> None:
        def answered() -> bool:
            assert self.process.poll() is None, self.log.read_text()
            with contextlib.suppress(OSError):
                return fetch(f"http://127.0.0.1:{self.port}/").body.decode() == body
            return False

        until(answered, 60 * SLACK, f"{body} is answered")


@contextlib.contextmanager
def started(command: str, folder: Path, variables: Mapping[str, str]) -> Iterator[Program]:
    with socket.create_server(("127.0.0.1", 0)) as listener, (folder / "log").open("wb") as log:
        number = listener.fileno()
        process = subprocess.Popen(
            ["bash", "-c", f"exec {command} 3<&{number} {number}<&-"],
            cwd=folder,
            env=clean_environment(folder) | {"PYTHONDONTWRITEBYTECODE": "1"} | dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            pass_fds=[number],
            start_new_session=True,
        )
        try:
            yield Program(process, int(listener.getsockname()[1]), folder / "log")
        finally:
            process.terminate()
            process.wait(30 * SLACK)


def assert_takes_the_socket(command: str, folder: Path, variables: Mapping[str, str]) -> None:
    with started(command, folder, variables) as program:
        program.await_answer("hello")
        assert ports_of_group(program.process.pid) == {program.port}


@every_flask
@pytest.mark.parametrize("command", ["flask run", "flask run --debug", "python app.py"])
def test_werkzeug_takes_werkzeug_server_fd(command: str, flask: str, folder: Path) -> None:
    (folder / "app.py").write_text(HARD)
    assert_takes_the_socket(command, folder, with_flask(flask) | WERKZEUG)


@every_flask
@pytest.mark.parametrize("command", ["flask run --debug", "python app.py"])
def test_werkzeug_asks_to_be_started_again_by_its_exit_code(command: str, flask: str, folder: Path) -> None:
    (folder / "app.py").write_text(HARD)
    with started(command, folder, with_flask(flask) | WERKZEUG) as program:
        program.await_answer("hello")
        (folder / "app.py").write_text(HARD.replace("hello", "again"))
        assert program.process.wait(30 * SLACK) == AGAIN


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
