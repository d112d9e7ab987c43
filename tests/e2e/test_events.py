"""GET /events: complete, in order, and never held up by somebody who does not read."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from harness.daemon import Portd
from harness.events import Event, EventReader
from harness.services import register

CHANGES = 10_000


def number_of(event: Event) -> int:
    return int(event.id.rsplit("-", 1)[1])


def change_a_lot(portd: Portd) -> None:
    """CHANGES changes from eight connections at once."""

    def grant_and_release(worker: int) -> None:
        connection = portd.unix()
        for _ in range(CHANGES // 16):
            body = f'{{"service": "s{worker}", "pid": null}}'
            connection.request("POST", "/ports", body, {"Content-Type": "application/json"})
            port = json.loads(connection.getresponse().read())["port"]
            connection.request("DELETE", f"/ports/{port}")
            connection.getresponse().read()
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(grant_and_release, range(8)))


@contextlib.contextmanager
def stopped_reader(portd: Portd) -> Iterator[None]:
    """A curl that has begun to read and does not go on."""
    with subprocess.Popen(["curl", "-sN", f"{portd.url}/events"], stdout=subprocess.PIPE) as curl:
        try:
            assert curl.stdout
            assert curl.stdout.readline().startswith(b":")
            os.kill(curl.pid, signal.SIGSTOP)
            yield
        finally:
            curl.kill()


def test_one_that_reads_sees_all_of_10_000_changes_in_order_beside_one_that_is_stopped(portd: Portd) -> None:
    with stopped_reader(portd), EventReader(portd) as reader, ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change_a_lot, portd)
        seen = [event for _, event in zip(range(CHANGES), reader, strict=False)]
        changing.result()
    assert {event.name for event in seen} == {"lease.granted", "lease.released"}
    numbers = [number_of(event) for event in seen]
    assert numbers == list(range(numbers[0], numbers[0] + CHANGES))


def test_curl_goes_on_behind_the_last_event_id_without_gap_or_repeat(portd: Portd) -> None:
    with EventReader(portd) as reader:
        register(portd, "one")
        first = reader.until(lambda event: event.name == "service.registered")
    register(portd, "two")
    with EventReader(portd) as live:
        register(portd, "three")
        live.until(lambda event: event.name == "service.registered")
    command = ["curl", "-sN", "--max-time", "2", "-H", f"Last-Event-ID: {first[-1].id}", f"{portd.url}/events"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    names = [line.removeprefix("event: ") for line in told.splitlines() if line.startswith("event: ")]
    numbers = [int(line.rsplit("-", 1)[1]) for line in told.splitlines() if line.startswith("id: ")]
    assert names == ["lease.granted", "service.registered"] * 2
    assert numbers == list(range(number_of(first[-1]) + 1, number_of(first[-1]) + 5))


def test_an_unknown_epoch_gets_a_reset(portd: Portd) -> None:
    command = ["curl", "-sN", "--max-time", "1", "-H", "Last-Event-ID: 00000000-7", f"{portd.url}/events"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert told.startswith("event: reset\n")


def test_events_that_a_restart_forgot_are_a_reset(portd: Portd, folder: Path) -> None:
    with EventReader(portd) as reader:
        register(portd, "one")
        last = reader.until(lambda event: event.name == "service.registered")[-1]
    portd.kill()
    portd.start()
    command = ["curl", "-sN", "--max-time", "1", "-H", f"Last-Event-ID: {last.id}", f"{portd.url}/events"]
    told = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    assert told.startswith("event: reset\n")
