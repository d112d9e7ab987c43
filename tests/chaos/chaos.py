"""Writers that grant and release while the daemon is killed at random moments."""

from __future__ import annotations

import errno
import random
import socket
import threading
import time
from pathlib import Path

from harness.daemon import Portd

from .history import History, PromiseError
from .wire import GoneError, Json, Wire

WRITERS = 8
KEYS_OF_A_WRITER = 5


class Chaos:
    """One run. `kills` times: let the writers get some answers, kill -9, start again.

    `full`: a file whose existence makes the disk full (the fault layer looks for it); toggled now and then.
    """

    def __init__(self, portd: Portd, seed: int, full: Path | None = None) -> None:
        self.portd = portd
        self.history = History()
        self.random = random.Random(seed)
        self.full = full
        self.squatted: set[int] = set()
        self._changed = threading.Condition()
        self._up = False
        self._over = False
        self._failure: BaseException | None = None

    def squat(self, count: int) -> list[socket.socket]:
        """Takes ports of the range as another user's portd holds them: bound, SO_REUSEADDR, not listening."""
        squatters = []
        for port in self.random.sample(range(self.portd.ports.first, self.portd.ports.last + 1), count):
            squatter = socket.socket()
            squatter.bind(("0.0.0.0", port))
            squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            squatters.append(squatter)
            self.squatted.add(port)
        return squatters

    def run(self, kills: int) -> None:
        """Raises PromiseError when a promise was broken."""
        writers = [threading.Thread(target=self._write, args=(number,)) for number in range(WRITERS)]
        self._start()
        for writer in writers:
            writer.start()
        try:
            for _ in range(kills):
                self._await_answers(self.random.randint(2, 40))
                self._kill_and_start()
            self._await_answers(50)
        finally:
            self._finish()
            for writer in writers:
                writer.join(60)
        if self._failure:
            raise self._failure
        self._check_end()

    # --- the daemon's side, on the main thread --------------------------------------------------------------------

    def _start(self) -> None:
        self.portd.start()
        with self._changed:
            self._up = True
            self._changed.notify_all()

    def _kill_and_start(self) -> None:
        with self._changed:
            self._up = False
        self.portd.kill()
        if self.full:
            self.full.unlink(missing_ok=True)
        self._start()
        if self.full and self.random.random() < 0.5:
            self.full.touch()

    def _await_answers(self, count: int) -> None:
        goal = self.history.answers + count
        with self._changed:
            enough = self._changed.wait_for(lambda: self.history.answers >= goal or self._failure, 30)
            if self.full:
                self.full.unlink(missing_ok=True)
            assert enough, "the writers get no answers"
        if self._failure:
            raise self._failure

    def _finish(self) -> None:
        with self._changed:
            self._over = True
            self._up = True
            self._changed.notify_all()

    def _check_end(self) -> None:
        wire = Wire(self.portd.socket_path)
        _, answer = wire.ask("GET", "/ports")
        wire.close()
        leases = {lease["service"]: (lease["port"], lease["id"]) for lease in answer["leases"]}
        self.history.check_end(leases)

    # --- a writer, on its own thread ------------------------------------------------------------------------------

    def _write(self, number: int) -> None:
        try:
            chance = random.Random(self.random.random() + number)
            while not self._over:
                self._session(number, chance)
        except BaseException as failure:
            with self._changed:
                self._failure = self._failure or failure
                self._changed.notify_all()

    def _session(self, number: int, chance: random.Random) -> None:
        """Works over two connections until the daemon goes away."""
        with self._changed:
            self._changed.wait_for(lambda: self._up or self._over, 60)
        wires: list[Wire] = []
        try:
            wires = [Wire(self.portd.socket_path), Wire(self.portd.socket_path)]
            while not self._over:
                key = f"w{number}-{chance.randrange(KEYS_OF_A_WRITER)}"
                self._step(key, wires, chance)
                with self._changed:
                    self._changed.notify_all()
        except GoneError:
            time.sleep(0.001)  # until the main thread has seen it too
        finally:
            for wire in wires:
                wire.close()

    def _step(self, key: str, wires: list[Wire], chance: random.Random) -> None:
        live = self.history.of(key).live
        action = chance.random()
        if action < 0.15:
            self._look(wires[0], chance)
        elif action < 0.3:
            self._contend(wires[0], chance)
        elif live and self.history.of(key).certain and action < 0.8:
            self._release(key, live.lease, live.port, wires[0])
        else:
            self._grant_twice(key, wires)

    def _grant_twice(self, key: str, wires: list[Wire]) -> None:
        """The same grant over both connections at once; the second answer is a repeat, and as durable."""
        sent = time.monotonic()
        body: Json = {"service": key, "pid": None}
        try:
            for wire in wires:
                wire.send("POST", "/ports", body)
            first = wires[1].receive()
            if first[0] in (200, 201):  # from here on it is durable, whatever becomes of the other answer
                self._told(key, first[1]["id"])
            second = wires[0].receive()
        except GoneError:
            self.history.grant_unanswered(key)
            raise
        answers = sorted((first, second), key=lambda answer: -answer[0])  # the 201 first
        for status, answer in answers:
            self._granted(key, status, answer, sent)

    def _granted(self, key: str, status: int, answer: Json, sent: float) -> None:
        if status in (503, 507):
            self.history.grant_unanswered(key)
            return
        if status not in (200, 201):
            raise PromiseError(f"a grant of {key} was answered {status}: {answer}")
        if answer["port"] in self.squatted:
            raise PromiseError(f"port {answer['port']} was granted to {key} while another program is bound to it")
        self.history.granted(key, answer["port"], answer["id"], status == 201, sent)

    def _release(self, key: str, lease: str, port: int, wire: Wire) -> None:
        self.history.release_begins(key, lease)
        status, answer = wire.ask("DELETE", f"/ports/{port}?lease={lease}")
        if status == 204:
            self.history.released(key)
        elif status in (503, 507):
            self._after_refused_release(key, lease, port, wire)
        else:
            raise PromiseError(f"P1: the release of {lease}, which {key} has, was answered {status}: {answer}")

    def _after_refused_release(self, key: str, lease: str, port: int, wire: Wire) -> None:
        """An undone release leaves the lease with its hold; looked at first, since portd mends holds that it lacks."""
        unheld = _can_bind(port)
        status, answer = wire.ask("GET", f"/ports/{port}")
        if status != 200 or not answer["lease"] or answer["lease"]["id"] != lease:
            raise PromiseError(f"P3: the release of {lease} was refused, and it is gone: {status} {answer}")
        if unheld:
            raise PromiseError(f"port {port} of {key} lost its hold by a release that was refused")
        self.history.release_refused(key)

    def _look(self, wire: Wire, chance: random.Random) -> None:
        port = chance.randint(self.portd.ports.first, self.portd.ports.last)
        status, answer = wire.ask("GET", f"/ports/{port}")
        if status == 200 and answer["lease"]:
            self._told(answer["lease"]["service"], answer["lease"]["id"])

    def _told(self, key: str, lease: str) -> None:
        if key.startswith("probe-"):
            return
        self.history.told(key, lease)
        with self._changed:
            self._changed.notify_all()

    def _contend(self, wire: Wire, chance: random.Random) -> None:
        """Asks for another's port; the 409 tells that it is leased."""
        other = self.history.of(f"w{chance.randrange(WRITERS)}-{chance.randrange(KEYS_OF_A_WRITER)}").live
        if other is None:
            return
        body: Json = {
            "service": f"probe-{threading.get_ident()}",
            "port": other.port,
            "on_conflict": "fail",
            "pid": None,
        }
        status, answer = wire.ask("POST", "/ports", body)
        if status == 409 and "lease" in answer:
            self._told(answer["service"], answer["lease"])
        elif status in (200, 201):
            wire.ask("DELETE", f"/ports/{answer['port']}?lease={answer['id']}")


def _can_bind(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            return error.errno != errno.EADDRINUSE
    return True


def caught(chaos: Chaos, kills: int, squatters: int = 0) -> str:
    """Runs until a promise is seen broken, and says which; an empty string when none was."""
    taken = chaos.squat(squatters)
    try:
        chaos.run(kills)
    except PromiseError as violation:
        return str(violation)
    finally:
        for squatter in taken:
            squatter.close()
    return ""
