"""Standing where the questions of a block are asked."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from flask import Flask

from intake.followup import dates, questions

NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)


@pytest.fixture
def lang() -> str:
    """Return the language of the page."""
    return "en"


@pytest.fixture
def asked(app: Flask, lang: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Stand inside of a request, as a view does, on an evening that is the next day already in Kazakhstan."""
    for module in (dates, questions):
        monkeypatch.setattr(module, "now", lambda: NOW)
    with app.test_request_context(f"/{lang}/case/details/x"):
        yield app
