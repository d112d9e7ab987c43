"""Servers for tests: an app in a thread, or a command, each on a port that is nobody else's until the test ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Union

from portd._answers import lease_in
from portd._aside import ASIDE
from portd._client import Client
from portd._errors import AbsentError, PortdError, refusal
from portd._lease import connected
from portd._surroundings import is_on

WsgiApp = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]
Served = Union[WsgiApp, Sequence[str]]

READY = 30.0  # seconds that a command has until it accepts connections
END = 10.0  # seconds that it has to end after SIGTERM

# Of whoever runs the tests, perhaps `portc run -- pytest`: a server under test has nothing to do with them.
OF_ANOTHER_PROCESS = (
    "PORTD_LEASE",
    "PORTD_SELF_URL",
    "PORTD_STRICT",
    "GUNICORN_CMD_ARGS",
    "GUNICORN_FD",
    "LISTEN_FDS",
    "LISTEN_PID",
    "UVICORN_FD",
    "WERKZEUG_RUN_MAIN",
    "WERKZEUG_SERVER_FD",
)


class Answer:
    """What a server answered, whatever its status."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"Answer({self.status}, {self.text!r})"


class Reserved:
    """A port that stays this process's until `close`: leased from portd, or bound where portd is not."""

    def __init__(self, port: int, client: Client | None, lease: str, hold: socket.socket | None) -> None:
        self.port = port
        self._client = client
        self._lease = lease
        self._hold = hold

    def listen(self) -> socket.socket:
        """A socket that listens on it."""
        if self._client is None:
            if self._hold is not None:
                self._hold.close()
                self._hold = None
            return _listening(self.port)
        status, answer, descriptor = self._client.hand_over(self.port, self._lease, "127.0.0.1")
        if descriptor is None:
            raise refusal(status, answer)
        return socket.socket(fileno=descriptor)

    def close(self) -> None:
        """Gives it back. Quiet where portd has gone meanwhile: the lease ends with this process anyway."""
        if self._hold is not None:
            self._hold.close()
        if self._client is not None:
            with contextlib.suppress(PortdError):
                self._client.request("DELETE", f"/ports/{self.port}?lease={self._lease}")
            self._client.close()


def reserve() -> Reserved:
    """A port that no other test, process or service of this machine has. Raises AbsentError under PORTD_STRICT=1."""
    if is_on("PORTD_DISABLE"):
        return _bound()
    try:
        return _leased(connected())
    except AbsentError:
        if is_on("PORTD_STRICT"):
            raise
        return _bound()


def _leased(client: Client) -> Reserved:
    # Without a service the key is of portd's making, and no other lease ever has it.
    wanted = {"kind": "process", "pid": os.getpid(), "cwd": os.getcwd()}
    status, answer = client.request("POST", "/ports", wanted)
    if status >= 400:
        raise refusal(status, answer)
    port, identity = lease_in(answer)
    return Reserved(port, client, identity, None)


def _bound() -> Reserved:
    """As portd holds a port: bound, then SO_REUSEADDR, so that a server that sets it too may bind over it."""
    hold = socket.socket()
    hold.bind(("127.0.0.1", 0))
    port = int(hold.getsockname()[1])
    if sys.platform != "linux":
        hold.close()  # elsewhere two sockets with SO_REUSEADDR do not share an address
        return Reserved(port, None, "", None)
    hold.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    return Reserved(port, None, "", hold)


def _listening(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


class Server:
    """A server that runs until `close`."""

    def __init__(self, reserved: Reserved) -> None:
        self._reserved = reserved
        self.port = reserved.port

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`: a browser treats it as localhost, and no client tries ::1 first."""
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str = "/", *, headers: Mapping[str, str] | None = None, timeout: float = 30.0) -> Answer:
        """GET; answers of 400 and more are answers, redirects are followed. Raises OSError where there is none."""
        request = urllib.request.Request(self.url + path, headers=dict(headers or {}))
        # No proxy of the developer's: the server is on this machine.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout) as answer:
                return Answer(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as answer:
            with answer:
                return Answer(answer.code, dict(answer.headers), answer.read())

    def close(self) -> None:
        self._reserved.close()


class ThreadServer(Server):
    """A WSGI app, served by this process: by Werkzeug where it is installed, as `flask run` does."""

    def __init__(self, app: WsgiApp) -> None:
        super().__init__(reserve())
        self._ending = False
        self._server = _server_for(_aside(app), self._reserved.listen())
        self._thread = threading.Thread(target=self._serve, name=f"portd_server:{self.port}", daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._ending:
            self._server.handle_request()

    def close(self) -> None:
        self._ending = True
        # Wakes the thread, which waits for a connection; quicker than to look every so often.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=END).close()
        self._thread.join(END)
        self._server.server_close()
        super().close()


class CommandServer(Server):
    """A command with its port: `{port}`, `{url}` and `{fd}` in its arguments, and the variables that servers know.

    With `{fd}` it gets a socket that listens already; else it opens PORT itself, and is waited for.
    """

    def __init__(self, arguments: Sequence[str], env: Mapping[str, str] | None = None, cwd: Any = None) -> None:
        super().__init__(reserve())
        try:
            self._process = self._start(arguments, env or {}, cwd)
        except BaseException:
            self._reserved.close()
            raise

    def _start(self, arguments: Sequence[str], env: Mapping[str, str], cwd: Any) -> subprocess.Popen[bytes]:
        handed = self._reserved.listen() if any("{fd}" in argument for argument in arguments) else None
        try:
            number = str(handed.fileno()) if handed is not None else ""
            process = subprocess.Popen(
                [self._filled(argument, number) for argument in arguments],
                env=self._environment() | dict(env),
                cwd=cwd,
                pass_fds=[handed.fileno()] if handed is not None else [],
                start_new_session=True,  # so that its workers end with it
            )
        finally:
            if handed is not None:
                handed.close()
        if handed is None:
            self._await(process)
        return process

    def _filled(self, argument: str, number: str) -> str:
        return argument.replace("{port}", str(self.port)).replace("{url}", self.url).replace("{fd}", number)

    def _environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in OF_ANOTHER_PROCESS}
        port = str(self.port)
        ours = {"PORT": port, "FLASK_RUN_PORT": port, "UVICORN_PORT": port}
        hosts = {"HOST": "127.0.0.1", "FLASK_RUN_HOST": "127.0.0.1"}
        # A server under test is not the developer's service: it registers nothing and takes no port of its own.
        return kept | ours | hosts | {"PORTD_DISABLE": "1"}

    def _await(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + READY
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=READY):
                return
            if process.poll() is not None:
                raise RuntimeError(f"{process.args!r} ended with {process.returncode} before it served")
            if time.monotonic() > deadline:
                _end(process)
                raise TimeoutError(f"{process.args!r} does not serve on port {self.port} after {READY:.0f} s")
            time.sleep(0.01)

    def close(self) -> None:
        _end(self._process)
        super().close()


def serve(served: Served, env: Mapping[str, str] | None = None, cwd: Any = None) -> Server:
    """A server for an app, or for a command as a list of arguments; `env` and `cwd` are a command's."""
    if callable(served):
        if env is not None or cwd is not None:
            raise TypeError("env and cwd are for a command; an app runs in this process")
        return ThreadServer(served)
    if isinstance(served, str):
        raise TypeError(f"a command is a list of arguments, not {served!r}")
    return CommandServer(served, env, cwd)


def _aside(app: WsgiApp) -> WsgiApp:
    def aside(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ[ASIDE] = True
        return app(environ, start_response)

    return aside


def _end(process: subprocess.Popen[bytes]) -> None:
    """SIGTERM to it and to what it has started, and SIGKILL to whatever is left."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _server_for(app: WsgiApp, listener: socket.socket) -> Any:
    try:
        return _werkzeug_server(app, listener)
    except ImportError:
        return _wsgiref_server(app, listener)


def _werkzeug_server(app: WsgiApp, listener: socket.socket) -> Any:
    from werkzeug.serving import WSGIRequestHandler, make_server

    class Quiet(WSGIRequestHandler):
        def log_request(self, code: Any = "-", size: Any = "-") -> None:
            pass

    host, port = listener.getsockname()[:2]
    try:
        # It makes a socket of its own of the descriptor.
        return make_server(host, port, app, threaded=True, request_handler=Quiet, fd=listener.fileno())
    finally:
        listener.close()


def _wsgiref_server(app: WsgiApp, listener: socket.socket) -> Any:
    import socketserver
    from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

    class Quiet(WSGIRequestHandler):
        def log_message(self, format: str, *args: Any) -> None:
            pass

    class Threads(socketserver.ThreadingMixIn, WSGIServer):
        daemon_threads = True

    host, port = listener.getsockname()[:2]
    server = Threads((host, port), Quiet, bind_and_activate=False)
    server.socket.close()
    server.socket = listener
    server.server_name, server.server_port = host, port
    server.setup_environ()
    server.set_app(app)
    return server
