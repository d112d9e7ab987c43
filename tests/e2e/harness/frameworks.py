"""The frameworks under test, and the least that each of them serves."""

from __future__ import annotations

import os

import pytest

from harness.programs import SOURCE

# The programs of the oldest Flask that is supported, and of the newest.
FLASKS = {"flask22": SOURCE / ".venv-flask22" / "bin", "flask31": SOURCE / ".venv" / "bin"}

every_flask = pytest.mark.parametrize("flask", FLASKS)


def with_flask(flask: str) -> dict[str, str]:
    """The variables with which `flask` and `python` are of that Flask."""
    programs = FLASKS[flask]
    assert (programs / "flask").exists(), f"{programs} is not made; ./dev test makes it"
    return {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}


FLASK = """
from flask import Flask

def create_app():
    app = Flask(__name__)
    app.get("/")(lambda: "hello")
    return app
"""
HARD = f"{FLASK}\nif __name__ == '__main__':\n    create_app().run(port=5000, debug=True)\n"
ASGI = """
async def app(scope, receive, send):
    assert scope["type"] == "http"
    body = b"hello"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})
"""
FASTAPI = """
from fastapi import FastAPI
app = FastAPI()
app.get("/")(lambda: "hello")
"""
DJANGO = """
import sys
from django.conf import settings
from django.core.management import execute_from_command_line
from django.http import HttpResponse
from django.urls import path

urlpatterns = [path("", lambda request: HttpResponse("hello"))]

if __name__ == "__main__":
    settings.configure(DEBUG=True, ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"])
    execute_from_command_line(sys.argv)
"""
NODE = """
require("node:http").createServer((_, answer) => answer.end("hello")).listen(process.env.PORT, process.env.HOST);
"""
# What a program does that knows sd_listen_fds(3).
LISTEN_FDS = """
import http.server, os, socket

class Hello(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"hello")

assert (os.environ["LISTEN_FDS"], os.environ["LISTEN_PID"]) == ("1", str(os.getpid()))
server = http.server.ThreadingHTTPServer(("", 0), Hello, bind_and_activate=False)
server.socket = socket.socket(fileno=3)
server.serve_forever()
"""
