"""Fixtures of the tests of cases: a journalist of Kazakhstan, and the worker at moments that a test chooses."""

import pytest
from flask import Flask

from intake.members.models import Member
from intake.members.sessions import Visitor
from tests.cases.ending import Worker
from tests.factories import House, make_member


@pytest.fixture
def work(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Worker:
    """Return the worker that ends cases."""
    return Worker(app, monkeypatch)


@pytest.fixture
def ana(house: House) -> Member:
    """Return a journalist of the Kazakhstan desk."""
    return make_member(house, "KZ", name="Ana")


@pytest.fixture
def visitor(house: House, ana: Member) -> Visitor:
    """Return the journalist as they are signed in."""
    return house.visitors[ana.id]
