"""WebSockets by Flask-SocketIO: `flask run`. Its own pages may connect, and those of siblings in a portd.yaml."""

from flask import Flask
from flask_socketio import SocketIO
from portd.flask import Portd

app = Flask(__name__)
ports = Portd(app)
socketio = SocketIO(app, cors_allowed_origins=ports.origins(), async_mode="threading")


@app.get("/")
def index() -> str:
    return f"socketio at {ports.url()}"


@socketio.on("shout")
def shout(text: str) -> str:
    return text.upper()
