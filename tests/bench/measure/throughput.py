"""Rates, as ratios of two servers or two kinds of request that take turns."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from .row import Row
from .tools import Endpoint, Json, Load, endpoints, running_bare_beast, running_portd, say, tcp, workplace

PAIRS = 5
SERVICES = 1_000
SOUGHT = f"known-{SERVICES // 2}"


def durable_grants() -> list[Row]:
    """Grants and releases, each durable before it is answered, against the same server's GET /health."""
    with workplace() as folder, running_portd(folder) as portd:
        return [_durable_grants(endpoint, met) for endpoint, met in zip(endpoints(portd), (0.4, None), strict=True)]


def _durable_grants(endpoint: Endpoint, reach: float | None) -> Row:
    load = Load(endpoint)
    load.cycle(seconds=1.0)  # warm
    ratio, grants, health = take_turns(load.cycle, load.get)
    return Row(
        f"durable grants + releases against GET /health, 64 connections, {endpoint.name}",
        "-" if reach is None else f"≥ {reach}",
        f"{ratio:.2f} ({grants:,.0f}/s against {health:,.0f}/s)",
        None if reach is None else ratio >= reach,
        "./dev bench --only grants",
    )


def no_op() -> list[Row]:
    """GET /health against a Beast server that answers as many bytes and does nothing else."""
    with workplace() as folder, running_portd(folder) as portd:
        size = len(portd.get("/health").body)
        with running_bare_beast(folder, size) as bare:
            return [
                _no_op(ours, theirs, reach)
                for ours, theirs, reach in zip(endpoints(portd), bare, (0.85, None), strict=True)
            ]


def _no_op(ours: Endpoint, theirs: Endpoint, reach: float | None) -> Row:
    Load(ours).get(seconds=0.5)
    Load(theirs).get(seconds=0.5)
    ratio, portd, bare = take_turns(Load(ours).get, Load(theirs).get)
    return Row(
        f"no-op rate against a bare Beast coroutine server, 64 connections, {ours.name}",
        "-" if reach is None else f"≥ {reach}",
        f"{ratio:.2f} ({portd:,.0f}/s against {bare:,.0f}/s)",
        None if reach is None else ratio >= reach,
        "./dev bench --only no-op",
    )


def services() -> list[Row]:
    """Registrations and withdrawals, each durable before it is answered, and discoveries of one of a thousand
    services, each against the same server's GET /health."""
    with workplace() as folder, running_portd(folder) as portd:
        for number in range(SERVICES):
            answer = portd.request("PUT", f"/services/known-{number}", {"port": 5432, "tags": ["db"]}, unix=True)
            assert answer.status == 201, answer
        load = Load(tcp(portd.tcp_port))
        load.register(seconds=1.0)  # warm
        return [
            _services("registrations + withdrawals", load, load.register),
            _services(f"discoveries of one of {SERVICES:,} services", load, lambda: load.get(f"/services/{SOUGHT}")),
        ]


def _services(what: str, load: Load, ask: Callable[[], Json]) -> Row:
    ratio, rate, health = take_turns(ask, load.get)
    return Row(
        f"{what} against GET /health, 64 connections, TCP",
        "-",
        f"{ratio:.2f} ({rate:,.0f}/s against {health:,.0f}/s)",
        None,
        "./dev bench --only services",
    )


def take_turns(first: Callable[[], Json], second: Callable[[], Json]) -> tuple[float, float, float]:
    """The median of the ratios of neighbours in A B A B ..., and the medians of both rates."""
    pairs = []
    for _ in range(PAIRS):
        pairs.append((float(first()["rate"]), float(second()["rate"])))
        say(f"{pairs[-1][0]:,.0f}/s against {pairs[-1][1]:,.0f}/s")
    return (
        median(one / other for one, other in pairs),
        median(one for one, _ in pairs),
        median(other for _, other in pairs),
    )
