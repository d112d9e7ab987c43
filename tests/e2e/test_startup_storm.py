"""Many programs start at once, each asking for a port by its own name: every one serves on its own."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from harness.daemon import Portd
from harness.programs import NEEDS_TOKEN, SANITIZED, clean_environment
from harness.snippets import write_snippets

PROGRAMS = 12 if SANITIZED else 40

HTTP_SERVER = """
import http.server, sys
from ports import port_for
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(sys.argv[1].encode())
server = http.server.HTTPServer(("127.0.0.1", port_for(sys.argv[1])), Handler)
print(server.server_port, flush=True)
server.serve_forever()
"""
FLASK_SERVER = """
import sys
from flask import Flask
from werkzeug.serving import make_server
from ports import port_for
app = Flask(__name__)
app.get("/")(lambda: sys.argv[1])
server = make_server("127.0.0.1", port_for(sys.argv[1]), app)
print(server.server_port, flush=True)
server.serve_forever()
"""


def start(number: int, portd: Portd, folder: Path) -> subprocess.Popen[str]:
    program = FLASK_SERVER if number % 2 else HTTP_SERVER
    environment = clean_environment(folder) | {"PORTD_URL": portd.url, "PYTHONPATH": str(folder)}
    command = [sys.executable, "-c", program, f"service-{number}"]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, stdout=pipe, stderr=pipe)


def ended(process: subprocess.Popen[str]) -> str:
    process.terminate()
    return process.communicate(timeout=30)[1]


@pytest.mark.skipif(NEEDS_TOKEN, reason="the snippet needs portd to see who calls")
@pytest.mark.timeout(300)
def test_programs_that_start_at_once_all_serve_on_their_own_port(portd: Portd, folder: Path) -> None:
    write_snippets(folder)
    with contextlib.ExitStack() as ends:
        processes = [start(number, portd, folder) for number in range(PROGRAMS)]
        for process in processes:
            ends.callback(process.wait)
            ends.callback(process.terminate)
        ports = [process.stdout.readline().strip() if process.stdout else "" for process in processes]
        bodies = [page(port) for port in ports]
        errors = [ended(process) for process in processes]
    assert [text for text in errors if "EADDRINUSE" in text or "Address already in use" in text] == []
    assert bodies == [f"service-{number}" for number in range(PROGRAMS)]
    assert len(set(ports)) == PROGRAMS


def page(port: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=60) as answer:
        return str(answer.read().decode())
