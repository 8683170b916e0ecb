"""Canned replies: editors write them, members put them into a message, and what was typed stays."""

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from intake.cases import replies, scribbles
from intake.cases.models import CannedReply, Message
from intake.cases.scribbles import DRAFT
from intake.members.models import EDITOR
from tests.cases import page_of, post, tell, visit_of
from tests.factories import House, count_rows, make_case, make_member, make_reply, sign_in, token


def save(client: FlaskClient, path: str = "", **fields: str) -> TestResponse:
    """Post the form of a reply."""
    answers = {"language": "ru", "title": "Received", "text": "We have {reference}.", **fields}
    return client.post(f"/desk/replies{path}", data={**answers, "csrf_token": token(client, "/desk/replies")})


@pytest.fixture
def editor(client: FlaskClient, house: House) -> FlaskClient:
    """Return the browser of an editor."""
    sign_in(client, make_member(house, "KZ", role=EDITOR))
    return client


def test_an_editor_writes_changes_and_removes_a_reply(editor: FlaskClient) -> None:
    for _ in range(2):
        assert save(editor).status_code == 302, "pressed twice, it is one"
    assert count_rows(CannedReply) == 1
    page = editor.get("/desk/replies").get_data(as_text=True)
    assert "We have {reference}." in page
    assert "Русский" in page
    assert save(editor, "/1", title="Otherwise", language="kk").status_code == 302
    changed = editor.get("/desk/replies/1").get_data(as_text=True)
    assert 'value="Otherwise"' in changed
    assert '<option value="kk" selected>' in changed
    assert save(editor, "/1/remove").status_code == 302
    assert save(editor, "/1/remove").status_code == 302
    assert save(editor, "/1").status_code == 404
    assert count_rows(CannedReply) == 0


def test_a_journalist_cannot_write_replies_and_puts_them_into_messages(client: FlaskClient, house: House) -> None:
    reply = make_reply(make_member(house, role=EDITOR))
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    assert client.get("/desk/replies").status_code == 404
    assert client.get(f"/desk/replies/{reply.id}").status_code == 404
    page = page_of(client, case)
    assert f'<option value="{reply.id}">Received</option>' in page
    assert 'href="/desk/replies"' not in page


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"text": "Dear {nmae}, {name}, {}, {0.__class__}"}, "{nmae}, {}, {0.__class__}"),
        ({"text": ""}, "Write the reply"),
        ({"text": "a" * 10_001}, "10,000 characters at most"),
        ({"title": ""}, "1 to 100 characters"),
        ({"title": "a" * 101}, "1 to 100 characters"),
        ({"language": "xx"}, "Choose a language."),
    ],
)
def test_what_cannot_be_filled_in_is_shown_and_refused(editor: FlaskClient, fields: dict[str, str], said: str) -> None:
    answer = save(editor, **fields)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert fields.get("text", "We have {reference}.") in page, "what was typed stays"
    assert count_rows(CannedReply) == 0


def test_a_reply_is_filled_in_and_says_nothing_that_nobody_knows(house: House) -> None:
    member = make_member(house, "KZ", name="{country}")
    case, _, _ = make_case()
    text = "{name}: {reference}, {country}. {deleted} { and }"
    reply = CannedReply(language="kk", title="", text=text)
    assert replies.filled(reply, case, member) == f"{{country}}: {case.reference}, Қазақстан. {{deleted}} {{ and }}"
    elsewhere, _, _ = make_case("other")
    reply.text = "{country}"
    assert replies.filled(reply, elsewhere, member)


def test_the_complainants_language_comes_first(client: FlaskClient, house: House) -> None:
    writer = make_member(house, role=EDITOR)
    for language in ("kk", "ru", "en"):
        make_reply(writer, language, f"Reply in {language}")
    case, keys, _ = make_case(language="ru")
    sign_in(client, make_member(house, "KZ"))

    def order() -> list[str]:
        page = page_of(client, case)
        return sorted(("kk", "ru", "en"), key=lambda tag: page.index(f"Reply in {tag}<"))

    assert order() == ["ru", "en", "kk"]
    tell(visit_of(case, keys), case, "contact", contact_mode="code", reply_lang="kk")
    assert order() == ["kk", "en", "ru"]


def test_a_chosen_reply_stands_below_what_was_typed_which_is_kept(client: FlaskClient, house: House) -> None:
    reply = make_reply(make_member(house, role=EDITOR), text="We have {reference}.")
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    sign_in(client, member)
    chosen = post(client, case, "reply", text="Hello!", once="a", reply=str(reply.id))
    assert chosen.headers["Location"] == f"/desk/cases/{case.reference}?reply={reply.id}#conversation"
    filled = f"Hello!\n\nWe have {case.reference}.</textarea>"
    assert filled in page_of(client, case, f"?reply={reply.id}")
    assert "Hello!</textarea>" in page_of(client, case), "what was typed is kept"
    assert count_rows(Message) == 0
    saved = scribbles.read(house.visitors[member.id], case)[DRAFT]
    both = f"Hello!\n\nWe have {case.reference}."
    assert post(client, case, "draft", text=both, kept=saved.version).status_code == 302
    assert filled in page_of(client, case, f"?reply={reply.id}"), "it is not put there twice"


@pytest.mark.parametrize("reply", ["77", "x", "-1", "99999999999999999999"])
def test_a_reply_that_is_not_there_changes_nothing(client: FlaskClient, house: House, reply: str) -> None:
    case, _, _ = make_case()
    sign_in(client, make_member(house, "KZ"))
    assert client.get(f"/desk/cases/{case.reference}?reply={reply}").status_code == 200
    assert post(client, case, "reply", text="Hello!", reply=reply).status_code == 302
    assert "Hello!</textarea>" in page_of(client, case)
