"""The API: `portc run -- flask run`. Pages of `web` may call it, wherever web happens to be; nobody else's may."""

from flask import Flask, jsonify
from flask.typing import ResponseReturnValue
from flask_cors import CORS
from portd.flask import Portd

app = Flask(__name__)
ports = Portd(app)
CORS(app, origins=ports.origins("web"))


@app.get("/")
def greeting() -> ResponseReturnValue:
    return jsonify(greeting="hello from api")
