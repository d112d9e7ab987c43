"""An app of two blueprints: `flask --app shop run`. `flask --app shop links` prints URLs that work in a mail."""

import click
from flask import Flask, url_for
from portd.flask import Portd

from . import cart, catalog

ports = Portd()


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SECRET_KEY"] = "development"
    ports.init_app(app)
    app.register_blueprint(catalog.blueprint)
    app.register_blueprint(cart.blueprint)

    @app.cli.command("links")
    def links() -> None:
        # No SERVER_NAME: with it Flask would answer 404 to every other name of this machine.
        with ports.url_context(app):
            click.echo(url_for("catalog.item", number=7, _external=True))
            click.echo(url_for("cart.show", _external=True))

    return app
