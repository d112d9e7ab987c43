"""`flask run` on the port of portd, without a line of code; and `flask portd`.

Flask loads this for every command, through the entry point `flask.commands`. Then the option --port of `flask run` gets
a default that is asked for when it is needed, so that -p, FLASK_RUN_PORT, .flaskenv and default_map still win, and a
callback that tells portd of a port they state. `run` itself stays as it is.

A machine that never had a portd pays for this module and no other. Where there was one, _surroundings.py tells
the port; _flask_port.py has the rest.
"""

from __future__ import annotations

import os
from typing import Any

import click
from flask.cli import run_command

import portd

STATED = ("COMMANDLINE", "ENVIRONMENT", "DEFAULT_MAP")  # of click.core.ParameterSource
DECISIVE = frozenset(
    ("PORTD_DISABLE", "PORTD_LEASE", "PORTD_STRICT", "PORTD_URL", "PORTD_SOCKET", "PORT", "WERKZEUG_RUN_MAIN")
)


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
        if _is_untouched() or _is_silent():
            return self.original
        port = _without_portd(self.original)
        if port is not None:
            return port
        from portd._flask_port import leased

        return leased(self.original)

    def callback(self, context: click.Context, option: click.Parameter, value: Any) -> Any:
        """Hears which port somebody has stated. Raises click.ClickException."""
        source = context.get_parameter_source(option.name or "port")
        if isinstance(value, int) and source is not None and source.name in STATED and not _is_untouched():
            value = self._heard(value, source.name)
        return value if self._callback is None else self._callback(context, option, value)

    def _heard(self, port: int, source: str) -> int:
        if _is_silent() or (_is_nobody_there() and not _is_in_project()):
            return port
        from portd._flask_port import port_of_another, tell

        if source == "ENVIRONMENT" and port == port_of_another():
            return self.default()
        tell(port)
        return port


def _is_silent() -> bool:
    """Whether nobody is to be asked or told: switched off, or the shell completes a command and nothing is run."""
    from portd._surroundings import is_on

    context = click.get_current_context(silent=True)
    return is_on("PORTD_DISABLE") or (context is not None and context.resilient_parsing)


def _without_portd(default: int) -> int | None:
    """The port of this folder where nobody is there to ask; None where that is not sure at a look."""
    if not _is_nobody_there():
        return None
    from portd._surroundings import derive_key, has_memory, remembered

    if not has_memory():
        return None if _is_in_project() else default
    try:
        derived = derive_key(os.getcwd())
    except portd.KeyDerivationError:
        return None
    return None if derived.project_file is not None else remembered(derived.key) or default


# --- looks ------------------------------------------------------------------------------------------------------------


def _is_untouched() -> bool:
    """Whether portd has never been here, and nobody says a word of it. Where it may have been, others look closer."""
    stated = os.environ
    home = stated.get("HOME", "")
    if not home.startswith("/") or not DECISIVE.isdisjoint(stated):
        return False
    folders = (
        stated.get("PORTD_STATE_DIR", ""),
        stated.get("PORTD_RUNTIME_DIR", ""),
        stated.get("XDG_STATE_HOME", "") + "/portd",
        stated.get("XDG_RUNTIME_DIR", "") + "/portd",
        home + "/.local/state/portd",
        home + "/Library/Application Support/portd",
    )
    return not any(map(os.path.exists, folders)) and not _is_in_project()


def _is_nobody_there() -> bool:
    """Whether portd does not run, and no variable says a word of it."""
    from portd._surroundings import find_endpoint, is_left_over

    if not DECISIVE.isdisjoint(os.environ):
        return False
    endpoint = find_endpoint()
    return endpoint is None or is_left_over(endpoint)


def _is_in_project() -> bool:
    """Whether a project file lies here or above, further up than a key is derived from, too."""
    folder = os.getcwd()
    while True:
        if any(os.path.lexists(os.path.join(folder, name)) for name in ("portd.yaml", "portd.json")):
            return True
        above = os.path.dirname(folder)
        if above == folder:
            return False
        folder = above


def _show() -> None:
    """Show this app's key, its port and URL, and who says so.

    An app that has no port yet gets it now, and keeps it.
    """
    from portd._flask_port import show

    show(_OPTION.original if _OPTION is not None else 5000)


command = click.Command("portd", callback=_show, help=_show.__doc__, short_help="Show this app's port.")


def _install() -> PortOption | None:
    """Once a process, as modules are. None where `flask run` has no such option, and nothing is changed."""
    for option in run_command.params:
        if option.name == "port":
            return PortOption(option)
    return None


_OPTION = _install()
