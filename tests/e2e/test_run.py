"""What `portc run` does around a command: lease, registration, variables, signals, exit codes, a second start."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from harness.cli import LonelyShell, Shell, shell_of
from harness.daemon import Portd
from harness.http import Json
from harness.programs import PORTC, SLACK, until
from harness.runs import END_TIME, ENVIRONMENT, LATE_SERVER, lease_of, portc_run, run_environment, run_here
from harness.services import await_status

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="ports are held on Linux only"),
    pytest.mark.usefixtures("portc"),
]

# Serves on the descriptor that it is given, what it is told by WORD on every path but /broken.
SERVER = """
import http.server, os, socket

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.end_headers()
        self.wfile.write(os.environ.get("WORD", "hello").encode())

server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=False)
server.socket = socket.socket(fileno=3)
server.serve_forever()
"""
SERVE = ["--handover", "--service", "web", "--", "python", "serve.py"]


@pytest.fixture
def shell(portd: Portd) -> Shell:
    shell = shell_of(portd)
    (shell.folder / "serve.py").write_text(SERVER)
    return shell


def environment_of(shell: Shell, *options: str) -> Json:
    done = run_here(shell, *options, "--", "python", "-c", ENVIRONMENT)
    assert done.returncode == 0, done
    return dict(json.loads((shell.folder / "environment").read_text()))


# --- what it runs, and how that ends --------------------------------------------------------------------------------


@pytest.mark.parametrize("code", [0, 1, 2, 3, 42, 125])
def test_the_exit_code_is_the_commands(shell: Shell, code: int) -> None:
    assert run_here(shell, "--", "sh", "-c", f"exit {code}").returncode == code


def test_a_signal_that_ends_the_command_is_told_as_shells_do(shell: Shell) -> None:
    assert run_here(shell, "--", "sh", "-c", "kill -KILL $$").returncode == 128 + signal.SIGKILL


def test_a_program_that_cannot_be_run_leases_nothing(shell: Shell, portd: Portd) -> None:
    (shell.folder / "text").write_text("no program")
    assert run_here(shell, "--", "no-such-program").returncode == 127
    assert run_here(shell, "--", "./text").returncode == 126
    assert portd.leases() == []


def test_failures_of_portc_itself_are_125_and_name_the_next_step(shell: Shell) -> None:
    nothing = run_here(shell)
    assert (nothing.returncode, nothing.stdout) == (125, "")
    assert "portc run -- flask run" in nothing.stderr
    assert run_here(shell, "--no-such-flag", "--", "true").returncode == 125
    assert run_here(shell, "--kind", "none", "--", "true").returncode == 125
    assert run_here(shell, "--reuse", "--new", "--", "true").returncode == 125
    away = run_here(Shell(shell.folder, {"PORTD_SOCKET": str(shell.folder / "none")}), "--", "true")
    assert away.returncode == 125
    assert "no portd answers" in away.stderr


def test_a_ttl_lease_is_refused_for_nobody_renews_it(shell: Shell, portd: Portd) -> None:
    done = run_here(shell, "--kind", "ttl", "--", "true")
    assert done.returncode == 125
    assert "--kind process" in done.stderr
    assert portd.leases() == []


def test_a_script_without_an_interpreter_is_the_shells(shell: Shell) -> None:
    script = shell.folder / "serve"
    script.write_text("exit 7\n")
    script.chmod(0o755)
    assert run_here(shell, "--", "./serve").returncode == 7


OWN_ADDRESS = "states an address of its own"
LOST_SOCKET = "no socket is handed over: restarts refuse connections"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("-p 0", OWN_ADDRESS),
        ("-h example.org", LOST_SOCKET),
        ("-h 0.0.0.0", ""),
        ("-p {port}", ""),
        ("-p {free}", ""),
        ("", ""),
    ],
)
def test_an_address_of_its_own_is_told_of_and_a_port_that_was_asked_for_is_not(
    shell: Shell, portd: Portd, words: str, told: str
) -> None:
    fake_flask(shell, "#!/bin/sh\n")
    words = words.replace("{free}", str(portd.lease(service="other")["port"] + 1))
    done = run_here(shell, "--service", "web", "--", "./flask", "run", *words.split())
    [line] = done.stderr.splitlines()[:-1] or [""]
    assert told in line, done
    assert bool(line) == bool(told), done


def fake_flask(shell: Shell, text: str) -> None:
    flask = shell.folder / "flask"
    flask.write_text(text)
    flask.chmod(0o755)


def test_the_words_behind_the_dashes_are_the_commands_even_if_portc_has_such_options(shell: Shell) -> None:
    done = run_here(shell, "--", "echo", "--json", "--help", "--", "-x")
    assert done.stdout == "--json --help -- -x\n"
    assert run_here(shell, "echo", "a", "--json").stdout == "a --json\n"


def test_the_command_has_the_terminal(shell: Shell) -> None:
    asks = "import os, sys; print(all(map(os.isatty, (0, 1, 2))), os.tcgetpgrp(0) == os.getpgrp(), file=sys.stderr)"
    controller, terminal = pty.openpty()
    command = ["setsid", "--ctty", str(PORTC), "run", "--", sys.executable, "-c", asks]
    environment = run_environment(shell)
    with subprocess.Popen(command, cwd=shell.folder, env=environment, stdin=terminal, stdout=terminal, stderr=terminal):
        os.close(terminal)
        shown = read_all(controller)
    assert "True True" in shown, shown


def test_an_interrupt_of_the_terminal_comes_to_the_command_once(shell: Shell) -> None:
    counts = (
        "import signal, sys, time; times = []\n"
        "signal.signal(signal.SIGINT, lambda *_: times.append(1))\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(len(times)))\n"
        "print('ready', flush=True)\n"
        "while not times: time.sleep(0.001)\n"
        "print('heard', flush=True)\n"
        "while True: time.sleep(0.001)\n"
    )
    controller, terminal = pty.openpty()
    command = ["setsid", "--wait", "--ctty", str(PORTC), "run", "--", sys.executable, "-c", counts]
    process = subprocess.Popen(
        command, cwd=shell.folder, env=run_environment(shell), stdin=terminal, stdout=terminal, stderr=terminal
    )
    os.close(terminal)
    read_until(controller, b"ready")
    os.write(controller, b"\x03")
    read_until(controller, b"heard")
    os.kill(int(lease_of_any(shell)["holder"]["pid"]), signal.SIGTERM)
    assert process.wait(END_TIME) == 1
    os.close(controller)


def lease_of_any(shell: Shell) -> Json:
    [lease] = json.loads(shell.out("ls", "--json"))["leases"]
    return dict(lease)


def read_until(descriptor: int, word: bytes) -> None:
    seen = b""
    while word not in seen:
        seen += os.read(descriptor, 4096)


def read_all(descriptor: int) -> str:
    seen = b""
    try:
        while data := os.read(descriptor, 4096):
            seen += data
    except OSError:  # EIO: nobody has the other end any more
        pass
    os.close(descriptor)
    return seen.decode()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_to_portc_ends_the_command(shell: Shell, number: int) -> None:
    with portc_run(shell, *SERVE) as run:
        run.await_answer()
        assert run.end(number) in (128 + number, 1)  # Python turns SIGINT into an exception


# --- what the command is told ---------------------------------------------------------------------------------------


def test_the_command_learns_its_port_by_its_variables(shell: Shell, portd: Portd) -> None:
    environment = environment_of(shell, "--service", "web")
    port = str(lease_of(portd, "web")["port"])
    for name in ("PORT", "FLASK_RUN_PORT", "UVICORN_PORT"):
        assert environment[name] == port
    assert environment["HOST"] == "127.0.0.1"
    assert environment["PORTD_SELF_URL"] == f"http://localhost:{port}"
    key, told, launcher = environment["PORTD_LEASE"].split(",")
    assert (key, told) == ("web", port)
    assert launcher.isdigit()
    assert environment["PORTD_LEASE_CWD"] == str(shell.folder)
    assert environment["PORTD_LEASE_FOR"] == "work"
    assert not {"LISTEN_FDS", "WERKZEUG_SERVER_FD", "UVICORN_FD", "GUNICORN_CMD_ARGS"} & set(environment)


def test_port_and_url_are_filled_in(shell: Shell, portd: Portd) -> None:
    done = run_here(shell, "--service", "web", "--", "echo", "--listen=:{port}", "{url}/x")
    port = lease_of(portd, "web")["port"]
    assert done.stdout == f"--listen=:{port} http://localhost:{port}/x\n"


def test_the_url_is_told_on_stderr_and_the_lease_with_json_on_stdout(shell: Shell, portd: Portd) -> None:
    done = run_here(shell, "--service", "web", "--json", "--", "echo", "own")
    lease = lease_of(portd, "web")
    assert done.stderr == f"portc: web is at http://localhost:{lease['port']}\n"
    first, own = done.stdout.splitlines()
    assert json.loads(first)["port"] == lease["port"]
    assert own == "own"


def test_role_environment_and_kind_are_of_the_lease(shell: Shell, portd: Portd) -> None:
    with portc_run(
        shell, "--kind", "process", "--role", "debug", "--env", "testing", "--handover", "--service", "web", "--",
        "python", "serve.py",
    ) as run:  # fmt: skip
        run.await_answer()
        [lease] = portd.leases()
        assert (lease["instance"], lease["role"], lease["kind"]) == ("main.testing", "debug", "process")
        assert lease["holder"]["pid"] == run.pid
    until(lambda: portd.leases() == [], 10 * SLACK, "a process lease ends with its command")


def await_lease(portd: Portd, **fields: str) -> None:
    """Until web's lease is so."""
    until(lambda: fields.items() <= lease_of(portd, "web").items(), 10 * SLACK, f"the lease has {fields}")


@pytest.mark.parametrize("form", ["-p {}", "-p{}", "--port {}", "--port={}"])
def test_a_port_that_the_command_states_is_the_one_it_is_leased(shell: Shell, portd: Portd, form: str) -> None:
    fake_flask(shell, '#!/bin/sh\necho "$PORT"\n')
    free = int(portd.lease(service="other")["port"]) + 1
    portd.lease(service="web")
    done = run_here(shell, "--service", "web", "--", "./flask", "run", *form.format(free).split())
    assert (done.returncode, done.stdout) == (0, f"{free}\n"), done
    assert f"web is at http://localhost:{free}" in done.stderr
    assert lease_of(portd, "web")["port"] == free


def test_a_stated_port_that_is_another_service_s_is_refused(shell: Shell, portd: Portd) -> None:
    fake_flask(shell, "#!/bin/sh\necho served\n")
    taken = portd.lease(service="other")["port"]
    done = run_here(shell, "--service", "web", "--", "./flask", "run", "-p", str(taken))
    assert (done.returncode, done.stdout) == (125, ""), done
    assert str(taken) in done.stderr
    assert "other" in done.stderr
    assert done.stderr.endswith("; state another in the command, or leave it out there\n")
    assert [lease["service"] for lease in portd.leases()] == ["other"]


def test_another_kind_than_the_lease_s_is_refused_with_what_to_type(shell: Shell) -> None:
    assert run_here(shell, "--service", "web", "--", "true").returncode == 0
    done = run_here(shell, "--service", "web", "--kind", "process", "--", "true")
    assert done.returncode == 125
    assert "is leased with kind sticky, not process; give it back with: portc release web" in done.stderr
    assert "PATCH" not in done.stderr


# --- registration ---------------------------------------------------------------------------------------------------


def test_it_is_registered_while_it_runs(shell: Shell, portd: Portd) -> None:
    with portc_run(shell, *SERVE) as run:
        run.await_answer()
        await_status(portd, "web", "passing")
        [instance] = portd.get("/services/web").json["instances"]
        assert instance["port"] == run.port
        assert [check["type"] for check in instance["checks"]] == ["http"]
    assert portd.get("/services/web").status == 404
    assert lease_of(portd, "web")["state"] == "reserved"


def test_it_is_well_that_answers_even_without_a_front_page_and_ill_that_fails(shell: Shell, portd: Portd) -> None:
    with portc_run(shell, *SERVE, variables={"STATUS": "404"}) as run:
        run.await_answer()
        await_status(portd, "web", "passing")
    options = ["--handover", "--service", "bad", "--", "python", "serve.py"]
    with portc_run(shell, *options, name="bad", variables={"STATUS": "500"}) as run:
        run.await_answer()
        await_status(portd, "bad", "starting")
        [instance] = portd.get("/services/bad").json["instances"]
        until(
            lambda: "500" in portd.get("/services/bad").json["instances"][0]["checks"][0]["output"],
            10 * SLACK,
            f"the check tells: {instance}",
        )


def test_after_its_end_connections_are_refused_and_the_port_is_held_again(shell: Shell, portd: Portd) -> None:
    with portc_run(shell, *SERVE) as run:
        run.await_answer()
        assert lease_of(portd, "web")["hold"] == "strict"
        run.end()
        with pytest.raises(OSError):
            run.get()
    until(lambda: lease_of(portd, "web")["hold"] == "open", 10 * SLACK, "the hold is open again")
    assert lease_of(portd, "web")["held"] is True


def test_a_run_of_another_role_leaves_the_registration_alone(shell: Shell, portd: Portd) -> None:
    with portc_run(shell, *SERVE) as run:
        run.await_answer()
        with portc_run(shell, "--role", "debug", *SERVE, name="debug") as debug:
            debug.await_output(r"web:debug is at http://localhost:\d+$")
            debug.await_answer()
            [instance] = portd.get("/services/web").json["instances"]
            assert instance["port"] == run.port != debug.port
        [instance] = portd.get("/services/web").json["instances"]
        assert instance["port"] == run.port
    assert portd.get("/services/web").status == 404


def test_without_a_socket_it_passes_only_once_it_listens(shell: Shell, portd: Portd) -> None:
    (shell.folder / "late.py").write_text(LATE_SERVER)
    os.mkfifo(shell.folder / "go")
    with portc_run(shell, "--service", "web", "--", "python", "late.py") as run:
        assert run.port
        [instance] = portd.get("/services/web").json["instances"]
        assert [check["type"] for check in instance["checks"]] == ["tcp"]
        assert instance["status"] == "starting"
        (shell.folder / "go").write_text("")
        await_status(portd, "web", "passing")


def test_the_check_of_a_server_that_speaks_tls_is_a_connection(shell: Shell, portd: Portd) -> None:
    flask = shell.folder / "flask"
    flask.write_text("#!/bin/sh\nexec sleep 99\n")
    flask.chmod(0o755)
    for words, kind in ((["--cert", "adhoc"], "tcp"), ([], "http")):
        with portc_run(shell, "--service", "web", "--", "./flask", "run", *words) as run:
            assert run.port
            [instance] = portd.get("/services/web").json["instances"]
            assert [check["type"] for check in instance["checks"]] == [kind]


def test_a_server_that_fails_is_not_asked_several_times_a_second(shell: Shell) -> None:
    with portc_run(shell, *SERVE, variables={"STATUS": "500"}) as run:
        run.await_answer("/up")
        looks, since = run.output.count('"GET / '), time.monotonic()
        run.await_that(lambda: run.output.count('"GET / ') >= looks + 2, END_TIME, "portd looks twice")
        assert time.monotonic() - since > 1.5


def test_its_own_service_gets_the_port_right_after_it_has_ended(shell: Shell, portd: Portd) -> None:
    (shell.folder / "late.py").write_text(LATE_SERVER)
    for _ in range(3):
        with portc_run(shell, *SERVE) as run:
            run.await_answer()
        with portc_run(shell, "--service", "web", "--", "python", "late.py") as run:
            run.await_answer()
            assert lease_of(portd, "web")["hold"] == "open"


def test_over_tcp_no_handover_is_expected_and_the_service_opens_its_port(shell: Shell, portd: Portd) -> None:
    flask = shell.folder / "flask"
    flask.write_text("#!/bin/sh\nexec python late.py\n")
    flask.chmod(0o755)
    (shell.folder / "late.py").write_text(LATE_SERVER)
    remote = Shell(shell.folder, {"PORTD_URL": f"http://127.0.0.1:{portd.tcp_port}"})
    with portc_run(remote, "--service", "web", "--", "./flask", "run") as run:
        run.await_answer()
        assert lease_of(portd, "web")["hold"] == "open"


# --- it already runs ------------------------------------------------------------------------------------------------


def test_a_second_start_is_refused_with_pid_and_url(shell: Shell, portd: Portd) -> None:
    with portc_run(shell, *SERVE) as run:
        run.await_answer()
        second = run_here(shell, *SERVE)
        assert second.returncode == 125
        assert f"pid {run.pid}" in second.stderr
        assert f"http://localhost:{run.port}" in second.stderr
        for option in ("--reuse", "--replace", "--new"):
            assert option in second.stderr
        assert run.get().status == 200
    assert len(portd.leases()) == 1


def test_reuse_prints_the_url_of_the_one_that_runs(shell: Shell) -> None:
    with portc_run(shell, *SERVE) as run:
        run.await_answer()
        again = run_here(shell, "--reuse", *SERVE)
        assert (again.returncode, again.stdout) == (0, f"http://localhost:{run.port}\n")


def test_reuse_with_json_is_an_object(shell: Shell) -> None:
    with portc_run(shell, *SERVE) as run:
        run.await_answer()
        again = run_here(shell, "--json", "--reuse", *SERVE)
        told = json.loads(again.stdout)
        assert told.pop("command").endswith("python serve.py")
        assert told == {"url": f"http://localhost:{run.port}", "port": run.port, "pid": run.pid}


def test_reuse_starts_it_when_it_does_not_run(shell: Shell) -> None:
    assert run_here(shell, "--reuse", "--", "sh", "-c", "exit 9").returncode == 9


def test_replace_ends_the_old_one_and_takes_its_port(shell: Shell, portd: Portd) -> None:
    with portc_run(shell, *SERVE) as old:
        old.await_answer()
        with portc_run(shell, "--replace", *SERVE, name="new", variables={"WORD": "another"}) as new:
            new.await_answer(body="another")
            assert old.process.wait(END_TIME) == 128 + signal.SIGTERM
            assert new.port == old.port
            assert lease_of(portd, "web")["holder"]["pid"] == new.pid
            await_status(portd, "web", "passing")


def test_new_starts_the_next_instance(shell: Shell, portd: Portd) -> None:
    with portc_run(shell, *SERVE) as first:
        first.await_answer()
        with portc_run(shell, "--new", *SERVE, name="second") as second:
            second.await_answer()
            with portc_run(shell, "--new", *SERVE, name="third") as third:
                third.await_answer()
                assert len({first.port, second.port, third.port}) == 3
                leases = sorted((lease["instance"], lease["port"]) for lease in portd.leases())
                assert leases == [("main", first.port), ("main-2", second.port), ("main-3", third.port)]
                registered = portd.get("/services/web").json["instances"]
                assert [each["instance"] for each in registered] == ["main", "main-2", "main-3"]


def test_a_port_that_a_stranger_serves_on_is_not_taken_from_it(shell: Shell, portd: Portd) -> None:
    lease = portd.lease(service="web", hold="none")
    other = (
        "import socket, sys, time; server = socket.create_server(('127.0.0.1', int(sys.argv[1])))\n"
        "print('ready', flush=True); time.sleep(99)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", other, str(lease["port"])], cwd="/", stdout=subprocess.PIPE
    ) as stranger:
        assert stranger.stdout
        stranger.stdout.readline()
        done = run_here(shell, *SERVE)
        stranger.kill()
    assert done.returncode == 125
    assert str(stranger.pid) in done.stderr
    assert portd.get("/services/web").status == 404


# --- the project file -----------------------------------------------------------------------------------------------


def write_project(shell: Shell, command: str = "sh -c 'exit 7'", env: str = "{API_URL: '${services.api.url}'}") -> Path:
    file = shell.folder / "portd.yaml"
    file.write_text(
        f"project: acme\nservices:\n  web:\n    command: {json.dumps(command)}\n    env: {env}\n"
        "    tags: [beta]\n    checks: [{type: http, path: /healthz}]\n  api: {}\n"
    )
    return file


def test_the_command_of_the_project_file_runs_once_it_is_trusted(shell: Shell, portd: Portd) -> None:
    write_project(shell)
    refused = run_here(shell, "--service", "web")
    assert refused.returncode == 125
    assert "portc trust" in refused.stderr
    assert portd.leases() == []
    shell.out("trust")
    assert run_here(shell, "--service", "web").returncode == 7
    write_project(shell, "sh -c 'exit 8'")
    assert run_here(shell, "--service", "web").returncode == 125


def test_the_project_files_variables_and_declaration_are_used(shell: Shell, portd: Portd) -> None:
    write_project(shell)
    environment = environment_of(shell, "--service", "web")
    assert environment["API_URL"] == f"http://localhost:{lease_of(portd, 'api')['port']}"
    with portc_run(shell, *SERVE):
        until(lambda: portd.get("/services/web?project=acme").status == 200, 10 * SLACK, "it is registered")
        [instance] = portd.get("/services/web?project=acme").json["instances"]
        assert instance["tags"] == ["beta"]


def test_a_file_that_is_not_trusted_does_not_decide_what_runs(shell: Shell) -> None:
    write_project(shell, env="{PATH: /tmp/evil}")
    done = run_here(shell, "--service", "web", "--", "true")
    assert done.returncode == 125
    assert "PATH" in done.stderr
    assert "portc trust" in done.stderr


# --- what a review found --------------------------------------------------------------------------------------------


def test_a_portd_that_it_has_started_outlives_it_and_holds_it_up_for_nothing(folder: Path) -> None:
    shell = LonelyShell(folder)
    (folder / "serve.py").write_text(SERVER)
    try:
        with portc_run(shell, *SERVE) as run:
            run.await_answer()
            assert shell.endpoint is not None
            started = time.monotonic()
            assert run.end() == 128 + signal.SIGTERM
            assert time.monotonic() - started < 4 * SLACK
        endpoint = shell.endpoint
        assert endpoint is not None
        os.kill(endpoint["pid"], 0)
    finally:
        shell.close()


def test_a_start_that_is_interrupted_leaves_the_hold_as_it_was(shell: Shell, portd: Portd) -> None:
    asked = portd.lease(service="web", handover=True)
    assert (asked["hold"], asked["held"]) == ("strict", True)
    await_lease(portd, hold="open")


def test_a_shell_that_holds_the_lease_is_not_replaced(shell: Shell, portd: Portd) -> None:
    with subprocess.Popen(["sleep", "99"]) as sleeper:
        portd.request("POST", "/ports", {"service": "web", "pid": sleeper.pid}, unix=True)
        refused = run_here(shell, "--replace", "--service", "web", "--", "true")
        assert refused.returncode == 125
        assert "portc release web" in refused.stderr
        assert sleeper.poll() is None
        sleeper.kill()


def test_variables_of_a_shell_are_left_to_it(shell: Shell) -> None:
    done = run_here(shell, "--", "sh", "-c", "port=8080; url=x; echo ${port} ${url}")
    assert done.stdout == "8080 x\n"


def test_scripts_that_call_each_other_are_no_reason_to_crash(shell: Shell) -> None:
    (shell.folder / "package.json").write_text('{"scripts": {"dev": "npm start", "start": "npm run dev"}}')
    assert run_here(shell, "--service", "web", "--", "npm", "run", "nothing").returncode == 1


def test_a_builtin_of_the_shell_is_run_by_the_shell(shell: Shell) -> None:
    for command, code in (("exec false", 1), ("exit 9", 9)):
        write_project(shell, command)
        shell.out("trust")
        assert run_here(shell, "--service", "web").returncode == code


@pytest.mark.parametrize("name", ["GUNICORN_CMD_ARGS", "JAVA_TOOL_OPTIONS", "npm_config_script_shell", "HOME"])
def test_a_file_that_is_not_trusted_sets_nothing_that_matters(shell: Shell, name: str) -> None:
    write_project(shell, env=f"{{{name}: x}}")
    done = run_here(shell, "--service", "web", "--", "true")
    assert done.returncode == 125
    assert name in done.stderr


def test_what_portc_says_of_the_port_wins_over_the_project_file(shell: Shell, portd: Portd) -> None:
    write_project(shell, env="{PORT: '1', HOST: 0.0.0.0, WERKZEUG: a}")
    environment = environment_of(shell, "--service", "web")
    assert environment["PORT"] == str(lease_of(portd, "web")["port"])
    assert (environment["HOST"], environment["WERKZEUG"]) == ("127.0.0.1", "a")


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def program_names(pids: list[int]) -> list[str]:
    """Of those that still live."""
    names = []
    for pid in pids:
        with contextlib.suppress(OSError):
            names.append(Path(f"/proc/{pid}/comm").read_text().strip())
    return names


def test_a_signal_from_outside_of_the_pid_namespace_ends_it(folder: Path) -> None:
    shell = LonelyShell(folder)  # its portd is of the namespace, and ends with it
    command = ["unshare", "--pid", "--fork", "--mount-proc", str(PORTC), "run", "--no-handover", "--", "sleep", "99"]
    with subprocess.Popen(command, cwd=shell.folder, env=run_environment(shell), stderr=subprocess.PIPE) as process:
        assert process.stderr
        lines = [process.stderr.readline(), process.stderr.readline()]
        if b" is at " not in lines[1]:
            process.wait(END_TIME)
            pytest.skip(f"no pid namespace here: {lines!r}")
        (inner,) = children(process.pid)
        # It is the init of its namespace, which hears nothing before it has a handler: until its command runs.
        until(lambda: "sleep" in program_names(children(inner)), 30 * SLACK, "the command runs")
        os.kill(inner, signal.SIGTERM)
        assert process.wait(END_TIME) == 128 + signal.SIGTERM
    shell.ports.close()
