"""Where the pictures are taken: a house of invented members and complaints, whose clock and chance are always the same.

So the same pages give the same pictures, and a picture that differs shows what changed.
"""

import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Self
from unittest.mock import patch

import flask_migrate
from flask import Flask
from itsdangerous import TimestampSigner
from playwright.sync_api import Browser, sync_playwright
from sqlalchemy import update

from intake import config, demo, i18n
from intake.app import create_app
from intake.cases import queries as cases
from intake.cases import triage
from intake.extensions import db, transaction
from intake.members.models import EDITOR, Member
from intake.reference import demo as people
from intake.sealing import Cost
from tests.factories import House, make_house, make_member
from tests.journeys.site import Site
from tests.servers import browser

BEGINNING = datetime(2026, 11, 22, 22, 0, tzinfo=UTC)
TODAY = datetime(2026, 11, 24, 5, 20, tzinfo=UTC)
COMPLAINTS, TAKEN_UP = 40, 3  # of so many, every third was taken up
SEED = 8
CHEAP = Cost(memory=8, passes=1)


class Clock(datetime):
    """The clock of the house, which stands where it is set."""

    standing = BEGINNING

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Self:
        """Return where it stands."""
        return cls.standing.astimezone(tz)  # type: ignore[return-value]  # nobody asks for more than a datetime

    @classmethod
    def go(cls, **by: float) -> None:
        """Let it go on by some minutes, hours or days."""
        cls.standing += timedelta(**by)


@dataclass(frozen=True)
class Stage:
    """A site with its house, ready to be looked at."""

    app: Flask
    site: Site
    chromium: Browser
    house: House
    editor: Member
    colleague: Member


@contextmanager
def stage() -> Iterator[Stage]:
    """Set everything up in a folder that is gone afterwards."""
    chance = Random(SEED)  # noqa: S311 invented codes open nothing
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="pictures-")))
        stack.enter_context(patch.object(i18n, "datetime", Clock))
        stack.enter_context(patch.object(secrets, "choice", chance.choice))
        stack.enter_context(patch.object(TimestampSigner, "get_timestamp", lambda _: int(Clock.standing.timestamp())))
        Clock.standing = BEGINNING
        app = create_app(config.load({"INTAKE_INSTANCE": str(folder)}), password_cost=CHEAP)
        stack.enter_context(app.app_context())
        stack.callback(db.engine.dispose)
        stack.callback(db.session.remove)
        flask_migrate.upgrade()
        house, (editor, colleague) = _peopled(chance)
        site = stack.enter_context(Site(app))
        app.config["PUBLIC_URL"] = app.config["DESK_URL"] = site.url
        chromium = browser.launch(stack.enter_context(sync_playwright()))
        stack.callback(chromium.close)
        yield Stage(app, site, chromium, house, editor, colleague)


def speak(member: Member, lang: str) -> None:
    """Let a member read the desk in a language."""
    with transaction():
        db.session.execute(update(Member).where(Member.id == member.id).values(language=lang, reads=lang))


def _peopled(chance: Random) -> tuple[House, list[Member]]:
    """Return a house with the members and complaints of the demonstration, some taken up, and its two editors."""
    house = make_house()
    members = [
        make_member(
            house,
            *(house.keys if person.role == EDITOR else person.countries),
            role=person.role,
            is_admin=person.role == EDITOR,
            language=person.language,
            name=person.name,
            address=person.address,
        )
        for person in people.members()
    ]
    ids = [member.id for member in members]
    chance.seed(SEED)  # members are made once in a process, and draw only then
    for number, complaint in enumerate(demo.complaints(COMPLAINTS, seed=1)):
        Clock.go(hours=(TODAY - BEGINNING) / timedelta(hours=1) / (COMPLAINTS + 1))
        reference = demo.send(complaint).reference
        if number % TAKEN_UP == 0:
            visitor = next(one for one in map(house.visitors.get, ids) if one and cases.seen_by(one, reference))
            with transaction():
                triage.acknowledge(visitor, reference)
    Clock.standing = TODAY
    return house, [one for one in members if one.role == EDITOR]
