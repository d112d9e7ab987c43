"""`flask run` on the port of portd, without a line of code; and `flask portd`.

Flask loads this for every command, through the entry point `flask.commands`. Then the option --port of `flask run` gets
a default that is asked for when it is needed, so that -p, FLASK_RUN_PORT, .flaskenv and default_map still win, and a
callback that tells portd of a port they state. `run` itself stays as it is.
"""

from __future__ import annotations

import os
from typing import Any

import click
from flask.cli import run_command

from portd._surroundings import is_on


class PortOption:
    """The option --port of `flask run`, and what it was before."""

    def __init__(self, option: click.Parameter) -> None:
        self._default = option.default
        self._callback = option.callback
        option.default = self.default
        option.callback = self.callback

    def default(self) -> Any:
        """The port where nobody states one."""
        context = click.get_current_context(silent=True)
        if is_on("PORTD_DISABLE") or (context is not None and context.resilient_parsing):
            return self.original
        given = _port_of_given_socket()
        return given or _obtained(None, self.original).port

    def callback(self, context: click.Context, option: click.Parameter, value: Any) -> Any:
        """Hears which port somebody has stated."""
        source = context.get_parameter_source(option.name or "port")
        if source is not click.core.ParameterSource.DEFAULT and not context.resilient_parsing:
            value = self._learn(value, source is click.core.ParameterSource.ENVIRONMENT)
        return value if self._callback is None else self._callback(context, option, value)

    @property
    def original(self) -> int:
        """Flask's own default."""
        return self._default if isinstance(self._default, int) else 5000

    def _learn(self, port: Any, from_environment: bool) -> Any:
        if is_on("PORTD_DISABLE") or not isinstance(port, int) or not 0 < port < 65536:
            return port
        if from_environment and _is_of_another(port):
            return self.default()
        if _port_of_given_socket() is not None:
            return port
        from portd._errors import AlreadyRunningError, RefusedError

        try:
            _ask(port, port)
        except RefusedError as refused:
            hint = "another process of this service" if isinstance(refused, AlreadyRunningError) else "portd"
            click.echo(f"portd: {port} is served, but not leased ({hint} is in the way): {refused}", err=True)
        return port


def _ask(port: int | None, default: int) -> Any:
    from portd._errors import PortdError, RefusedError
    from portd._lease import obtain

    try:
        return obtain(port=port, default=default)
    except RefusedError:
        raise
    except PortdError as error:
        raise click.ClickException(str(error)) from error


def _obtained(port: int | None, default: int) -> Any:
    from portd._errors import RefusedError

    try:
        return _ask(port, default)
    except RefusedError as refused:
        raise click.ClickException(str(refused)) from refused


def _is_of_another(port: int) -> bool:
    """Whether this number came with a lease of another service, which a parent of this process has."""
    from portd._inherited import inherited, stated
    from portd._key import derive_key
    from portd._errors import KeyDerivationError

    found = stated()
    if found is None or found.port != port:
        return False
    try:
        inherited(derive_key(os.getcwd()).key, own=True)
    except KeyDerivationError:
        return False
    return stated() is None


def _port_of_given_socket() -> int | None:
    """In the reloader's child: of the socket that its parent has opened."""
    return None
