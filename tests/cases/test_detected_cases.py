"""The language that a complaint is in, as the desk sees it: in the queue, on the case, in lists and figures."""

import json
import logging
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.cases import deletion
from intake.cases.models import Case
from intake.extensions import db, transaction
from tests.complaint.mailing import case_of, receive, written
from tests.factories import House, fields, make_case, make_member, send, sign_in, signed_code

_SENTENCES = json.loads((Path(__file__).resolve().parent / "tongues.json").read_text())
UZBEK = " ".join(_SENTENCES["uz-Cyrl"][:4])
KARAKALPAK = " ".join(_SENTENCES["kaa"][3:])
PERSIAN = "برادرم را شب از خانه بردند و تا حالا نمی\u200cدانیم کجاست. به وکیل اجازه نمی\u200cدهند."
UYGHUR = " ".join(_SENTENCES["ug"])
CHINESE = "".join(_SENTENCES["zh"])
MIXED = f"{CHINESE} — помогите, пожалуйста — {UYGHUR} \u200f{PERSIAN}\u202e"
UNCERTAIN = "Moego brata zabrali iz doma vecherom i ne govoryat gde on."


def only_case() -> Case:
    """Return the one case."""
    return db.session.scalars(select(Case)).one()


@pytest.mark.parametrize("lang", ["kk", "en"])
@pytest.mark.parametrize(
    ("story", "tag"),
    [(PERSIAN, "fa"), (KARAKALPAK, "kaa"), (UYGHUR, "ug"), (CHINESE, "zh"), (UZBEK, "uz-Cyrl"), (UNCERTAIN, None)],
)
def test_any_language_is_welcome_on_any_page_and_recognised(
    client: FlaskClient, house: House, lang: str, story: str, tag: str | None
) -> None:
    assert client.post(f"/{lang}/", data=fields(story=story, code=signed_code())).status_code == 200
    case = only_case()
    assert (case.language, case.detected) == (lang, tag)


def test_many_scripts_at_once_arrive_as_they_were_typed(client: FlaskClient, house: House) -> None:
    visitor = make_member(house, "KZ")
    send(client, story=MIXED)
    sign_in(client, visitor)
    page = client.get(f"/desk/cases/{only_case().reference}").text
    for part in (CHINESE, "помогите, пожалуйста", UYGHUR, PERSIAN):
        assert part in page


def test_a_mail_is_recognised_by_its_text(house: House) -> None:
    assert case_of(receive(written(text=UZBEK))).detected == "uz-Cyrl"


def test_further_words_tell_what_the_first_did_not_and_change_nothing_else(client: FlaskClient, house: House) -> None:
    code = signed_code()
    client.post("/ru/", data=fields(story=UNCERTAIN, code=code))
    assert only_case().detected is None
    client.post("/ru/", data={"story": UZBEK, "code": code})
    db.session.expire_all()
    assert only_case().detected == "uz-Cyrl"
    client.post("/ru/", data={"story": PERSIAN, "code": code})
    db.session.expire_all()
    assert only_case().detected == "uz-Cyrl"


def test_the_desk_sees_it_in_the_readers_words_and_filters_by_it(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    uzbek, english, unknown = make_case(story=UZBEK)[0], make_case()[0], make_case(story=UNCERTAIN)[0]
    page = client.get("/desk/").text
    assert "Uzbek (Cyrillic)</span>" in page
    assert "English</span>" not in page  # it is the language of the form
    for value, case in (("uz-Cyrl", uzbek), ("en", english), ("unknown", unknown)):
        found = client.get(f"/desk/?detected={value}").text
        assert [other.reference in found for other in (uzbek, english, unknown)].count(True) == 1
        assert case.reference in found
    assert "Something in this address" in client.get("/desk/?detected=xx").text
    assert "<dd>Uzbek (Cyrillic)" in client.get(f"/desk/cases/{uzbek.reference}").text
    assert "<dd>Not recognised" in client.get(f"/desk/cases/{unknown.reference}").text
    figures = client.get("/desk/dashboard").text
    assert "Arrivals by language of the words" in figures
    assert "Uzbek (Cyrillic)" in figures


def test_a_destroyed_case_keeps_no_trace_of_it(house: House) -> None:
    case = make_case(story=UZBEK)[0]
    with transaction():
        deletion.bury(case)
    assert case.detected is None


def test_no_log_names_the_language(client: FlaskClient, house: House, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        send(client, story=UZBEK)
    assert only_case().detected == "uz-Cyrl"
    assert not [record for record in caplog.records if "uz" in record.getMessage().lower().split()]
