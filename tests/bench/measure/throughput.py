"""Rates, as ratios of two servers or two kinds of request that take turns."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

from .row import Row
from .tools import Endpoint, Json, Load, endpoints, running_bare_beast, running_portd, say, workplace

PAIRS = 5


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
