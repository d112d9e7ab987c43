"""The port that npm's get-port finds; GET_PORT_OPTIONS are what its README calls it with."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

SCRIPT = "import getPort, {portNumbers} from 'get-port'; console.log(await getPort(%s))"


def port_for(_service: str) -> int:
    script = SCRIPT % os.environ["GET_PORT_OPTIONS"]
    folder = Path(__file__).parents[2]  # where node_modules lies
    answer = subprocess.run(
        ["node", "--input-type=module", "-e", script], cwd=folder, stdout=subprocess.PIPE, check=True
    )
    return int(answer.stdout)
