"""What every setting is checked by: each check refuses nonsense with one sentence that names the setting."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

PREFIX = "INTAKE_"
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
LONGEST_NAME = 60
LONGEST_NUMBER = 20  # digits: Python takes no number of thousands
Network = IPv4Network | IPv6Network
_PATH = re.compile(r"(/[A-Za-z0-9_-]+)*")
_ADDRESS = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+")


class SettingError(Exception):
    """A setting that is missing, malformed or at odds with another: one sentence that names it."""


def split(name: str, text: str) -> tuple[SplitResult, int | None]:
    """Return an address in its parts, and its port if it names one."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        message = f"{PREFIX}{name} is not an address that can be read: in a password, write / ? # @ as %2F %3F %23 %40."
        raise SettingError(message) from error
    return parts, port


def site(name: str, text: str, *, may_have_path: bool = False) -> str:
    """Return the address of a site: at the root of its host, or under a path of it."""
    parts, _ = split(name, text)
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or not host or parts.query or parts.fragment or parts.username:
        message = f"{PREFIX}{name} must look like https://example.org."
        raise SettingError(message)
    if parts.path not in {"", "/"} and not may_have_path:
        message = f"{PREFIX}{name} has a path, but these pages are served from the root of a host."
        raise SettingError(message)
    if not _PATH.fullmatch(parts.path.rstrip("/")):
        message = f"{PREFIX}{name} has a path that browsers would write otherwise: take plain letters, digits and -."
        raise SettingError(message)
    if parts.scheme == "http" and host not in LOOPBACK and not host.endswith(".onion"):
        message = f"{PREFIX}{name} must begin with https://: plain http is only for this machine and .onion addresses."
        raise SettingError(message)
    return text.rstrip("/")


def onion(name: str, text: str) -> str:
    """Return the address of an onion service."""
    address = site(name, text)
    parts = urlsplit(address)
    if parts.scheme != "http" or not (parts.hostname or "").endswith(".onion"):
        message = f"{PREFIX}{name} must look like http://….onion."
        raise SettingError(message)
    return address


def sites(public_url: str, desk_url: str) -> None:
    """Refuse a path without a host of their own for members: scripts of the other site could read what they read."""
    public = urlsplit(public_url)
    if public.path and public.netloc == urlsplit(desk_url).netloc:
        message = f"{PREFIX}PUBLIC_URL has a path, so {PREFIX}DESK_URL must name a host of its own for members."
        raise SettingError(message)


def whole(text: str) -> int:
    """Return a whole number; -1 for what is none, or longer than any that is set."""
    return int(text) if text.isdecimal() and len(text) <= LONGEST_NUMBER else -1


def count(name: str, text: str, most: int, unit: str) -> int:
    """Return a whole number from 1 on."""
    number = whole(text)
    if not 1 <= number <= most:
        message = f"{PREFIX}{name} is {text!r}, but it must be a whole number of {unit} from 1 to {most}."
        raise SettingError(message)
    return number


def wish(name: str, text: str) -> bool:
    """Return whether it says yes."""
    if text.lower() not in {"yes", "no"}:
        message = f"{PREFIX}{name} is {text!r}, but it must be yes or no."
        raise SettingError(message)
    return text.lower() == "yes"


def address(name: str, text: str) -> str:
    """Return one e-mail address."""
    if not _ADDRESS.fullmatch(text):
        message = f"{PREFIX}{name} must be one e-mail address, such as info@acca.media."
        raise SettingError(message)
    return text


def one_line(name: str, text: str) -> str:
    """Return a name of one line."""
    if len(text) > LONGEST_NAME or not text.isprintable():
        message = f"{PREFIX}{name} must be one line of at most {LONGEST_NAME} characters."
        raise SettingError(message)
    return text


def listen(text: str) -> str:
    """Return the address of this machine at which the web server is reached."""
    try:
        return str(ip_address(text))
    except ValueError as error:
        message = f"{PREFIX}LISTEN is {text!r}, but it must be an address of this machine, such as 127.0.0.1."
        raise SettingError(message) from error


def networks(name: str, text: str) -> tuple[Network, ...]:
    """Return machines or networks, set apart by commas."""
    try:
        return tuple(ip_network(part.strip()) for part in text.split(","))
    except ValueError as error:
        message = f"{PREFIX}{name} must be addresses or networks set apart by commas, such as 127.0.0.1, 10.0.0.0/24."
        raise SettingError(message) from error


def zone(text: str) -> ZoneInfo:
    """Return a time zone of the IANA database."""
    try:
        return ZoneInfo(text)
    except (ValueError, OSError, LookupError) as error:  # no name at all, a folder of them, or an unknown one
        message = f"{PREFIX}TIME_ZONE is {text!r}, but it must be the name of a time zone, such as Asia/Almaty."
        raise SettingError(message) from error


def redis(name: str, text: str | None) -> str | None:
    """Return where Redis is: ``redis://``, ``rediss://`` or ``unix://``, perhaps with a user and a password."""
    if text is None:
        return None
    parts, _ = split(name, text)
    number = parts.path.strip("/")
    by_net = parts.scheme in {"redis", "rediss"} and parts.hostname and (not number or number.isdecimal())
    by_socket = parts.scheme == "unix" and not parts.hostname and parts.path.startswith("/")
    if not (by_net or by_socket) or parts.query or parts.fragment:
        message = f"{PREFIX}{name} must look like redis://:password@host/0, rediss://… (with TLS) or unix:///path."
        raise SettingError(message)
    return text


def log(name: str, text: str | None) -> str | None:
    """Return how lines about events are written; None is for the process to choose."""
    if text not in {None, "json", "text"}:
        message = f"{PREFIX}{name} is {text!r}, but it must be json or text."
        raise SettingError(message)
    return text
