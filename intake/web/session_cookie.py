"""The cookie of a session: the name of its row, and the secret that opens what the row holds. Neither opens alone."""

import base64
import binascii
import secrets
from dataclasses import dataclass
from typing import TypedDict

from flask import request
from werkzeug.wrappers import Response

from intake.sealing import SECRET_BYTES, Identity, identity_from_secret
from intake.web import sites


@dataclass(frozen=True)
class Key:
    """What a cookie holds: the name of a row, and the identity that opens what is sealed in it."""

    name: str
    opener: Identity


def made() -> tuple[Key, str]:
    """Return a fresh key, and the cookie's value that holds it."""
    name, secret = secrets.token_urlsafe(16), secrets.token_bytes(SECRET_BYTES)
    return Key(name, identity_from_secret(secret)), f"{name}.{base64.urlsafe_b64encode(secret).decode()}"


def read(value: str | None) -> Key | None:
    """Return the key that a cookie's value holds, or None where it holds none."""
    name, _, secret = (value or "").partition(".")
    try:
        return Key(name, identity_from_secret(base64.urlsafe_b64decode(secret)))
    except (binascii.Error, ValueError):
        return None


class Bounds(TypedDict):
    """Where a cookie goes, and who may see it."""

    path: str
    secure: bool
    httponly: bool
    samesite: str


@dataclass(frozen=True)
class SessionCookie:
    """A cookie for one kind of visitor, until the browser is closed, for no page of another site and no script to see.

    Attributes:
        bare_name: its name over HTTP; over HTTPS it is bound to its host.
        site: the setting that says where these visitors come, such as ``DESK_URL``.
    """

    bare_name: str
    site: str

    @property
    def name(self) -> str:
        """The name that it has on this instance."""
        return sites.cookie_name(self.bare_name, self.site)

    def sent(self) -> str | None:
        """Return the value that the browser sent."""
        return request.cookies.get(self.name)

    def set(self, response: Response, value: str) -> None:
        """Hand the cookie to the browser."""
        response.set_cookie(self.name, value, **self._bounds)

    def drop(self, response: Response) -> None:
        """Take the cookie back."""
        response.delete_cookie(self.name, **self._bounds)

    @property
    def _bounds(self) -> Bounds:
        return {
            "path": sites.cookie_path(),
            "secure": sites.is_secure(self.site),
            "httponly": True,
            "samesite": "Strict",
        }
