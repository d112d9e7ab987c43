"""yaml-language-server, which most editors use for YAML, spoken to over stdio as an editor does (LSP 3.17)."""

from __future__ import annotations

import contextlib
import json
import queue
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from harness.programs import SLACK, SOURCE, clean_environment

SERVER = SOURCE / "tests/e2e/editor/node_modules/yaml-language-server/bin/yaml-language-server"
TIMEOUT = 30.0 * SLACK

# Nothing but the schema of the file's first line: no catalogue from elsewhere.
SETTINGS = {
    "yaml": {
        "schemaStore": {"enable": False, "url": ""},
        "kubernetesCRDStore": {"enable": False},
        "validate": True,
        "completion": True,
        "hover": True,
    },
    "http": {"proxy": "", "proxyStrictSSL": True},
}


class LanguageServer:
    """One server with one open document after another."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._messages: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._last_id = 0
        self._process = subprocess.Popen(
            ["node", str(SERVER), "--stdio"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=clean_environment(folder),
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def initialize(self) -> None:
        capabilities = {
            "workspace": {"configuration": True},
            "textDocument": {
                "hover": {"contentFormat": ["plaintext"]},
                "completion": {"completionItem": {"documentationFormat": ["plaintext"]}},
                "publishDiagnostics": {},
            },
        }
        root = self._folder.as_uri()
        self._ask("initialize", {"processId": None, "rootUri": root, "capabilities": capabilities})
        self._tell("initialized", {})
        self._tell("workspace/didChangeConfiguration", {"settings": SETTINGS})

    def open(self, name: str, text: str) -> list[dict[str, Any]]:
        """Opens a document; what the server finds wrong in it."""
        uri = (self._folder / name).as_uri()
        document = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self._tell("textDocument/didOpen", {"textDocument": document})
        while True:
            message = self._next()
            if message.get("method") == "textDocument/publishDiagnostics" and message["params"]["uri"] == uri:
                found: list[dict[str, Any]] = message["params"]["diagnostics"]
                return found

    def completion(self, name: str, line: int, character: int) -> dict[str, str]:
        """What is offered there, counted from 0: label to documentation."""
        answer = self._ask("textDocument/completion", self._at(name, line, character))
        return {item["label"]: str(item.get("documentation", "")) for item in answer["items"]}

    def hover(self, name: str, line: int, character: int) -> str:
        answer = self._ask("textDocument/hover", self._at(name, line, character))
        return json.dumps(answer["contents"], ensure_ascii=False) if answer else ""

    def close(self) -> None:
        self._process.kill()
        self._process.wait(TIMEOUT)
        self._reader.join(TIMEOUT)
        for stream in (self._process.stdin, self._process.stdout):
            assert stream
            with contextlib.suppress(BrokenPipeError):
                stream.close()

    # --- JSON-RPC 2.0 -------------------------------------------------------------------------------------------

    def _at(self, name: str, line: int, character: int) -> dict[str, Any]:
        uri = (self._folder / name).as_uri()
        return {"textDocument": {"uri": uri}, "position": {"line": line, "character": character}}

    def _ask(self, method: str, params: Any) -> Any:
        self._last_id += 1
        wanted = self._last_id
        self._send({"id": wanted, "method": method, "params": params})
        while True:
            message = self._next()
            if message.get("id") == wanted and "method" not in message:
                assert "error" not in message, message
                return message["result"]

    def _tell(self, method: str, params: Any) -> None:
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0"} | message).encode()
        assert self._process.stdin
        self._process.stdin.write(b"Content-Length: %d\r\n\r\n" % len(body) + body)
        self._process.stdin.flush()

    def _next(self) -> dict[str, Any]:
        """The next message; the server's own questions are answered on the way."""
        message = self._messages.get(timeout=TIMEOUT)
        assert message is not None, "the language server has ended"
        if "id" in message and "method" in message:
            self._send({"id": message["id"], "result": self._answer(message)})
        return message

    @staticmethod
    def _answer(question: dict[str, Any]) -> Any:
        if question["method"] != "workspace/configuration":
            return None
        return [SETTINGS.get(item.get("section", "")) for item in question["params"]["items"]]

    def _read(self) -> None:
        """Runs on a thread of its own, until the server ends."""
        stream = self._process.stdout
        assert stream
        while header := stream.readline():
            if not header.lower().startswith(b"content-length:"):
                continue
            while stream.readline().strip():
                pass
            self._messages.put(json.loads(stream.read(int(header.split(b":")[1]))))
        self._messages.put(None)


@contextlib.contextmanager
def language_server(folder: Path) -> Iterator[LanguageServer]:
    """A server that is ready; it is ended however the test goes."""
    server = LanguageServer(folder)
    try:
        server.initialize()
        yield server
    finally:
        server.close()
