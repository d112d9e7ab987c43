"""./dev bench: measures what section 10 of the design says is to be reached."""

from __future__ import annotations

import sys

from measure.command_line import main

if __name__ == "__main__":
    sys.exit(main())
