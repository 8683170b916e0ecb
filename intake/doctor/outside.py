"""What the doctor sees of the pages from outside, as a browser would: whether they answer, certificates, headers."""

import http.client
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import SplitResult, urlsplit

from flask import current_app

from intake.config import Settings
from intake.doctor.finding import Finding, at_most
from intake.web import headers, shared

TIMEOUT = 10.0  # seconds
SOON = timedelta(days=14)  # certbot renews thirty days before the end
_OK, _FAULT = 200, 500
_NOBODY_BEHIND = {502, 503, 504}
_PROXY = "Look at the proxy: deploy/ has a configuration that lets them through."


@dataclass(frozen=True)
class Seen:
    """What a page answered."""

    status: int
    headers: dict[str, str]
    ends_at: datetime | None


def found(moment: datetime) -> Iterator[Finding]:
    """Yield how the pages look from outside; on a trial there is no outside.

    Args:
        moment: now.
    """
    settings = current_app.config["SETTINGS"]
    if settings.trial:
        return
    for name, address, path in _pages(settings):
        parts = urlsplit(address)
        if (parts.hostname or "").endswith(".onion"):
            yield Finding(f"{address} is not looked at: an onion address is not to be reached from here.")
            continue
        try:
            seen = _ask(parts, f"{parts.path}{path}")
        except (OSError, http.client.HTTPException) as error:
            yield Finding(
                f"{address} does not answer: {_why(error)}.", f"Mend the proxy or the name, or correct {name}."
            )
            continue
        yield from _judged(address, seen, moment)


def _pages(settings: Settings) -> list[tuple[str, str, str]]:
    """Return setting, address and path of what is looked at: one page if members come to the public address, too."""
    pages = [("INTAKE_PUBLIC_URL", settings.public_url, "/en/safety")]
    if settings.desk_url != settings.public_url:
        pages.append(("INTAKE_DESK_URL", settings.desk_url, "/desk/sign-in"))
    return pages


def _why(error: Exception) -> str:
    """Say what kept us from a page, in words of an operator."""
    reasons: tuple[tuple[type[Exception], str], ...] = (
        (ssl.SSLCertVerificationError, "its certificate is not trusted"),
        (socket.gaierror, "its name is not known here, so look at the DNS"),
        (ConnectionRefusedError, "nobody listens there, so look whether the proxy runs"),
        (TimeoutError, f"nothing came within {TIMEOUT:.0f} seconds, so look at the firewall"),
    )
    return next((words for kind, words in reasons if isinstance(error, kind)), type(error).__name__)


def redis() -> Finding:
    """Say whether the web processes count failures together."""
    state, place = shared.state(), shared.place()
    if state is shared.State.NONE:
        return Finding("Each web process counts wrong codes and passwords by itself: INTAKE_REDIS_URL is not set.")
    if state is shared.State.AWAY:
        what = f"Redis does not answer at {place}: each web process counts wrong codes and passwords by itself."
        return Finding(what, "Start it, or correct INTAKE_REDIS_URL.")
    if state is shared.State.ON_DISK:
        what = f"Redis at {place} writes to a disk who was slowed, if only as keyed hashes."
        return Finding(what, 'Set save "" and appendonly no in its configuration, and remove its dump.rdb.')
    return Finding(f"Redis answers at {place}, and keeps all in memory.")


def _ask(to: SplitResult, path: str) -> Seen:
    """Return what a page answers.

    Raises:
        OSError: nobody answers, or a certificate is not trusted.
        http.client.HTTPException: what came is no answer.
    """
    host, port = to.hostname or "", to.port
    line: http.client.HTTPConnection
    if to.scheme == "https":
        context = ssl.create_default_context(cafile=current_app.config["MAIL_CA_FILE"])
        line = http.client.HTTPSConnection(host, port, timeout=TIMEOUT, context=context)
    else:
        line = http.client.HTTPConnection(host, port, timeout=TIMEOUT)
    try:
        line.connect()
        ends_at = _end_of_certificate(line.sock)
        line.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = line.getresponse()
        return Seen(answer.status, {name.lower(): value for name, value in answer.getheaders()}, ends_at)
    finally:
        line.close()


def _end_of_certificate(line: socket.socket) -> datetime | None:
    shown = line.getpeercert() if isinstance(line, ssl.SSLSocket) else None
    if not shown:
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(shown["notAfter"])), UTC)


def _to_do(status: int) -> str:
    if status in _NOBODY_BEHIND:
        return "Behind the proxy nobody answers: start the web server, which takes a quarter of a minute."
    if status >= _FAULT:
        return "The web server met a fault: see what it writes, journalctl -u 'intake-*'."
    return "Look whether name and path in the proxy are those of the settings."


def _judged(address: str, seen: Seen, moment: datetime) -> Iterator[Finding]:
    if seen.status != _OK:
        yield Finding(f"{address} answers with {seen.status}.", _to_do(seen.status))
        return
    yield Finding(f"{address} answers.")
    wanted = dict(headers.FIXED)
    if address.startswith("https://"):
        wanted["Strict-Transport-Security"] = headers.STRICT_TRANSPORT
    lost = [name for name, value in wanted.items() if seen.headers.get(name.lower()) != value]
    lost += [name for name in ("Content-Security-Policy", "Cache-Control") if name.lower() not in seen.headers]
    if lost:
        yield Finding(f"{address} comes without the headers of ours: {at_most(lost)}.", _PROXY)
    if seen.headers.get("content-encoding") != "gzip":
        yield Finding(f"{address} does not travel compressed.", _PROXY)
    if seen.ends_at is not None and seen.ends_at < moment + SOON:
        what = f"The certificate of {address} ends on {seen.ends_at:%Y-%m-%d}."
        yield Finding(what, "Renew it: see why that does not happen by itself.")
