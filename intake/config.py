"""The settings: the only reader of the environment. It refuses nonsense, naming the setting."""

import difflib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from intake import backup_settings, file_settings, post_settings
from intake import setting_checks as check
from intake.backup_settings import BackupSettings
from intake.file_settings import FileSettings
from intake.post_settings import Inbox, Incoming, MailServer, SecondWay
from intake.setting_checks import SettingError

PREFIX = check.PREFIX
TEST_PREFIX = "INTAKE_TEST_"
KNOWN = (
    "INSTANCE",
    "PORT",
    "LISTEN",
    "PROXIES",
    "PUBLIC_URL",
    "DESK_URL",
    "ONION_URL",
    "DATABASE_URL",
    "MAIL_URL",
    "NEWSROOM_ADDRESS",
    "SENDER_NAME",
    "SECRET_KEY",
    "RESCUE_RECIPIENT",
    "EXIT_URL",
    "DELETE_AFTER_DAYS",
    "REMINDER_ADDRESS",
    "ANSWER_INBOUND",
    "SESSION_IDLE_MINUTES",
    "SESSION_HOURS",
    "KEEP_PUBLISHED_DAYS",
    "KEEP_PASSED_ON_DAYS",
    "KEEP_CLOSED_DAYS",
    "KEEP_NOT_A_COMPLAINT_DAYS",
    "KEEP_WARNING_DAYS",
    "SEALED_LETTERS",
    "CANARY_HOURS",
    "CANARY_URL",
    "CANARY_ADDRESS",
    "CANARY_INBOX",
    "ALARM_HOURS",
    "ALARM_URL",
    "ALARM_ADDRESS",
    "TIME_ZONE",
    "RETURN_ADDRESS",
    "INBOUND_URL",
    "INBOUND_REMOVE",
    "INBOUND_LARGEST_MB",
    "FILE_MB",
    "CASE_FILES_MB",
    "MEMBER_FILE_MB",
    "DISK_RESERVE_MB",
    "VIEW_MB",
    "STORE_URL",
    "REDIS_URL",
    "LOG",
    "METRICS_TOKEN",
    "SECURITY_ADDRESS",
    "CLAMAV_URL",
    "BACKUP_RECIPIENT",
    "BACKUP_FOLDER",
    "BACKUP_STORE_URL",
    "BACKUP_HOURS",
    "BACKUP_KEEP",
)
ROOT = Path(__file__).resolve().parent.parent
SECRET_FILE = "secret-key"  # noqa: S105 the name of a file, not a secret
SHORTEST_SECRET = 32
HIGHEST_PORT = 65535
MOST_DAYS = 365
MOST_KEPT = 36_500  # days
FOR_EVER = ("0", "never")
# For how many days what a case tells is kept after its outcome, by default; docs/retention.md says why.
KEPT = {"published": "1825", "passed_on": "1095", "closed": "1095", "not_a_complaint": "90"}
# Neutral, reachable in the region, and it shows nobody's name. To be chosen anew with people there.
ELSEWHERE = "https://www.google.com/search?q=weather"
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, checked."""

    instance: Path
    port: int
    listen: str
    proxies: tuple[check.Network, ...]
    public_url: str
    desk_url: str
    onion_url: str | None
    redis_url: str | None = field(repr=False)
    log: str | None
    trial: bool
    database_url: str = field(repr=False)
    mail: MailServer
    newsroom_address: str
    sender_name: str
    secret_key: str | None = field(repr=False)
    rescue_recipient: str | None
    exit_url: str
    delete_after_days: int
    reminder_address: str
    session_idle_minutes: int
    session_hours: int
    keep_days: Mapping[str, int | None]  # by outcome; None is for ever
    keep_warning_days: int
    sealed_letters: bool
    canary_hours: int  # 0 is never
    canary_url: str
    canary_address: str | None
    canary_inbox: Inbox | None
    alarm_hours: int
    second_way: SecondWay | None
    time_zone: ZoneInfo
    incoming: Incoming
    files: FileSettings
    backups: BackupSettings
    metrics_token: str | None = field(repr=False)
    security_address: str


def load(environ: Mapping[str, str]) -> Settings:
    """Return the settings that a mapping (``os.environ``, or a test's dict) holds.

    Raises:
        SettingError: one sentence naming the setting that is wrong.
    """
    values = _known(environ)
    instance = Path(values.get("INSTANCE") or ROOT / "instance").absolute()
    newsroom = check.address("NEWSROOM_ADDRESS", values.get("NEWSROOM_ADDRESS", "info@acca.media"))
    places = _places(values)
    keep_days, keep_warning_days = _keeping(values)
    idle = "SESSION_IDLE_MINUTES"
    return Settings(
        instance=instance,
        **places,
        trial="PUBLIC_URL" not in values,
        database_url=_database(values.get("DATABASE_URL", f"sqlite:///{instance / 'intake.sqlite3'}")),
        mail=post_settings.mail("MAIL_URL", values.get("MAIL_URL", (instance / "letters").as_uri())),
        newsroom_address=newsroom,
        sender_name=check.one_line("SENDER_NAME", values.get("SENDER_NAME", "Desk")),
        secret_key=_secret(values.get("SECRET_KEY")),
        rescue_recipient=_recipient(values.get("RESCUE_RECIPIENT")),
        exit_url=_elsewhere(values.get("EXIT_URL", ELSEWHERE)),
        delete_after_days=check.count("DELETE_AFTER_DAYS", values.get("DELETE_AFTER_DAYS", "7"), MOST_DAYS, "days"),
        reminder_address=check.address("REMINDER_ADDRESS", values.get("REMINDER_ADDRESS", newsroom)),
        session_idle_minutes=check.count(idle, values.get(idle, "30"), 240, "minutes"),
        session_hours=check.count("SESSION_HOURS", values.get("SESSION_HOURS", "12"), 24, "hours"),
        keep_days=keep_days,
        keep_warning_days=keep_warning_days,
        sealed_letters=check.wish("SEALED_LETTERS", values.get("SEALED_LETTERS", "no")),
        **post_settings.canary(values, places["public_url"], newsroom),
        alarm_hours=check.count("ALARM_HOURS", values.get("ALARM_HOURS", "12"), 72, "hours"),
        second_way=post_settings.second_way(values, newsroom),
        time_zone=check.zone(values.get("TIME_ZONE", "Asia/Almaty")),
        incoming=post_settings.incoming(values),
        files=file_settings.files(values),
        backups=backup_settings.backups(values, instance),
        metrics_token=_long_enough("METRICS_TOKEN", values.get("METRICS_TOKEN")),
        security_address=check.address("SECURITY_ADDRESS", values.get("SECURITY_ADDRESS", newsroom)),
    )


def from_environment() -> Settings:
    """Return the settings of this process.

    Raises:
        SettingError: see ``load``.
    """
    return load(os.environ)


def signing_key(settings: Settings) -> str:
    """Return the key that signs forms and cookies: the one set, or the one kept in the instance folder (mode 0600).

    Raises:
        SettingError: the folder cannot be written.
    """
    if settings.secret_key:
        return settings.secret_key
    path = settings.instance / SECRET_FILE
    try:
        settings.instance.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            write_private(path, secrets.token_hex(32))
        return _secret(path.read_text().strip()) or ""
    except OSError as error:
        message = f"{PREFIX}INSTANCE names {settings.instance}, which cannot be written ({error.strerror})."
        raise SettingError(message) from error


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner may read, whole or not at all; the first of two writers wins."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        if not path.exists():
            os.link(draft, path)
    except FileExistsError:
        return  # another process was first, and its file is as good
    finally:
        draft.unlink()


def _known(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings that say anything, without their prefix; refuse those that there are not."""
    values = {key.removeprefix(PREFIX): value.strip() for key, value in environ.items() if _is_ours(key)}
    for name in values:
        if name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, 1)
            hint = f": did you mean {PREFIX}{near[0]}?" if near else "; see the README for those there are."
            message = f"{PREFIX}{name} is not a setting{hint}"
            raise SettingError(message)
    return {name: value for name, value in values.items() if value}


def _is_ours(key: str) -> bool:
    return key.startswith(PREFIX) and not key.startswith(TEST_PREFIX)


def _port(text: str) -> int:
    port = check.whole(text)
    if not 0 < port <= HIGHEST_PORT:
        message = f"{PREFIX}PORT is {text!r}, but a port is a whole number from 1 to {HIGHEST_PORT}."
        raise SettingError(message)
    return port


def _places(values: Mapping[str, str]) -> dict[str, Any]:
    """Return where the web server listens, where complainants and members find the pages, what it shares and writes."""
    port = _port(values.get("PORT", "8000"))
    public_url = check.site("PUBLIC_URL", values.get("PUBLIC_URL", f"http://127.0.0.1:{port}"), may_have_path=True)
    desk_url = check.site("DESK_URL", values["DESK_URL"]) if "DESK_URL" in values else public_url
    check.sites(public_url, desk_url)
    return {
        "port": port,
        "listen": check.listen(values.get("LISTEN", "127.0.0.1")),
        "proxies": check.networks("PROXIES", values.get("PROXIES", "127.0.0.1, ::1")),
        "public_url": public_url,
        "desk_url": desk_url,
        "onion_url": check.onion("ONION_URL", values["ONION_URL"]) if "ONION_URL" in values else None,
        "redis_url": check.redis("REDIS_URL", values.get("REDIS_URL")),
        "log": check.log("LOG", values.get("LOG")),
    }


def _elsewhere(text: str) -> str:
    parts, _ = check.split("EXIT_URL", text)
    if parts.scheme != "https" or not parts.hostname or parts.username:
        message = f"{PREFIX}EXIT_URL must be the https:// address of an ordinary page, such as a weather forecast."
        raise SettingError(message)
    return text


def _keeping(values: Mapping[str, str]) -> tuple[dict[str, int | None], int]:
    """Return for how many days what a case tells is kept after each outcome, and how many days before it is warned."""
    kept: dict[str, int | None] = {}
    for outcome, usual in KEPT.items():
        name = f"KEEP_{outcome.upper()}_DAYS"
        text = values.get(name, usual)
        if not text.isdecimal() and text.lower() not in FOR_EVER:
            message = f"{PREFIX}{name} is {text!r}, but it must be a whole number of days, or never."
            raise SettingError(message)
        kept[outcome] = None if text.lower() in FOR_EVER else check.count(name, text, MOST_KEPT, "days")
    warning = check.count("KEEP_WARNING_DAYS", values.get("KEEP_WARNING_DAYS", "30"), MOST_DAYS, "days")
    for outcome, days in kept.items():
        if days is not None and days < warning:
            message = (
                f"{PREFIX}KEEP_WARNING_DAYS is {warning}, but {PREFIX}KEEP_{outcome.upper()}_DAYS is only {days}: "
                "a warning cannot be given before the time begins."
            )
            raise SettingError(message)
    return kept, warning


def _database(text: str) -> str:
    if text.startswith("postgres://"):
        text = "postgresql://" + text.removeprefix("postgres://")
    if text.startswith("postgresql://"):
        text = "postgresql+psycopg://" + text.removeprefix("postgresql://")
    check.split("DATABASE_URL", text)
    if not text.startswith(("sqlite:////", "postgresql+psycopg://")):
        message = f"{PREFIX}DATABASE_URL must begin with sqlite://// (an absolute path) or postgresql://."
        raise SettingError(message)
    return text


def _secret(text: str | None) -> str | None:
    if text is not None and len(text) < SHORTEST_SECRET:
        message = (
            f"{PREFIX}SECRET_KEY, or the file {SECRET_FILE} in the instance folder, must have at least "
            f"{SHORTEST_SECRET} characters, made at random."
        )
        raise SettingError(message)
    return text


def _long_enough(name: str, text: str | None) -> str | None:
    if text is not None and len(text) < SHORTEST_SECRET:
        message = f"{PREFIX}{name} must have at least {SHORTEST_SECRET} characters, made at random."
        raise SettingError(message)
    return text


def _recipient(text: str | None) -> str | None:
    if text is not None and not _RECIPIENT.fullmatch(text):
        message = f"{PREFIX}RESCUE_RECIPIENT must be one age recipient: age1 and 58 more characters."
        raise SettingError(message)
    return text
