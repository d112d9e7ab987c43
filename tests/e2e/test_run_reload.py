"""A server under `portc run` is started again while people look at it: nobody is refused."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.events import Event, EventReader
from harness.frameworks import ASGI, FLASK, HARD, every_flask, with_flask
from harness.open_ports import ports_of_group
from harness.runs import portc_run
from harness.visitors import edit_under_load

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(sys.platform != "linux", reason="sockets are handed over on Linux"),
    pytest.mark.usefixtures("portc"),
]

TOUCHES = 3


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


def grants_of_web(portd: Portd, reader: EventReader) -> list[str]:
    """The events of its lease so far that give it a port."""
    portd.lease(service="the-end")

    def of(event: Event, service: str) -> bool:
        return event.name in ("lease.granted", "lease.moved") and service in str(event.data)

    return [event.name for event in reader.until(lambda event: of(event, "the-end")) if of(event, "'web'")]


def program(shell: Shell, name: str, text: str) -> Path:
    folder = shell.folder / "web"
    folder.mkdir()
    (folder / name).write_text(text)
    return folder / name


@every_flask
@pytest.mark.parametrize("command", ["flask run --debug", "python app.py"])
def test_edits_under_load_refuse_nobody_and_keep_the_port(command: str, flask: str, portd: Portd, shell: Shell) -> None:
    source = program(shell, "app.py", HARD)
    with (
        EventReader(portd) as reader,
        portc_run(shell, "--", *command.split(), cwd=source.parent, variables=with_flask(flask)) as run,
    ):
        run.await_answer(body="hello")
        met = edit_under_load(run, source, TOUCHES)
        assert met["refused"] == 0, met
        assert met["answered"] > 0, met
        assert grants_of_web(portd, reader) == ["lease.granted"]
        assert shell.out("port", "--existing", "web", cwd=run.folder) == str(run.port)
        assert ports_of_group(run.pid) == {run.port}


@pytest.mark.parametrize(
    ("command", "text"),
    [
        ("uvicorn --reload app:app", ASGI),
        ("gunicorn --reload app:create_app()", FLASK),
        ("hypercorn --reload app:app", ASGI),
    ],
    ids=["uvicorn", "gunicorn", "hypercorn"],
)
def test_other_reloaders_refuse_nobody_either(command: str, text: str, shell: Shell) -> None:
    source = program(shell, "app.py", text)
    with portc_run(shell, "--", *command.split(), cwd=source.parent) as run:
        run.await_answer(body="hello")
        met = edit_under_load(run, source, TOUCHES)
        assert met["refused"] == 0, met
        assert met["answered"] > 0, met
