"""What a complaint costs: one statement finds desk, key and who is told, however many members there are."""

from flask.testing import FlaskClient

from intake.i18n import now
from intake.members.models import EDITOR
from tests.factories import House, go_away, letters, make_member, send

READ, SAVED = ("SELECT desk_key", "SELECT audit_head"), 6


def sent(client: FlaskClient, statements: list[str], country: str = "KZ") -> list[str]:
    """Return what a complaint asks of the database, once this process has sent one there before."""
    send(client, country=country)
    statements.clear()
    assert send(client, country=country).status_code == 200
    return list(statements)


def reads(asked: list[str]) -> list[str]:
    return [statement for statement in asked if statement.startswith("SELECT")]


def test_while_nobody_is_away_one_statement_finds_desk_key_and_journalists(
    client: FlaskClient, house: House, statements: list[str]
) -> None:
    for _ in range(3):
        make_member(house, "KZ")
    asked = sent(client, statements)
    assert tuple(" ".join(one.split()).partition(".")[0] for one in reads(asked)) == READ
    assert len(asked) == len(READ) + SAVED
    assert len(letters()) == 2 * 4


def test_who_is_away_at_another_desk_costs_nothing(client: FlaskClient, house: House, statements: list[str]) -> None:
    make_member(house, "KZ")
    go_away(make_member(house, "KG"))
    go_away(make_member(house, *house.keys, role=EDITOR))
    assert len(sent(client, statements)) == len(READ) + SAVED


def test_a_desk_without_journalists_costs_two_questions_more(
    client: FlaskClient, house: House, statements: list[str]
) -> None:
    make_member(house, *house.keys, role=EDITOR)
    assert len(reads(sent(client, statements))) == len(READ) + 2


def test_only_where_somebody_is_away_stand_ins_are_asked_for(
    client: FlaskClient, house: House, statements: list[str]
) -> None:
    stand_in = make_member(house, "KZ")
    for _ in range(5):
        go_away(make_member(house, "KZ"), stand_in)
    asked = reads(sent(client, statements))
    assert len(asked) == len(READ) + 2
    assert sum("absence" in one for one in asked) == 2
    assert [letter.owed_at < now() for letter in letters()] == [True] * 4
