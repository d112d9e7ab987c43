"""How soon those who wait are told: a blocking query, and the readers of GET /events."""

from __future__ import annotations

import contextlib
import http.client
import json
import time
from collections.abc import Callable, Iterator
from statistics import median

from harness.daemon import Portd
from harness.http import Json, exchange

from .row import Row
from .tools import percentile, result, running_portd, say, workplace

SAMPLES = 300
PAUSE = 0.01  # between the question and the change: whoever asked waits by then
OTHERS = 100  # that wait too
READERS = 100
BEATS = 300
BURST = 100
WATCHED = "watched"
DECLARATION: Json = {"port": 5432, "checks": [{"id": "beat", "type": "ttl", "ttl": "10m"}]}


def wake_up() -> list[Row]:
    """From a change until whoever waits for it has the answer, while others wait for services that do not change."""
    with workplace() as folder, running_portd(folder) as portd, others_waiting(portd):
        beats, registrations = timed(portd, heartbeat), timed(portd, registration)
    worst = max(percentile(times, 0.99) for times in (beats, registrations))
    return [
        Row(
            f"wake-up of a blocking query, p99, {OTHERS} others wait",
            "≤ 20 ms",
            f"{worst:.1f} ms ({of('heartbeat', beats)}; {of('registration', registrations)})",
            worst <= 20,
            "./dev bench --only wake-up",
        )
    ]


def of(what: str, times: list[float]) -> str:
    text = f"{what} p50 {median(times):.1f}, p99 {percentile(times, 0.99):.1f}"
    say(f"{text}, max {max(times):.1f} ms")
    return text


@contextlib.contextmanager
def others_waiting(portd: Portd) -> Iterator[None]:
    with contextlib.ExitStack() as connections:
        for number in range(OTHERS):
            connection = connections.enter_context(contextlib.closing(portd.tcp()))
            declare(connection, f"other-{number}", port=5432)
            ask(connection, f"other-{number}", revision_of(connection, f"other-{number}"))
        yield


def declare(connection: http.client.HTTPConnection, service: str, **declaration: object) -> None:
    answer = exchange(connection, "PUT", f"/services/{service}", declaration)
    assert answer.status in (200, 201), answer


def revision_of(connection: http.client.HTTPConnection, service: str) -> str:
    return str(exchange(connection, "GET", f"/services/{service}").json["revision"])


def ask(connection: http.client.HTTPConnection, service: str, revision: str) -> None:
    connection.request("GET", f"/services/{service}?wait=5m&revision={revision}")


def heartbeat(number: int) -> tuple[str, Json]:
    """A ttl check turns; nothing of that is stored."""
    return f"/services/{WATCHED}/checks/beat", {"status": "warning" if number % 2 else "passing"}


def registration(number: int) -> tuple[str, Json]:
    """The service is registered with something new, which is durable before anybody is told."""
    return f"/services/{WATCHED}", DECLARATION | {"metadata": {"number": str(number)}}


def timed(portd: Portd, change: Callable[[int], tuple[str, Json]]) -> list[float]:
    """Milliseconds from the first byte of each change until the answer to the question is read."""
    with contextlib.closing(portd.tcp()) as changing, contextlib.closing(portd.tcp()) as waiting:
        declare(changing, WATCHED, **DECLARATION)
        send(changing, *heartbeat(0))
        took(changing)
        times = []
        for number in range(1, SAMPLES + 1):
            ask(waiting, WATCHED, revision_of(changing, WATCHED))
            time.sleep(PAUSE)
            began = time.perf_counter()
            send(changing, *change(number))
            seen = took(waiting)
            times.append((time.perf_counter() - began) * 1000)
            assert told_of(change, number, seen), seen
            took(changing)
        return times


def send(connection: http.client.HTTPConnection, target: str, body: Json) -> None:
    connection.request("PUT", target, json.dumps(body), {"Content-Type": "application/json"})


def took(connection: http.client.HTTPConnection) -> Json:
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, body
    return dict(json.loads(body))


def told_of(change: Callable[[int], tuple[str, Json]], number: int, seen: Json) -> bool:
    """Whether the answer shows what the change was."""
    instance, wanted = seen["instances"][0], change(number)[1]
    return all(instance[field] == wanted[field] for field in ("metadata", "status") if field in wanted)


def fan_out() -> list[Row]:
    """From a heartbeat until each of the readers has read both events that it makes."""
    with workplace() as folder, running_portd(folder) as portd:
        with contextlib.closing(portd.tcp()) as connection:
            declare(connection, WATCHED, **DECLARATION)
            send(connection, *heartbeat(0))
            took(connection)
        flags = ["--readers", str(READERS), "--steady", str(BEATS), "--burst", str(BURST)]
        path = heartbeat(0)[0]
        measured = result("portd_fan_out", path, "--port", str(portd.tcp_port), *flags)
    steady, burst = (float(measured[part]["p99_us"]) / 1000 for part in ("steady", "burst"))
    most = float(measured["all"]["max_us"]) / 1000
    say(f"{measured['deliveries']:,} deliveries, the slowest {most:.1f} ms")
    worst = max(steady, burst)
    return [
        Row(
            f"an event to {READERS} readers, p99 over readers and events",
            "≤ 100 ms",
            f"{worst:.1f} ms ({2 * BEATS} at 100/s {steady:.1f}, {2 * BURST} at once {burst:.1f}; max {most:.1f})",
            worst <= 100,
            "./dev bench --only fan-out",
        )
    ]
