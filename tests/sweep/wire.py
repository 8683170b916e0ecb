"""What every answer must say in its headers, whoever asks for what, and whatever goes wrong."""

import re
from collections.abc import Sequence
from http import HTTPStatus

Headers = Sequence[tuple[str, str]]
ALWAYS = {
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "x-robots-tag": "noindex",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-resource-policy": "same-origin",
    "server": "web",
}
DIRECTIVES = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "'none'",
}
LOCKED = {"sandbox": "", "default-src": "'none'", "frame-ancestors": "'none'"}  # of what came from outside
SOURCES = re.compile(r"'none'|'self'|data:|blob:|'sha256-[A-Za-z0-9+/]{43}='|'script'")
DEVICES = {"camera": "()", "geolocation": "()", "microphone": "()", "payment": "()", "usb": "()"}
STATIC, KEPT = "/static/", "public, max-age=31536000, immutable"
BANNERS = re.compile(r"granian|hyper|python|werkzeug|flask|nginx|caddy|traceback|\bfile \"", re.IGNORECASE)
SECURE_NAME = re.compile(r"__(Host|Secure)-")


def faults(path: str, status: int, headers: Headers, *, secure: bool = False) -> list[str]:
    """Return what is wrong with the headers of an answer.

    Args:
        path: what was asked for.
        status: of the answer.
        headers: of the answer.
        secure: whether browsers reach the page over HTTPS.
    """
    names = [name.lower() for name, _ in headers]
    said = {name.lower(): value for name, value in headers}
    wrong = [f"{name} is {said.get(name)}" for name, value in ALWAYS.items() if said.get(name) != value]
    wrong += [f"{name} twice" for name in {*ALWAYS, "content-security-policy"} if names.count(name) > 1]
    wrong += _policy(said.get("content-security-policy", ""))
    wrong += _devices(said.get("permissions-policy", ""))
    if said.get("cache-control") != "no-store" and not (path.startswith(STATIC) and status < HTTPStatus.BAD_REQUEST):
        wrong.append(f"it may be kept: {said.get('cache-control')}")
    if ("strict-transport-security" in said) != secure:
        wrong.append("HTTPS is demanded where there is none, or not where there is")
    if status == HTTPStatus.METHOD_NOT_ALLOWED and not said.get("allow"):
        wrong.append("it does not say what is allowed")
    wrong += [
        f"a cookie: {fault}"
        for name, value in headers
        if name.lower() == "set-cookie"
        for fault in _cookie(value, secure=secure)
    ]
    wrong += [f"{name} names software" for name, value in headers if BANNERS.search(f"{name} {value}")]
    return wrong


def _policy(text: str) -> list[str]:
    parts = [part.strip().partition(" ") for part in text.split(";")]
    said = {name: value.strip() for name, _, value in parts}
    wanted = LOCKED if "sandbox" in said else DIRECTIVES
    wrong = [f"{name} is {said.get(name)}" for name, value in wanted.items() if said.get(name) != value]
    return wrong + [
        f"{name} lets {one} in" for name, value in said.items() for one in value.split() if not SOURCES.fullmatch(one)
    ]


def _devices(text: str) -> list[str]:
    said = dict(part.strip().split("=", 1) for part in text.split(",") if "=" in part)
    return [
        f"{name} is {said.get(name)}"
        for name in DEVICES
        if said.get(name) != "()" and (name, said.get(name)) != ("microphone", "(self)")
    ]


def _cookie(text: str, *, secure: bool) -> list[str]:
    first, *rest = [part.strip() for part in text.split(";")]
    attributes = {name.lower(): value for name, _, value in (part.partition("=") for part in rest)}
    wrong = [name for name in ("httponly", "path") if name not in attributes]
    wrong += ["SameSite"] if attributes.get("samesite") != "Strict" else []
    wrong += ["Domain"] if "domain" in attributes else []
    if bool(SECURE_NAME.match(first)) != secure or ("secure" in attributes) != secure:
        wrong.append("the prefix of its name, or Secure")
    return wrong
