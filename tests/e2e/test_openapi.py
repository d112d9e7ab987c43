"""The OpenAPI document and the answers of a running portd are the same thing."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from harness.daemon import Portd
from harness.events import EventReader
from harness.fixtures import NewPortd
from harness.handover import handed_over
from harness.http import Answer, Json
from harness.programs import SLACK, SOURCE, until
from openapi_schema_validator import OAS31Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

DOCUMENT: Json = json.loads((SOURCE / "daemon/api/openapi.json").read_text())
ROOT = "urn:portd:openapi"
METHODS = ("get", "post", "put", "patch", "delete")


def follow(node: Any, path: list[str]) -> tuple[Any, list[str]]:
    """Resolves a $ref on the way; the node and where it lies."""
    while isinstance(node, dict) and "$ref" in node:
        path = [part.replace("~1", "/").replace("~0", "~") for part in node["$ref"].removeprefix("#/").split("/")]
        node = DOCUMENT
        for part in path:
            node = node[part]
    return node, path


def child(node: Any, path: list[str], name: str) -> tuple[Any, list[str]]:
    return follow(node[name], [*path, name])


def assert_documented(template: str, method: str, answer: Answer) -> None:
    """The answer's status, type and body are what the document says of this operation."""
    operation, path = child(DOCUMENT["paths"][template], ["paths", template], method)
    responses, path = child(operation, path, "responses")
    assert str(answer.status) in responses, f"{method} {template}: {answer.status} is not documented"
    response, path = child(responses, path, str(answer.status))
    if "content" not in response:
        assert answer.body == b""
        return
    content, path = child(response, path, "content")
    media = answer.headers["content-type"].split(";")[0]
    assert media in content
    if media.endswith("json"):
        validate([*path, media, "schema"], json.loads(answer.body))


def validate(path: list[str], value: object) -> None:
    pointer = "/".join(part.replace("~", "~0").replace("/", "~1") for part in path)
    document: Resource[Any] = Resource.from_contents(DOCUMENT, default_specification=DRAFT202012)
    registry: Registry[Any] = Registry().with_resource(ROOT, document)
    checker = OAS31Validator({"$ref": f"{ROOT}#/{pointer}"}, registry=registry)
    assert [error.message for error in checker.iter_errors(value)] == []


def put(portd: Portd, target: str, body: Json) -> Answer:
    return portd.request("PUT", target, body)


def hand_over(portd: Portd, target: str, body: Json | None = None) -> Answer:
    """Without taking the socket: it is lost on the way."""
    return portd.request("POST", target, body or {}, unix=True)


def hand_over_twice(portd: Portd, port: int) -> Answer:
    with handed_over(portd, port):
        return hand_over(portd, f"/ports/{port}/socket")


def put_config(portd: Portd, body: Json, etag: str = "*") -> Answer:
    return portd.request("PUT", "/config", body, {"If-Match": etag})


def validate_text(portd: Portd, content: str, scope: str = "daemon") -> Answer:
    return portd.request("POST", "/config/validate", {"content": content, "scope": scope})


def first_alert(portd: Portd) -> str:
    """One of a service that is critical."""
    put(portd, "/services/shop/checks/ttl", {"status": "critical"})
    until(lambda: bool(portd.get("/alerts").json["alerts"]), 10 * SLACK, "an alert is raised")
    return str(portd.get("/alerts").json["alerts"][0]["id"])


def acknowledge(portd: Portd, alert: str) -> Answer:
    return portd.request("POST", f"/alerts/{alert}/ack", {})


KNOWN = {"If-None-Match": "*"}
COMMANDS = "checks: {commands: {shop: {up: {command: [touch, /tmp/portd-was-here]}}}}\n"
BEAT: Json = {"status": "warning", "output": "slow"}
ANYWHERE: Json = {"address": "0.0.0.0"}
ON: Json = {"enabled": True, "reason": "moving house"}
# Every field that a declaration has.
WHOLE: Json = {
    "host": "localhost",
    "tags": ["beta"],
    "metadata": {"owner": "me"},
    "depends_on": [{"service": "db", "condition": "healthy", "required": False}],
    "checks": [{"type": "http", "path": "/up", "expect_status": [200]}, {"type": "tcp"}, {"type": "ttl"}],
}
Ask = Callable[[Portd, int], Answer]
CASES: list[tuple[str, str, int, Ask]] = [
    ("/", "get", 200, lambda portd, _: portd.get("/")),
    ("/health", "get", 200, lambda portd, _: portd.get("/health")),
    ("/openapi.json", "get", 200, lambda portd, _: portd.get("/openapi.json")),
    ("/ports", "get", 200, lambda portd, _: portd.get("/ports")),
    ("/ports", "get", 200, lambda portd, _: portd.get("/ports?all=true")),
    ("/ports", "get", 422, lambda portd, _: portd.get("/ports?state=nonsense")),
    ("/ports", "post", 200, lambda portd, _: portd.grant(service="shop")),
    ("/ports", "post", 201, lambda portd, _: portd.grant(service="api")),
    ("/ports", "post", 201, lambda portd, _: portd.grant(service="api", roles=["http", "debug"])),
    ("/ports", "post", 201, lambda portd, _: portd.request("POST", "/ports", {"kind": "process"}, unix=True)),
    (
        "/ports",
        "post",
        400,
        lambda portd, _: portd.request("POST", "/ports", b"{", {"Content-Type": "application/json"}),
    ),
    ("/ports", "post", 404, lambda portd, _: portd.grant(adopt=True, port=1)),
    ("/ports", "post", 403, lambda portd, _: portd.grant(adopt=True, port=portd.tcp_port)),
    ("/ports", "post", 409, lambda portd, port: portd.grant(service="api", port=port, on_conflict="fail")),
    ("/ports", "post", 415, lambda portd, _: portd.request("POST", "/ports", b"{}", {"Content-Type": "text/plain"})),
    ("/ports", "post", 422, lambda portd, _: portd.grant(service="NO")),
    ("/ports", "post", 507, lambda portd, _: portd.grant(service="api", count=4, range="tiny")),
    ("/ports", "delete", 200, lambda portd, _: portd.request("DELETE", "/ports?project=default")),
    ("/ports", "delete", 422, lambda portd, _: portd.request("DELETE", "/ports")),
    ("/ports/{port}", "get", 200, lambda portd, port: portd.get(f"/ports/{port}")),
    ("/ports/{port}", "get", 200, lambda portd, port: portd.get("/ports/6000")),
    ("/ports/{port}", "get", 422, lambda portd, port: portd.get("/ports/70000")),
    ("/ports/{port}", "patch", 200, lambda portd, port: portd.request("PATCH", f"/ports/{port}", {})),
    ("/ports/{port}", "patch", 404, lambda portd, port: portd.request("PATCH", "/ports/1", {})),
    ("/ports/{port}", "patch", 412, lambda portd, port: portd.request("PATCH", f"/ports/{port}?lease=0-1", {})),
    ("/ports/{port}", "delete", 204, lambda portd, port: portd.request("DELETE", f"/ports/{port}")),
    ("/ports/{port}", "delete", 404, lambda portd, port: portd.request("DELETE", "/ports/1")),
    ("/ports/{port}", "delete", 412, lambda portd, port: portd.request("DELETE", f"/ports/{port}?lease=0-1")),
    ("/ports/{port}/socket", "post", 200, lambda portd, port: hand_over(portd, f"/ports/{port}/socket", ANYWHERE)),
    ("/ports/{port}/socket", "post", 404, lambda portd, _: hand_over(portd, "/ports/1/socket")),
    ("/ports/{port}/socket", "post", 409, lambda portd, port: hand_over_twice(portd, port)),
    ("/ports/{port}/socket", "post", 412, lambda portd, port: hand_over(portd, f"/ports/{port}/socket?lease=0-1")),
    ("/ports/{port}/socket", "post", 422, lambda portd, port: portd.request("POST", f"/ports/{port}/socket", {})),
    ("/services", "get", 200, lambda portd, _: portd.get("/services?status=passing")),
    ("/services", "get", 422, lambda portd, _: portd.get("/services?wait=1h")),
    ("/services/{service}", "get", 200, lambda portd, _: portd.get("/services/shop")),
    ("/services/{service}", "get", 404, lambda portd, _: portd.get("/services/nope")),
    ("/services/{service}", "put", 200, lambda portd, _: put(portd, "/services/shop", WHOLE)),
    ("/services/{service}", "put", 201, lambda portd, _: put(portd, "/services/api", {})),
    (
        "/services/{service}",
        "put",
        403,
        lambda portd, _: put(portd, "/services/api", {"checks": [{"type": "command"}]}),
    ),
    ("/services/{service}", "put", 409, lambda portd, port: put(portd, "/services/api", {"port": port})),
    ("/services/{service}", "put", 422, lambda portd, _: put(portd, "/services/api", {"nonsense": 1})),
    ("/services/{service}", "delete", 204, lambda portd, _: portd.request("DELETE", "/services/shop")),
    ("/services/{service}", "delete", 404, lambda portd, _: portd.request("DELETE", "/services/nope")),
    ("/services/{service}/health", "get", 200, lambda portd, _: portd.get("/services/up/health")),
    ("/services/{service}/health", "get", 503, lambda portd, _: portd.get("/services/shop/health")),
    ("/services/{service}/health", "get", 404, lambda portd, _: portd.get("/services/nope/health")),
    ("/services/{service}/checks/{check}", "put", 200, lambda portd, _: put(portd, "/services/shop/checks/ttl", BEAT)),
    ("/services/{service}/checks/{check}", "put", 404, lambda portd, _: put(portd, "/services/shop/checks/no", BEAT)),
    ("/services/{service}/maintenance", "put", 200, lambda portd, _: put(portd, "/services/shop/maintenance", ON)),
    ("/services/{service}/maintenance", "put", 404, lambda portd, _: put(portd, "/services/nope/maintenance", ON)),
    ("/graph", "get", 200, lambda portd, _: portd.get("/graph")),
    ("/events", "get", 422, lambda portd, _: portd.get("/events?since=1")),
    ("/alerts", "get", 200, lambda portd, _: portd.get("/alerts")),
    ("/alerts", "get", 422, lambda portd, _: portd.get("/alerts?state=loud")),
    ("/alerts/{id}/ack", "post", 200, lambda portd, _: acknowledge(portd, first_alert(portd))),
    ("/alerts/{id}/ack", "post", 404, lambda portd, _: acknowledge(portd, "a-0-0")),
    ("/alerts/{id}/ack", "post", 422, lambda portd, _: portd.request("POST", "/alerts/a-0-0/ack", {"by": "me"})),
    ("/stats", "get", 200, lambda portd, _: portd.get("/stats?window=1h")),
    ("/stats", "get", 422, lambda portd, _: portd.get("/stats?window=1")),
    ("/history", "get", 200, lambda portd, _: portd.get("/history")),
    ("/history", "get", 422, lambda portd, _: portd.get("/history?port=0")),
    ("/sd/prometheus", "get", 200, lambda portd, _: portd.get("/sd/prometheus")),
    ("/metrics", "get", 200, lambda portd, _: portd.get("/metrics")),
    ("/metrics", "get", 422, lambda portd, _: portd.get("/metrics?format=json")),
    ("/config", "get", 200, lambda portd, _: portd.get("/config")),
    ("/config", "get", 304, lambda portd, _: portd.request("GET", "/config", headers=KNOWN)),
    ("/config", "get", 422, lambda portd, _: portd.get("/config?origin=1")),
    ("/config", "put", 200, lambda portd, _: put_config(portd, {"content": "ports: {strategy: next}\n"})),
    ("/config", "put", 200, lambda portd, _: put_config(portd, {"settings": {"log": {"level": "debug"}}})),
    ("/config", "put", 403, lambda portd, _: put_config(portd, {"content": COMMANDS})),
    ("/config", "put", 412, lambda portd, _: put_config(portd, {"content": ""}, etag='"old"')),
    ("/config", "put", 422, lambda portd, _: put_config(portd, {"content": "ports: {stratgy: next}\n"})),
    ("/config", "put", 428, lambda portd, _: put(portd, "/config", {"content": ""})),
    ("/config/validate", "post", 200, lambda portd, _: validate_text(portd, "ports: {stratgy: next}\n")),
    ("/config/validate", "post", 200, lambda portd, _: validate_text(portd, "services: {web: }\n", "project")),
    ("/config/validate", "post", 422, lambda portd, _: validate_text(portd, "", "nonsense")),
    ("/config/schema", "get", 200, lambda portd, _: portd.get("/config/schema")),
    ("/config/schema", "get", 304, lambda portd, _: portd.request("GET", "/config/schema", headers=KNOWN)),
]


@pytest.mark.parametrize(
    ("template", "method", "status", "ask"), CASES, ids=[f"{m}-{t}-{s}-{i}" for i, (t, m, s, _) in enumerate(CASES)]
)
def test_an_answer_is_what_the_document_says(
    new_portd: NewPortd, template: str, method: str, status: int, ask: Ask
) -> None:
    portd = new_portd()
    portd.command += ["--set", f"ports.ranges.tiny={portd.ports.spare[0]}-{portd.ports.spare[1]}"]
    portd.start()
    port = portd.lease(service="shop")["port"]
    put(portd, "/services/shop", WHOLE)
    put(portd, "/services/up", {})
    answer = ask(portd, port)
    assert answer.status == status, answer
    assert_documented(template, method, answer)


def test_portd_serves_this_very_document(portd: Portd) -> None:
    assert portd.get("/openapi.json").json == DOCUMENT


def test_the_methods_of_every_path_are_those_that_are_served(portd: Portd) -> None:
    for template, operations in DOCUMENT["paths"].items():
        path = template.replace("{port}", "20000").replace("{", "").replace("}", "")
        answer = portd.request("POST" if "post" not in operations else "PUT", path, {})
        assert answer.status == 405, template
        allowed = {word.strip().lower() for word in answer.headers["allow"].split(",")} - {"head", "options"}
        assert allowed == {method for method in METHODS if method in operations}, template


def test_an_event_is_what_the_document_says(portd: Portd) -> None:
    with EventReader(portd) as reader:
        put(portd, "/services/shop", WHOLE)
        put(portd, "/services/shop/checks/ttl", BEAT)
        seen = reader.until(lambda event: event.name == "check.status" and event.data["check"]["id"] == "ttl")
    assert {event.name for event in seen} >= {"lease.granted", "service.registered", "check.status"}
    for event in seen:
        assert event.data["event"] == event.name
        assert event.data["revision"] == event.id
        validate(["components", "schemas", "Event"], event.data)


def test_every_operation_of_the_document_is_tried_here() -> None:
    documented = {(path, method) for path, item in DOCUMENT["paths"].items() for method in METHODS if method in item}
    assert documented == {(template, method) for template, method, _, _ in CASES}
