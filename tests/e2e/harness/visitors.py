"""People who look at a page while its server is started again, and what they met."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.programs import SLACK
from harness.runs import Run


class Visitors:
    """Each asks, reads the whole answer and asks again; `met`: `answered`, `refused`, `closed` or an error's name."""

    def __init__(self, port: int, pause: float) -> None:
        """`pause`: seconds between an answer, or none, and the next question."""
        self.met: Counter[str] = Counter()
        self._port = port
        self._pause = pause
        self._stop = threading.Event()
        self._lock = threading.Lock()

    def visit(self) -> None:
        while not self._stop.wait(self._pause):
            met = self._look()
            with self._lock:
                self.met[met] += 1

    def stop(self) -> None:
        self._stop.set()

    def _look(self) -> str:
        try:
            with socket.create_connection(("127.0.0.1", self._port), timeout=60 * SLACK) as stream:
                stream.sendall(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
                first = stream.recv(4096)
                while stream.recv(4096):
                    pass
        except ConnectionRefusedError:
            return "refused"
        except OSError as error:
            return type(error).__name__
        return "answered" if first else "closed"


@contextlib.contextmanager
def visitors(port: int, *, pause: float = 0.0, count: int = 4) -> Iterator[Visitors]:
    found = Visitors(port, pause)
    threads = [threading.Thread(target=found.visit) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield found
    finally:
        found.stop()
        for thread in threads:
            thread.join()


def edit_under_load(run: Run, source: Path, times: int, *, pause: float = 0.0) -> Counter[str]:
    """Saves a source that says "hello" with another answer, each time once the one before is given."""
    text = source.read_text()
    with visitors(run.port, pause=pause) as load:
        for number in range(times):
            save(run, source, text.replace("hello", f"hello {number}"), f"hello {number}")
    return load.met


def save(run: Run, source: Path, text: str, body: str) -> None:
    """Until it is seen: a reloader that has not begun to watch yet misses a change."""
    for within in (10 * SLACK, 20 * SLACK):
        source.write_text(text)
        with contextlib.suppress(AssertionError):
            run.await_answer(body=body, within=within)
            return
    source.write_text(text)
    run.await_answer(body=body)
