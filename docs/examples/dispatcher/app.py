"""Two Flask apps behind one port, by DispatcherMiddleware: `python app.py`. They are one service."""

import portd
from flask import Flask, url_for
from portd.flask import Portd
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.serving import run_simple

front = Flask("front")
admin = Flask("admin")
ports = Portd(front)


@front.get("/")
def index() -> str:
    return f"dispatcher at {ports.url()}"


@admin.get("/")
def panel() -> str:
    return f"admin panel at {url_for('panel', _external=True)}"


application = DispatcherMiddleware(front, {"/admin": admin})

if __name__ == "__main__":
    run_simple("127.0.0.1", portd.lease().port, application, use_reloader=True)
