"""The case page: what a desk sees, and what another desk does not."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from intake import audit
from intake.audit import AuditEntry
from intake.cases import triage
from intake.cases.models import Case, Statement
from intake.desks import rescue_file
from intake.extensions import db, transaction
from intake.members.models import EDITOR
from tests.factories import STORY, House, make_case, make_member, sign_in, token_on


def test_a_journalist_reads_the_report_of_their_country(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case(contact_mode="signal", contact_value="@quagga")
    sign_in(client, member)
    assert case.reference in client.get("/desk/").get_data(as_text=True)
    page = client.get(f"/desk/cases/{case.reference}")
    text = page.get_data(as_text=True)
    assert page.headers["Cache-Control"] == "no-store"
    assert STORY in text
    assert "@quagga" not in text, "how to reach the person lies behind the rules"


def test_a_journalist_of_another_desk_sees_nothing(client: FlaskClient, house: House) -> None:
    other = make_member(house, "KG")
    case, _, _ = make_case()
    sign_in(client, other)
    queue = client.get("/desk/").get_data(as_text=True)
    assert case.reference not in queue
    assert client.get(f"/desk/cases/{case.reference}").status_code == 404
    answer = client.post(f"/desk/cases/{case.reference}/acknowledge", data={"csrf_token": token_on(queue)})
    assert answer.status_code == 404
    assert db.session.scalars(select(Case.status)).one() == "received"


def test_an_admin_without_a_seat_reads_nothing(client: FlaskClient, house: House) -> None:
    admin = make_member(house, role=None, is_admin=True)
    case, _, _ = make_case()
    sign_in(client, admin)
    assert case.reference not in client.get("/desk/").get_data(as_text=True)
    assert client.get(f"/desk/cases/{case.reference}").status_code == 404


def test_an_editor_reads_every_desk(client: FlaskClient, house: House) -> None:
    editor = make_member(house, *house.keys, role=EDITOR)
    references = [make_case(country)[0].reference for country in ("KZ", "TM", "other")]
    sign_in(client, editor)
    queue = client.get("/desk/").get_data(as_text=True)
    for reference in references:
        assert reference in queue
        assert client.get(f"/desk/cases/{reference}").status_code == 200


def test_acknowledging_is_seen_by_all_and_happens_once(client: FlaskClient, house: House) -> None:
    first, second = make_member(house, "KZ", name="Aigerim"), make_member(house, "KZ")
    case, _, _ = make_case()
    sign_in(client, first)
    page = client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    answer = client.post(f"/desk/cases/{case.reference}/acknowledge", data={"csrf_token": token_on(page)})
    assert answer.status_code == 302
    with transaction():
        triage.acknowledge(house.visitors[second.id], case.reference)
    db.session.rollback()
    saved = db.session.get_one(Case, case.id)
    assert saved.status == "acknowledged"
    assert saved.acknowledged_by_id == first.id
    acts = db.session.scalars(select(AuditEntry.act).where(AuditEntry.case_id == case.id)).all()
    assert acts.count("case.acknowledged") == 1
    assert ">Acknowledge</button>" not in client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)


def test_opening_a_case_leaves_an_audit_entry_and_the_chain_holds(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    sign_in(client, member)
    client.get(f"/desk/cases/{case.reference}")
    db.session.rollback()
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.case_id == case.id)).all()
    assert [(entry.act, entry.member_id) for entry in entries] == [("case.received", None), ("case.opened", member.id)]
    assert audit.broken_at(case.desk_id) is None
    assert audit.broken_at(audit.HOUSE) is None


@pytest.mark.parametrize("change", [{"act": "case.closed"}, {"member_id": None}, {"detail": {"x": 1}}])
def test_an_altered_audit_entry_breaks_its_chain(house: House, change: dict[str, object]) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    with transaction():
        triage.note_opened(house.visitors[member.id], case, [], [])
    with transaction():
        db.session.execute(update(AuditEntry).where(AuditEntry.act == "case.opened").values(**change))
    assert audit.broken_at(case.desk_id) is not None


def test_a_removed_audit_entry_breaks_its_chain(house: House) -> None:
    case, _, _ = make_case()
    with transaction():
        db.session.delete(db.session.scalars(select(AuditEntry).where(AuditEntry.act == "case.received")).one())
    assert audit.broken_at(case.desk_id) is not None


def test_a_statement_moved_to_another_case_does_not_pass_for_it(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    one, other = make_case()[0], make_case(story=f"{STORY} Another.")[0]
    sealed = db.session.scalars(select(Statement.sealed).where(Statement.case_id == other.id)).one()
    with transaction():
        db.session.execute(update(Statement).where(Statement.case_id == one.id).values(sealed=sealed))
    sign_in(client, member)
    page = client.get(f"/desk/cases/{one.reference}")
    assert page.status_code == 500
    assert "Another" not in page.get_data(as_text=True)


def test_hostile_words_are_text_and_nothing_else(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case(
        story="<script>alert(1)</script> {{ 7*7 }} and so on", contact_mode="email", contact_value='"><img src=x>'
    )
    sign_in(client, member)
    page = client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)
    assert "<script>alert" not in page
    assert "<img" not in page
    assert "{{ 7*7 }}" in page


def test_the_desk_complains_while_the_rescue_identity_lies_on_the_server(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    assert "rescue-identity.txt" not in client.get("/desk/").get_data(as_text=True)
    rescue_file.path().write_text("AGE-SECRET-KEY-1…")
    assert "rescue-identity.txt" in client.get("/desk/").get_data(as_text=True)
