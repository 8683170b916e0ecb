"""What a person thought of the help, once the case is closed."""

from flask.testing import FlaskClient
from sqlalchemy import select

from intake.cases import queries, queue, statuses
from intake.cases.models import Feedback, RatingCount
from intake.cases.queue_filter import Filter
from intake.extensions import db, settle
from tests.factories import House, come_back, count_rows, make_case, make_member, token_on


def post(client: FlaskClient, **data: str) -> int:
    """Send the feedback form; return the status of the answer."""
    page = client.get("/en/case/feedback").get_data(as_text=True)
    return client.post("/en/case/feedback", data={"csrf_token": token_on(page), **data}).status_code


def close(house: House) -> tuple[str, int]:
    """Close a case; return its code and the member who did."""
    member = make_member(house, "KZ")
    case, _, code = make_case()
    visitor = house.visitors[member.id]
    settle(lambda: statuses.seal_status(visitor, case, "closed", "Nothing could be proved."), statuses.give)
    return code, member.id


def test_a_closed_case_says_why_and_asks_for_feedback_once(client: FlaskClient, house: House) -> None:
    code, _ = close(house)
    page = come_back(client, code)
    assert "Nothing could be proved." in page
    assert "Was it of help?" in page
    assert post(client, relevance="4", usefulness="2", good="You answered. Zanzibar.") == 303
    assert "Was it of help?" not in client.get("/en/case").get_data(as_text=True)


def test_feedback_is_sealed_to_the_desk_alone_and_ratings_are_counted_without_the_case(
    client: FlaskClient, house: House
) -> None:
    code, member_id = close(house)
    come_back(client, code)
    post(client, relevance="4", usefulness="2", good="You answered. Zanzibar.", bad="It took long.")
    post(client, relevance="4", usefulness="2", good="Once more")
    row = db.session.scalars(select(Feedback)).one()
    assert b"Zanzibar" not in bytes(row.sealed)
    case = queries.case_for(
        house.visitors[member_id], queue.page(house.visitors[member_id], Filter("done")).cases[0].reference
    )
    told = queries.read_feedback(case, queries.desk_opens(house.visitors[member_id]))
    assert told is not None
    assert (told["relevance"], told["usefulness"], told["good"], told["bad"]) == (
        4,
        2,
        "You answered. Zanzibar.",
        "It took long.",
    )
    counts = {(count.question, count.rating): count.count for count in db.session.scalars(select(RatingCount))}
    assert counts == {("relevance", 4): 1, ("usefulness", 2): 1}
    assert "case_id" not in RatingCount.__table__.c


def test_ratings_of_several_cases_add_up(client: FlaskClient, house: House) -> None:
    for _ in range(2):
        code, _ = close(house)
        come_back(client, code)
        post(client, relevance="5")
    db.session.rollback()
    assert [(row.rating, row.count) for row in db.session.scalars(select(RatingCount))] == [(5, 2)]


def test_empty_or_forged_feedback_is_refused_kindly(client: FlaskClient, house: House) -> None:
    code, _ = close(house)
    come_back(client, code)
    assert post(client) == 422
    assert post(client, relevance="6") == 422
    assert post(client, relevance="-1") == 422
    assert post(client, good="x" * 2001) == 422
    assert count_rows(Feedback) == 0
