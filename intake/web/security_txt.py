"""How to tell us of a hole: RFC 9116."""

from datetime import timedelta

from flask import Blueprint, Response, current_app

from intake.i18n import TAGS, now
from intake.web.access import public

blueprint = Blueprint("security_txt", __name__)
GOOD_FOR = timedelta(days=180)  # RFC 9116 wants less than a year


@blueprint.get("/.well-known/security.txt")
@public
def page() -> Response:
    """Name whom to write to; the newsroom's address reads all languages of the house."""
    until = (now() + GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = (
        f"Contact: mailto:{current_app.config['SECURITY_ADDRESS']}",
        f"Expires: {until:%Y-%m-%dT%H:%M:%SZ}",
        f"Preferred-Languages: {', '.join(TAGS)}",
        f"Canonical: {current_app.config['PUBLIC_URL']}/.well-known/security.txt",
    )
    return Response("\n".join((*lines, "")), content_type="text/plain; charset=utf-8")
