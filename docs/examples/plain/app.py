"""A Flask app that knows nothing of portd.

Where the package portd is installed, `flask run` serves it on the port of `portc port plain`, the same one every day.
Without the package, without portd, or with PORTD_DISABLE=1, it is on 5000 as ever.
"""

from flask import Flask

app = Flask(__name__)


@app.get("/")
def index() -> str:
    return "plain"
