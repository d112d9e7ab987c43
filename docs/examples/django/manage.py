"""Django: `python manage.py runserver`. `portc run -- python manage.py runserver` needs none of the lines below."""

import os
import sys

import portd
from django.core.management import execute_from_command_line
from django.core.management.commands.runserver import Command as RunServer

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
    if sys.argv[1:2] == ["runserver"]:
        RunServer.default_port = str(portd.lease().port)  # a port on the command line still wins
    execute_from_command_line(sys.argv)
