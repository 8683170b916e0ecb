"""Editors read every letter before it is ever sent, and what all letters have around them."""

from email import message_from_bytes, policy

import pytest
from flask import Flask
from flask.testing import FlaskClient

from intake.cases import letter_words
from intake.i18n import TAGS
from intake.members.models import EDITOR
from intake.outbox import message, previews
from tests.factories import House, letters, make_case, make_member, sign_in


@pytest.mark.parametrize("language", TAGS)
def test_every_letter_is_there_in_every_form_with_no_gap(app: Flask, house: House, language: str) -> None:
    found = {preview.kind: preview.forms for preview in previews.all_of(language)}
    assert set(found) == {*letter_words.KINDS, *letter_words.OF_THE_HOUSE}
    for forms in found.values():
        for form in forms:
            assert form.subject
            assert form.body.strip()
            assert not any(gap in f"{form.subject} {form.body}" for gap in ("\x02", "{{", "%("))
    urgent = {form.subject for form in found["new_case"]}
    assert len(urgent) == 2, "urgent and not"
    assert len(found["new_case"]) == 5, "and where nobody is seated, or all are away; and once more"
    assert len(found["overdue"]) == 4, "each step, and urgent"
    assert len(found["nudge"]) == 1


def test_what_is_shown_is_what_is_sent(app: Flask, house: House) -> None:
    case, *_ = make_case(urgent=True)
    sent = next(letter for letter in letters() if letter.language == "en")
    shown = {preview.kind: preview.forms for preview in previews.all_of("en")}["new_case"]
    bare = sent.body.replace(case.reference, "KZ-0000-00")
    urgent = next(form for form in shown if "Urgent: yes" in form.body)
    assert urgent.subject == sent.subject.replace(case.reference, "KZ-0000-00")
    assert {line for line in urgent.body.splitlines() if line} <= set(bare.splitlines())


def test_a_letter_that_is_filled_with_something_unknown_is_found_out(
    app: Flask, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(previews, "_samples", lambda: {"link": "https://example.org"})
    with pytest.raises(previews.NoSampleError, match="reference"):
        previews.all_of("en")


def test_editors_read_them_in_each_language(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ", role=EDITOR, language="en"))
    page = client.get("/desk/letters/templates").text
    assert "New case KZ-0000-00" in page
    assert "&lt;letters.acca.media&gt;" in page
    assert "Новое обращение KZ-0000-00" in client.get("/desk/letters/templates?language=ru").text
    assert "New case KZ-0000-00" in client.get("/desk/letters/templates?language=xx").text


def test_a_mailbox_can_sort_letters_and_shows_a_neutral_name(app: Flask, house: House) -> None:
    make_case()
    raw = message.of(letters()[0]).as_bytes()
    parsed = message_from_bytes(raw, policy=policy.default)
    assert parsed["From"] == "Desk <info@acca.media>"
    assert parsed["List-Id"] == "<letters.acca.media>"
    assert parsed["Auto-Submitted"] == "auto-generated"
    assert parsed["X-Auto-Response-Suppress"] == "All"
