"""Dates, lengths of time and numbers as each language says them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from babel import Locale
from flask import Flask
from flask_babel import gettext

from intake import i18n
from intake.i18n import TAGS, locale_of, speaking

MOMENT = datetime(2026, 9, 5, 14, 30, tzinfo=UTC)
DAYS = {
    "ru": "5 сентября 2026",
    "kk": "2026 ж. 5 қыркүйек",
    "ky": "2026-ж. 5-сентябрь",
    "uz": "2026-yil 5-sentabr",
    "uz-Cyrl": "2026-йил 5-сентябрь",
    "tg": "5 сентябри 2026",
    "tk": "5 sentýabr 2026",
    "en": "5 September 2026",
}
SPANS = {
    "ru": ["3 часа", "5 дней", "3 недели"],
    "kk": ["3 сағат", "5 күн", "3 апта"],
    "ky": ["3 саат", "5 күн", "3 апта"],
    "uz": ["3 soat", "5 kun", "3 hafta"],
    "uz-Cyrl": ["3 соат", "5 кун", "3 ҳафта"],
    "tg": ["3 соат", "5 рӯз", "3 ҳафта"],
    "tk": ["3 sagat", "5 gün", "3 hepde"],
    "en": ["3 hours", "5 days", "3 weeks"],
}
NUMBERS = {"ru": "1\xa0234", "kk": "1\xa0234", "ky": "1\xa0234", "uz": "1\xa0234", "uz-Cyrl": "1\xa0234"}
NUMBERS |= {"tg": "1\xa0234", "tk": "1\xa0234", "en": "1,234"}


@pytest.mark.parametrize("tag", TAGS)
def test_a_day_is_named_in_every_language(app: Flask, tag: str) -> None:
    with app.test_request_context(), speaking(tag):
        assert i18n.day(MOMENT) == DAYS[tag]
        assert i18n.day_and_time(MOMENT) == f"{DAYS[tag]}, 14:30 UTC"
        assert i18n.number(1234) == NUMBERS[tag]


@pytest.mark.parametrize("tag", TAGS)
def test_a_length_of_time_is_said_in_every_language(app: Flask, tag: str) -> None:
    lengths = [timedelta(hours=3), timedelta(days=5), timedelta(days=21)]
    with app.test_request_context(), speaking(tag):
        said = [i18n.waiting_since(i18n.now() - length) for length in lengths]
    assert said == SPANS[tag]


@pytest.mark.parametrize("tag", TAGS)
def test_a_number_of_days_takes_the_form_that_the_language_gives_it(app: Flask, tag: str) -> None:
    with app.test_request_context(), speaking(tag):
        said = [i18n.span(days) for days in (1, 2, 5, 21, 730)]
    words = [text.split(maxsplit=1)[1] for text in said]
    if tag == "ru":
        assert words == ["день", "дня", "дней", "день", "года"]
    else:
        assert words[1] == words[2] == words[3]
        assert (words[0] != words[1]) == (tag == "en")


@pytest.mark.parametrize("tag", TAGS)
def test_every_language_is_known_to_babel_by_its_own_tag(app: Flask, tag: str) -> None:
    assert str(locale_of(tag)) == tag.replace("-", "_")
    with app.test_request_context(), speaking(tag):
        assert i18n.language_tag() == tag
        assert gettext("Send") == app.extensions["babel"].instance.domain_instance.get_translations().ugettext("Send")


def test_nothing_is_said_in_another_language_but_by_the_tag_of_ours() -> None:
    """Babel writes uz_Cyrl where pages write uz-Cyrl; `speaking` and `locale_of` know both."""
    others = [path for path in Path(i18n.__file__).parent.rglob("*.py") if path.name != "i18n.py"]
    assert [path.name for path in others if "force_locale" in path.read_text("utf-8")] == []


def test_cldr_gives_tajik_one_form_only() -> None:
    """Its catalogue has two forms, as gettext wants for a language that CLDR does not count in."""
    assert {Locale.parse("tg").plural_form(number) for number in range(200)} == {"other"}
