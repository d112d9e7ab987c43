"""Between the server and the app: learns the port that is really served, and answers portd's health check."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from portd._aside import ASIDE

Environ = dict[str, Any]
WsgiApp = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

# What portd asks by default. The app itself is not asked: its views may need a login, count visits or open sessions.
HEALTH_PATH = "/-/portd/health"


class Middleware:
    """Tells `observe` the port and the scheme of requests until it answers that it has seen enough. Any thread."""

    def __init__(self, app: WsgiApp, observe: Callable[[int, str], bool]) -> None:
        self._app = app
        self._observe: Callable[[int, str], bool] | None = observe

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if self._observe is not None and ASIDE not in environ:
            self._look(environ, self._observe)
        if environ.get("PATH_INFO") == HEALTH_PATH:
            start_response("204 No Content", [("Cache-Control", "no-store")])
            return []
        return self._app(environ, start_response)

    def _look(self, environ: Environ, observe: Callable[[int, str], bool]) -> None:
        port, scheme = served_on(environ)
        if port is not None and observe(port, scheme):
            self._observe = None


def served_on(environ: Environ) -> tuple[int | None, str]:
    """SERVER_PORT and the scheme as the server said them, whatever proxies made of them since."""
    original = environ.get("werkzeug.proxy_fix.orig") or {}
    port = str(original.get("SERVER_PORT") or environ.get("SERVER_PORT", ""))
    scheme = str(original.get("wsgi.url_scheme") or environ.get("wsgi.url_scheme", "http"))
    return (int(port) if port.isdigit() else None), scheme
