"""An app factory with the extension: `flask run`, or `flask run --debug`.

The app knows its own URL, is registered with its health check, and is what `portc discover factory` finds.
"""

from flask import Flask, current_app
from portd.flask import Portd

ports = Portd(health_path="/healthz")


def create_app() -> Flask:
    app = Flask(__name__)
    ports.init_app(app)

    @app.get("/")
    def index() -> str:
        return f"factory at {ports.url()}, port {current_app.config['PORTD_PORT']}"

    @app.get("/healthz")
    def healthz() -> str:
        return "ok"

    return app
