"""The port of `flask run` where portd is to be asked or told, or a parent of this process has a word in it."""

from __future__ import annotations

import contextlib
import os

import click
from flask import request, request_started

from portd._errors import AbsentError, KeyDerivationError, PortdError
from portd._lease import current, obtain
from portd._surroundings import is_on

WHENCE = {
    "daemon": "portd",
    "inherited": "portd, by way of the process that started this one",
    "PORT": "the variable PORT, while portd does not run",
    "remembered": "what portd said last; it does not run",
    "default": "Flask's default, while portd does not run",
}


def leased(default: int) -> int:
    """The port where nobody states one. Raises click.ClickException."""
    try:
        return _of_reloader() or obtain(default=default).port
    except PortdError as error:
        raise click.ClickException(str(error)) from error


def tell(port: int) -> None:
    """The port is this service's from now on; served it is in any case, unless portd must be there and is not.

    Raises click.ClickException.
    """
    port_of_another()
    if not 0 < port < 65536 or _of_reloader() is not None:
        return
    try:
        obtain(port=port)
    except AbsentError as absent:
        raise click.ClickException(str(absent)) from absent
    except PortdError as error:
        click.echo(f"portd: serving on {port} as told, without a lease: {error}", err=True)


def port_of_another() -> int | None:
    """Of another service's lease that a parent of this process has. It, and what came with it, is forgotten."""
    if "PORTD_LEASE" not in os.environ:
        return None
    from portd._inherited import settle
    from portd._surroundings import derive_key

    try:
        return settle(derive_key(os.getcwd()).key)
    except KeyDerivationError:
        return None


def _of_reloader() -> int | None:
    """In the reloader's child the port is that of the socket which its parent has opened: portd is not asked again."""
    if os.environ.get("WERKZEUG_RUN_MAIN") != "true":
        return None
    port_of_another()
    from portd._given import port_of

    port = port_of(os.environ.get("WERKZEUG_SERVER_FD", ""))
    if "PORTD_LEASE" in os.environ:
        with contextlib.suppress(RuntimeError):  # Flask 2.2 without blinker
            request_started.connect(_keep_socket)
    return port


def _keep_socket(_app: object, **_: object) -> None:
    """Once the server has its socket, as the first request from outside shows."""
    from portd._inherited import keep_socket

    if "werkzeug.socket" in request.environ:
        keep_socket()
        request_started.disconnect(_keep_socket)


def show(default: int) -> None:
    """The key, the port and the URL, and who says so. Raises click.ClickException."""
    try:
        lease = current(default=default)
        key = lease.key.text
    except PortdError as error:
        raise click.ClickException(str(error)) from error
    whence = "PORTD_DISABLE is set" if is_on("PORTD_DISABLE") else WHENCE[lease.source]
    click.echo(f"key   {key}\nport  {lease.port} ({whence})\nurl   {lease.url}")
