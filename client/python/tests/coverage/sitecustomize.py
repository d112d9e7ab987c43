"""Has every Python that starts with this folder in PYTHONPATH count the lines that it runs; see tests/check.sh."""

import coverage

coverage.process_startup()
