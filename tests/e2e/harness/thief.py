"""A program that takes every port that it can get, from the first moment to the last."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Iterator

# Listens with SO_REUSEADDR on every address that leads to localhost, over and over, and answers `thief`.
# Standard input: its end ends it. Standard output: the ports that it got, one a line.
THIEF = """
import itertools, selectors, socket, sys, threading

first, last = map(int, sys.argv[1:3])
held_only = sys.argv[3:] == ["held"]
ADDRESSES = ("127.0.0.1", "::1", "0.0.0.0", "::")
taken = selectors.DefaultSelector()
over = threading.Event()

def take(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    loot = socket.socket(family)
    try:
        loot.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            loot.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        loot.bind((address, port))
        loot.listen()
    except OSError:
        loot.close()
        return
    taken.register(loot, selectors.EVENT_READ)
    print(port, flush=True)

def is_free(port):
    with socket.socket() as plain:
        try:
            plain.bind(("0.0.0.0", port))
        except OSError:
            return False
    return True

def answer():
    for key, _ in taken.select(0):
        client, _ = key.fileobj.accept()
        with client:
            client.sendall(b"HTTP/1.0 200 OK\\r\\n\\r\\nthief")

threading.Thread(target=lambda: (sys.stdin.read(), over.set()), daemon=True).start()
for port in itertools.cycle(range(first, last + 1)):
    if over.is_set():
        break
    if not held_only or not is_free(port):
        for address in ADDRESSES:
            take(address, port)
    answer()
"""


class Thief:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process
        self.loot: set[int] = set()  # once it is caught

    def catch(self) -> None:
        said, _ = self._process.communicate(timeout=60)
        self.loot = {int(line) for line in said.split()}


@contextlib.contextmanager
def thief(first: int, last: int, *, held: bool = False) -> Iterator[Thief]:
    """It takes of first to last what it can; at the end of the block its loot is told, and free again.

    `held`: it leaves ports alone that are free to everybody.
    """
    pipe = subprocess.PIPE
    command = [sys.executable, "-c", THIEF, str(first), str(last), *(["held"] if held else [])]
    process = subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True)
    caught = Thief(process)
    try:
        yield caught
    finally:
        caught.catch()
