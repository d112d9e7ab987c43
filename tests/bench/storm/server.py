"""One of many programs that start at once: `server.py plain|flask NAME` asks for a port by NAME, says which, serves."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer


class SayName(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[2].encode())


def serve_plain(port: int) -> None:
    HTTPServer(("127.0.0.1", port), SayName).serve_forever()


def serve_flask(port: int) -> None:
    from flask import Flask

    app = Flask(__name__)
    app.get("/")(lambda: sys.argv[2])
    app.run(port=port)


def main() -> None:
    kind, name = sys.argv[1:]
    if kind == "flask":
        importlib.import_module("flask")  # as an app does: the imports first, then the port
    # The one thing in which the candidates differ: a module `ports` on the path.
    port_for: Callable[[str], int] = importlib.import_module("ports").port_for
    port = port_for(name)
    print(port, flush=True)
    (serve_flask if kind == "flask" else serve_plain)(port)


main()
