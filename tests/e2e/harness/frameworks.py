"""The frameworks under test, and the least that each of them serves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness.package import PYTHONS

every_flask = pytest.mark.parametrize("flask", PYTHONS)


def with_flask(flask: str) -> dict[str, str]:
    """The variables with which `flask` and `python` are of that Flask: the oldest that is supported, or the newest."""
    python = PYTHONS[flask]
    assert python.exists(), f"{python} is missing; ./dev test makes it"
    return {"PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}"}


def link_modules(modules: Path, folder: Path) -> None:
    """What npm has installed there, for a program in this folder; what it writes beside (Vite's cache) stays here."""
    own = folder / "node_modules"
    own.mkdir()
    for module in modules.iterdir():
        if module.name != ".vite":
            (own / module.name).symlink_to(module)


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
