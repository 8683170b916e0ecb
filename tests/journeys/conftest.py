"""Fixtures of the journeys: Chromium, a site, and a mail server."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask

from intake import config, post_settings
from intake.app import create_app
from intake.extensions import db
from intake.sealing import Cost
from intake.web import slowing
from tests.conftest import CHEAP, spare_the_disk
from tests.journeys.site import Site
from tests.servers.smtp import SmtpServer


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    """Run a real mail server on this machine."""
    with SmtpServer() as server:
        yield server


@pytest.fixture
def password_cost() -> Cost:
    """Return what deriving from a password costs: next to nothing, but where signing in is what a journey is about."""
    return CHEAP


@pytest.fixture
def app(settings: config.Settings, smtp: SmtpServer, password_cost: Cost) -> Iterator[Flask]:
    """Return the application as it runs for people, its letters sent by SMTP."""
    mail = post_settings.MailServer("smtp", host=smtp.host, port=smtp.port)
    app = create_app(replace(settings, mail=mail), password_cost=password_cost)
    slowing.forget()
    with app.app_context():
        spare_the_disk(db.engine)
        yield app
        db.session.remove()
        db.engine.dispose()


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    """Serve the application over HTTP."""
    with Site(app) as site:
        app.config["PUBLIC_URL"] = app.config["DESK_URL"] = site.url
        yield site


@pytest.fixture
def secure_site(settings: config.Settings, smtp: SmtpServer, password_cost: Cost, tmp_path: Path) -> Iterator[Site]:
    """Serve another application on the same database over HTTPS."""
    mail = post_settings.MailServer("smtp", host=smtp.host, port=smtp.port)
    secure = replace(settings, mail=mail, public_url="https://localhost", desk_url="https://localhost")
    app = create_app(secure, password_cost=password_cost)
    folder = tmp_path / "tls"
    folder.mkdir()
    with Site(app, folder) as site:
        yield site
        with app.app_context():
            db.engine.dispose()
