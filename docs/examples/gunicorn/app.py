"""Three workers on one lease: `gunicorn -c python:portd.gunicorn -w 3 'app:create_app()'`.

`portc run -- gunicorn -w 3 'app:create_app()'` does it without the package.
"""

import os

from flask import Flask
from portd.flask import Portd

ports = Portd()


def create_app() -> Flask:
    app = Flask(__name__)
    ports.init_app(app)

    @app.get("/")
    def index() -> str:
        return f"gunicorn worker {os.getpid()} at {ports.url()}"

    return app
