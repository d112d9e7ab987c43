"""`portc doctor` finds what is wrong, and what it prints mends it."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from harness.cli import LonelyShell
from harness.http import Json
from harness.programs import PORTC, SLACK, clean_environment, until
from harness.users import needs_root

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="needs /proc and namespaces")
needs_sysctl = pytest.mark.skipif(shutil.which("sysctl") is None, reason="sysctl of procps is what it prints")


class Patient:
    """A person at a prompt: looks what is wrong, and types what is printed. `launcher`: where that prompt is."""

    def __init__(self, folder: Path, launcher: Sequence[str] = (), *, own_port: bool = True) -> None:
        self.shell = LonelyShell(folder)
        self.launcher = list(launcher)
        self.folder = folder
        self.runtime = folder / "run"
        if not own_port:
            del self.shell.variables["PORTD_CFG_API__PORT"]

    def type(self, line: str, launcher: Sequence[str] = ()) -> subprocess.CompletedProcess[str]:
        environment = clean_environment(self.folder) | self.shell.variables
        environment["PATH"] = f"{PORTC.parent}:{environment['PATH']}"
        return subprocess.run(
            [*self.launcher, *launcher, "sh", "-c", f"cd '{self.folder}' && {line}"],
            capture_output=True,
            text=True,
            env=environment,
            check=False,
            timeout=60,
        )

    def start(self, launcher: Sequence[str] = ()) -> None:
        done = self.type("portc daemon start", launcher)
        assert done.returncode == 0, done

    def findings(self) -> dict[str, Json]:
        """What is wrong, by its id; there is one of each here."""
        done = self.type("portc doctor --json")
        answer = json.loads(done.stdout)
        assert done.returncode == (0 if answer["ok"] else 1), done
        assert answer["ok"] == (answer["findings"] == [])
        ignored = of_this_machine() if not self.launcher else set()
        found = {finding["id"]: finding for finding in answer["findings"] if finding["id"] not in ignored}
        for finding in found.values():
            assert finding["detail"]
            assert finding["fix"]
        return found

    def mend(self, finding: Json) -> None:
        done = self.type(finding["command"])
        assert done.returncode == 0, done

    def pid(self) -> int:
        return int(json.loads((self.runtime / "endpoint.json").read_text())["pid"])


def of_this_machine() -> set[str]:
    """What is wrong here whatever a test does."""
    try:
        with socket.socket(socket.AF_INET6) as loopback:
            loopback.bind(("::1", 0))
    except OSError:
        return {"no-ipv6-loopback"}
    return set()


@pytest.fixture
def patient(folder: Path) -> Iterator[Patient]:
    made = Patient(folder)
    with contextlib.closing(made.shell):
        yield made


NewPatient = Callable[..., Patient]


@pytest.fixture
def apart(folder: Path) -> Iterator[NewPatient]:
    """Makes one whose network and mounts are its own, after some lines of set-up (root)."""
    with contextlib.ExitStack() as ends:

        def make(setup: str = "", *, own_port: bool = True) -> Patient:
            script = f"set -e; ip link set lo up; {setup}\necho ready; exec sleep 600"
            holder = subprocess.Popen(
                ["unshare", "--net", "--mount", "sh", "-c", script], stdout=subprocess.PIPE, text=True, cwd="/"
            )
            ends.callback(end, holder)
            assert holder.stdout
            assert holder.stdout.readline() == "ready\n"
            spaces = [f"--{kind}=/proc/{holder.pid}/ns/{name}" for kind, name in (("net", "net"), ("mount", "mnt"))]
            made = Patient(folder, ["nsenter", *spaces], own_port=own_port)
            ends.callback(made.shell.ports.close)
            ends.callback(made.type, "portc daemon stop")
            return made

        yield make


def end(process: subprocess.Popen[str]) -> None:
    process.kill()
    process.wait()
    if process.stdout:
        process.stdout.close()


# --- the daemon -----------------------------------------------------------------------------------------------------


def test_nothing_is_found_where_all_is_well(patient: Patient) -> None:
    patient.start()
    assert patient.findings() == {}
    if not of_this_machine():
        done = patient.type("portc doctor")
        assert done.stdout.startswith("all is well: portd "), done
        assert done.returncode == 0


def test_no_daemon_is_found_and_mended_and_none_is_started_meanwhile(patient: Patient) -> None:
    found = patient.findings()
    assert set(found) == {"no-daemon"}
    assert set(patient.findings()) == {"no-daemon"}
    patient.mend(found["no-daemon"])
    assert patient.findings() == {}


def test_it_says_the_same_to_people(patient: Patient) -> None:
    done = patient.type("portc doctor")
    assert done.returncode == 1
    assert "no-daemon: portd is not running\n  fix: start it\n    $ portc daemon start\n" in done.stdout
    assert done.stderr == ""


def test_stale_files_are_found_and_mended(patient: Patient) -> None:
    patient.start()
    pid = patient.pid()
    os.kill(pid, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{pid}/fd/0").exists(), 10 * SLACK, "it has ended")
    found = patient.findings()
    assert set(found) == {"stale-files", "no-daemon"}
    assert str(patient.runtime / "portd.sock") in found["stale-files"]["detail"]
    patient.mend(found["stale-files"])
    assert set(patient.findings()) == {"no-daemon"}
    assert not list(patient.runtime.glob("*.sock"))


def test_a_socket_that_is_gone_is_found_and_mended(patient: Patient) -> None:
    patient.start()
    (patient.runtime / "portd.sock").unlink()
    found = patient.findings()
    assert set(found) == {"socket-gone"}
    patient.mend(found["socket-gone"])
    assert patient.findings() == {}
    assert (patient.runtime / "portd.sock").exists()


def test_mistakes_of_the_configuration_are_found_and_mended(patient: Patient) -> None:
    patient.start()
    file = patient.folder / ".config/portd/portd.yaml"
    file.parent.mkdir(parents=True)
    file.write_text("ports: {stratgy: next}\n")
    found = patient.findings()
    assert set(found) == {"configuration"}
    assert "stratgy" in found["configuration"]["detail"]
    patient.mend(found["configuration"])
    assert patient.findings() == {}


# --- its files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("runs", [True, False], ids=["running", "not-running"])
@pytest.mark.parametrize(
    ("name", "mode"), [("run", 0o755), ("state", 0o770), ("run/token", 0o644), ("state/history.db", 0o666)]
)
def test_a_wrong_mode_is_found_and_mended(patient: Patient, name: str, mode: int, runs: bool) -> None:
    patient.start()
    if not runs:
        patient.type("portc daemon stop")
    until((patient.folder / name).exists, 5 * SLACK, "the file")
    (patient.folder / name).chmod(mode)
    found = patient.findings()
    assert str(patient.folder / name) in found["wrong-mode"]["detail"]
    patient.mend(found["wrong-mode"])
    assert "wrong-mode" not in patient.findings()
    assert (patient.folder / name).stat().st_mode & 0o077 == 0


@needs_root
def test_a_wrong_owner_is_found_and_mended(patient: Patient) -> None:
    patient.start()
    os.chown(patient.runtime, 65534, -1)
    found = patient.findings()
    assert set(found) == {"wrong-owner"}
    patient.mend(found["wrong-owner"])
    assert patient.findings() == {}


def test_no_backup_for_a_day_is_found_and_mended(patient: Patient) -> None:
    patient.start()
    assert patient.type("portc port shop").returncode == 0
    assert patient.type("portc daemon stop && portc daemon start").returncode == 0
    backups = list((patient.folder / "state/backups").glob("*.db"))
    assert backups
    assert patient.findings() == {}
    for backup in backups:
        os.utime(backup, (time.time() - 90_000, time.time() - 90_000))
    found = patient.findings()
    assert set(found) == {"no-backup"}
    patient.mend(found["no-backup"])
    assert patient.findings() == {}


@linux_only
@needs_root
def test_a_full_disk_is_found_and_mended(apart: NewPatient, folder: Path) -> None:
    state = folder / "state"
    state.mkdir()
    patient = apart(f"mount -t tmpfs -o size=4m,mode=700 none '{state}'")
    patient.start()
    assert patient.findings() == {}
    patient.type(f"dd if=/dev/zero of='{state}/filler' bs=4096")
    assert patient.type("portc port shop").returncode != 0
    until(lambda: "free some space" in patient.type("portc alerts").stdout, 5 * SLACK, "the alert to say what to do")
    found = patient.findings()
    assert set(found) == {"disk-full"}
    assert str(state) in found["disk-full"]["detail"]
    largest = patient.type(found["disk-full"]["fix"].partition("large there: ")[2]).stdout
    assert f"{state}/filler" in largest, largest
    patient.type(f"rm '{state}/filler'")
    until(lambda: patient.findings() == {}, 5 * SLACK, "portd to go on by itself")


# --- the machine ----------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def taking(patient: Patient, port: int) -> Iterator[subprocess.Popen[str]]:
    """Another program, on portd's own port."""
    command = [sys.executable, "-u", "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    process = subprocess.Popen(
        [*patient.launcher, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        assert process.stdout
        assert "Serving HTTP" in process.stdout.readline()
        yield process
    finally:
        end(process)


@linux_only
@needs_root
@pytest.mark.parametrize("runs", [True, False], ids=["portd-elsewhere", "before-the-start"])
def test_7700_taken_by_another_program_is_found_and_mended(apart: NewPatient, runs: bool) -> None:
    patient = apart(own_port=False)
    with taking(patient, 7700) as other:
        if runs:
            patient.start()
        finding = patient.findings()["api-port-taken"]
        assert f"pid {other.pid} (" in finding["detail"]
        assert "http.server" in finding["detail"]
        patient.mend(finding)
        other.wait(10)
        if not runs:
            patient.start()
        assert patient.findings() == {}
        assert json.loads((patient.runtime / "endpoint.json").read_text())["url"].endswith(":7700")


@linux_only
@needs_root
def test_another_port_for_portd_is_what_mends_it_as_well(apart: NewPatient) -> None:
    patient = apart(own_port=False)
    with taking(patient, 7700):
        patient.start()
        words = patient.findings()["api-port-taken"]["fix"]
        patient.type(words[words.index("portc config set") :])
        patient.type("portc daemon stop && portc daemon start")
        assert patient.findings() == {}


def extra_range(patient: Patient, text: str) -> None:
    file = patient.folder / ".config/portd/portd.yaml"
    file.parent.mkdir(parents=True)
    file.write_text(f'ports: {{ranges: {{extra: "{text}"}}}}\n')


@linux_only
@needs_root
@pytest.mark.parametrize("runs", [True, False], ids=["running", "not-running"])
def test_a_range_inside_the_ephemeral_range_is_found_and_mended(apart: NewPatient, runs: bool) -> None:
    patient = apart("echo 32768 60999 > /proc/sys/net/ipv4/ip_local_port_range")
    extra_range(patient, "40000-40099")
    if runs:
        patient.start()
    finding = patient.findings()["range-in-ephemeral"]
    assert "ports.ranges.extra, 40000-40099" in finding["detail"]
    patient.mend(finding)
    assert "range-in-ephemeral" not in patient.findings()
    assert "32668-32767" in patient.type("portc config get ports.ranges.extra").stdout


@linux_only
@needs_root
@needs_sysctl
@pytest.mark.parametrize("runs", [True, False], ids=["running", "not-running"])
def test_a_range_that_a_variable_states_is_mended_in_the_system(apart: NewPatient, runs: bool) -> None:
    patient = apart("echo 32768 60999 > /proc/sys/net/ipv4/ip_local_port_range")
    patient.shell.variables["PORTD_CFG_PORTS__RANGES__EXTRA"] = "40000-40099"
    if runs:
        patient.start()
    patient.mend(patient.findings()["range-in-ephemeral"])
    assert "range-in-ephemeral" not in patient.findings()


@linux_only
@needs_root
@needs_sysctl
def test_where_no_range_has_room_the_ephemeral_range_is_mended(apart: NewPatient) -> None:
    patient = apart("echo 1024 65535 > /proc/sys/net/ipv4/ip_local_port_range")
    patient.start()
    finding = patient.findings()["range-in-ephemeral"]
    patient.mend(finding)
    assert patient.findings() == {}


def can_raise_limits() -> bool:
    """Whether root may here (CAP_SYS_RESOURCE)."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    tried = ["prlimit", f"--nofile={hard + 1}:{hard + 1}", "true"]
    return (
        shutil.which("prlimit") is not None and subprocess.run(tried, capture_output=True, check=False).returncode == 0
    )


may_raise_limits = pytest.mark.skipif(not can_raise_limits(), reason="needs CAP_SYS_RESOURCE")


@linux_only
def test_a_low_descriptor_limit_is_found_and_mended(patient: Patient) -> None:
    patient.start(["prlimit", "--nofile=256:256"])
    found = patient.findings()
    assert set(found) == {"few-descriptors"}
    assert "256 files" in found["few-descriptors"]["detail"]
    patient.mend(found["few-descriptors"])
    assert patient.findings() == {}


@linux_only
@may_raise_limits
def test_a_low_descriptor_limit_of_portd_and_the_shell_is_found_and_mended(patient: Patient) -> None:
    low = ["prlimit", "--nofile=256:256"]
    patient.start(low)
    answer = json.loads(patient.type("portc doctor --json", low).stdout)
    [finding] = [each for each in answer["findings"] if each["id"] == "few-descriptors"]
    patient.mend(finding)
    assert "few-descriptors" not in patient.type("portc doctor --json", low).stdout


@linux_only
@may_raise_limits
def test_a_low_descriptor_limit_of_the_shell_is_found_and_mended(patient: Patient) -> None:
    low = ["prlimit", "--nofile=256:256"]
    answer = json.loads(patient.type("portc doctor --json", low).stdout)
    [finding] = [each for each in answer["findings"] if each["id"] == "few-descriptors"]
    again = patient.type(f"{finding['command']} && portc doctor --json", low)
    assert "few-descriptors" not in again.stdout


@linux_only
@needs_root
@needs_sysctl
def test_an_ipv6_that_is_switched_off_is_found_and_mended(apart: NewPatient) -> None:
    patient = apart(
        "echo 1 > /proc/sys/net/ipv6/conf/all/disable_ipv6; echo 1 > /proc/sys/net/ipv6/conf/lo/disable_ipv6"
    )
    patient.start()
    assert_loopback_is_mended(patient)


@linux_only
@needs_root
def test_a_missing_ipv6_loopback_is_found_and_mended(apart: NewPatient) -> None:
    patient = apart("ip -6 addr del ::1/128 dev lo")
    patient.start()
    assert_loopback_is_mended(patient)


def assert_loopback_is_mended(patient: Patient) -> None:
    found = patient.findings()
    assert set(found) == {"no-ipv6-loopback"}
    patient.mend(found["no-ipv6-loopback"])
    assert patient.findings() == {}
    assert "portc daemon stop" in found["no-ipv6-loopback"]["fix"]
    assert patient.type("portc daemon stop && portc daemon start").returncode == 0
    url = json.loads((patient.runtime / "endpoint.json").read_text())["url"]
    port = url.rpartition(":")[2]
    assert patient.type(f"curl -sf 'http://[::1]:{port}/health'").returncode == 0
