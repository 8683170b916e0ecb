"""Where pages are served: the complainants' host and the members', a path of another site, an onion address."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, abort, current_app, has_request_context, request

if TYPE_CHECKING:
    from collections.abc import Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

FOR_MEMBERS = ("/desk", "/static")
FOR_MACHINES = ("/healthz", "/metrics")


class Mounted:
    """Serves the complainants' pages under a path of their host, as ``INTAKE_PUBLIC_URL`` names it."""

    def __init__(self, application: "WSGIApplication", public_url: str) -> None:
        """Take the application that is served, and the address with its path."""
        self._application, self._site = application, urlsplit(public_url)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> "Iterable[bytes]":
        """Hand the path over as what stands before every address of ours."""
        before, asked = self._site.path, environ.get("PATH_INFO", "")
        if environ.get("HTTP_HOST") == self._site.netloc and f"{asked}/".startswith(f"{before}/"):
            environ["SCRIPT_NAME"] = environ.get("SCRIPT_NAME", "") + before
            environ["PATH_INFO"] = asked.removeprefix(before) or "/"
        return self._application(environ, start_response)


def init(app: Flask, public_url: str, desk_url: str, onion_url: str | None) -> None:
    """Let each host serve its own pages alone.

    Args:
        app: the application.
        public_url: where complainants find it, perhaps under a path of another site's host.
        desk_url: where members find it; without a path, on both hosts everything, if it is the public host.
        onion_url: where complainants find it through Tor besides, or None; members too where the host is the same.
    """
    public, desk = urlsplit(public_url), urlsplit(desk_url)
    if public.path:
        app.wsgi_app = Mounted(app.wsgi_app, public_url)  # type: ignore[method-assign]  # Flask's own way
    if public.netloc == desk.netloc:
        return
    hosts = {public.netloc: public.path, **({urlsplit(onion_url).netloc: ""} if onion_url else {})}

    @app.before_request
    def _refuse_the_other_host() -> None:
        if request.path.startswith(FOR_MACHINES):
            return
        if request.path.startswith(FOR_MEMBERS):
            own = request.host == desk.netloc
        else:
            own = hosts.get(request.host) == request.script_root
        if not own:
            abort(404)


def is_onion() -> bool:
    """Return whether the page is asked for at the onion address beside another one."""
    onion = current_app.config["ONION_URL"]
    return bool(onion) and has_request_context() and request.host == urlsplit(onion).netloc


def is_secure(setting: str) -> bool:
    """Return whether browsers reach the pages over HTTPS.

    Args:
        setting: whose pages: ``PUBLIC_URL`` or ``DESK_URL``.
    """
    return str(current_app.config[setting]).startswith("https://") and not is_onion()


def setting_of_request() -> str:
    """Return whose page is asked for, as the setting that says where those pages are."""
    return "DESK_URL" if request.path.startswith(FOR_MEMBERS) else "PUBLIC_URL"


def cookie_name(bare_name: str, setting: str) -> str:
    """Return the name of a cookie: bound to its host over HTTPS, to a path where the pages have one."""
    if not is_secure(setting):
        return bare_name
    return f"__Secure-{bare_name}" if request.script_root else f"__Host-{bare_name}"


def cookie_path() -> str:
    """Return the path that a cookie is sent to."""
    return request.script_root or "/"
