"""Searching: what is found, by whom, and where it is shown."""

import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import delete, select, update

from intake.audit import AuditEntry
from intake.cases import deletion, indexing, search, search_pages, statuses
from intake.cases.models import Case, Note, SearchEntry, SearchPage, Statement
from intake.cases.search_words import terms_of
from intake.desks import queries as desks
from intake.desks.models import Seat
from intake.extensions import StaleError, db, settle, transaction
from intake.followup import blocks
from intake.i18n import now
from intake.members.models import EDITOR
from intake.members.sessions import Visitor
from intake.sealing import SealedBytes, seal_document
from tests.cases import saved, tell, visit_of, write
from tests.cases.rotating import A_WHILE, desk_named, opened_by, rotate
from tests.factories import House, count_rows, destroy_due, make_case, make_member, sign_in, token

RIGHT_TO_LEFT = "قازاقستان 2026"


def look(client: FlaskClient, words: str, **fields: str) -> str:
    """Search; return the page."""
    answer = client.post("/desk/search", data={"words": words, "csrf_token": token(client, "/desk/search"), **fields})
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True)


def references(page: str) -> list[str]:
    """Return the references of the cases that a page shows."""
    return re.findall(r'class="reference" href="/desk/cases/([^"]+)"', page)


def make_searchable(visitor: Visitor) -> int:
    """Make everything searchable; return how many cases were put on pages."""
    return sum(settle(write_some, indexing.save) for write_some in indexing.turns(visitor, A_WHILE, blocks.typed))


def found(visitor: Visitor, words: str) -> list[str]:
    """Return the references of the cases that a member finds, without making more searchable."""
    db.session.rollback()
    return [one.case.reference for one in search.find(visitor, terms_of(words), search.Filters()).cases]


def add_note(case: Case, text: str, replaces: int | None = None) -> int:
    """Add a note of the desk; return its number."""
    key = desks.current_key(case.desk_id)
    words = {"reference": case.reference, "at": now().isoformat(), "text": text}
    with transaction():
        note = Note(
            case_id=case.id,
            replaces_id=replaces,
            desk_key_id=key.id,
            once=text,
            sealed=seal_document("note/1", words, [key.recipient]),
            written_at=now(),
        )
        db.session.add(note)
        db.session.flush()
        return note.id


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a search make everything searchable first, however busy this machine is."""
    monkeypatch.setattr("intake.cases.search_views.BEFORE_A_SEARCH", A_WHILE)


@pytest.fixture
def visitor(house: House) -> Visitor:
    """Return a journalist of Kazakhstan."""
    return house.visitors[make_member(house, "KZ").id]


def test_a_word_of_a_story_finds_its_case_in_another_script(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case("KZ", story="Ўзбекистонда Xylophagous деган одам олиб кетилди.")
    make_case("KZ")
    sign_in(client, make_member(house, "KZ"))
    page = look(client, "oʻzbek xylo")
    assert references(page) == [case.reference]
    assert "<mark>Ўзбекистонда</mark> <mark>Xylophagous</mark>" in page
    assert references(look(client, "oʻzbek monday")) == []
    assert "No case has all of these words" in look(client, "quokka")


def test_whatever_was_written_is_found_and_said_where(client: FlaskClient, house: House, visitor: Visitor) -> None:
    case, code, _ = make_case("KZ", contact_mode="email", contact_value="kakapo@example.org")
    tell(visit_of(case, code), case, "danger", note="At noon in Zanzibar")
    write(visit_of(case, code), case, "Is the wombat there?")
    settle(lambda: statuses.seal_status(visitor, saved(case), "closed", "Told the numbat"), statuses.give)
    first = add_note(saved(case), "An echidna said so")
    sign_in(client, visitor.member)
    expected = {
        "Monday": "In the story",
        "zanzibar": "In the answers",
        "wombat": "In a message",
        "numbat": "In the words of a status",
        "echidna": "In a note",
        "kakapo": "In the contact details",
    }
    pages = {word: look(client, word) for word in expected}
    assert {word: [words for words in expected.values() if words in page] for word, page in pages.items()} == {
        word: [words] for word, words in expected.items()
    }
    assert "example.org" not in pages["kakapo"], "contact details are read on the case's page alone"
    add_note(saved(case), "A quoll said so", replaces=first)
    assert references(look(client, "quoll wombat")) == [case.reference]
    assert references(look(client, "echidna")) == [], "a note that was replaced says nothing any more"


def test_another_desks_words_are_never_found(client: FlaskClient, house: House, visitor: Visitor) -> None:
    elsewhere = make_member(house, "KG")
    make_case("KZ", story="Xylophagous was here, and I saw it.")
    case, _, _ = make_case("KG", story="Quokkafish was here, and I saw it.")
    make_searchable(visitor)
    make_searchable(house.visitors[elsewhere.id])
    sign_in(client, elsewhere)
    assert references(look(client, "Xylophagous")) == []
    assert references(look(client, "quokkafish")) == [case.reference]
    kz, own = str(desk_named("KZ").id), str(desk_named("KG").id)
    assert references(look(client, "quokkafish", desk=own, country="KG")) == [case.reference]
    assert references(look(client, "quokkafish", country="KZ")) == []
    forged = {"words": "Xylophagous", "desk": kz, "csrf_token": token(client, "/desk/search")}
    answer = client.post("/desk/search", data=forged)
    assert answer.status_code == 422
    assert references(answer.get_data(as_text=True)) == []


def test_whoever_lost_their_seat_finds_nothing(client: FlaskClient, house: House, visitor: Visitor) -> None:
    case, _, _ = make_case("KZ")
    sign_in(client, visitor.member)
    assert references(look(client, "Monday")) == [case.reference]
    with transaction():
        db.session.execute(delete(Seat).where(Seat.member_id == visitor.member.id))
    page = look(client, "Monday")
    assert references(page) == []
    assert "not searchable" not in page


def test_an_editor_finds_the_cases_of_all_desks_newest_first(client: FlaskClient, house: House) -> None:
    cases = [make_case(country)[0] for country in ("KZ", "KG", "UZ")]
    with transaction():
        older = now() - timedelta(days=3)
        db.session.execute(update(Case).where(Case.id == cases[2].id).values(received_at=older))
    sign_in(client, make_member(house, *house.keys, role=EDITOR))
    assert references(look(client, "monday"))[2] == cases[2].reference
    assert set(references(look(client, "monday"))) == {case.reference for case in cases}


def test_new_words_are_found_after_the_next_step_and_the_page_says_so(
    client: FlaskClient, house: House, visitor: Visitor
) -> None:
    case, code, _ = make_case("KZ")
    sign_in(client, visitor.member)
    page = client.get("/desk/search").get_data(as_text=True)
    assert "1 case is not searchable yet, of 1." in page
    press = {"csrf_token": token(client, "/desk/search")}
    assert client.post("/desk/search/step", data=press).headers["Location"] == "/desk/search"
    assert "not searchable" not in client.get("/desk/search").get_data(as_text=True)
    write(visit_of(case, code), case, "The wombat came back.")
    assert found(visitor, "wombat") == []
    assert search_pages.count(visitor.member) == (1, 1)
    assert make_searchable(visitor) == 1
    assert found(visitor, "wombat monday") == [case.reference]
    assert client.post("/desk/search/step", data=press).headers["Location"] == "/desk/search?paused=1"


def test_a_page_holds_so_many_cases_and_the_next_one_the_rest(
    house: House, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_pages.PAGES, "most_cases", 3)
    monkeypatch.setattr(indexing, "AT_ONCE", 2)
    cases = [make_case("KZ", story=f"The wombat number {number} came.")[0] for number in range(7)]
    make_searchable(visitor)
    assert 2 <= count_rows(SearchPage) <= 4
    assert sorted(found(visitor, "wombat")) == sorted(case.reference for case in cases)
    assert found(visitor, '"number 4"') == [cases[4].reference]
    assert make_searchable(visitor) == 0


def test_a_destroyed_case_is_not_found_and_no_page_holds_its_words(house: House, visitor: Visitor) -> None:
    case, code, _ = make_case("KZ", story="Xylophagous was here, and I saw it.")
    other, _, _ = make_case("KZ")
    make_searchable(visitor)
    with transaction():
        deletion.ask(visit_of(case, code))
    assert found(visitor, "xylophagous") == [case.reference], "the desk sees what is to be deleted"
    assert destroy_due(now() + timedelta(days=8)) == 1
    assert found(visitor, "xylophagous") == []
    assert count_rows(SearchPage) == count_rows(SearchEntry) == 0, "nobody was signed in, and nothing is left of it"
    assert make_searchable(visitor) == 1
    assert found(visitor, "monday") == [other.reference]


def test_a_case_of_another_desk_by_now_is_found_there_and_only_there(house: House, visitor: Visitor) -> None:
    case, _, _ = make_case("KZ")
    make_searchable(visitor)
    editor = house.visitors[make_member(house, *house.keys, role=EDITOR).id]
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(desk_id=desk_named("KG").id))
    assert found(visitor, "monday") == found(editor, "monday") == []
    assert make_searchable(editor) == 1
    assert found(editor, "monday") == [case.reference]
    assert count_rows(SearchPage) == 1, "the page of the desk that it left is gone"
    with transaction():
        search_pages.forget(case.id)
    assert count_rows(SearchPage) == count_rows(SearchEntry) == 0


def test_a_page_that_was_written_while_a_case_was_destroyed_is_not_kept(house: House, visitor: Visitor) -> None:
    case, code, _ = make_case("KZ")
    (write_some,) = [next(iter(indexing.turns(visitor, A_WHILE, blocks.typed)))]
    draft = write_some()
    with transaction():
        deletion.ask(visit_of(case, code))
    destroy_due(now() + timedelta(days=8))
    with pytest.raises(StaleError), transaction():
        indexing.save(draft)
    assert count_rows(SearchPage) == 0


def test_two_who_write_the_same_page_at_once_put_a_case_on_one(house: House, visitor: Visitor) -> None:
    case, code, _ = make_case("KZ")
    both = [next(iter(indexing.turns(visitor, A_WHILE, blocks.typed)))() for _ in range(2)]
    for draft in both:
        with transaction():
            indexing.save(draft)
    assert count_rows(SearchPage) == count_rows(SearchEntry) == 1
    write(visit_of(case, code), case, "The wombat came back.")
    both = [next(iter(indexing.turns(visitor, A_WHILE, blocks.typed)))() for _ in range(2)]
    with transaction():
        indexing.save(both[0])
    with pytest.raises(StaleError), transaction():
        indexing.save(both[1])
    assert found(visitor, "wombat") == [case.reference]


def test_rotating_a_desk_seals_its_search_pages_anew(house: House, visitor: Visitor) -> None:
    case, code, _ = make_case("KZ")
    make_searchable(visitor)
    assert "search_page.sealed" in opened_by(house.identity("KZ"))
    rotate(visitor)
    assert "search_page.sealed" not in opened_by(house.identity("KZ"))
    assert found(visitor, "monday") == [case.reference]
    write(visit_of(case, code), case, "The wombat came back.")
    assert make_searchable(visitor) == 1
    assert found(visitor, "wombat") == [case.reference]


def test_a_page_that_was_altered_is_made_anew(client: FlaskClient, house: House, visitor: Visitor) -> None:
    case, _, _ = make_case("KZ")
    make_searchable(visitor)
    with transaction():
        db.session.execute(update(SearchPage).values(sealed=SealedBytes(b"nothing")))
    sign_in(client, visitor.member)
    page = look(client, "monday")
    assert (references(page), "1 case is not searchable yet" in page) == ([], True)
    assert references(look(client, "monday")) == [case.reference]


def test_a_statement_that_was_altered_stops_nobody(house: House, visitor: Visitor) -> None:
    case, code, _ = make_case("KZ")
    other, _, _ = make_case("KZ")
    write(visit_of(case, code), case, "The wombat came back.")
    with transaction():
        altered = update(Statement).where(Statement.case_id == case.id)
        db.session.execute(altered.values(sealed=SealedBytes(b"nothing")))
    assert make_searchable(visitor) == 2
    assert found(visitor, "wombat") == [case.reference]
    assert found(visitor, "monday") == [other.reference]


def test_searching_is_written_down_on_each_desks_chain_without_its_words(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", "KG")
    sign_in(client, member)
    look(client, "Xylophagous")
    look(client, "Xylophagous", desk=str(desk_named("KG").id))
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "case.searched")).all()
    kz, kg = desk_named("KZ").id, desk_named("KG").id
    assert sorted((entry.chain, entry.member_id, str(entry.detail)) for entry in entries) == sorted(
        (desk_id, member.id, "{}") for desk_id in (kz, kg, kg)
    )


def test_a_reference_leads_to_its_case(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case("KZ")
    elsewhere, _, _ = make_case("KG")
    sign_in(client, make_member(house, "KZ"))
    press = {"csrf_token": token(client, "/desk/search")}
    answer = client.post("/desk/search", data={**press, "words": f" {case.reference.lower()} "})
    assert (answer.status_code, answer.headers["Location"]) == (302, f"/desk/cases/{case.reference}")
    assert client.post("/desk/search", data={**press, "words": elsewhere.reference}).status_code == 200


def test_results_come_in_pages_and_a_forged_page_is_one_of_them(client: FlaskClient, house: House) -> None:
    cases = [make_case("KZ")[0].reference for _ in range(27)]
    member = make_member(house, "KZ")
    make_searchable(house.visitors[member.id])
    sign_in(client, member)
    first, second = look(client, "monday"), look(client, "monday", number="2")
    assert (len(references(first)), len(references(second))) == (25, 2)
    assert set(references(first)) | set(references(second)) == set(cases)
    assert "27 cases found" in first
    assert "Page 2 of 2" in second
    for forged, shown in (("0", 25), ("-1", 25), ("", 25), ("x' OR 1", 25), ("99", 2), ("9" * 400, 25), ("1e3", 25)):
        assert len(references(look(client, "monday", number=forged))) == shown, forged


@pytest.mark.parametrize("words", ["a" * 10_000, "слово " * 2_000, "", " ", "?!…", '""', "%_"])
def test_what_is_no_search_is_said_kindly(client: FlaskClient, house: House, words: str) -> None:
    make_case("KZ")
    sign_in(client, make_member(house, "KZ"))
    press = {"csrf_token": token(client, "/desk/search")}
    for path in ("/desk/search", "/desk/search/saved"):
        answer = client.post(path, data={**press, "words": words})
        assert answer.status_code == 422
        assert 'id="words-e"' in answer.get_data(as_text=True)


@pytest.mark.parametrize("words", ["(q+)+$", "[", "\\", ".*", "mon.*", "m%n", "mon_ay", "' OR '1'='1", "^monday"])
def test_signs_mean_nothing(client: FlaskClient, house: House, words: str) -> None:
    case, _, _ = make_case("KZ", story="They came on Monday and took him away.")
    sign_in(client, make_member(house, "KZ"))
    press = {"csrf_token": token(client, "/desk/search")}
    answer = client.post("/desk/search", data={**press, "words": words})
    expected = [case.reference] if words in {"mon.*", "^monday"} else []
    assert references(answer.get_data(as_text=True)) == expected


def test_what_a_story_holds_is_shown_as_text(client: FlaskClient, house: House) -> None:
    make_case("KZ", story=f"<script>alert(1)</script> xylophagous <b>\"'& {RIGHT_TO_LEFT}, and more")
    sign_in(client, make_member(house, "KZ"))
    page = look(client, "xylophagous script")
    assert "&lt;<mark>script</mark>&gt;alert(1)&lt;/<mark>script</mark>&gt; <mark>xylophagous</mark> &lt;b&gt;" in page
    assert "<script>alert" not in page
    assert f"<mark>{RIGHT_TO_LEFT.split(maxsplit=1)[0]}</mark>" in look(client, RIGHT_TO_LEFT.split(maxsplit=1)[0])
    assert '"&gt;&lt;img' in look(client, '"><img src=x>').replace("&#34;", '"'), "nor does what was typed"


def test_a_match_is_shown_in_its_surroundings(client: FlaskClient, house: House) -> None:
    make_case("KZ", story=f"{'before ' * 200}the Xylophagous one {'after ' * 200}")
    sign_in(client, make_member(house, "KZ"))
    (passage,) = re.findall(r'<p class="words passage">(.*?)</p>', look(client, "xylophagous before"))
    text = re.sub(r"</?mark>", "", passage)
    assert text.startswith(("before before", "… before"))
    (passage,) = re.findall(r'<p class="words passage">(.*?)</p>', look(client, "xylophagous"))
    assert re.fullmatch(r"… (before )+the <mark>Xylophagous</mark> one( after)+ …", passage)
    assert len(passage) < 400


def test_saved_searches_are_the_members_own(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case("KZ")
    own, other = make_member(house, "KZ"), make_member(house, "KZ")
    sign_in(client, own)
    press = {"csrf_token": token(client, "/desk/search")}
    saving = client.post("/desk/search/saved", data={**press, "words": "monday <brother>", "country": "KZ"})
    assert saving.headers["Location"] == "/desk/search"
    page = client.get("/desk/search").get_data(as_text=True)
    assert "<bdi>monday &lt;brother&gt;</bdi> · Kazakhstan" in page
    assert references(look(client, "monday <brother>", country="KZ")) == [case.reference]
    (number,) = re.findall(r"/desk/search/saved/(\d+)/delete", page)
    sign_in(stranger := client.application.test_client(), other)
    assert "monday" not in stranger.get("/desk/search").get_data(as_text=True)
    stranger.post(f"/desk/search/saved/{number}/delete", data={"csrf_token": token(stranger, "/desk/search")})
    assert number in client.get("/desk/search").get_data(as_text=True)
    client.post(f"/desk/search/saved/{number}/delete", data=press)
    assert "/delete" not in client.get("/desk/search").get_data(as_text=True)


def test_there_is_an_end_to_saved_searches(client: FlaskClient, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("intake.cases.saved_searches.MOST", 1)
    sign_in(client, make_member(house, "KZ"))
    press = {"csrf_token": token(client, "/desk/search")}
    answers = [client.post("/desk/search/saved", data={**press, "words": "monday"}).status_code for _ in range(2)]
    assert answers == [302, 422]


def test_an_address_never_holds_what_is_searched_for(client: FlaskClient, house: House) -> None:
    make_case("KZ")
    sign_in(client, make_member(house, "KZ"))
    asked = client.get("/desk/search?words=monday").get_data(as_text=True)
    assert references(asked) == []
    assert 'value="monday"' not in asked
    page = look(client, "monday")
    assert not re.search(r'(href|action|src)="[^"]*monday', page)
