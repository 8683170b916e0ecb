"""Where files are kept, how large they may be, who looks for viruses in them: the settings of evidence."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, unquote

from intake import setting_checks as check
from intake.setting_checks import PREFIX, SettingError

MEGABYTE = 1024**2
MOST_MEGABYTES = 1024 * 1024  # a terabyte
CLAMAV_PORT = 3310
_BARE = re.compile(r"[a-z][a-z0-9-]*")


@dataclass(frozen=True)
class ObjectStore:
    """A bucket of a store that speaks S3, and what opens it."""

    endpoint: str
    bucket: str
    region: str
    user: str
    password: str = field(repr=False)


@dataclass(frozen=True)
class Scanner:
    """Where clamd listens: a host and a port, or a socket on this machine."""

    host: str = ""
    port: int = 0
    socket: str = ""


@dataclass(frozen=True)
class FileSettings:
    """How files are taken, kept and looked at.

    Attributes:
        largest: bytes of one file of a complainant.
        most: bytes of all files that the complainant sends for one case.
        largest_of_member: bytes of one file that a member adds.
        reserve: bytes of the disk that files never take: words need them.
        largest_viewed: bytes of a file of which a viewing copy is made.
        store: where sealed chunks are kept; None is the instance folder.
        scanner: who looks for viruses; None is nobody.
    """

    largest: int
    most: int
    largest_of_member: int
    reserve: int
    largest_viewed: int
    store: ObjectStore | None
    scanner: Scanner | None


def files(values: Mapping[str, str]) -> FileSettings:
    """Return the settings of evidence.

    Raises:
        setting_checks.SettingError: one sentence that names the setting.
    """
    largest, most = _megabytes(values, "FILE_MB", "25"), _megabytes(values, "CASE_FILES_MB", "100")
    if most < largest:
        message = (
            f"{PREFIX}CASE_FILES_MB is {most // MEGABYTE}, but {PREFIX}FILE_MB is {largest // MEGABYTE}: "
            "one file would be more than all of them may be."
        )
        raise SettingError(message)
    return FileSettings(
        largest,
        most,
        _megabytes(values, "MEMBER_FILE_MB", "2048"),
        _megabytes(values, "DISK_RESERVE_MB", "1024"),
        _megabytes(values, "VIEW_MB", "512"),
        object_store("STORE_URL", values["STORE_URL"]) if "STORE_URL" in values else None,
        _scanner(values.get("CLAMAV_URL")),
    )


def _megabytes(values: Mapping[str, str], name: str, usual: str) -> int:
    return check.count(name, values.get(name, usual), MOST_MEGABYTES, "megabytes") * MEGABYTE


def object_store(name: str, text: str) -> ObjectStore:
    """Read ``s3+https://KEY:SECRET@host[:port]/bucket?region=…``; plain ``s3+http`` only on this machine.

    A bare name, such as ``store``, is one of a network of containers on it.

    Raises:
        setting_checks.SettingError: one sentence that names the setting.
    """
    parts, port = check.split(name, text)
    scheme, host, bucket = parts.scheme.removeprefix("s3+"), parts.hostname or "", parts.path.strip("/")
    known = parts.scheme in {"s3+https", "s3+http"} and host and bucket and "/" not in bucket
    if not known or not parts.username or not parts.password or parts.fragment:
        message = f"{PREFIX}{name} must look like s3+https://KEY:SECRET@host/bucket?region=name."
        raise SettingError(message)
    if scheme == "http" and host not in check.LOOPBACK and not _BARE.fullmatch(host):
        message = f"{PREFIX}{name} must begin with s3+https://: plain http is only for this machine and its containers."
        raise SettingError(message)
    asked = dict(parse_qsl(parts.query))
    if asked.keys() - {"region"}:
        message = f"{PREFIX}{name} may only be followed by ?region=name."
        raise SettingError(message)
    place = f"[{host}]" if ":" in host else host
    endpoint = f"{scheme}://{place}:{port}" if port else f"{scheme}://{place}"
    return ObjectStore(
        endpoint, bucket, asked.get("region", "us-east-1"), unquote(parts.username), unquote(parts.password)
    )


def _scanner(text: str | None) -> Scanner | None:
    """Read ``tcp://host:port`` or ``unix:///path``."""
    if text is None:
        return None
    parts, port = check.split("CLAMAV_URL", text)
    if parts.scheme == "unix" and not parts.netloc and parts.path.startswith("/"):
        return Scanner(socket=parts.path)
    if parts.scheme == "tcp" and parts.hostname in check.LOOPBACK and not parts.path.strip("/"):
        return Scanner(parts.hostname or "", port or CLAMAV_PORT)
    message = (
        f"{PREFIX}CLAMAV_URL must look like unix:///run/clamav/clamd.ctl or tcp://127.0.0.1:3310: "
        "files go there unsealed, so it must be on this machine."
    )
    raise SettingError(message)
