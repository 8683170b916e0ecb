"""Where mail goes out, where it comes in, and how else the operator is told: the settings of the post."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from intake import setting_checks as check
from intake.setting_checks import LOOPBACK, PREFIX, SettingError

MAIL_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
INBOX_PORTS = {"imap": 143, "imaps": 993, "imap+starttls": 143}
LONGEST_RETURN = 32  # characters before the @: a letter's number and its hash follow them, 64 in all (RFC 5321)
MOST_HOURS = 720  # a month
MOST_MEGABYTES = 200


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
class Inbox:
    """The folder of a mailbox from which what arrives is read."""

    scheme: str
    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str

    def __str__(self) -> str:
        """Say it to the operator, without the password."""
        return f"{self.scheme}://{self.host}:{self.port}/{self.folder}"


@dataclass(frozen=True)
class Incoming:
    """What arrives by e-mail: where letters come back to, where it is read, whether it is answered and removed then."""

    return_address: str | None
    inbox: Inbox | None
    answer: bool
    remove: bool
    largest: int  # bytes of a message


@dataclass(frozen=True)
class SecondWay:
    """How the operator is told of alarms besides letters: a page that takes them, or an address.

    Attributes:
        url: the page, which may hold a secret; empty where there is an address.
        address: the address.
        mail: the mail server to reach it by; none for the usual one.
    """

    url: str = field(default="", repr=False)
    address: str = ""
    mail: MailServer | None = None

    def __str__(self) -> str:
        """Say it to the operator, without anything that is secret."""
        parts = urlsplit(self.url)
        return (
            f"{parts.scheme}://{parts.hostname}"
            if self.url
            else f"{self.address} over {self.mail or 'the usual mail server'}"
        )


def mail(name: str, text: str) -> MailServer:
    """Return where letters go.

    Raises:
        SettingError: as all that follow.
    """
    parts, port = check.split(name, text)
    if parts.scheme == "file" and not parts.netloc and parts.path.startswith("/"):
        return MailServer("file", folder=Path(unquote(parts.path)))
    if parts.scheme not in MAIL_PORTS or not parts.hostname or parts.path not in {"", "/"}:
        schemes = "smtp://, smtps:// or smtp+starttls:// with a host, or file:///folder"
        message = f"{PREFIX}{name} must be {schemes}."
        raise SettingError(message)
    if (parts.username is None) != (parts.password is None):
        message = f"{PREFIX}{name} has a user without a password, or a password without a user."
        raise SettingError(message)
    return MailServer(
        parts.scheme,
        host=parts.hostname,
        port=port or MAIL_PORTS[parts.scheme],
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


def canary(values: Mapping[str, str], public_url: str, newsroom: str) -> dict[str, Any]:
    """Return how the way is tested: how often, where the form is, and where the letters go and are looked for."""
    hours = values.get("CANARY_HOURS", "24")
    address, inbox = values.get("CANARY_ADDRESS"), values.get("CANARY_INBOX")
    by_folder = values.get("MAIL_URL", "file:").startswith("file:")
    if by_folder and inbox:
        message = f"{PREFIX}CANARY_INBOX is set, but letters are written to a folder: they are looked for there."
        raise SettingError(message)
    if not by_folder and bool(address) != bool(inbox):
        missing, there = ("CANARY_INBOX", "CANARY_ADDRESS") if address else ("CANARY_ADDRESS", "CANARY_INBOX")
        message = (
            f"{PREFIX}{there} is set, but {PREFIX}{missing} is not: letters go to the one and are read in the other."
        )
        raise SettingError(message)
    if address and address.casefold() == newsroom.casefold():
        message = f"{PREFIX}CANARY_ADDRESS is the newsroom's own: canaries need a mailbox that nobody else reads."
        raise SettingError(message)
    return {
        "canary_hours": 0 if hours == "0" else check.count("CANARY_HOURS", hours, MOST_HOURS, "hours"),
        "canary_url": check.site("CANARY_URL", values.get("CANARY_URL", public_url), may_have_path=True),
        "canary_address": check.address("CANARY_ADDRESS", address) if address else None,
        "canary_inbox": _inbox("CANARY_INBOX", inbox) if inbox else None,
    }


def second_way(values: Mapping[str, str], newsroom: str) -> SecondWay | None:
    """Return how the operator is told of alarms besides letters; None where they are not."""
    url, address = values.get("ALARM_URL", ""), values.get("ALARM_ADDRESS", "")
    parts, _ = check.split("ALARM_URL", url)
    if parts.scheme in {"http", "https"}:
        host = parts.hostname or ""
        message = ""
        if not host or parts.username or not url.isascii() or any(sign.isspace() for sign in url):
            message = f"{PREFIX}ALARM_URL must look like https://example.org/path."
        elif parts.scheme == "http" and host not in LOOPBACK and not host.endswith(".onion"):
            message = f"{PREFIX}ALARM_URL must begin with https://: plain http is only for this machine and .onion."
        elif address:
            message = f"{PREFIX}ALARM_URL names a page that takes alarms, so leave {PREFIX}ALARM_ADDRESS out."
        if message:
            raise SettingError(message)
        return SecondWay(url=url)
    if url and (parts.scheme not in MAIL_PORTS or not address):
        message = f"{PREFIX}ALARM_URL must be https://…, or smtp://… beside {PREFIX}ALARM_ADDRESS."
        raise SettingError(message)
    if not address:
        return None
    if not url and address.casefold() == newsroom.casefold():
        message = f"{PREFIX}ALARM_ADDRESS must be another address than the newsroom's, or it is no second way."
        raise SettingError(message)
    server = mail("ALARM_URL", url) if url else None
    return SecondWay(address=check.address("ALARM_ADDRESS", address), mail=server)


def incoming(values: Mapping[str, str]) -> Incoming:
    """Return where letters come back to, and how what arrives is read."""
    name = "INBOUND_LARGEST_MB"
    return Incoming(
        return_address=_return_address(values.get("RETURN_ADDRESS")),
        inbox=_inbox("INBOUND_URL", values["INBOUND_URL"]) if "INBOUND_URL" in values else None,
        answer=check.wish("ANSWER_INBOUND", values.get("ANSWER_INBOUND", "no")),
        remove=check.wish("INBOUND_REMOVE", values.get("INBOUND_REMOVE", "no")),
        largest=1_000_000 * check.count(name, values.get(name, "30"), MOST_MEGABYTES, "megabytes"),
    )


def _inbox(name: str, text: str) -> Inbox:
    parts, port = check.split(name, text)
    folder = unquote(parts.path.removeprefix("/")) or "INBOX"
    said = [unquote(part or "") for part in (parts.username, parts.password)]
    if parts.scheme not in INBOX_PORTS or not parts.hostname or parts.query or parts.fragment or not all(said):
        message = f"{PREFIX}{name} must look like imaps://user:password@host/folder, or imap+starttls://…."
        raise SettingError(message)
    if parts.scheme == "imap" and parts.hostname not in LOOPBACK:
        message = f"{PREFIX}{name} must begin with imaps:// or imap+starttls://: imap:// is only for this machine."
        raise SettingError(message)
    if not all(part.isascii() and part.isprintable() for part in (folder, *said)):
        message = f"{PREFIX}{name} has a letter that IMAP does not know: write the folder as its server names it."
        raise SettingError(message)
    return Inbox(parts.scheme, parts.hostname, port or INBOX_PORTS[parts.scheme], said[0], said[1], folder)


def _return_address(text: str | None) -> str | None:
    if text is None:
        return None
    local, _, _ = check.address("RETURN_ADDRESS", text).partition("@")
    if len(local) > LONGEST_RETURN or "+" in local:
        message = f"{PREFIX}RETURN_ADDRESS must have at most {LONGEST_RETURN} characters before the @, and no +."
        raise SettingError(message)
    return text.lower()
