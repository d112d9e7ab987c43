"""Flask and portd: the app's own port, its siblings' URLs, its registration. docs/flask.md tells it all.

A factory calls `init_app` of one `Portd()` that its module has; a script says `Portd(app)`.
"""

from __future__ import annotations

import contextlib
import os
import weakref
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

from flask import Flask, current_app
from flask.helpers import get_debug_flag

from portd._errors import AlreadyRunningError, PortdError, RefusedError
from portd._flask_middleware import Middleware
from portd._flask_presence import Presence, flask_run
from portd._inherited import inherited, own_key, variables_of
from portd._lease import Lease, obtain_for
from portd._origins import Origins
from portd._processes import is_reloader_child
from portd._project_file import read_project
from portd._siblings import Siblings
from portd._surroundings import DerivedKey, Key, is_on, port_in

__all__ = ["Portd"]

FLASK_PORT = 5000


class Portd:
    """The Flask extension. One object serves any number of apps: `init_app` is for factories.

    service: the service's name, if neither the folder nor PORTD_SERVICE has it right. `flask run` and gunicorn take
    their port before they load the app, so to those PORTD_SERVICE says it.
    health_path: of the app's own that answers 2xx while it is well; also PORTD_HEALTH_PATH in its configuration.
    Without one the middleware answers portd itself: the app's views are not asked.
    """

    def __init__(self, app: Flask | None = None, *, service: str | None = None, health_path: str | None = None) -> None:
        self._service = service
        self._health_path = health_path
        self._siblings = Siblings()
        self._newest: weakref.ref[Presence] | None = None
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Flask) -> None:
        """Puts PORTD_PORT, PORTD_URL and PORTD_<SERVICE>_URL into the configuration, wherever it has none, and the
        middleware around the app.

        Registers the app if `flask run` is about to serve it. Any other server shows itself by the first request, or
        tells: `run`, portd.gunicorn. Without portd the app runs as it would have.
        """
        if "portd" in app.extensions:
            return
        presence = self._presence(app)
        app.extensions["portd"] = presence
        self._newest = weakref.ref(presence)
        if is_on("PORTD_DISABLE"):
            return
        app.wsgi_app = Middleware(app.wsgi_app, presence.observe)  # type: ignore[method-assign]
        run = flask_run()
        if run is not None and not _only_supervises(app, {"use_reloader": run.get("reload")}):
            self._begin_under_flask_run(presence, run)

    def url(self, service: str | None = None) -> str:
        """`http://localhost:PORT` of a sibling (`[project/]service[@instance]`), or of this app.

        Right also before the sibling runs; at most a second old. Raises PortdError if portd is not there and never
        told.
        """
        if service is not None:
            return self._siblings.find(service).url
        return self._own().url

    @property
    def port(self) -> int:
        """Of this app: what its server listens on, or is to listen on."""
        return self._own().port

    def origins(self, *services: str) -> Any:
        """The origins of siblings, of all in portd.yaml if none is named, for Flask-CORS and Flask-SocketIO.

        It passes for a compiled regular expression, and always matches exactly the present `http://localhost:PORT`
        and `http://127.0.0.1:PORT` of each. It can be called, too, as Flask-SocketIO does; then the app's own pages
        are let in as well.
        """
        return Origins(lambda: self._ports_of(services), self._own_ports)

    def run(self, app: Flask, **options: Any) -> None:
        """`app.run` on the service's port, registered. `port=` asks portd for that one; it wins without portd, too.

        `port=0` is any free one, which portd is not asked for. Under `flask run` it does what `app.run` does there:
        nothing. Ends the program with a message if the service already runs.
        """
        if os.environ.get("FLASK_RUN_FROM_CLI") == "true":
            app.run(**options)
            return
        self.init_app(app)
        if options.get("port") == 0:
            app.run(**options)
            return
        presence = _presence_of(app)
        try:
            leased = self._lease(presence, options.pop("port", None))
        except AlreadyRunningError as error:
            raise SystemExit(f"portd: {error}") from error
        if leased.granted and not _only_supervises(app, options):
            presence.begin(leased.port, "https" if options.get("ssl_context") is not None else "http")
        app.run(port=leased.port, **options)

    def url_context(self, app: Flask) -> AbstractContextManager[Any]:
        """A request context in which `url_for(..., _external=True)` gives this service's URL.

        For mails, jobs and scripts: SERVER_NAME, which would do the same, makes Flask answer 404 to other hosts.
        """
        self.init_app(app)
        root = str(app.config["APPLICATION_ROOT"])
        return app.test_request_context(base_url=_presence_of(app).url + root)

    # --- how it begins ------------------------------------------------------------------------------------------------

    def _named(self, app: Flask) -> str | None:
        """The name that was stated for the service; the folder says it otherwise."""
        named: str | None = self._service or app.config.get("PORTD_SERVICE")
        return named

    def _lease(self, presence: Presence, port: int | None) -> Lease:
        return obtain_for(presence.derived, port=port, own=self._named(presence.app) is None)

    def _presence(self, app: Flask) -> Presence:
        run = flask_run()
        if is_on("PORTD_DISABLE"):  # nothing is read, so nobody knows who this is
            derived = DerivedKey(Key("app"), os.getcwd(), None, {})
            return self._placed(app, derived, run["port"] if run is not None else port_in("PORT") or FLASK_PORT)
        try:
            derived = own_key(self._named(app))
        except PortdError as error:
            # No reason not to serve: the folder / of an image has no name, and no portd either.
            app.logger.warning("portd: %s", error)
            derived = DerivedKey(Key("app"), os.getcwd(), None, {})
        presence = self._placed(app, derived, run["port"] if run is not None else self._present_port(derived.key))
        presence.inject(self._sibling_urls(derived))
        return presence

    def _placed(self, app: Flask, derived: DerivedKey, port: int) -> Presence:
        presence = Presence(app, derived, port, self._health_path or app.config.get("PORTD_HEALTH_PATH"))
        presence.move(port)
        return presence

    def _present_port(self, key: Key) -> int:
        """Where the service is or will be, without becoming who serves it: `flask shell` wants to know, too."""
        found = inherited(key, own=False)
        if found is not None:
            return found.port
        with contextlib.suppress(PortdError):
            return self._siblings.find(key.text).port
        return port_in("PORT") or FLASK_PORT

    def _sibling_urls(self, derived: DerivedKey) -> dict[str, str]:
        urls = {}
        with contextlib.suppress(PortdError):
            for service in _services_of(derived):
                with contextlib.suppress(PortdError):
                    urls[f"PORTD_{_variable_name(service)}_URL"] = self._siblings.find(service).url
        return urls

    def _begin_under_flask_run(self, presence: Presence, run: dict[str, Any]) -> None:
        port: int = run["port"]
        if port == 0:
            return  # any free one, which the first request tells
        try:
            leased = self._lease(presence, port)
        except RefusedError as error:
            if presence.key == _key_of_flask_run():
                return  # `flask run` has been told the same, and has said so
            presence.app.logger.warning(
                "portd: %s serves on %d without its lease: %s. If its name is the cause, tell it before the app is "
                "loaded: PORTD_SERVICE=%s in .flaskenv",
                presence.key.text,
                port,
                error,
                presence.key.service,
            )
            return
        if leased.granted:
            presence.begin(port, "https" if run.get("cert") else "http")

    # --- who is asked for ---------------------------------------------------------------------------------------------

    def _own(self) -> Presence:
        """Of the current app, else of the one that was initialized last."""
        if current_app and "portd" in current_app.extensions:
            return _presence_of(current_app)
        presence = self._newest() if self._newest is not None else None
        if presence is None:
            raise RuntimeError("no app yet: call init_app(app) first")
        return presence

    def _own_ports(self) -> Iterator[int]:
        with contextlib.suppress(RuntimeError):
            yield self._own().port

    def _ports_of(self, services: tuple[str, ...]) -> Iterator[int]:
        """Of a service that nothing is known of there is none: it is not let in."""
        with contextlib.suppress(PortdError):
            for service in services or _services_of(own_key(self._service)):
                with contextlib.suppress(PortdError):
                    yield self._siblings.find(service).port


def _presence_of(app: Flask) -> Presence:
    presence: Presence = app.extensions["portd"]
    return presence


def _key_of_flask_run() -> Key | None:
    """By what it asks for the port, before it loads the app."""
    with contextlib.suppress(PortdError):
        return own_key().key
    return None


def _only_supervises(app: Flask, options: dict[str, Any]) -> bool:
    """Whether this process is about to start a reloader, whose child serves."""
    if is_reloader_child():
        return False
    reload = options.get("use_reloader")
    if reload is None:
        debug = options.get("debug")
        reload = debug if debug is not None else get_debug_flag() if "FLASK_DEBUG" in os.environ else app.debug
    return bool(reload)


def _services_of(derived: DerivedKey) -> list[str]:
    """The siblings that portd.yaml declares. Raises KeyDerivationError."""
    if derived.project_file is None:
        return []
    variables = variables_of(derived.key)
    environment = variables.get("PORTD_ENV", "")
    environment = "" if environment == "development" else environment
    instance = derived.key.instance.removesuffix(f".{environment}")
    services = read_project(derived.project_file, environment, instance, variables).services
    return [name for name in services if name != derived.key.service]


def _variable_name(service: str) -> str:
    """As `portc env` has it: my-api is MY_API."""
    return "".join(each.upper() if each.isalnum() else "_" for each in service)
