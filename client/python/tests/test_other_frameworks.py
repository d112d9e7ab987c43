"""FastAPI and Django take their port by portd.lease(), in the lines of docs/flask.md."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.flask_apps import Apps, snippet
from harness.programs import NEEDS_TOKEN

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="ports are held on Linux only here")

FASTAPI = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/")
def index() -> str:
    return "hello"
"""


@pytest.fixture
def apps(portd: Portd, folder: Path) -> Apps:
    shop = folder / "shop"
    shop.mkdir()
    return Apps(shop, portd)


def assert_serves_on_its_lease(apps: Apps) -> None:
    with apps.started("serve.py") as server:
        port = apps.await_port()
        assert server.await_page(port).body == b'"hello"'
        assert apps.portd
        [lease] = apps.portd.leases()
        assert lease["holder"]["pid"] == server.process.pid


def test_uvicorn_serves_fastapi_on_its_lease(apps: Apps) -> None:
    apps.write("main.py", FASTAPI)
    apps.write("serve.py", snippet("import uvicorn"))
    assert_serves_on_its_lease(apps)


def test_a_reloading_uvicorn_has_one_lease(apps: Apps) -> None:
    apps.write("main.py", FASTAPI)
    text = snippet("import uvicorn")
    apps.write("serve.py", text.replace(", port=", ", reload=True, port="))
    assert_serves_on_its_lease(apps)


def test_django_runs_on_its_lease_and_keeps_a_stated_port(apps: Apps) -> None:
    assert apps.run("-m", "django", "startproject", "shop", ".").returncode == 0
    apps.write("manage.py", snippet("DJANGO_SETTINGS_MODULE"))
    assert apps.run("manage.py", "check").returncode == 0
    assert apps.portd
    assert apps.portd.leases() == []
    with apps.started("manage.py", "runserver") as server:
        port = apps.await_port()
        assert server.await_page(port).status == 200
        [lease] = apps.portd.leases()
        assert lease["holder"]["pid"] == server.process.pid
    stated = apps.portd.ports.spare[0]
    with apps.started("manage.py", "runserver", str(stated)) as server:
        assert server.await_page(stated).status == 200
