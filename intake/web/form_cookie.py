"""The cookie that ties a form to its browser. A complainant has none, and nothing is made ready to read it."""

from flask import Flask, Request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

from intake.web import sites

BARE_NAME = "form"


class FormCookie(SecureCookieSessionInterface):
    """Flask's signed cookie, for the host and path that are asked; its signature only computed where one is brought."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """Return what the cookie holds: nothing without a cookie."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 the signature is Flask's
        """Return the name that it has on this site."""
        return sites.cookie_name(BARE_NAME, sites.setting_of_request())

    def get_cookie_path(self, app: Flask) -> str:  # noqa: ARG002 as above
        """Return the path of the pages that it serves."""
        return sites.cookie_path()

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002 as above
        """Return whether browsers may send it over HTTPS alone."""
        return sites.is_secure(sites.setting_of_request())
