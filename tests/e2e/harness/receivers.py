"""A receiver of webhooks that may be down."""

from __future__ import annotations

import http.server
import json
import threading
from dataclasses import dataclass

from harness.http import Json
from harness.programs import SLACK, until


@dataclass(frozen=True)
class Delivery:
    """One POST as it came."""

    id: str
    key: str
    body: Json


class Receiver:
    """Takes POSTs on one loopback port while it is up; answers with `status`."""

    def __init__(self, port: int = 0) -> None:
        self.port = port
        self.status = 204
        self.deliveries: list[Delivery] = []
        self._server: http.server.ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}/alerts"

    def up(self) -> Receiver:
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                if receiver.status // 100 == 2:
                    one = Delivery(self.headers["X-Portd-Delivery"], self.headers["Idempotency-Key"], body)
                    receiver.deliveries.append(one)
                self.send_response(receiver.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def down(self) -> Receiver:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        return self

    def ids(self) -> list[str]:
        return [delivery.id for delivery in self.deliveries]

    def await_count(self, count: int) -> list[Delivery]:
        until(lambda: len(self.deliveries) >= count, 30 * SLACK, f"{count} deliveries have come, not {self.ids()}")
        return list(self.deliveries)
