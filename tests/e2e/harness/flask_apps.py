"""Python web apps under test: real servers, with the package portd, on the Flask of the test's choice."""

from __future__ import annotations

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

from harness.daemon import Portd
from harness.http import Answer, Json
from harness.package import package_environment
from harness.programs import SLACK, SOURCE, until


@dataclass
class Running:
    """A server that was started; what it wrote is in `log`."""

    process: subprocess.Popen[bytes]
    log: Path
    browser: Browser

    def get(self, port: int, path: str = "/", **headers: str) -> Answer:
        return self.browser.get(f"http://localhost:{port}{path}", **headers)

    def await_page(self, port: int, path: str = "/") -> Answer:
        """The first answer there is."""
        answers: list[Answer] = []

        def answers_now() -> bool:
            assert self.process.poll() is None, self.output()
            with contextlib.suppress(OSError):
                answers.append(self.get(port, path))
            return bool(answers)

        try:
            until(answers_now, 30 * SLACK, f"port {port} answers")
        except AssertionError as error:
            raise AssertionError(self.output()) from error
        return answers[0]

    def await_listening(self, port: int) -> None:
        """Without a request: the app has not seen one yet."""

        def listens() -> bool:
            assert self.process.poll() is None, self.output()
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=30 * SLACK):
                return True
            return False

        until(listens, 30 * SLACK, f"port {port} is listened on")

    def output(self) -> str:
        return self.log.read_text(errors="replace")

    def end(self) -> int:
        self.process.terminate()
        return self.process.wait(30 * SLACK)


class Browser:
    """Keeps cookies as a browser does: by host, whatever the port."""

    def __init__(self) -> None:
        self.jar = CookieJar()
        self._opener = build_opener(ProxyHandler({}), HTTPCookieProcessor(self.jar))

    @property
    def cookies(self) -> dict[str, str | None]:
        return {cookie.name: cookie.value for cookie in self.jar}

    def get(self, url: str, **headers: str) -> Answer:
        """Names of headers with `_` for `-`. Raises OSError, also where an answer breaks off."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with self._opener.open(Request(url, headers=sent), timeout=30 * SLACK) as answer:
                return Answer(answer.status, {n.lower(): v for n, v in answer.headers.items()}, answer.read())
        except HTTPError as answer:
            with answer:
                return Answer(answer.code, {n.lower(): v for n, v in answer.headers.items()}, answer.read())
        except HTTPException as error:
            raise ConnectionAbortedError(repr(error)) from error


@dataclass
class Apps:
    """A folder with an app, and how it is started: led to one portd, or to none."""

    folder: Path
    portd: Portd | None = None
    python: Path = field(default_factory=lambda: Path(sys.executable))
    variables: dict[str, str] = field(default_factory=dict)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def beside(self, name: str) -> Apps:
        """Another service's folder, next to this one."""
        folder = self.folder.parent / name
        folder.mkdir(exist_ok=True)
        return Apps(folder, self.portd, self.python, dict(self.variables))

    @property
    def environment(self) -> dict[str, str]:
        own = {"PYTHONDONTWRITEBYTECODE": "1", "PATH": f"{self.python.parent}:{os.environ['PATH']}"}
        return package_environment(self.folder.parent, self.portd) | own | self.variables

    def run(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """A Python command to its end: `run("-m", "flask", "routes")`."""
        return subprocess.run(
            [str(self.python), *arguments],
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=110 * SLACK,
            check=False,
        )

    @contextlib.contextmanager
    def started(self, *arguments: str, inherited: Sequence[int] = (), **variables: str) -> Iterator[Running]:
        """A Python command that runs until the end of the block, or until it is ended; with some descriptors."""
        log = self.folder / f"log-{time.monotonic_ns()}"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [str(self.python), "-u", *arguments],
                cwd=self.folder,
                env=self.environment | variables,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=inherited,
            )
        try:
            yield Running(process, log, Browser())
        finally:
            process.terminate()
            try:
                process.wait(30 * SLACK)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    # --- what portd knows of it ---------------------------------------------------------------------------------------

    @property
    def service(self) -> str:
        return self.folder.name

    def instance(self, service: str | None = None) -> Json | None:
        """The registration, once there is one."""
        assert self.portd
        answer = self.portd.get(f"/services/{service or self.service}")
        return dict(answer.json["instances"][0]) if answer.status == 200 and answer.json["instances"] else None

    def await_instance(self, status: str = "passing", service: str | None = None) -> Json:
        """The registration, once its checks have that result."""

        def has_status() -> bool:
            found = self.instance(service)
            return found is not None and found["status"] == status

        try:
            until(has_status, 30 * SLACK, f"{service or self.service} is {status}")
        except AssertionError as error:
            logs = "\n".join(log.read_text() for log in self.folder.glob("log-*"))
            raise AssertionError(f"{self.instance(service)}\n{logs}") from error
        found = self.instance(service)
        assert found
        return found

    def await_port(self, service: str | None = None) -> int:
        """The port of its lease, once it has one."""
        assert self.portd
        portd, name = self.portd, service or self.service

        def leases() -> list[Json]:
            return [lease for lease in portd.leases() if lease["service"] == name]

        until(lambda: bool(leases()), 30 * SLACK, f"{name} has a lease")
        return int(leases()[0]["port"])


def snippet(word: str) -> str:
    """The one block of Python in docs/flask.md that has the word in it."""
    blocks = re.findall(r"^```python\n(.*?)^```", (SOURCE / "docs/flask.md").read_text(), re.DOTALL | re.MULTILINE)
    [found] = [block for block in blocks if word in block]
    return str(found)


def json_of(answer: Answer) -> Json:
    found = json.loads(answer.body)
    assert isinstance(found, dict)
    return found
