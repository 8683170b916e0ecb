"""What a WSGI server, and the flask command, load."""

import sys

from intake import logs
from intake.app import create_app
from intake.backup.upgrading import refuse_newer
from intake.setting_checks import SettingError

try:
    app = create_app()
    refuse_newer(app)
except SettingError as error:
    sys.exit(str(error))
logs.begin(app.config["SETTINGS"].log)
