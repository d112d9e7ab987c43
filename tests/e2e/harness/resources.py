"""What a program costs."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# Runs the command in between: the memory of whoever starts a program counts as that of the program, too, and this one
# is small. Its own standard output gets the numbers.
STARTER = """
import json, os, subprocess, sys
with open(sys.argv[1], "wb") as output:
    process = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=output, stderr=output)
_, status, usage = os.wait4(process.pid, 0)
memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
print(json.dumps([os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, memory]))
"""


@dataclass(frozen=True)
class Cost:
    code: int
    cpu: float  # seconds
    memory: int  # bytes, at most
    output: str  # both streams


def cost_of(
    command: Sequence[str], output: Path, environment: Mapping[str, str], timeout: float, enough: float = 0.0
) -> Cost:
    """Runs a program to its end, up to three times until it takes no more than `enough` seconds; the cheapest.

    Whoever shares the core makes a program slower. `output`: a file for what it writes.
    """
    costs: list[Cost] = []
    while not costs or (len(costs) < 3 and min(costs, key=lambda cost: cost.cpu).cpu > enough > 0):
        costs.append(_run(command, output, environment, timeout))
    return min(costs, key=lambda cost: cost.cpu)


def _run(command: Sequence[str], output: Path, environment: Mapping[str, str], timeout: float) -> Cost:
    starter = [sys.executable, "-I", "-S", "-c", STARTER, str(output), *command]
    done = subprocess.run(
        starter, capture_output=True, text=True, env=dict(environment), cwd=output.parent, timeout=timeout, check=True
    )
    code, cpu, memory = json.loads(done.stdout)
    return Cost(code, cpu, memory, output.read_text(errors="replace"))
