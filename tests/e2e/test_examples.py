"""Every example of docs/examples runs as its README says."""

from __future__ import annotations

import contextlib
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
import socketio
import yaml  # type: ignore[import-untyped]
from harness.cli import Shell, shell_of
from harness.daemon import Portd
from harness.frameworks import link_modules
from harness.open_ports import ports_of_group
from harness.package import SITE
from harness.programs import NEEDS_TOKEN, PORTC, SLACK, SOURCE, until
from harness.runs import Run, fetch, run_environment, started
from harness.services import await_status
from harness.users import needs_root

pytestmark = [
    pytest.mark.foreign,
    pytest.mark.skipif(NEEDS_TOKEN, reason="the package sees the app's own sockets on Linux only"),
    pytest.mark.usefixtures("portc"),
]

EXAMPLES = SOURCE / "docs" / "examples"

# Every row of the README: folder and command.
ROWS = dict(re.findall(r"^\| \[([\w/-]+)\]\(\1/\) \| `(.+?)` \|", (EXAMPLES / "README.md").read_text(), re.MULTILINE))

# Those that are no server.
OTHERS = ("compose", "pytest-suite")


@dataclass
class Desk:
    """Copies of the examples, and a shell that works in them."""

    portd: Portd
    shell: Shell

    def copy(self, example: str) -> Path:
        """The example's folder; with its siblings, where it has some."""
        top = example.split("/")[0]
        target = self.shell.folder / top
        if not target.exists():
            shutil.copytree(EXAMPLES / top, target, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
            modules = EXAMPLES / top / "node_modules"
            if modules.exists():
                link_modules(modules, target)
        return self.shell.folder / example

    @property
    def environment(self) -> dict[str, str]:
        """The package is installed, and portc is in the PATH."""
        found = run_environment(self.shell)
        return found | {"PATH": f"{PORTC.parent}:{found['PATH']}", "PYTHONPATH": str(SITE)}

    @contextlib.contextmanager
    def started(self, example: str, variables: Mapping[str, str] | None = None) -> Iterator[Run]:
        """The example by the command of its row."""
        folder = self.copy(example)
        log = self.shell.folder.parent / f"{example.replace('/', '-')}.log"
        environment = self.environment | dict(variables or {})
        with started(words_of(example), folder, environment, log) as run:
            yield run

    def port(self, example: str) -> int:
        """What `portc port` says in its folder."""
        return int(self.shell.out("port", cwd=self.copy(example)))


def words_of(example: str) -> list[str]:
    """`app:create_app()` is written without its quotes in the table."""
    return shlex.split(ROWS[example])


@pytest.fixture
def desk(portd: Portd) -> Desk:
    assert SITE.exists(), f"{SITE} is not built; ./dev build"
    return Desk(portd, shell_of(portd))


def test_the_readme_lists_every_example() -> None:
    assert {path.split("/")[0] for path in ROWS} == {path.name for path in EXAMPLES.iterdir() if path.is_dir()}


@pytest.mark.parametrize("example", [row for row in ROWS if row not in OTHERS])
def test_an_example_serves_on_its_port(example: str, desk: Desk) -> None:
    port = desk.port(example)
    with desk.started(example) as run:
        run.await_answer(port=port)
        until(lambda: state_of(desk.portd, port) == "listening", 10 * SLACK, "the lease is listening")
        assert ports_of_group(run.pid) == {port}


def state_of(portd: Portd, port: int) -> str:
    return str(portd.report(port)["lease"]["state"])


# --- plain ------------------------------------------------------------------------------------------------------------


def test_plain_is_called_so_from_inside_and_outside(desk: Desk) -> None:
    folder = EXAMPLES / "plain"
    assert desk.shell.out("port", cwd=folder) == desk.shell.out("port", "plain", cwd=folder)
    assert [lease["service"] for lease in desk.portd.leases()] == ["plain"]


def test_plain_serves_on_the_port_that_portc_tells_by_its_name(desk: Desk) -> None:
    folder = desk.copy("plain")
    with desk.started("plain") as run:
        port = int(desk.shell.out("port", "plain", cwd=folder))
        assert run.await_answer(port=port).body == b"plain"


# Runs a command in a network of its own, prints what is answered on 5000, and ends it.
ALONE = """
import subprocess, sys, time, urllib.request
process = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
try:
    while process.poll() is None:
        try:
            print(urllib.request.urlopen("http://127.0.0.1:5000/").read().decode())
            break
        except OSError:
            time.sleep(0.01)
finally:
    process.terminate()
    process.wait()
"""


def answer_on_5000(desk: Desk, environment: Mapping[str, str]) -> str:
    network = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
    done = subprocess.run(
        [*network, sys.executable, "-c", ALONE, "flask", "run"],
        cwd=desk.copy("plain"),
        env=dict(environment),
        capture_output=True,
        text=True,
        timeout=60 * SLACK,
        check=False,
    )
    assert "Running on http://127.0.0.1:5000" in done.stderr, done
    return done.stdout.strip()


@needs_root
def test_plain_is_on_5000_when_portd_is_disabled(desk: Desk) -> None:
    assert answer_on_5000(desk, desk.environment | {"PORTD_DISABLE": "1"}) == "plain"
    assert desk.portd.leases() == []


@needs_root
def test_plain_is_on_5000_without_the_package(desk: Desk) -> None:
    environment = desk.environment
    del environment["PYTHONPATH"]
    assert answer_on_5000(desk, environment) == "plain"
    assert desk.portd.leases() == []


# --- Flask ------------------------------------------------------------------------------------------------------------


def test_factory_knows_its_url_and_is_registered_with_its_health_check(desk: Desk) -> None:
    port = desk.port("factory")
    with desk.started("factory") as run:
        assert run.await_answer(port=port).body.decode() == f"factory at http://localhost:{port}, port {port}"
        found = await_status(desk.portd, "factory", "passing")
        assert [each["type"] for each in found["checks"]] == ["http"]
        assert run.get("/healthz", port=port).status == 200


def test_blueprints_have_external_urls_and_a_cookie_of_their_own(desk: Desk) -> None:
    port = desk.port("blueprints")
    with desk.started("blueprints") as run:
        run.await_answer(port=port)
        cookie = run.get("/cart/add/7", port=port).headers["set-cookie"].partition("=")[0]
        assert re.fullmatch("session-.*blueprints.*", cookie)
    done = subprocess.run(
        ["flask", "--app", "shop", "links"],
        cwd=desk.copy("blueprints"),
        env=desk.environment,
        capture_output=True,
        text=True,
        timeout=60 * SLACK,
        check=False,
    )
    links = [f"http://localhost:{port}/items/7", f"http://localhost:{port}/cart/"]
    assert done.stdout.split() == links, done


def test_cors_lets_in_the_siblings_page_and_nobody_elses(desk: Desk) -> None:
    web, api = desk.port("cors/web"), desk.port("cors/api")
    with desk.started("cors/web") as page, desk.started("cors/api") as service:
        assert f"http://localhost:{api}" in page.await_answer(port=web).body.decode()
        service.await_answer(port=api)
        assert allowed_origin(api, f"http://localhost:{web}") == f"http://localhost:{web}"
        for other in (f"http://localhost:{api}", f"http://localhost:{web}0", "http://example.org", "null"):
            assert allowed_origin(api, other) is None


def allowed_origin(port: int, origin: str) -> str | None:
    return fetch(f"http://127.0.0.1:{port}/", {"Origin": origin}).headers.get("access-control-allow-origin")


def test_socketio_answers_its_own_pages_only(desk: Desk) -> None:
    port = desk.port("socketio")
    with desk.started("socketio") as run:
        run.await_answer(port=port)
        assert shouted(port, f"http://localhost:{port}") == "HELLO"
        with pytest.raises(socketio.exceptions.ConnectionError):
            shouted(port, "http://localhost:1")


def shouted(port: int, origin: str) -> object:
    with socketio.SimpleClient(websocket_extra_options={"origin": origin}) as client:
        client.connect(f"http://127.0.0.1:{port}", transports=["websocket"])
        return client.call("shout", "hello")


def test_sqlalchemy_keeps_its_notes_through_a_restart(desk: Desk) -> None:
    port = desk.port("sqlalchemy")
    with desk.started("sqlalchemy") as run:
        run.await_answer(port=port)
        assert fetch(f"http://127.0.0.1:{port}/", body=b"milk").json == {"notes": ["milk"]}
        source = desk.copy("sqlalchemy") / "app.py"
        source.write_text(source.read_text().replace("notes=[", "kept=["))
        assert run.await_answer(port=port, body="kept").json == {"kept": ["milk"]}


def test_gunicorn_has_three_workers_on_one_lease(desk: Desk) -> None:
    port = desk.port("gunicorn")
    with desk.started("gunicorn") as run:
        run.await_answer(port=port)
        await_status(desk.portd, "gunicorn", "passing")
        run.await_that(lambda: len(run.members()) == 4, 5 * SLACK, "three workers and their arbiter")
        assert [lease["port"] for lease in desk.portd.leases()] == [port]


def test_dispatcher_serves_both_apps_on_one_port(desk: Desk) -> None:
    port = desk.port("dispatcher")
    with desk.started("dispatcher") as run:
        assert run.await_answer(port=port).body.decode() == f"dispatcher at http://localhost:{port}"
        assert run.get("/admin/", port=port).body.decode() == f"admin panel at http://127.0.0.1:{port}/admin/"
        assert [lease["service"] for lease in desk.portd.leases()] == ["dispatcher"]


# --- others -----------------------------------------------------------------------------------------------------------


def test_fastapi_asks_for_its_port_by_itself(desk: Desk) -> None:
    port, folder = desk.port("fastapi"), desk.copy("fastapi")
    with started(["python", "main.py"], folder, desk.environment, folder.parent / "main.log") as run:
        assert run.await_answer(port=port).json["service"] == "fastapi"


def test_every_variable_that_compose_needs_is_in_portc_env(desk: Desk) -> None:
    """Docker itself is not started here: what it would publish is read from the file as it reads it."""
    folder = desk.copy("compose")
    subprocess.run(["sh", "-c", ROWS["compose"].split(" && ")[0]], cwd=folder, env=desk.environment, check=True)
    variables = dict(line.split("=", 1) for line in (folder / ".env").read_text().splitlines() if "=" in line)
    services = yaml.safe_load(substituted((folder / "compose.yaml").read_text(), variables))["services"]
    leases = {lease["service"]: lease["port"] for lease in desk.portd.leases()}
    assert {name: service["ports"] for name, service in services.items()} == {
        "web": [f"127.0.0.1:{leases['web']}:80"],
        "db": [f"127.0.0.1:{leases['db']}:5432"],
    }


def substituted(text: str, variables: Mapping[str, str]) -> str:
    """Compose's ${NAME:?error} and ${NAME:-default}."""

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if name in variables:
            return variables[name]
        assert kind == ":-", f"{name}: {rest}"
        return rest

    return re.sub(r"\$\{(\w+)(:[?-])([^}]*)\}", value, text)


@pytest.mark.parametrize("with_portd", [True, False], ids=["portd", "ci-without-portd"])
def test_a_suite_of_40_servers_passes_with_many_workers(with_portd: bool, desk: Desk) -> None:
    environment = desk.environment
    if not with_portd:
        nowhere = str(desk.shell.folder / "nowhere")
        environment |= {"PORTD_STATE_DIR": nowhere, "PORTD_RUNTIME_DIR": nowhere}
    done = subprocess.run(
        ["python", "-m", *words_of("pytest-suite"), "-p", "no:cacheprovider"],
        cwd=desk.copy("pytest-suite"),
        env=environment,
        capture_output=True,
        text=True,
        timeout=100 * SLACK,
        check=False,
    )
    assert " 42 passed" in done.stdout, done.stdout + done.stderr
    assert desk.portd.leases() == []
