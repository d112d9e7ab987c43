"""The fixtures of every Python test: a portd of its own for each."""

from harness.fixtures import folder, new_portd, portc, portd, pytest_runtest_makereport

__all__ = ["folder", "new_portd", "portc", "portd", "pytest_runtest_makereport"]
