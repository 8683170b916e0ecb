"""Fixtures of complaints: a site that canaries reach, and their clock."""

from collections.abc import Iterator

import pytest
from flask import Flask

from intake.complaint import canary, canary_rounds, robots
from tests.complaint.canaries import Clock
from tests.factories import House
from tests.journeys.site import Site


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return the clock of the canaries' rounds."""
    clock = Clock()
    monkeypatch.setattr("intake.complaint.canary_rounds.now", clock)
    return clock


@pytest.fixture
def two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be canaries of two countries alone, where six tell no more."""
    monkeypatch.setattr(canary, "ALL", ("KZ", "other"))


@pytest.fixture
def site(app: Flask, house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Serve the application over HTTP, let canaries know where, and nobody wait for a person who fills in a form."""
    monkeypatch.setattr(canary_rounds, "PAUSE", 0)
    monkeypatch.setattr(robots, "SHORTEST_TIME", 0)
    with Site(app) as site:
        app.config["CANARY_HOURS"] = 24
        app.config["PUBLIC_URL"] = app.config["CANARY_URL"] = site.url
        yield site
