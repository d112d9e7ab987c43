"""A server under `portc run` is started again while people look at it: nobody is refused."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.events import Event, EventReader
from harness.frameworks import ASGI, FLASK, HARD, every_flask, with_flask
from harness.open_ports import ports_of_group
from harness.programs import SLACK
from harness.runs import Run, portc_run

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(sys.platform != "linux", reason="sockets are handed over on Linux"),
    pytest.mark.usefixtures("portc"),
]

TOUCHES = 3


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


class Load:
    """Visitors that ask without pause, and what they met: `answered`, `refused`, or an error's name."""

    def __init__(self, port: int) -> None:
        self.met: Counter[str] = Counter()
        self._port = port
        self._stop = threading.Event()

    def visit(self) -> None:
        while not self._stop.is_set():
            self.met[self._look()] += 1

    def stop(self) -> None:
        self._stop.set()

    def _look(self) -> str:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=60 * SLACK) as stream:
                stream.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
                first = stream.recv(4096)
                while stream.recv(4096):
                    pass
        except ConnectionRefusedError:
            return "refused"
        except OSError as error:
            return type(error).__name__
        return "answered" if first else "closed"


@contextlib.contextmanager
def visitors(port: int, count: int = 4) -> Iterator[Load]:
    load = Load(port)
    threads = [threading.Thread(target=load.visit) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield load
    finally:
        load.stop()
        for thread in threads:
            thread.join()


def edit_under_load(run: Run, source: Path) -> Counter[str]:
    """Saves the source with another answer, TOUCHES times, each once the one before is given."""
    text = source.read_text()
    with visitors(run.port) as load:
        for number in range(TOUCHES):
            save(run, source, text.replace("hello", f"hello {number}"), f"hello {number}")
    return load.met


def save(run: Run, source: Path, text: str, body: str) -> None:
    """Until it is seen: a reloader that has not begun to watch yet misses a change."""
    for within in (10 * SLACK, 20 * SLACK):
        source.write_text(text)
        with contextlib.suppress(AssertionError):
            run.await_answer(body=body, within=within)
            return
    source.write_text(text)
    run.await_answer(body=body)


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
        met = edit_under_load(run, source)
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
        met = edit_under_load(run, source)
        assert met["refused"] == 0, met
        assert met["answered"] > 0, met
