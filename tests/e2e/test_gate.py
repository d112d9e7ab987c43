"""The gate of section 4 of the design: one test a rule, through real sockets."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import threading

import pytest
from harness.daemon import Portd
from harness.fixtures import NewPortd
from harness.http import Answer, Json, read_answer
from harness.programs import NEEDS_TOKEN
from harness.users import NOBODY, as_user, needs_root

pytestmark = pytest.mark.skipif(NEEDS_TOKEN, reason="elsewhere a token tells who calls")

JSON = {"Content-Type": "application/json"}
BODY = b'{"service":"shop"}'


def post(portd: Portd, *lines: str, body: bytes = BODY, version: str = "1.1", host: str | None = None) -> Answer:
    """A grant in raw bytes with the header lines given."""
    host_line = f"Host: {host or f'localhost:{portd.tcp_port}'}"
    head = [f"POST /ports HTTP/{version}", host_line, "Content-Type: application/json", *lines]
    return portd.raw("\r\n".join([*head, "", ""]).encode() + body)


def sized(body: bytes = BODY) -> str:
    return f"Content-Length: {len(body)}"


def refused(portd: Portd, answer: Answer, status: int, problem: str) -> None:
    """A refusal changed nothing and says so in the closed vocabulary."""
    assert (answer.status, answer.problem) == (status, problem)
    assert answer.json["detail"]
    assert portd.leases() == []


def test_the_raw_request_that_the_other_tests_vary_is_accepted(portd: Portd) -> None:
    assert post(portd, sized()).status == 201


# --- Host -----------------------------------------------------------------------------------------------------------


def test_a_foreign_host_is_misdirected(portd: Portd) -> None:
    refused(portd, post(portd, sized(), host=f"evil.example:{portd.tcp_port}"), 421, "misdirected")


def test_our_host_with_another_port_is_misdirected(portd: Portd) -> None:
    refused(portd, post(portd, sized(), host="localhost:1"), 421, "misdirected")


@pytest.mark.parametrize("name", ["localhost", "127.0.0.1", "[::1]", "LOCALHOST"])
def test_every_name_of_loopback_is_a_host_of_ours(portd: Portd, name: str) -> None:
    assert post(portd, sized(), host=f"{name}:{portd.tcp_port}").status == 201


def test_an_allowed_host_is_accepted(new_portd: NewPortd) -> None:
    portd = new_portd(environment={"PORTD_CFG_API__ALLOWED_HOSTS": "dev.internal"}).start()
    assert post(portd, sized(), host=f"dev.internal:{portd.tcp_port}").status == 201


def test_two_hosts_are_malformed(portd: Portd) -> None:
    answer = post(portd, f"Host: localhost:{portd.tcp_port}", sized())
    refused(portd, answer, 400, "malformed-http")
    assert answer.headers["connection"] == "close"


def test_no_host_is_malformed(portd: Portd) -> None:
    refused(portd, portd.raw(b"GET /ports HTTP/1.1\r\n\r\n"), 400, "malformed-http")


@pytest.mark.parametrize("host", ["localhost:7700, localhost:7700", "a b", "localhost:77x", "http://localhost", "@"])
def test_a_host_that_is_not_one_is_malformed(portd: Portd, host: str) -> None:
    refused(portd, post(portd, sized(), host=host), 400, "malformed-http")


# --- what browsers send ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("origin", ["null", "http://evil.example", "http://localhost:1", "https://localhost:{port}"])
def test_a_foreign_origin_is_forbidden(portd: Portd, origin: str) -> None:
    refused(portd, post(portd, f"Origin: {origin.format(port=portd.tcp_port)}", sized()), 403, "forbidden")


def test_our_own_origin_is_accepted(portd: Portd) -> None:
    assert post(portd, f"Origin: http://localhost:{portd.tcp_port}", sized()).status == 201


@pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
def test_a_bodyless_post_from_another_site_is_forbidden(portd: Portd, site: str) -> None:
    answer = portd.request("POST", "/ports", headers={"Sec-Fetch-Site": site})
    refused(portd, answer, 403, "forbidden")


def test_a_link_from_another_site_may_open_the_front_page_only(portd: Portd) -> None:
    link = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}
    assert portd.request("GET", "/", headers=link).status == 200
    assert portd.request("GET", "/ports", headers=link).status == 403
    assert portd.request("GET", "/", headers={"Sec-Fetch-Site": "cross-site"}).status == 403


def test_a_typed_address_may_read(portd: Portd) -> None:
    assert portd.request("GET", "/ports", headers={"Sec-Fetch-Site": "none"}).status == 200


@pytest.mark.parametrize("target", ["/", "/ports", "/health", "/ports/20000", "/nowhere"])
def test_every_answer_carries_the_headers_that_keep_browsers_in_check(portd: Portd, target: str) -> None:
    headers = portd.get(target).headers
    assert "default-src" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert not [name for name in headers if name.startswith("access-control-")]


def test_a_preflight_is_answered_without_any_permission(portd: Portd) -> None:
    preflight = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answer = portd.request("OPTIONS", "/ports", headers=preflight)
    assert answer.status == 403
    assert not [name for name in answer.headers if name.startswith("access-control-")]


# --- bodies ---------------------------------------------------------------------------------------------------------


def test_text_plain_is_answered_with_the_corrected_command(portd: Portd) -> None:
    answer = portd.request("POST", "/ports", BODY, {"Content-Type": "text/plain"})
    refused(portd, answer, 415, "unsupported-media-type")
    assert "curl" in answer.json["detail"]
    assert "application/json" in answer.json["detail"] or "--json" in answer.json["detail"]


def test_curl_without_a_content_type_is_told_the_corrected_command(portd: Portd) -> None:
    command = ["curl", "--silent", "--data", BODY.decode(), f"{portd.url}/ports"]
    shown = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert shown["status"] == 415
    assert "curl" in shown["detail"]


def test_a_body_of_65_kb_is_too_large(portd: Portd) -> None:
    large = json.dumps({"service": "shop", "cwd": "/" * 66_560}).encode()
    refused(portd, portd.request("POST", "/ports", large, JSON), 413, "payload-too-large")


def test_a_body_of_65_kb_in_chunks_is_too_large(portd: Portd) -> None:
    large = b"%x\r\n%s\r\n0\r\n\r\n" % (66_560, b" " * 66_560)
    refused(portd, post(portd, "Transfer-Encoding: chunked", body=large), 413, "payload-too-large")


def test_headers_over_16_kb_are_too_large(portd: Portd) -> None:
    refused(portd, post(portd, "X-Filler: " + "x" * 17_000, sized()), 431, "headers-too-large")


def nested(depth: int) -> bytes:
    return b'{"service":' + b"[" * (depth - 1) + b"]" * (depth - 1) + b"}"


def test_json_of_depth_33_is_refused_while_parsing(portd: Portd) -> None:
    refused(portd, portd.request("POST", "/ports", nested(33), JSON), 400, "invalid-request")


def test_json_of_depth_32_is_read_and_refused_for_what_it_says(portd: Portd) -> None:
    refused(portd, portd.request("POST", "/ports", nested(32), JSON), 422, "invalid-value")


@pytest.mark.parametrize("body", [b"{", b"", b"[]", b'{"service":"a","service":"b"}', b'{"service":"\xff"}', b"NaN"])
def test_what_is_not_a_json_object_is_refused(portd: Portd, body: bytes) -> None:
    answer = portd.request("POST", "/ports", body, JSON)
    assert answer.status in (400, 422)
    assert portd.leases() == []


@pytest.mark.parametrize("name", ["Shop", "-shop", "a" * 64, "a/b", "", "a b", "é"])
def test_a_name_outside_the_pattern_is_refused(portd: Portd, name: str) -> None:
    refused(portd, portd.grant(service=name), 422, "invalid-value")


# --- HTTP that two readers could read in two ways -------------------------------------------------------------------


def test_a_folded_header_is_malformed(portd: Portd) -> None:
    refused(portd, post(portd, "X-Note: one", " two", sized()), 400, "malformed-http")


CHUNKED_BODY = b"12\r\n" + BODY + b"\r\n0\r\n\r\n"


def test_a_plain_chunked_body_is_accepted(portd: Portd) -> None:
    assert post(portd, "Transfer-Encoding: chunked", body=CHUNKED_BODY).status == 201


@pytest.mark.parametrize(
    "lines",
    [
        ["Transfer-Encoding: chunked", sized()],
        [sized(), "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: gzip, chunked"],
        ["Transfer-Encoding: chunked, gzip"],
        ["Transfer-Encoding: chunked, chunked"],
        ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"],
        ["Transfer-Encoding: identity"],
        ["Transfer-Encoding: xchunked"],
        ["Transfer-Encoding: \x0bchunked"],
        ["Transfer-Encoding : chunked"],
        ["Transfer-Encoding:"],
    ],
)
def test_a_transfer_encoding_trick_is_malformed(portd: Portd, lines: list[str]) -> None:
    answer = post(portd, *lines, body=CHUNKED_BODY)
    refused(portd, answer, 400, "malformed-http")
    assert answer.headers["connection"] == "close"


def test_chunks_in_http_1_0_are_malformed(portd: Portd) -> None:
    answer = post(portd, "Transfer-Encoding: chunked", body=CHUNKED_BODY, version="1.0")
    refused(portd, answer, 400, "malformed-http")


def test_trailers_are_malformed(portd: Portd) -> None:
    body = CHUNKED_BODY.removesuffix(b"\r\n") + b"X-Late: 1\r\n\r\n"
    refused(portd, post(portd, "Transfer-Encoding: chunked", body=body), 400, "malformed-http")


@pytest.mark.parametrize("length", ["+18", "18, 18", "-1", "0x12", "1 8", ""])
def test_a_content_length_that_is_not_a_number_is_malformed(portd: Portd, length: str) -> None:
    refused(portd, post(portd, f"Content-Length: {length}"), 400, "malformed-http")


def test_two_content_lengths_are_malformed(portd: Portd) -> None:
    refused(portd, post(portd, sized(), "Content-Length: 17"), 400, "malformed-http")


# --- who calls ------------------------------------------------------------------------------------------------------


@needs_root
def test_another_user_over_tcp_is_forbidden(portd: Portd) -> None:
    status = as_user(NOBODY, lambda: portd.grant(service="shop").status)
    assert status == 403
    assert portd.leases() == []


@needs_root
def test_another_user_over_tcp_may_not_even_read(portd: Portd) -> None:
    assert as_user(NOBODY, lambda: portd.get("/ports").status) == 403


@needs_root
def test_another_user_who_sends_and_closes_before_accept_changes_nothing(portd: Portd) -> None:
    request = raw_grant(portd)

    def send_and_close() -> None:
        with socket.create_connection(("127.0.0.1", portd.tcp_port)) as stream:
            stream.sendall(request)

    os.kill(portd.pid, signal.SIGSTOP)
    as_user(NOBODY, send_and_close)
    os.kill(portd.pid, signal.SIGCONT)
    # Connections are accepted in order, so those that follow are served after it.
    assert [portd.leases() for _ in range(20)] == [[]] * 20


@needs_root
def test_another_user_who_sends_and_half_closes_before_accept_is_forbidden(portd: Portd) -> None:
    request = raw_grant(portd)

    def send_and_half_close() -> Answer:
        with socket.create_connection(("127.0.0.1", portd.tcp_port), timeout=20) as stream:
            stream.sendall(request)
            stream.shutdown(socket.SHUT_WR)
            os.write(sent, b"x")
            return read_answer(stream)

    def go_on_when_sent() -> None:
        os.read(is_sent, 1)
        os.kill(portd.pid, signal.SIGCONT)

    is_sent, sent = os.pipe()
    os.kill(portd.pid, signal.SIGSTOP)
    waiting = threading.Thread(target=go_on_when_sent)
    waiting.start()
    answer = as_user(NOBODY, send_and_half_close)
    os.close(sent)
    waiting.join()
    os.close(is_sent)
    refused(portd, answer, 403, "forbidden")


def raw_grant(portd: Portd) -> bytes:
    lines = ["POST /ports HTTP/1.1", f"Host: localhost:{portd.tcp_port}", "Content-Type: application/json", sized()]
    return "\r\n".join([*lines, "", ""]).encode() + BODY


@needs_root
def test_another_user_cannot_open_the_unix_socket(portd: Portd) -> None:
    assert portd.socket_path.stat().st_mode & 0o777 == 0o600
    assert portd.runtime.stat().st_mode & 0o777 == 0o700

    def connect() -> str:
        try:
            portd.request("GET", "/ports", unix=True)
        except PermissionError:
            return "denied"
        return "served"

    assert as_user(NOBODY, connect) == "denied"


@needs_root
def test_another_user_who_inherits_the_way_to_the_unix_socket_is_forbidden(portd: Portd) -> None:
    portd.runtime.chmod(0o755)
    portd.socket_path.chmod(0o666)
    assert as_user(NOBODY, lambda: portd.request("GET", "/ports", unix=True).status) == 403


def test_the_token_lies_in_a_file_of_the_owner_alone(portd: Portd) -> None:
    token = portd.runtime / "token"
    assert token.stat().st_mode & 0o777 == 0o600
    assert len(token.read_text().strip()) >= 32


@needs_root
def test_a_wrong_token_does_not_let_another_user_in(portd: Portd) -> None:
    wrong = {"Authorization": "Bearer " + "0" * len((portd.runtime / "token").read_text().strip())}
    assert as_user(NOBODY, lambda: portd.request("GET", "/ports", headers=wrong).status) == 403


# --- what must go on working ----------------------------------------------------------------------------------------


def test_curl_delete_works(portd: Portd) -> None:
    port = portd.lease(service="shop")["port"]
    command = ["curl", "--silent", "--fail", "-X", "DELETE", f"{portd.url}/ports/{port}"]
    assert subprocess.run(command, check=False).returncode == 0
    assert portd.leases() == []


def test_curl_over_the_unix_socket_works_with_any_host(portd: Portd) -> None:
    command = ["curl", "--silent", "--unix-socket", str(portd.socket_path), "http://portd/ports"]
    shown: Json = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert shown["leases"] == []


def test_ipv6_loopback_is_served(portd: Portd) -> None:
    command = ["curl", "--silent", "--globoff", f"http://[::1]:{portd.tcp_port}/ports"]
    done = subprocess.run(command, capture_output=True, check=False)
    if done.returncode == 7:
        pytest.skip("there is no ::1 here")
    assert json.loads(done.stdout)["leases"] == []


GETS = ["/", "/ports", "/ports/{port}", "/health", "/openapi.json", "/ports?service=shop", "/ports?port=1", "/nowhere"]


@pytest.mark.parametrize("target", GETS)
def test_a_get_never_changes_state(portd: Portd, target: str) -> None:
    port = portd.lease(service="shop")["port"]
    before = portd.get("/ports").json
    portd.request("GET", target.format(port=port))
    portd.request("HEAD", target.format(port=port))
    portd.request("GET", target.format(port=port), {"service": "api"})
    assert portd.get("/ports").json == before


def test_a_method_that_a_path_has_not_is_405_with_allow(portd: Portd) -> None:
    answer = portd.request("PUT", "/ports", {})
    assert (answer.status, answer.problem) == (405, "method-not-allowed")
    assert {word.strip() for word in answer.headers["allow"].split(",")} >= {"GET", "POST", "DELETE"}


def test_head_has_the_headers_of_get_and_no_body(portd: Portd) -> None:
    head = portd.request("HEAD", "/ports")
    assert (head.status, head.body) == (200, b"")
    assert head.headers["content-length"] == portd.get("/ports").headers["content-length"]


def test_pipelined_requests_are_answered_in_order(portd: Portd) -> None:
    one = f"HEAD /nowhere HTTP/1.1\r\nHost: localhost:{portd.tcp_port}\r\n\r\n"
    two = f"GET /health HTTP/1.1\r\nHost: localhost:{portd.tcp_port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection(("127.0.0.1", portd.tcp_port), timeout=20) as stream:
        stream.sendall((one + two).encode())
        received = b"".join(iter(lambda: stream.recv(65536), b""))
    assert received.startswith(b"HTTP/1.1 404")
    assert b"HTTP/1.1 200" in received


def test_a_listen_address_off_loopback_is_a_start_up_error(new_portd: NewPortd) -> None:
    portd = new_portd(flags=["--set", "api.listen=0.0.0.0"])
    process = portd.spawn()
    assert process.wait(20) == 78
    assert "loopback" in portd.log_text()
