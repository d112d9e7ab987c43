"""The fixtures of every Python test: a portd of its own for each."""

import signal

from harness.fixtures import folder, new_portd, portc, portd, pytest_runtest_makereport

__all__ = ["folder", "new_portd", "portc", "portd", "pytest_runtest_makereport"]

# What is started in the background, or by nohup, ignores these, and its children do, too; a test is to end them so.
for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
    if signal.getsignal(number) is signal.SIG_IGN:
        signal.signal(number, signal.default_int_handler if number is signal.SIGINT else signal.SIG_DFL)
