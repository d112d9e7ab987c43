"""One module a subject; each row of the table is made by one function."""

import sys
from pathlib import Path

# The harness of the end-to-end tests starts portd here too.
sys.path.append(str(Path(__file__).resolve().parents[2] / "e2e"))
