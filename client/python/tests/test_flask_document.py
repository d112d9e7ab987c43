"""The lines of docs/flask.md, as they stand there."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.flask_apps import Apps, json_of, snippet
from harness.programs import NEEDS_TOKEN, SLACK, until

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="ports are held and sockets handed over on Linux only here")

FACTORY = "shop is at {ports.url()}"


@pytest.fixture
def apps(portd: Portd, folder: Path) -> Apps:
    shop = folder / "shop"
    shop.mkdir()
    apps = Apps(shop, portd)
    apps.write("app.py", snippet(FACTORY))
    return apps


@pytest.mark.parametrize(
    ("name", "text", "command"),
    [
        ("app.py", snippet(FACTORY), ("-m", "flask", "run")),
        ("main.py", snippet("ports.run("), ("main.py",)),
        ("gunicorn.conf.py", snippet("workers = 3"), ("-m", "gunicorn", "app:create_app()")),
        ("gunicorn.conf.py", snippet("def post_fork"), ("-m", "gunicorn", "app:create_app()")),
        ("app.py", snippet(FACTORY), ("-m", "gunicorn", "-c", "python:portd.gunicorn", "app:create_app()")),
    ],
    ids=["flask run", "ports.run", "gunicorn.conf.py", "hooks", "gunicorn -c"],
)
def test_a_start_is_registered_and_serves(apps: Apps, name: str, text: str, command: tuple[str, ...]) -> None:
    apps.write(name, text)
    with apps.started(*command) as server:
        port = apps.await_instance()["port"]
        assert server.get(port).body.decode() == f"shop is at http://localhost:{port}"


@pytest.mark.parametrize(
    ("word", "path", "page"),
    [("from waitress", "/", b"shop is at"), ("DispatcherMiddleware", "/api/", b"404")],
    ids=["waitress", "DispatcherMiddleware"],
)
def test_a_server_with_the_number_is_registered_by_its_first_request(
    apps: Apps, word: str, path: str, page: bytes
) -> None:
    apps.write("main.py", snippet(word))
    with apps.started("main.py") as server:
        port = apps.await_port()
        assert page in server.await_page(port, path).body
        assert apps.await_instance()["port"] == port


@pytest.mark.parametrize("word", ["health_path=", "from flask_cors", "from flask_socketio"])
def test_an_app_of_one_module_serves(apps: Apps, word: str) -> None:
    apps.write("app.py", snippet(word))
    with apps.started("-m", "flask", "run"):
        assert apps.await_instance()


def test_the_sibling_s_url_and_origin(apps: Apps) -> None:
    apps.write("app.py", snippet("from flask_cors"))
    assert apps.portd
    web = apps.portd.lease(service="web")["url"]
    with apps.started("-m", "flask", "run") as server:
        answer = server.get(apps.await_instance()["port"], Origin=web)
        assert json_of(answer) == {"web": web}
        assert answer.headers["access-control-allow-origin"] == web


def test_a_script_prints_the_url(apps: Apps) -> None:
    done = apps.run("-c", snippet("url_context"))
    assert done.stdout == f"http://localhost:{apps.await_port()}/\n", done.stderr


def test_the_tests_pass(apps: Apps) -> None:
    apps.write("test_app.py", snippet("portd_server"))
    done = apps.run("-m", "pytest", "-q", "-p", "no:cacheprovider")
    assert "3 passed" in done.stdout, done.stdout


def test_hooks_of_the_user_s_run_beside_portd_s(apps: Apps) -> None:
    apps.write("gunicorn.conf.py", snippet("def post_fork"))
    with apps.started("-m", "gunicorn", "app:create_app()") as server:
        until(lambda: "worker " in server.output(), 30 * SLACK, "the hook has run")
