"""Extensions that Flask apps have beside this one work as ever, whether they come before it or after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.flask_apps import Apps, Browser, json_of
from harness.programs import NEEDS_TOKEN

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="the app's own sockets are seen on Linux only")

FLASK = ("-m", "flask", "--app", "app")

# One app with all of them; {portd} is first or last of the extensions.
APP = """
from cachelib.file import FileSystemCache
from flask import Flask, session
from flask_caching import Cache
from flask_login import LoginManager, UserMixin, current_user, login_required, login_user
from flask_migrate import Migrate
from flask_session import Session
from flask_sqlalchemy import SQLAlchemy
from portd.flask import Portd

ports, db, migrate, login, cache, sessions = Portd(), SQLAlchemy(), Migrate(), LoginManager(), Cache(), Session()


class User(UserMixin, db.Model):
    id = db.Column(db.Integer, primary_key=True)
    name = db.Column(db.String(20))


@login.user_loader
def load(number):
    return db.session.get(User, int(number))


def create_app():
    app = Flask(__name__)
    app.config.update(
        SECRET_KEY="secret",
        SQLALCHEMY_DATABASE_URI="sqlite:///" + app.root_path + "/shop.db",
        CACHE_TYPE="SimpleCache",
        SESSION_TYPE="cachelib",
        SESSION_CACHELIB=FileSystemCache(app.root_path + "/sessions"),
    )
    if {first}:
        ports.init_app(app)
    db.init_app(app)
    migrate.init_app(app, db)
    login.init_app(app)
    cache.init_app(app)
    sessions.init_app(app)
    if not {first}:
        ports.init_app(app)

    @app.get("/login/<name>")
    def log_in(name):
        user = User(name=name)
        db.session.add(user)
        db.session.commit()
        login_user(user, remember=True)
        return "welcome"

    @app.get("/me")
    @login_required
    def me():
        session["visits"] = session.get("visits", 0) + 1
        return {{"name": current_user.name, "visits": session["visits"], "cached": cached()}}

    @cache.memoize(timeout=300)
    def cached():
        return db.session.query(User).count()

    return app
"""


@pytest.fixture(params=[True, False], ids=["portd first", "portd last"])
def apps(request: pytest.FixtureRequest, portd: Portd, folder: Path) -> Apps:
    shop = folder / "shop"
    shop.mkdir()
    apps = Apps(shop, portd)
    apps.write("app.py", APP.format(first=request.param))
    return apps


def test_database_migrations_logins_sessions_and_caches_work_as_ever(apps: Apps) -> None:
    for command in (("init",), ("migrate", "-m", "users"), ("upgrade",)):
        done = apps.run(*FLASK, "db", *command)
        assert done.returncode == 0, done.stderr
    assert apps.portd
    assert apps.instance() is None
    browser = Browser()
    with apps.started(*FLASK, "run"):
        url = f"http://localhost:{apps.await_instance()['port']}"
        assert browser.get(f"{url}/me").status == 401
        assert browser.get(f"{url}/login/ada").body == b"welcome"
        assert [json_of(browser.get(f"{url}/me")) for _ in range(2)] == [
            {"name": "ada", "visits": 1, "cached": 1},
            {"name": "ada", "visits": 2, "cached": 1},
        ]
        assert set(browser.cookies) == {"session-shop", "remember_token-shop"}
        sessions = len(list(apps.folder.joinpath("sessions").iterdir()))
    with apps.started(*FLASK, "run") as again:  # the session outlives the server, and portd's checks open none
        again.await_listening(int(url.rpartition(":")[2]))
        assert json_of(browser.get(f"{url}/me"))["visits"] == 3
        assert len(list(apps.folder.joinpath("sessions").iterdir())) == sessions


def test_a_login_is_remembered_under_the_app_s_own_name(apps: Apps) -> None:
    assert apps.run(*FLASK, "db", "init").returncode == 0
    assert apps.run(*FLASK, "db", "migrate").returncode == 0
    assert apps.run(*FLASK, "db", "upgrade").returncode == 0
    browser = Browser()
    with apps.started(*FLASK, "run"):
        url = f"http://localhost:{apps.await_instance()['port']}"
        browser.get(f"{url}/login/ada")
        browser.jar.clear("localhost.local", "/", "session-shop")
        assert json_of(browser.get(f"{url}/me"))["name"] == "ada"
