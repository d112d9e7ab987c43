"""One Flask app and its service: its port and configuration, its cookies, its registration."""

from __future__ import annotations

import logging
import os
import sys
import threading
import time
import weakref
from typing import TYPE_CHECKING, Any

from portd._client import PATIENCE
from portd._errors import AbsentError, PortdError
from portd._flask_middleware import HEALTH_PATH
from portd._inherited import is_from_parent, keep_socket, stated
from portd._own_sockets import listener_on, opener_of
from portd._processes import is_ancestor
from portd._registration import CHECK, Registrar, claim
from portd._surroundings import derive_key, find_endpoint, is_left_over, is_on

if TYPE_CHECKING:
    from flask import Flask

    from portd._surroundings import DerivedKey, Key

# Seconds between two attempts to reach a portd that was not there: it may be started after the app.
AGAIN = 10.0

# Seconds that a request waits for each answer of portd: one request, the first.
PATIENCE_OF_A_REQUEST = 0.5

# A unix socket's SERVER_PORT is whatever clients send as Host: that many different ones are enough.
MOST_STRANGE_PORTS = 16

# The middleware's 204, and what may stand in front of it: a mount that hides its path, a login, a redirection.
ANSWERS = [200, 204, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405]

# What Flask and Flask-Login call their cookies if nobody has said otherwise.
DEFAULT_COOKIES = {"SESSION_COOKIE_NAME": "session", "REMEMBER_COOKIE_NAME": "remember_token"}

# Of the characters between a key's parts, which no cookie's name may have (RFC 6265, 4.1.1), to such as it may.
COOKIE_MARKS = str.maketrans("/@:", "~!|")

registrar = Registrar()
_presences: weakref.WeakSet[Presence] = weakref.WeakSet()


class Presence:
    """What portd knows of one app, and what the app knows of portd. Any thread.

    derived, port: who the app is, and where it is or will be. health_path: of the app's own; None: the middleware's.
    """

    def __init__(self, app: Flask, derived: DerivedKey, port: int, health_path: str | None) -> None:
        # The app keeps its presence (app.extensions); the other way round only the collector could end either.
        self._app = weakref.ref(app)
        self.derived = derived
        self.port = port
        self._health_path = health_path
        self._lock = threading.Lock()
        self._next_attempt = 0.0
        self._listeners: dict[int, int | None] = {}
        # Now, and by nothing that portd answers or not: all workers of a server have to decide alike.
        self._names_cookies = not is_on("PORTD_DISABLE") and _is_portd_used()
        self._cookies_settled = False
        self._injected: dict[str, Any] = {}
        _presences.add(self)

    @property
    def app(self) -> Flask:
        app = self._app()
        assert app is not None
        return app

    @property
    def key(self) -> Key:
        return self.derived.key

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    # --- configuration ------------------------------------------------------------------------------------------------

    def inject(self, values: dict[str, Any]) -> None:
        """Puts values into the app's configuration, wherever it has none of its own."""
        config = self.app.config
        for name, value in values.items():
            if name not in config or (name in self._injected and config[name] == self._injected[name]):
                config[name] = self._injected[name] = value

    def move(self, port: int) -> None:
        """The app is served on this port, whatever was thought before."""
        self.port = port
        self.inject({"PORTD_PORT": port, "PORTD_URL": self.url})

    def name_cookies(self) -> None:
        """Gives cookies with default names names of their own, before the first request is served.

        A browser sends each cookie of localhost to every port of it, so two apps would overwrite each other's.
        """
        if self._cookies_settled:
            return
        config = self.app.config
        if config.get("PORTD_COOKIES", True):
            for setting, default in DEFAULT_COOKIES.items():
                if config.get(setting, default) == default:
                    config[setting] = f"{default}-{self.key.text.translate(COOKIE_MARKS)}"
        self._cookies_settled = True  # last: the first requests may be several at once

    # --- registration -------------------------------------------------------------------------------------------------

    def begin(self, port: int, scheme: str = "http") -> None:
        """The app is about to serve on a port that portd leased it. What goes wrong is logged: the app serves."""
        self.move(port)
        self.name_cookies()
        try:
            self._register(scheme, PATIENCE)
        except PortdError as error:
            self._log(error)

    def observe(self, port: int, scheme: str) -> bool:
        """A request came in on this port; whether no more need be told. Costs something for the first one only.

        Whatever goes wrong is logged, once: no visitor pays for it.
        """
        try:
            return self._observe(port, scheme)
        except Exception as error:
            self._log(error)
            return True

    def _observe(self, port: int, scheme: str) -> bool:
        inode = self._listener(port)
        if inode is None:  # the test client's 80, a unix socket's, a proxy's
            return len(self._listeners) > MOST_STRANGE_PORTS
        keep_socket()
        if self._names_cookies:
            self.name_cookies()
        if registrar.port_of(self.key) == port == self.port:
            return True
        if time.monotonic() < self._next_attempt or not self._lock.acquire(blocking=False):
            return False  # another request's thread is at it
        try:
            self._settle(port, inode, scheme)
        except AbsentError:
            return False
        finally:
            self._lock.release()
        return True

    def _listener(self, port: int) -> int | None:
        """The inode of this process's socket there, looked for once: every request asks."""
        if port not in self._listeners:
            self._listeners[port] = listener_on(port)
        return self._listeners[port]

    def _settle(self, port: int, inode: int, scheme: str) -> None:
        self._next_attempt = time.monotonic() + AGAIN
        self.move(port)
        if registrar.key_of(port) in (None, self.key):
            if not is_from_parent(self.key):
                claim(self.derived, port, opener_of(inode), PATIENCE_OF_A_REQUEST)
            self._register(scheme, PATIENCE_OF_A_REQUEST)
        # Otherwise it is mounted within another app of this process, which is the service.

    def _register(self, scheme: str, patience: float) -> None:
        if not self._is_main():
            return
        replace = self._health_path is not None
        registrar.register(self.key, self.port, self._check(scheme), replace=replace, patience=patience)
        if not replace:
            _keep_checks_out_of_the_log()

    def _is_main(self) -> bool:
        """Whether it serves the role that the service is registered by."""
        key = self.key
        if key.role == "http":
            return True
        return derive_key(os.getcwd(), key=f"{key.project}/{key.service}@{key.instance}").key.role == key.role

    def _check(self, scheme: str) -> dict[str, Any]:
        if scheme == "https":
            return {"id": CHECK, "type": "tcp"}  # portd asks over plain HTTP only
        if self._health_path is not None:
            return {"id": CHECK, "type": "http", "path": self._health_path}
        return {"id": CHECK, "type": "http", "path": HEALTH_PATH, "expect_status": ANSWERS}

    def _log(self, error: Exception) -> None:
        why = error if isinstance(error, PortdError) else repr(error)
        self.app.logger.warning("portd: %s is not registered on port %d: %s", self.key.text, self.port, why)


def _is_portd_used() -> bool:
    """Whether a launcher of this process has a lease, or a portd lives; nobody is asked."""
    launched = stated()
    if launched is not None and is_ancestor(launched.pid):
        return True
    endpoint = find_endpoint()
    return endpoint is not None and not is_left_over(endpoint)


def begin_all(key: Key, port: int, scheme: str) -> None:
    """The apps of this process are about to be served on the port of this key: those that are its service begin."""
    for presence in list(_presences):
        if presence.key == key:
            presence.begin(port, scheme)
        else:
            presence.move(port)


class _NoHealthChecks(logging.Filter):
    """Drops Werkzeug's line for each of portd's checks: one every ten seconds, for hours."""

    def filter(self, record: logging.LogRecord) -> bool:
        return not (isinstance(record.args, tuple) and any(f" {HEALTH_PATH} " in str(each) for each in record.args))


_no_health_checks = _NoHealthChecks()


def _keep_checks_out_of_the_log() -> None:
    logging.getLogger("werkzeug").addFilter(_no_health_checks)  # the same one twice counts once


def flask_run() -> dict[str, Any] | None:
    """The parameters of `flask run`, if this process is about to serve by it: "port", "cert", "reload", ..."""
    click = sys.modules.get("click")
    context = click.get_current_context(silent=True) if click is not None else None
    if context is None or context.info_name != "run" or not isinstance(context.params.get("port"), int):
        return None
    return dict(context.params)
