"""A portd under test."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from harness.http import TIMEOUT, Answer, Json, UnixConnection, exchange, read_answer
from harness.port_slices import PortSlice, take_slice
from harness.programs import NEEDS_TOKEN, PORTD, SLACK, clean_environment

# Both together below pytest's own limit, so that a test which waits in vain can say what portd wrote.
START_TIME = min(20.0 * SLACK, 55.0)
STOP_TIME = min(15.0 * SLACK, 55.0)


class Portd:
    """One portd with its own state, runtime folder, endpoint and range of ports.

    `launcher`: a command that runs portd, e.g. ["prlimit", "--nofile=64"]. `uid`: run as that user.
    """

    def __init__(
        self,
        folder: Path,
        *,
        flags: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        launcher: Sequence[str] = (),
        program: Path = PORTD,
        uid: int | None = None,
        ports: PortSlice | None = None,
        state: Path | None = None,
        default_range: bool = False,
    ) -> None:
        self.folder = folder
        self.state = state or folder / "state"
        self.runtime = folder / "run"
        self.log = folder / "portd.log"
        self.ports = ports or take_slice()
        self.process: subprocess.Popen[bytes] | None = None
        self.endpoint: Json = {}
        self._environment = clean_environment(folder) | dict(environment or {})
        own_range = [] if default_range else ["--set", f"ports.ranges.default={self.ports.text}"]
        folders = ["--state-dir", str(self.state), "--runtime-dir", str(self.runtime)]
        self.command = [*launcher, str(program), *folders, "--port", "0", *own_range, *flags]
        self._uid = uid
        if uid is not None:
            os.chown(folder, uid, uid)

    # --- its life -----------------------------------------------------------------------------------------------

    def start(self) -> Portd:
        """Starts it and returns when it says READY=1."""
        with self._notifications() as ready:
            self.process = self.spawn()
            self._await_ready(ready)
        self.endpoint = json.loads((self.runtime / "endpoint.json").read_text())
        return self

    def spawn(self) -> subprocess.Popen[bytes]:
        """Starts it and does not wait."""
        with self.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environment | {"NOTIFY_SOCKET": str(self.folder / "notify")},
                cwd=self.folder,
                user=self._uid,
                group=self._uid,
                extra_groups=None if self._uid is None else [],
            )

    def _notifications(self) -> socket.socket:
        path = self.folder / "notify"
        path.unlink(missing_ok=True)
        ready = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ready.bind(str(path))
        path.chmod(0o666)
        ready.settimeout(0.1)  # between two looks at whether it still runs
        return ready

    def _await_ready(self, ready: socket.socket) -> None:
        deadline = time.monotonic() + START_TIME
        while time.monotonic() < deadline:
            try:
                if b"READY=1" in ready.recv(4096).split(b"\n"):
                    return
            except TimeoutError:
                assert self.running, f"portd ended with {self.code}:\n{self.log_text()}"
        raise AssertionError(f"portd is not ready after {START_TIME} s:\n{self.log_text()}")

    @property
    def running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    @property
    def code(self) -> int | None:
        return self.process.returncode if self.process else None

    @property
    def pid(self) -> int:
        assert self.process
        return int(self.endpoint.get("pid", self.process.pid))

    def terminate(self) -> int:
        """SIGTERM; the exit code."""
        assert self.process
        if self.running:
            os.kill(self.pid, signal.SIGTERM)
        return self.process.wait(STOP_TIME)

    def kill(self) -> None:
        """What `kill -9` does."""
        assert self.process
        if self.running:
            os.kill(self.pid, signal.SIGKILL)
        self.process.wait(STOP_TIME)

    def restart(self) -> Portd:
        assert self.terminate() == 0, self.log_text()
        return self.start()

    def clean_up(self) -> None:
        """Ends it, however the test went; a portd that was still running must end well."""
        was_running = self.running
        try:
            code = self.terminate() if was_running else 0
        except subprocess.TimeoutExpired:
            self.kill()
            code = -signal.SIGKILL
        self.ports.close()
        assert code == 0, f"portd ended with {code}:\n{self.log_text()}"

    def log_text(self) -> str:
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    # --- talking to it ------------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return str(self.endpoint["url"])

    @property
    def tcp_port(self) -> int:
        return int(self.url.rsplit(":", 1)[1])

    @property
    def socket_path(self) -> Path:
        return Path(self.endpoint["socket"])

    @property
    def credentials(self) -> dict[str, str]:
        """What a TCP request carries beside its own headers."""
        return {"Authorization": f"Bearer {(self.runtime / 'token').read_text().strip()}"} if NEEDS_TOKEN else {}

    def tcp(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection("127.0.0.1", self.tcp_port, timeout=TIMEOUT)

    def unix(self) -> UnixConnection:
        return UnixConnection(self.socket_path)

    def request(
        self,
        method: str,
        target: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        *,
        unix: bool = False,
    ) -> Answer:
        """One request over a connection of its own. Over TCP nobody is the holder, as with plain curl."""
        connection = self.unix() if unix else self.tcp()
        try:
            return exchange(connection, method, target, body, self.credentials | dict(headers or {}))
        finally:
            connection.close()

    def raw(self, sent: bytes) -> Answer:
        """The answer to these very bytes over TCP."""
        with socket.create_connection(("127.0.0.1", self.tcp_port), timeout=TIMEOUT) as stream:
            stream.sendall(sent)
            return read_answer(stream)

    def get(self, target: str) -> Answer:
        return self.request("GET", target)

    def grant(self, **fields: object) -> Answer:
        return self.request("POST", "/ports", fields)

    def lease(self, **fields: object) -> Json:
        """A grant that has to succeed."""
        answer = self.grant(**fields)
        assert answer.status in (200, 201), answer
        return answer.json

    def leases(self) -> list[Json]:
        answer = self.get("/ports")
        assert answer.status == 200, answer
        return list(answer.json["leases"])

    def report(self, port: int) -> Json:
        answer = self.get(f"/ports/{port}")
        assert answer.status == 200, answer
        return answer.json
