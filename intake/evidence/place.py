"""Where the chunks of files are kept."""

from functools import cache

from flask import current_app

from intake.file_settings import FileSettings, ObjectStore
from intake.storage import Storage
from intake.storage.bucket import Bucket
from intake.storage.folder import Folder

FOLDER = "evidence"


def storage() -> Storage:
    """Return the storage of this instance: a bucket if the settings name one, else a folder of the instance."""
    settings: FileSettings = current_app.config["FILES"]
    return _bucket(settings.store) if settings.store else Folder(current_app.config["INSTANCE"] / FOLDER)


@cache
def _bucket(settings: ObjectStore) -> Bucket:
    """Return one bucket for all threads: it holds the connections, and knows whether the store answered lately."""
    return Bucket(settings)
