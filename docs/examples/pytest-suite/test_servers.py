"""40 servers at once, in a suite that any number of workers runs: `pytest -n 4`.

`portd_server` comes with the package portd. Its ports are leases of portd, so they are nobody else's: not another
worker's, not another suite's, not a service's that is stopped just now. On a CI machine without portd the system picks
them; nothing in here changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from flask import Flask

if TYPE_CHECKING:
    from portd.pytest_plugin import ServerFactory


def create_app(name: str) -> Flask:
    app = Flask(__name__)
    app.add_url_rule("/", view_func=lambda: name)
    return app


@pytest.mark.parametrize("number", range(40))
def test_a_server_of_its_own(portd_server: ServerFactory, number: int) -> None:
    server = portd_server(create_app(f"server {number}"))
    assert server.get("/").text == f"server {number}"


def test_two_servers_that_talk_to_each_other(portd_server: ServerFactory) -> None:
    api = portd_server(create_app("api"))
    web = Flask("web")
    web.add_url_rule("/", view_func=lambda: f"web says {api.get('/').text}")
    assert portd_server(web).get("/").text == "web says api"


def test_a_command(portd_server: ServerFactory) -> None:
    server = portd_server(["python", "-m", "http.server", "--bind", "127.0.0.1", "{port}"])
    assert server.get("/").status == 200
