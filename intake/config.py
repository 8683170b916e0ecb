"""The settings: the only reader of the environment. It refuses nonsense, naming the setting."""

import difflib
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from intake.inbox import Inbox, Incoming

PREFIX = "INTAKE_"
TEST_PREFIX = "INTAKE_TEST_"
KNOWN = (
    "INSTANCE",
    "PORT",
    "PUBLIC_URL",
    "DESK_URL",
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
    "RETURN_ADDRESS",
    "INBOUND_URL",
    "INBOUND_REMOVE",
    "INBOUND_LARGEST_MB",
)
ROOT = Path(__file__).resolve().parent.parent
MAIL_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
INBOX_PORTS = {"imap": 143, "imaps": 993, "imap+starttls": 143}
LONGEST_RETURN = 32  # characters before the @: a letter's number and its hash follow them, 64 in all (RFC 5321)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SECRET_FILE = "secret-key"  # noqa: S105 the name of a file, not a secret
SHORTEST_SECRET = 32
HIGHEST_PORT = 65535
LONGEST_NAME = 60
MOST_DAYS = 365
MOST_KEPT = 36_500  # days
MOST_MEGABYTES = 200
FOR_EVER = ("0", "never")
# For how many days what a case tells is kept after its outcome, by default; docs/retention.md says why.
KEPT = {"published": "1825", "passed_on": "1095", "closed": "1095", "not_a_complaint": "90"}
# Neutral, reachable in the region, and it shows nobody's name. To be chosen anew with people there.
ELSEWHERE = "https://www.google.com/search?q=weather"
_ADDRESS = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+")
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")


class SettingError(Exception):
    """A setting that is missing, malformed or at odds with another: one sentence that names it."""


@dataclass(frozen=True)
class MailServer:
    """Where letters go: a folder of ``.eml`` files, or a mail server."""

    scheme: str
    folder: Path | None = None
    host: str = ""
    port: int = 0
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def leaves_machine(self) -> bool:
        """Whether letters may go to another machine: a mail server on this one may pass them on."""
        return self.folder is None

    def __str__(self) -> str:
        """Say it to the operator, without the password."""
        return str(self.folder) if self.folder else f"{self.scheme}://{self.host}:{self.port}"


@dataclass(frozen=True)
class Settings:
    """Everything that can be set, checked."""

    instance: Path
    port: int
    public_url: str
    desk_url: str
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
    incoming: Incoming

    @property
    def secure(self) -> bool:
        """Whether members come over HTTPS, so that their cookies may be Secure. Complainants have no cookie."""
        return self.desk_url.startswith("https://")


def load(environ: Mapping[str, str]) -> Settings:
    """Return the settings that a mapping (``os.environ``, or a test's dict) holds.

    Raises:
        SettingError: one sentence naming the setting that is wrong.
    """
    values = {key.removeprefix(PREFIX): value.strip() for key, value in environ.items() if _is_ours(key)}
    for name in values:
        if name not in KNOWN:
            near = difflib.get_close_matches(name, KNOWN, 1)
            hint = f": did you mean {PREFIX}{near[0]}?" if near else "; see the README for those there are."
            message = f"{PREFIX}{name} is not a setting{hint}"
            raise SettingError(message)
    values = {name: value for name, value in values.items() if value}
    instance = Path(values.get("INSTANCE") or ROOT / "instance").absolute()
    port = _port(values.get("PORT", "8000"))
    newsroom = _address("NEWSROOM_ADDRESS", values.get("NEWSROOM_ADDRESS", "info@acca.media"))
    public_url = _site("PUBLIC_URL", values.get("PUBLIC_URL", f"http://127.0.0.1:{port}"))
    keep_days, keep_warning_days = _keeping(values)
    return Settings(
        instance=instance,
        port=port,
        public_url=public_url,
        desk_url=_site("DESK_URL", values.get("DESK_URL", public_url)),
        trial="PUBLIC_URL" not in values,
        database_url=_database(values.get("DATABASE_URL", f"sqlite:///{instance / 'intake.sqlite3'}")),
        mail=_mail(values.get("MAIL_URL", (instance / "letters").as_uri())),
        newsroom_address=newsroom,
        sender_name=_name("SENDER_NAME", values.get("SENDER_NAME", "Desk")),
        secret_key=_secret(values.get("SECRET_KEY")),
        rescue_recipient=_recipient(values.get("RESCUE_RECIPIENT")),
        exit_url=_elsewhere(values.get("EXIT_URL", ELSEWHERE)),
        delete_after_days=_count("DELETE_AFTER_DAYS", values.get("DELETE_AFTER_DAYS", "7"), MOST_DAYS, "days"),
        reminder_address=_address("REMINDER_ADDRESS", values.get("REMINDER_ADDRESS", newsroom)),
        session_idle_minutes=_count("SESSION_IDLE_MINUTES", values.get("SESSION_IDLE_MINUTES", "30"), 240, "minutes"),
        session_hours=_count("SESSION_HOURS", values.get("SESSION_HOURS", "12"), 24, "hours"),
        keep_days=keep_days,
        keep_warning_days=keep_warning_days,
        incoming=_incoming(values),
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


def _is_ours(key: str) -> bool:
    return key.startswith(PREFIX) and not key.startswith(TEST_PREFIX)


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) <= HIGHEST_PORT:
        message = f"{PREFIX}PORT is {text!r}, but a port is a whole number from 1 to {HIGHEST_PORT}."
        raise SettingError(message)
    return int(text)


def _split(name: str, text: str) -> tuple[SplitResult, int | None]:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        message = f"{PREFIX}{name} is not an address that can be read: in a password, write / ? # @ as %2F %3F %23 %40."
        raise SettingError(message) from error
    return parts, port


def _site(name: str, text: str) -> str:
    parts, _ = _split(name, text)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or parts.username:
        message = f"{PREFIX}{name} must look like https://example.org."
        raise SettingError(message)
    if parts.path not in {"", "/"}:
        message = f"{PREFIX}{name} has a path, but the pages are served from the root of a host for now."
        raise SettingError(message)
    if parts.scheme == "http" and host not in LOOPBACK and not host.endswith(".onion"):
        message = f"{PREFIX}{name} must begin with https://: plain http is only for this machine and .onion addresses."
        raise SettingError(message)
    return text.rstrip("/")


def _elsewhere(text: str) -> str:
    parts, _ = _split("EXIT_URL", text)
    if parts.scheme != "https" or not parts.hostname or parts.username:
        message = f"{PREFIX}EXIT_URL must be the https:// address of an ordinary page, such as a weather forecast."
        raise SettingError(message)
    return text


def _count(name: str, text: str, most: int, unit: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        message = f"{PREFIX}{name} is {text!r}, but it must be a whole number of {unit} from 1 to {most}."
        raise SettingError(message)
    return int(text)


def _yes(name: str, text: str) -> bool:
    if text.lower() not in {"yes", "no"}:
        message = f"{PREFIX}{name} is {text!r}, but it must be yes or no."
        raise SettingError(message)
    return text.lower() == "yes"


def _keeping(values: Mapping[str, str]) -> tuple[dict[str, int | None], int]:
    """Return for how many days what a case tells is kept after each outcome, and how many days before it is warned."""
    kept: dict[str, int | None] = {}
    for outcome, usual in KEPT.items():
        name = f"KEEP_{outcome.upper()}_DAYS"
        text = values.get(name, usual)
        if not text.isdecimal() and text.lower() not in FOR_EVER:
            message = f"{PREFIX}{name} is {text!r}, but it must be a whole number of days, or never."
            raise SettingError(message)
        kept[outcome] = None if text.lower() in FOR_EVER else _count(name, text, MOST_KEPT, "days")
    warning = _count("KEEP_WARNING_DAYS", values.get("KEEP_WARNING_DAYS", "30"), MOST_DAYS, "days")
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
    _split("DATABASE_URL", text)
    if not text.startswith(("sqlite:////", "postgresql+psycopg://")):
        message = f"{PREFIX}DATABASE_URL must begin with sqlite://// (an absolute path) or postgresql://."
        raise SettingError(message)
    return text


def _mail(text: str) -> MailServer:
    parts, port = _split("MAIL_URL", text)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return MailServer("file", folder=Path(unquote(parts.path)))
    if parts.scheme not in MAIL_PORTS or not parts.hostname or parts.path not in {"", "/"}:
        schemes = "smtp://, smtps:// or smtp+starttls:// with a host, or file:///folder"
        message = f"{PREFIX}MAIL_URL must be {schemes}."
        raise SettingError(message)
    if (parts.username is None) != (parts.password is None):
        message = f"{PREFIX}MAIL_URL has a user without a password, or a password without a user."
        raise SettingError(message)
    return MailServer(
        parts.scheme,
        host=parts.hostname,
        port=port or MAIL_PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def _incoming(values: Mapping[str, str]) -> Incoming:
    name = "INBOUND_LARGEST_MB"
    return Incoming(
        return_address=_return_address(values.get("RETURN_ADDRESS")),
        inbox=_inbox(values.get("INBOUND_URL")),
        answer=_yes("ANSWER_INBOUND", values.get("ANSWER_INBOUND", "no")),
        remove=_yes("INBOUND_REMOVE", values.get("INBOUND_REMOVE", "no")),
        largest=1_000_000 * _count(name, values.get(name, "30"), MOST_MEGABYTES, "megabytes"),
    )


def _inbox(text: str | None) -> Inbox | None:
    if text is None:
        return None
    parts, port = _split("INBOUND_URL", text)
    folder = unquote(parts.path.removeprefix("/")) or "INBOX"
    said = [unquote(part or "") for part in (parts.username, parts.password)]
    if parts.scheme not in INBOX_PORTS or not parts.hostname or parts.query or parts.fragment or not all(said):
        message = f"{PREFIX}INBOUND_URL must look like imaps://user:password@host/folder, or imap+starttls://…."
        raise SettingError(message)
    if parts.scheme == "imap" and parts.hostname not in LOOPBACK:
        message = f"{PREFIX}INBOUND_URL must begin with imaps:// or imap+starttls://: imap:// is only for this machine."
        raise SettingError(message)
    if not all(part.isascii() and part.isprintable() for part in (folder, *said)):
        message = f"{PREFIX}INBOUND_URL has a letter that IMAP does not know: write the folder as its server names it."
        raise SettingError(message)
    return Inbox(parts.scheme, parts.hostname, port or INBOX_PORTS[parts.scheme], said[0], said[1], folder)


def _return_address(text: str | None) -> str | None:
    if text is None:
        return None
    local, _, _ = _address("RETURN_ADDRESS", text).partition("@")
    if len(local) > LONGEST_RETURN or "+" in local:
        message = f"{PREFIX}RETURN_ADDRESS must have at most {LONGEST_RETURN} characters before the @, and no +."
        raise SettingError(message)
    return text.lower()


def _address(name: str, text: str) -> str:
    if not _ADDRESS.fullmatch(text):
        message = f"{PREFIX}{name} must be one e-mail address, such as info@acca.media."
        raise SettingError(message)
    return text


def _name(name: str, text: str) -> str:
    if len(text) > LONGEST_NAME or not text.isprintable():
        message = f"{PREFIX}{name} must be one line of at most {LONGEST_NAME} characters."
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


def _recipient(text: str | None) -> str | None:
    if text is not None and not _RECIPIENT.fullmatch(text):
        message = f"{PREFIX}RESCUE_RECIPIENT must be one age recipient: age1 and 58 more characters."
        raise SettingError(message)
    return text
