"""Which cases are suggested as the same or as belonging together: why, to whom, and what is not kept of it."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update
from werkzeug.exceptions import NotFound

from intake.audit import AuditEntry
from intake.cases import clues, deletion, folding, indexing, likeness, search, search_pages, suggestions
from intake.cases.likeness import Other, Written
from intake.cases.models import Case, SearchPage, Statement
from intake.cases.search_words import terms_of
from intake.cases.suggestions import Suggestions
from intake.extensions import db, settle, transaction
from intake.followup import blocks
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys, SealedBytes
from tests.cases import page_of, post, reference, tell, visit_of
from tests.cases.rotating import A_WHILE
from tests.cases.tying import link, merge
from tests.cases.working import move
from tests.factories import House, count_rows, destroy_due, make_case, make_member, sign_in

# Invented stories of one event, as three people tell it in two languages, and of others.
MARKET = (
    "12 марта в Темиртау моего брата Ерлана задержали сотрудники полиции возле рынка. Его увезли в отдел, и там "
    "капитан Жумабеков требовал признаться в краже. Адвоката не пустили два дня."
)
PARCEL = (
    "Мой муж находится в изоляторе, это Темиртау. Капитан Жумабеков не пускает адвоката и не берет передачи. "
    "Задержание было у рынка, документов не показали, сказали что кража."
)
KAZAKH = "Темиртау қаласында полиция капитаны Жұмабеков інімді ұрып-соқты, базар жанында ұстап әкетті, адвокат жоқ."
OTHERS = (
    "Меня уволили из школы после того, как я написала о нехватке учебников. Директор сказал, что пришло указание.",
    "В колонии не дают лекарства от диабета. Начальник говорит, что лекарств нет. Брат теряет зрение.",
    "Наш дом снесли без решения суда, компенсацию не выплатили, а все бумаги у нас на руках и в порядке.",
    "Сына забрали в армию, хотя у него астма. Врач даже не смотрел справки, а теперь его бьют в части.",
    "Работодатель на стройке не платит зарплату четыре месяца, нас двенадцать человек, живем в вагончике.",
    "Журналиста нашего сайта вызвали и требовали назвать источник. Угрожали уголовным делом и обыском.",
    "They took my brother from his home on Monday and nobody tells us where he is.",
)


@pytest.fixture(autouse=True)
def _time_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let everything be searchable before cases are compared, however busy this machine is."""
    monkeypatch.setattr("intake.cases.link_views.BEFORE_COMPARING", A_WHILE)
    monkeypatch.setattr(suggestions, "MOST_SECONDS", A_WHILE)


def told(story: str, country: str = "KZ", **fields: str) -> Case:
    """Return a case with a story."""
    return make_case(country, story=story, **fields)[0]


def found(visitor: Visitor, case: Case) -> Suggestions:
    """Make all that a member may open searchable, and compare a case with it."""
    name = reference(case)
    for write_some in indexing.turns(visitor, A_WHILE, blocks.typed):
        settle(write_some, indexing.save)
    return suggestions.find(visitor, name, blocks.typed)


def named(visitor: Visitor, case: Case) -> list[str]:
    """Return the references of the cases that are suggested, most alike first."""
    return [one.case.reference for one in found(visitor, case).cases]


def reasons(visitor: Visitor, case: Case, other: Case) -> dict[str, tuple[str, ...]]:
    """Return by what another case is like one, with what both have."""
    alike = {one.case.id: one.alike for one in found(visitor, case).cases}
    return {reason.kind: reason.both for reason in alike[other.id].reasons} if other.id in alike else {}


def answered(story: str, **answers: Mapping[str, Any]) -> tuple[Case, CodeKeys]:
    """Return a case with a story and the answers to blocks of questions."""
    case, keys, _ = make_case("KZ", story=story)
    for block, told_there in answers.items():
        tell(visit_of(db.session.get_one(Case, case.id), keys), case, block, **told_there)
    return case, keys


def test_cases_of_one_event_are_found_in_other_words_and_another_language(visitor: Visitor) -> None:
    market, parcel, kazakh = (told(story) for story in (MARKET, PARCEL, KAZAKH))
    unlike = [told(story) for story in OTHERS]
    assert set(named(visitor, market)) == {reference(parcel), reference(kazakh)}
    assert "Жумабеков" in reasons(visitor, market, parcel)["names"]
    assert set(named(visitor, parcel)) == {reference(market), reference(kazakh)}
    for other in unlike:
        assert named(visitor, other) == []


def test_the_same_words_come_first(visitor: Visitor) -> None:
    market, parcel = told(MARKET), told(PARCEL)
    copy = told(f"{MARKET} Помогите, пожалуйста.")
    for story in OTHERS:
        told(story)
    assert named(visitor, market) == [reference(copy), reference(parcel)]
    assert "copy" in reasons(visitor, market, copy)


def test_place_day_and_body_of_the_answers_are_compared(visitor: Visitor) -> None:
    when = {"region": "KZ-35", "date_from": "2026-03-12"}
    one, _ = answered(OTHERS[0], when={**when, "place": "Сарыозек көшесі"}, who={"perp_type": ["police", "other"]})
    same_day, _ = answered(OTHERS[1], when=when)
    near, _ = answered(OTHERS[2], when={**when, "date_from": "2026-03-14"}, who={"perp_type": ["police"]})
    place, _ = answered(OTHERS[3], detention={"taken_place": "у здания в Сарыозеке"})
    month, _ = answered(OTHERS[4], when={**when, "date_from": "2026-03"})
    other, _ = answered(OTHERS[5], when={"region": "KZ-11"}, who={"perp_type": ["other"]})
    assert reasons(visitor, one, same_day) == {"day": ("2026-03-12",), "region": ("KZ-35",)}
    assert reasons(visitor, one, near) == {
        "near_day": ("2026-03-12", "2026-03-14"),
        "region": ("KZ-35",),
        "body": ("police",),
    }
    assert reasons(visitor, one, place) == {"place": ("Сарыозек",)}
    assert reasons(visitor, one, month) == reasons(visitor, one, other) == {}


def test_the_same_way_to_reach_somebody_is_a_reason_and_is_not_shown(
    client: FlaskClient, ana: Member, visitor: Visitor
) -> None:
    one = told(OTHERS[0], contact_mode="email", contact_value="kakapo@example.org")
    other = told(OTHERS[1], contact_mode="email", contact_value="Kakapo@example.org")
    told(OTHERS[2], contact_mode="email", contact_value="kea@example.org")
    assert reasons(visitor, one, other) == {"contact": ()}
    assert named(visitor, one) == [reference(other)]
    sign_in(client, ana)
    page = post(client, one, "links/alike").get_data(as_text=True)
    assert "the same contact details" in page
    assert "kakapo" not in page.lower()


def test_cases_of_another_desk_are_suggested_to_who_is_seated_there_alone(house: House, visitor: Visitor) -> None:
    market, elsewhere = told(MARKET), told(PARCEL, "KG")
    for story in OTHERS[:3]:
        told(story)
    editor = house.visitors[make_member(house, *house.keys, role=EDITOR).id]
    gulnara = house.visitors[make_member(house, "KG").id]
    assert named(editor, market) == [reference(elsewhere)]
    assert named(visitor, market) == []
    assert found(visitor, market).read == 3
    with pytest.raises(NotFound):
        named(gulnara, market)


def test_what_is_gone_or_linked_or_merged_is_suggested_no_more(house: House, visitor: Visitor) -> None:
    market, parcel, kazakh = (told(story) for story in (MARKET, PARCEL, KAZAKH))
    copy, keys, _ = make_case("KZ", story=MARKET)
    away = told(MARKET)
    for story in OTHERS[:4]:
        told(story)
    assert {reference(one) for one in (parcel, kazakh, copy, away)} == set(named(visitor, market))
    link(visitor, market, parcel)
    merge(visitor, kazakh, market)
    move(visitor, away)
    with transaction():
        deletion.ask(visit_of(copy, keys))
    assert named(visitor, market) == [reference(copy)]
    destroy_due(now() + timedelta(days=30))
    assert named(visitor, market) == []
    assert reference(market) in named(house.visitors[make_member(house, "KZ", "KG").id], away)


def test_the_page_says_why_in_words_and_what_is_not_read_yet(
    client: FlaskClient, ana: Member, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    market, parcel = told(MARKET), told(PARCEL)
    script, _ = answered(OTHERS[0], when={"place": "<b>Сарыозек</b>"})
    twin, _ = answered(OTHERS[1], when={"place": "<b>Сарыозек</b>"})
    sign_in(client, ana)
    asked = page_of(client, market, "/links")
    assert "Look for cases like this" in asked
    assert "suggested" not in asked, "it is not computed on every opening"
    page = post(client, market, "links/alike").get_data(as_text=True)
    assert re.findall(
        r'suggested">\s*<header><span class="marks"><a class="reference" href="/desk/cases/([^"]+)"', page
    ) == [reference(parcel)]
    assert "both name: <bdi>" in page
    assert "Compared with 3 cases" in page
    assert f"/links?other={reference(parcel)}#link" in page
    assert f'value="{reference(parcel)}"' in page_of(client, market, f"/links?other={reference(parcel)}")
    assert "&lt;b&gt;" not in post(client, script, "links/alike").get_data(as_text=True)
    assert reference(twin) in post(client, script, "links/alike").get_data(as_text=True)
    monkeypatch.setattr("intake.cases.link_views.BEFORE_COMPARING", 0)
    told(PARCEL)
    assert "1 case is not searchable yet, of 5." in post(client, market, "links/alike").get_data(as_text=True)


def test_where_there_is_no_time_for_all_the_newest_are_compared_and_the_page_says_so(
    client: FlaskClient, ana: Member, visitor: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_pages.PAGES, "most_cases", 2)
    monkeypatch.setattr(indexing, "AT_ONCE", 2)
    market, *_ = told(MARKET), told(OTHERS[0]), told(OTHERS[1]), told(OTHERS[2]), told(MARKET)
    assert found(visitor, market).is_whole
    monkeypatch.setattr(suggestions, "MOST_SECONDS", -1)
    part = found(visitor, market)
    assert (part.is_whole, 0 < part.read < 4) == (False, True)
    sign_in(client, ana)
    assert "no time for the oldest" in post(client, market, "links/alike").get_data(as_text=True)


def test_it_is_written_down_and_no_other_case_counts_as_read_nor_is_anything_kept(
    client: FlaskClient, house: House, ana: Member
) -> None:
    market, parcel = told(MARKET), told(PARCEL)
    sign_in(client, ana)
    post(client, market, "links/alike")
    entries = [(entry.act, entry.case_id) for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert entries[-2:] == [("case.compared", market.id), ("case.searched", None)]
    assert ("case.opened", parcel.id) not in entries
    assert all(row.read_at is None for row in db.session.scalars(select(Statement)))
    assert all(not entry.detail for entry in db.session.scalars(select(AuditEntry)) if entry.act == "case.compared")


def test_a_page_that_was_altered_is_made_anew(client: FlaskClient, ana: Member, visitor: Visitor) -> None:
    market, parcel = told(MARKET), told(PARCEL)
    found(visitor, market)
    with transaction():
        db.session.execute(update(SearchPage).values(sealed=SealedBytes(b"nothing")))
    sign_in(client, ana)
    assert post(client, market, "links/alike").status_code == 200
    assert count_rows(SearchPage) == 0
    assert reference(parcel) in post(client, market, "links/alike").get_data(as_text=True)


def test_it_asks_as_much_of_the_database_however_many_cases_a_page_has(visitor: Visitor, statements: list[str]) -> None:
    market, _ = told(MARKET), told(PARCEL)
    asked = []
    for _ in range(2):
        found(visitor, market)
        name = reference(market)
        statements.clear()
        suggestions.find(visitor, name, blocks.typed)
        asked.append(len(statements))
        for story in (MARKET, *OTHERS):
            told(story)
    assert asked[0] == asked[1]


def test_what_was_told_by_choosing_is_found_by_no_search(visitor: Visitor) -> None:
    case, _ = answered(OTHERS[0], when={"region": "KZ-35", "date_from": "2026-03-12"}, who={"perp_type": ["police"]})
    found(visitor, case)
    for words in ("police", "region", "KZ-35", '"day 2026"', "2026", "told"):
        assert search.find(visitor, terms_of(words), search.Filters()).total == 0, words
    assert search.find(visitor, terms_of("учебников"), search.Filters()).total == 1


def test_the_questions_still_have_the_names_by_which_they_are_compared() -> None:
    asked = [
        *((block, name) for block, names in clues.CHOSEN.items() for name in names),
        *clues.PLACES,
        *clues.OFFICIALS,
    ]
    for block, name in asked:
        assert (
            name in blocks.BLOCKS[block].form._fields
            if hasattr(blocks.BLOCKS[block].form, "_fields")
            else hasattr(blocks.BLOCKS[block].form, name)
        )


@pytest.mark.parametrize(
    "answer", [None, 7, "", "other", "unknown", ["unknown", 3, None], {"a": "b"}, "a\x1fb", "я" * 9]
)
def test_an_answer_of_any_form_tells_nothing_wrong(answer: object) -> None:
    for block, names in clues.CHOSEN.items():
        assert clues.of(block, dict.fromkeys(names, answer)) == []
    assert clues.by_kind(["nonsense", "enemy=me", "day=2026-02-31"])[clues.DAY] == {"2026-02-31"}


@pytest.mark.parametrize("story", ["", "й", "ЙЦУ " * 3000, "\u202e\u0000" * 50, "a" * 20_000, "قازاقستان 2026 " * 500])
def test_any_text_is_compared_with_any_other(story: str) -> None:
    compared = folding.loose(story).encode()
    own = likeness.own(Written(texts=[story, story], places=[story], officials=[story], contacts=[story]))
    other = Other(2, len(compared), frozenset(own.words), ["day=2026-02-31"])
    likeness.compare_passages(own, other, compared)
    for alike in likeness.ranked(own, [other, Other(3, 0, frozenset(), [])], 9):
        assert alike.points >= likeness.ENOUGH
        assert all(len(reason.both) <= likeness.MOST_WORDS for reason in alike.reasons)
