"""Complaints to send, and what our own server answered and wrote for one of each country: the bare twin's patterns."""

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Flask

from intake.cases import return_code
from intake.reference.countries import COUNTRIES
from intake.reference.demo import stories
from tests.bench.instance import LANGUAGE, Instance
from tests.bench.rows import BenchError
from tests.factories import reference_on, signed_code

FILE = "sample.json"
PATH = f"/{LANGUAGE}/"
STORIES = 120
SEED = 7
# Groups that stand nowhere else on the page, so that the pattern replaces the code and nothing more.
_DIGITS = "83915062749380162574961"


@dataclass(frozen=True)
class Sample:
    """The pages of our own server with places for what differs, and the references of what was sent.

    Attributes:
        page: the answer, with places for the reference, the signed code and the groups of the code.
        form: the complaint page, with a place for the signed code.
        references: of the complaint of each country.
    """

    page: str
    form: str
    references: dict[str, str]

    def filled(self, signed: str, reference: str) -> str:
        """Return the page for another case."""
        return self.page % values(signed, reference)

    @classmethod
    def read(cls, folder: Path) -> "Sample":
        """Return what ``taken`` left in an instance's folder."""
        return cls(**json.loads((folder / FILE).read_text()))


def values(signed: str, reference: str) -> dict[str, str]:
    """Return what stands in the places of an answer page."""
    groups = return_code.groups(signed[: return_code.LENGTH])
    return {"signed": signed, "reference": reference, **{f"group{place}": text for place, text in enumerate(groups)}}


def bodies() -> Iterator[dict[str, str]]:
    """Return the answers of invented complaints, without their codes: for our countries, none urgent, for ever."""
    invented = [story for story in stories(STORIES, SEED) if story.country in COUNTRIES]
    while True:
        for story in invented:
            yield {
                "country": story.country,
                "story": story.story,
                "contact_mode": story.contact_mode,
                "contact_value": story.contact_value,
                "consent": "1",
                "website": "",
                "person": "",
            }


def forms() -> Iterator[bytes]:
    """Return the same, encoded as a browser sends them, up to where the signed code follows."""
    return cycle([urlencode(fields).encode() + b"&code=" for fields in islice(bodies(), STORIES)])


def taken(app: Flask, instance: Instance) -> Sample:
    """Send one complaint for each country to our own application, and keep the answer as a pattern.

    Raises:
        BenchError: a page was not the answer, or it shows more than code and reference of what is sent.
    """
    pages: dict[str, tuple[str, str]] = {}
    references: dict[str, str] = {}
    check = return_code.check_digit(_DIGITS)
    for country in COUNTRIES:
        fields = next(fields for fields in bodies() if fields["country"] == country)
        signed = signed_code(_DIGITS + check if not pages else None)
        answer = app.test_client().post(PATH, data={**fields, "code": signed})
        text = answer.get_data(as_text=True)
        if answer.status_code != 200:
            message = f"a complaint was answered with {answer.status}"
            raise BenchError(message)
        references[country] = reference_on(text)
        pages[signed] = (text, references[country])
    (first_code, (first, reference)), (second_code, (second, other)), *_ = pages.items()
    sample = Sample(pattern(first, values(first_code, reference)), _form(app), references)
    if len(sample.filled(second_code, other).encode()) != len(second.encode()):
        message = "the answer page shows more than it did: teach tests/bench/sample.py its new places"
        raise BenchError(message)
    (instance.folder / FILE).write_text(json.dumps(asdict(sample)))
    return sample


def _form(app: Flask) -> str:
    """Return the complaint page with a place for its code.

    Raises:
        BenchError: there is none on it.
    """
    text = app.test_client().get(PATH).get_data(as_text=True)
    found = re.search(r'name="?code"? value="?([^">]+)', text)
    if not found:
        message = "the complaint page carries no code"
        raise BenchError(message)
    return pattern(text, {"signed": found[1]})


def pattern(text: str, places: dict[str, Any]) -> str:
    """Return a text with named places for ``%`` where these values stood."""
    text = text.replace("%", "%%")
    for name, value in places.items():
        text = text.replace(str(value), f"%({name})s")
    return text
