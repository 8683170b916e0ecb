"""Where backups go, whom they are sealed to, how often, and how many are kept: the settings of backups."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from intake import setting_checks as check
from intake.file_settings import ObjectStore, object_store
from intake.setting_checks import PREFIX, SettingError

MOST_HOURS, MOST_KEPT = 720, 1000
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")


@dataclass(frozen=True)
class BackupSettings:
    """How backups are made.

    Attributes:
        recipient: the operator's own, whose identity is kept elsewhere; None where no backup is made.
        folder: where they go, a disk that is mounted, say.
        store: or a bucket.
        hours: how often one is made by itself; 0 is never.
        keep: how many are kept.
    """

    recipient: str | None
    folder: Path | None
    store: ObjectStore | None
    hours: int
    keep: int

    @property
    def has_place(self) -> bool:
        """Whether it is said where backups lie."""
        return self.folder is not None or self.store is not None

    @property
    def by_itself(self) -> bool:
        """Whether backups are made by themselves."""
        return self.recipient is not None and self.has_place and self.hours > 0


def backups(values: Mapping[str, str], instance: Path) -> BackupSettings:
    """Return the settings of backups.

    Raises:
        setting_checks.SettingError: one sentence that names the setting.
    """
    folder, store = _folder(values.get("BACKUP_FOLDER"), instance), None
    if "BACKUP_STORE_URL" in values:
        store = object_store("BACKUP_STORE_URL", values["BACKUP_STORE_URL"])
    if folder and store:
        message = f"{PREFIX}BACKUP_FOLDER and {PREFIX}BACKUP_STORE_URL are both set: backups go to one place."
        raise SettingError(message)
    if store and values["BACKUP_STORE_URL"] == values.get("STORE_URL"):
        message = f"{PREFIX}BACKUP_STORE_URL is where files are kept, too: a backup belongs in another bucket."
        raise SettingError(message)
    recipient = values.get("BACKUP_RECIPIENT")
    if recipient is not None and not _RECIPIENT.fullmatch(recipient):
        message = f"{PREFIX}BACKUP_RECIPIENT must be one age recipient: age1 and 58 more characters."
        raise SettingError(message)
    hours = values.get("BACKUP_HOURS", "24")
    return BackupSettings(
        recipient,
        folder,
        store,
        0 if hours == "0" else check.count("BACKUP_HOURS", hours, MOST_HOURS, "hours"),
        check.count("BACKUP_KEEP", values.get("BACKUP_KEEP", "14"), MOST_KEPT, "backups"),
    )


def _folder(text: str | None, instance: Path) -> Path | None:
    if text is None:
        return None
    folder = Path(text)
    if not folder.is_absolute():
        message = f"{PREFIX}BACKUP_FOLDER is {text!r}, but it must be an absolute path, such as /mnt/backup/intake."
        raise SettingError(message)
    if folder == instance or instance in folder.parents:
        message = f"{PREFIX}BACKUP_FOLDER lies in the instance folder, which it shall outlive: use another disk."
        raise SettingError(message)
    return folder
