"""Where the chunks of files are kept."""

from flask import current_app

from intake.storage import Storage

FOLDER = "evidence"


def storage() -> Storage:
    """Return the storage of this instance."""
    return Storage(current_app.config["INSTANCE"] / FOLDER)
