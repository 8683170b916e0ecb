"""The page of all letters: what it finds, what it says to whom, and how little it asks the database."""

import re
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert

from intake.cases import letters_page
from intake.cases.models import Case
from intake.extensions import db, table, transaction
from intake.i18n import now
from intake.members.models import EDITOR, Member
from intake.outbox.models import Attempt, Letter
from tests.cases import page_of
from tests.cases.lettering import accept, change, come_back, fail, tried
from tests.factories import House, letters, make_case, make_member, sign_in


def shown(client: FlaskClient, query: str = "") -> list[int]:
    """Return the numbers of the letters that a page shows, in its order."""
    answer = client.get(f"/desk/letters?{query}")
    assert answer.status_code == 200
    return [int(number) for number in re.findall(r'data-letter="(\d+)"', answer.text)]


def owe(member: Member, count: int, case: Case | None = None) -> list[int]:
    """Owe letters to a member, one after the other; return their numbers."""
    moment, before = now() - timedelta(days=9), max((letter.id for letter in letters()), default=0)
    rows = [
        {
            "message_id": f"<{before}-{n}@example.org>",
            "kind": "new_case",
            "language": "en",
            "case_id": case.id if case else None,
            "member_id": member.id,
            "address": member.address,
            "subject": str(n),
            "body": "x",
            "failures": 0,
            "owed_at": moment + timedelta(minutes=n // 4),
            "due_at": moment,
        }
        for n in range(count)
    ]
    with transaction():
        db.session.execute(insert(table(Letter)), rows)
    return [letter.id for letter in letters() if letter.id > before]


@pytest.fixture
def editor(client: FlaskClient, house: House) -> Member:
    editor = make_member(house, *house.keys, role=EDITOR)
    sign_in(client, editor)
    return editor


def test_each_state_finds_its_letters(client: FlaskClient, house: House, editor: Member) -> None:
    hers = make_member(house, "KZ", name="Zarina")
    cases = [make_case()[0] for _ in range(5)]
    owed, failing, taken, back, gone, twice, broken, read = owe(hers, 8, cases[0])
    by_number = {letter.id: letter for letter in letters()}
    made_for_cases = [number for number in by_number if number < owed]
    for number in made_for_cases:
        change(by_number[number], withdrawn_at=now(), is_canary=True)
    fail(by_number[failing])
    for number, times in ((taken, 1), (back, 1), (twice, 2), (broken, 1), (read, 1)):
        accept(by_number[number], times)
    tried(by_number[taken], 451, "first it was busy")
    tried(by_number[broken], None, broke_off=True)
    tried(by_number[failing], None, broke_off=True)
    come_back(by_number[back])
    change(by_number[gone], withdrawn_at=now(), address="")
    change(by_number[read], case_id=cases[1].id)
    sign_in(client, hers)
    page_of(client, cases[1])
    sign_in(client, editor)
    every = [read, broken, twice, gone, back, taken, failing, owed]
    for state, found in {
        "owed": [failing, owed],
        "failing": [failing],
        "accepted": [read, broken, twice, back, taken],
        "bounced": [back],
        "unopened": [broken, twice, back, taken],
        "withdrawn": [gone],
        "duplicates": [broken, twice],
        "": every,
    }.items():
        assert [one for one in shown(client, f"state={state}") if one in every] == found, state
    text = client.get("/desk/letters").text
    assert "2 letters may have arrived twice" in text
    assert "may have arrived twice" in text
    assert "accepted 2 times" in text
    assert "@" not in text.partition("<main")[2]


def test_letters_inside_a_digest_stand_under_the_digests_state(
    client: FlaskClient, house: House, editor: Member
) -> None:
    hers = make_member(house, "KZ")
    first, second, third = owe(hers, 3)
    by_number = {letter.id: letter for letter in letters()}
    change(by_number[first], gathered_in_id=third)
    change(by_number[second], gathered_in_id=third)
    assert shown(client, "state=owed") == [third, second, first]
    accept(by_number[third])
    assert shown(client, "state=owed") == []
    assert shown(client, "state=accepted") == [third, second, first]
    come_back(by_number[third])
    assert shown(client, "state=bounced") == [third, second, first]


def test_kind_desk_member_and_days_narrow(client: FlaskClient, house: House, editor: Member) -> None:
    hers, his = make_member(house, "KZ"), make_member(house, "KG")
    kz, kg = make_case()[0], make_case("KG")[0]
    every = {letter.id: letter for letter in letters()}
    assert shown(client) == sorted(every, reverse=True)
    of = {number: letter.case_id for number, letter in every.items()}
    assert {of[number] for number in shown(client, f"desk={kg.desk_id}")} == {kg.id}
    assert {every[number].member_id for number in shown(client, f"member={hers.id}")} == {hers.id}
    assert shown(client, f"member={his.id}&desk={kz.desk_id}") == []
    assert shown(client, "kind=nudge") == []
    (old,) = owe(hers, 1)
    day = (now() - timedelta(days=9)).date().isoformat()
    assert shown(client, f"since={day}&until={day}") == [old]
    today = now().date().isoformat()
    assert old not in shown(client, f"since={today}")


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("state=eaten", "Letters are never in this state"),
        ("kind=<script>", "There is no such letter"),
        ("desk=999", "There is no such desk"),
        ("member=x", "There is no such member here"),
        ("since=yesterday", "The first day is not a date"),
        ("until=2026-13-01", "The last day is not a date"),
        ("since=2026-11-02&until=2026-11-01", "The first day is after the last"),
        ("before=99999999", "There is no such page"),
        ("before=-1", "There is no such page"),
        ("before=" + "9" * 40, "There is no such page"),
    ],
)
def test_what_an_address_does_not_mean_is_said(client: FlaskClient, editor: Member, query: str, sentence: str) -> None:
    make_case()
    answer = client.get(f"/desk/letters?{query}")
    assert (answer.status_code, sentence in answer.text) == (200, True)
    assert "<script>" not in answer.text
    assert "data-letter=" in answer.text


def test_pages_follow_on_one_another_and_nothing_is_missed(client: FlaskClient, house: House, editor: Member) -> None:
    numbers = owe(make_member(house, "KZ"), 120)
    text, seen = client.get("/desk/letters").text, []
    for _ in range(4):
        seen += [int(number) for number in re.findall(r'data-letter="(\d+)"', text)]
        later = re.search(r'href="([^"]+)">Earlier letters', text)
        if later is None:
            break
        text = client.get(later[1].replace("&amp;", "&")).text
    assert seen == sorted(numbers, reverse=True)
    assert "Newest letters" in text


def test_a_journalist_sees_the_letters_about_cases_of_their_desks_alone(client: FlaskClient, house: House) -> None:
    hers = make_member(house, "KZ")
    make_member(house, "KG", name="Quagga")
    kz, kg = make_case()[0], make_case("KG")[0]
    house_letter = owe(hers, 1)[0]
    for letter in letters():
        accept(letter, 2)
    sign_in(client, hers)
    mine = [letter.id for letter in letters() if letter.case_id == kz.id]
    assert sorted(shown(client)) == sorted(mine)
    foreign = next(letter.id for letter in letters() if letter.case_id == kg.id)
    page = client.get(f"/desk/letters?desk={kg.desk_id}&before={foreign}").text
    assert kg.reference not in page
    assert "There is no such desk" in page
    assert "There is no such page" in page, "nothing can be learnt of a letter of others"
    assert f"{len(mine)} letters may have arrived twice" in page
    assert str(house_letter) not in re.findall(r'data-letter="(\d+)"', page)
    assert "Send again" not in page


def test_who_is_seated_nowhere_sees_facts_and_no_case(client: FlaskClient, house: House) -> None:
    admin = make_member(house, role=None, is_admin=True)
    sign_in(client, admin)
    case = make_case()[0]
    text = client.get("/desk/letters").text
    assert "New case" in text
    assert "Kazakhstan" in text
    assert case.reference not in text
    assert len(shown(client)) == len(letters())
    seated = make_member(house, "KZ", is_admin=True)
    sign_in(client, seated)
    assert f'href="/desk/cases/{case.reference}"' in client.get("/desk/letters").text


def test_however_many_letters_there_are_the_same_statements_read_a_page(
    app: Flask, house: House, statements: list[str]
) -> None:
    editor, hers = make_member(house, *house.keys, role=EDITOR), make_member(house, "KZ")
    visitor, asked = house.visitors[editor.id], []
    for _ in range(2):
        make_case()
        numbers = owe(hers, 60, make_case("KG")[0])
        for letter in [one for one in letters() if one.id in numbers[::7]]:
            accept(letter)
            come_back(letter, permanent=False)
        db.session.get_one(Member, editor.id)
        statements.clear()
        page = letters_page.page(visitor, {"state": "", "before": str(numbers[-1])})
        asked.append(len(statements))
        assert len(page.letters) == letters_page.PAGE
    assert asked == [7, 7]
    assert db.session.query(Attempt).count() > 0
