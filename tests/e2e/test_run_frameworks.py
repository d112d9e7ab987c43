"""Real servers under `portc run`: each on its lease, with nothing said to it but its command."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.frameworks import (
    ASGI,
    DJANGO,
    FASTAPI,
    FLASK,
    HARD,
    LISTEN_FDS,
    NODE,
    every_flask,
    link_modules,
    with_flask,
)
from harness.open_ports import listeners, ports_of_group, users
from harness.programs import SLACK, SOURCE, until
from harness.runs import Run, lease_of, portc_run
from harness.services import await_status

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(sys.platform != "linux", reason="ports are held on Linux only"),
    pytest.mark.usefixtures("portc"),
]

VITE = SOURCE / "docs" / "examples" / "vite"


@dataclass(frozen=True)
class Server:
    """A command in a folder with these files, and what it answers."""

    command: str
    files: Mapping[str, str] = field(default_factory=dict)
    path: str = "/"
    body: str = "hello"
    option: str = ""  # of portc run
    takes_socket: bool = False


def socket_taker(command: str, files: Mapping[str, str], option: str = "") -> Server:
    return Server(command, files, takes_socket=True, option=option)


APP = {"app.py": FLASK}
ASGI_APP = {"app.py": ASGI}
FASTAPI_APP = {"main.py": FASTAPI}

FLASK_SERVERS = {
    "run": socket_taker("flask run", APP),
    "run-debug": socket_taker("flask run --debug", APP),
    "module": socket_taker("python -m flask run", APP),
    "hard": socket_taker("python hard.py", {"hard.py": HARD}),
    "hard-module": socket_taker("python -m hard", {"hard.py": HARD}),
    "run-host": socket_taker("flask run -h localhost", APP),
    "run-without-handover": Server("flask run", APP, option="--no-handover"),
}
SERVERS = {
    "gunicorn": socket_taker("gunicorn -w 3 app:create_app()", APP),
    "gunicorn-without-handover": Server("gunicorn -w 3 app:create_app()", APP, option="--no-handover"),
    "uvicorn": socket_taker("uvicorn app:app", ASGI_APP),
    "uvicorn-host": socket_taker("uvicorn app:app --host 127.0.0.1", ASGI_APP),
    "uvicorn-reload": socket_taker("uvicorn --reload app:app", ASGI_APP),
    "uvicorn-workers": socket_taker("uvicorn --workers 2 app:app", ASGI_APP),
    "uvicorn-without-handover": Server("uvicorn app:app", ASGI_APP, option="--no-handover"),
    "uvicorn-fastapi": socket_taker("uvicorn main:app", FASTAPI_APP),
    "hypercorn": socket_taker("hypercorn app:app", ASGI_APP),
    "hypercorn-reload": socket_taker("hypercorn --reload app:app", ASGI_APP),
    "hypercorn-without-handover": Server("hypercorn app:app", ASGI_APP, option="--no-handover"),
    "listen-fds": socket_taker("python serve.py", {"serve.py": LISTEN_FDS}, option="--handover"),
    "fastapi-run": Server("fastapi run main.py", FASTAPI_APP),
    "fastapi-dev": Server("fastapi dev", FASTAPI_APP),
    "waitress": Server("waitress-serve --call app:create_app", APP),
    "waitress-module": Server("python -m waitress --call app:create_app", APP),
    "django": Server("python manage.py runserver", {"manage.py": DJANGO}),
    "http-server": Server("python -m http.server", {"index.html": "hello"}),
    "jupyter": Server("jupyter server --no-browser --allow-root", path="/api", body="version"),
    "node": Server("node server.js", {"server.js": NODE}),
    "vite": Server("npx vite", body="/@vite/client"),
    "npm-run-dev": Server("npm run dev", body="/@vite/client"),
}


@pytest.fixture
def shell(portd: Portd) -> Shell:
    return shell_of(portd)


def project(shell: Shell, server: Server) -> Path:
    """A folder that is the service `web` by its name."""
    folder = shell.folder / "web"
    folder.mkdir()
    if "vite" in server.body:
        write_vite_app(folder)
    for file, text in server.files.items():
        (folder / file).write_text(text)
    return folder


def write_vite_app(folder: Path) -> None:
    for file in ("index.html", "main.js"):
        shutil.copy(VITE / file, folder)
    (folder / "package.json").write_text((VITE / "package.json").read_text().replace('"vite-example"', '"web"'))
    link_modules(VITE / "node_modules", folder)


def assert_on_its_lease(run: Run, portd: Portd, shell: Shell, server: Server) -> None:
    """It has a lease and serves there and nowhere else; it is registered and passes; portd has no socket of it."""
    port = run.port
    assert shell.out("port", "--existing", "web", cwd=run.folder) == str(port)
    await_status(portd, "web", "passing")
    until(lambda: lease_of(portd, "web")["state"] == "listening", 10 * SLACK, "the lease is listening")
    lease = lease_of(portd, "web")
    assert (lease["port"], lease["hold"]) == (port, "strict" if server.takes_socket else "open")
    assert ports_of_group(run.pid) == {port}
    assert listeners(port)
    assert portd.pid not in listeners(port)
    # A check is a connection like any other; between two of them portd has nothing on the port.
    until(lambda: portd.pid not in users(port), 10 * SLACK, "lsof does not list portd")


def assert_serves(server: Server, portd: Portd, shell: Shell, variables: Mapping[str, str] | None = None) -> None:
    folder = project(shell, server)
    options = [server.option] if server.option else []
    with portc_run(shell, *options, "--", *server.command.split(), cwd=folder, variables=variables) as run:
        run.await_answer(server.path, body=server.body)
        assert_on_its_lease(run, portd, shell, server)


@pytest.mark.parametrize("name", SERVERS)
def test_a_server_serves_on_its_lease_and_nowhere_else(name: str, portd: Portd, shell: Shell) -> None:
    assert_serves(SERVERS[name], portd, shell)


@every_flask
@pytest.mark.parametrize("name", FLASK_SERVERS)
def test_flask_serves_on_its_lease_and_nowhere_else(name: str, flask: str, portd: Portd, shell: Shell) -> None:
    assert_serves(FLASK_SERVERS[name], portd, shell, with_flask(flask))
