"""`flask run` on the port of portd, without a line of code; and `flask portd`.

Flask loads this for every command, through the entry point `flask.commands`. Then the option --port of `flask run` gets
a default that is asked for when it is needed, so that -p, FLASK_RUN_PORT, .flaskenv and default_map still win, and a
callback that tells portd of a port they state. `run` itself stays as it is.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click
from flask.cli import run_command

from portd._surroundings import find_endpoint, is_on, memory_folder

if TYPE_CHECKING:
    from portd._lease import Lease

STATED = ("COMMANDLINE", "ENVIRONMENT", "DEFAULT_MAP")  # of click.core.ParameterSource
DECISIVE = ("PORTD_LEASE", "PORTD_STRICT", "PORT", "WERKZEUG_RUN_MAIN")
WHENCE = {
    "daemon": "portd",
    "inherited": "portd, by way of the process that started this one",
    "PORT": "the variable PORT, while portd does not run",
    "remembered": "what portd said last; it does not run",
    "default": "Flask's default, while portd does not run",
}


class PortOption:
    """The option --port of `flask run`, and what it was before."""

    def __init__(self, option: click.Parameter) -> None:
        self._default = option.default
        self._callback = option.callback
        option.default = self.default
        option.callback = self.callback

    @property
    def original(self) -> int:
        """Flask's own default."""
        return self._default if isinstance(self._default, int) else 5000

    def default(self) -> int:
        """The port where nobody states one. Raises click.ClickException."""
        context = click.get_current_context(silent=True)
        if is_on("PORTD_DISABLE") or (context is not None and context.resilient_parsing):
            return self.original  # resilient parsing: the shell completes a command, nothing is run
        if _is_nothing_known():
            return self.original
        from portd._errors import PortdError

        try:
            return _of_reloader() or _leased(default=self.original).port
        except PortdError as error:
            raise click.ClickException(str(error)) from error

    def callback(self, context: click.Context, option: click.Parameter, value: Any) -> Any:
        """Hears which port somebody has stated. Raises click.ClickException."""
        source = context.get_parameter_source(option.name or "port")
        if not context.resilient_parsing and not is_on("PORTD_DISABLE") and isinstance(value, int):
            value = self._heard(value, source.name if source is not None else "")
        return value if self._callback is None else self._callback(context, option, value)

    def _heard(self, port: int, source: str) -> int:
        if source == "ENVIRONMENT" and port == _port_of_another():
            return self.default()
        if source in STATED:
            _tell(port)
        return port


def _is_nothing_known() -> bool:
    """Whether this is a machine and a folder in which portd has never been, and nobody says a word of it."""
    if any(name in os.environ for name in DECISIVE) or find_endpoint() is not None or os.path.isdir(memory_folder()):
        return False
    folder = os.getcwd()
    while True:
        if any(os.path.lexists(os.path.join(folder, name)) for name in ("portd.yaml", "portd.json")):
            return False
        above = os.path.dirname(folder)
        if above == folder:
            return True
        folder = above


def _leased(**terms: Any) -> Lease:
    from portd._lease import obtain

    return obtain(**terms)


def _tell(port: int) -> None:
    """The port is this service's from now on; served it is in any case, unless portd must be there and is not."""
    from portd._errors import AbsentError, PortdError

    _port_of_another()
    if not 0 < port < 65536 or _of_reloader() is not None:
        return
    try:
        _leased(port=port)
    except AbsentError as absent:
        raise click.ClickException(str(absent)) from absent
    except PortdError as error:
        click.echo(f"portd: serving on {port} as told, without a lease: {error}", err=True)


def _port_of_another() -> int | None:
    """Of another service's lease that a parent of this process has. It, and what came with it, is forgotten."""
    if "PORTD_LEASE" not in os.environ:
        return None
    from portd._errors import KeyDerivationError
    from portd._inherited import settle
    from portd._key import derive_key

    try:
        return settle(derive_key(os.getcwd()).key)
    except KeyDerivationError:
        return None


def _of_reloader() -> int | None:
    """In the reloader's child the port is that of the socket which its parent has opened: portd is not asked again."""
    if os.environ.get("WERKZEUG_RUN_MAIN") != "true":
        return None
    _port_of_another()
    from portd._given import port_of

    return port_of(os.environ.get("WERKZEUG_SERVER_FD", ""))


def _show() -> None:
    """Show this app's key, its port and URL, and who says so.

    An app that has no port yet gets it now, and keeps it.
    """
    from portd._errors import PortdError
    from portd._lease import current

    try:
        lease = current(default=_OPTION.original if _OPTION is not None else 5000)
        key = lease.key.text
    except PortdError as error:
        raise click.ClickException(str(error)) from error
    whence = "PORTD_DISABLE is set" if is_on("PORTD_DISABLE") else WHENCE[lease.source]
    click.echo(f"key   {key}\nport  {lease.port} ({whence})\nurl   {lease.url}")


command = click.Command("portd", callback=_show, help=_show.__doc__, short_help="Show this app's port.")


def _install() -> PortOption | None:
    """Once a process, as modules are. None where `flask run` has no such option, and nothing is changed."""
    for option in run_command.params:
        if option.name == "port":
            return PortOption(option)
    return None


_OPTION = _install()
