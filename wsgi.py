"""What a WSGI server, and the flask command, load."""

import multiprocessing
import os
import sys

from intake import supervisor
from intake.app import create_app
from intake.config import SettingError

if multiprocessing.parent_process() is not None:  # a process of the web server: it ends with the one that started it
    supervisor.end_with(os.getppid())

try:
    app = create_app()
except SettingError as error:
    sys.exit(str(error))
