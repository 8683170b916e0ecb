"""A desk gets a new key: the old one opens nothing any more, and nobody loses anything on the way."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, select, update

from intake import audit
from intake.audit import AuditEntry
from intake.cases import deletion, renewal, rotation, sealed_rows
from intake.cases import queries as cases
from intake.cases.models import Message, Statement
from intake.cases.sealed_rows import COMPLAINANT, DESK, sealed_to
from intake.desks import invitations, keys, queries, seats, setup
from intake.desks.models import DeskKey, InvitationKey, Seat
from intake.extensions import Sealed, StaleError, db, settle, transaction
from intake.i18n import now
from intake.members import codes
from intake.members.models import JOURNALIST, Member
from intake.members.secrets import make_identity
from intake.members.sessions import Visitor
from intake.sealing import Identity, new_identity, seal, seal_document
from tests.cases import saved, visit_of, write
from tests.cases.rotating import (
    EVERYTHING,
    batches,
    begin,
    desk_named,
    finish,
    full_case,
    fuller_case,
    go_on,
    invited,
    joined,
    keys_of,
    opened_by,
    read_by,
    read_with,
    rotate,
    save,
    seat,
)
from tests.factories import (
    PASSWORD,
    STORY,
    House,
    destroy_due,
    make_case,
    make_member,
)

SEALED_TO_DESK = {"statement.sealed", "message.sealed", "status_change.sealed", "feedback.sealed"} | {
    *("evidence_file.identity", "note.sealed", "handover.sealed", "handover.answer", "search_page.sealed"),
    *("coding.sealed", "fact_page.sealed", "verification.sealed", "sign_off.sealed", "redaction.sealed"),
    *("case_link.sealed", "case_merge.sealed", "hold.sealed"),
    *("evidence_upload.identity", "file_redaction.sealed", "signing_key.sealed"),
}

FOR_THE_DESK_ALONE = {
    *("feedback", "note", "handover", "search_page", "coding", "fact_page", "verification", "sign_off", "redaction"),
    *("case_link", "case_merge", "hold", "file_redaction", "signing_key"),
}


@pytest.fixture
def visitor(house: House) -> Visitor:
    """Return a member of the desk."""
    return house.visitors[make_member(house, "KZ", name="Aigerim").id]


def current() -> DeskKey:
    return queries.current_key(desk_named().id)


def held_by(visitor: Visitor) -> set[int]:
    """Return the keys at which a member is seated, whatever became of them."""
    db.session.rollback()
    return set(db.session.scalars(select(Seat.desk_key_id).where(Seat.member_id == visitor.member.id)))


def identity_now(visitor: Visitor) -> Identity:
    return seats.open_key(visitor, current().id)


def test_after_a_rotation_everybody_reads_everything_and_the_old_key_opens_nothing_that_is_kept(
    house: House, visitor: Visitor
) -> None:
    case, code = fuller_case(visitor)
    old = house.identity("KZ")
    invited(visitor)
    assert opened_by(old) == SEALED_TO_DESK, "there is something in every table"
    rotate(visitor)
    assert opened_by(old) == set()
    assert opened_by(identity_now(visitor)) == SEALED_TO_DESK
    assert read_by(visitor, case) == read_with(code, case) == EVERYTHING
    assert held_by(visitor) == {current().id}
    assert house.keys["KZ"][0] not in db.session.scalars(select(InvitationKey.desk_key_id)).all()
    assert all(audit.broken_at(chain) is None for chain in audit.chains())


def test_every_table_that_is_sealed_to_a_desk_can_be_walked() -> None:
    assert {f"{kind.name}.{name}" for kind in sealed_to(DESK) for name in kind.audiences} == SEALED_TO_DESK
    for kind in sealed_to(DESK):
        assert {"id", "desk_key_id"} <= set(kind.table.c.keys())
        assert len(set(kind.audiences.values())) == 1, "one key of the desk stands for all columns of a row"
        assert set().union(*kind.audiences.values()) <= {DESK, COMPLAINANT}
        assert not kind.of_complainant or "case_id" in kind.table.c
    assert {kind.name for kind in sealed_to(COMPLAINANT)} == {
        kind.name for kind in sealed_to(DESK)
    } - FOR_THE_DESK_ALONE


def test_a_new_table_is_found_by_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = MetaData()
    key = Column("desk_key_id", Integer)
    Table("note", metadata, Column("id", Integer), key, Column("words", Sealed("desk")), Column("tip", Sealed("file")))
    monkeypatch.setattr(sealed_rows, "Model", SimpleNamespace(metadata=metadata))
    assert [(kind.name, kind.audiences) for kind in sealed_to(DESK)] == [("note", {"words": ("desk",)})]


def test_while_it_lasts_old_and_new_cases_open_and_what_arrives_is_sealed_to_the_new_key_alone(
    house: House, visitor: Visitor
) -> None:
    case, code = full_case(visitor)
    begin(visitor)
    newer, newer_code = full_case(visitor)
    write(visit_of(case, code), saved(case), "And now?")
    under = db.session.scalars(select(Message.desk_key_id).order_by(Message.id.desc())).first()
    assert under == current().id
    for found, opens in ((newer, newer_code), (case, code)):
        assert read_by(visitor, found)[0] == read_with(opens, found)[0] == EVERYTHING[0]
    assert rotation.progress(desk_named()).percent == 53  # eight of fifteen
    desk, old = desk_named(), house.keys["KZ"][0]
    assert rotation.emptied(desk) == []
    with transaction():
        assert not rotation.finish(visitor, desk, [old]), "nothing is retired that something is kept under"
    assert old in held_by(visitor)
    assert go_on(visitor) == 7
    assert rotation.progress(desk_named()).percent == 100
    assert finish(visitor)
    assert not finish(visitor)
    assert read_by(visitor, case)[1] == [*EVERYTHING[1], "And now?"]
    assert opened_by(house.identity("KZ")) == set()


def dying(batch: rotation.Batch) -> None:
    """Save rows, and die before they are kept."""
    assert rotation.save(batch) == len(batch.rows)
    raise ZeroDivisionError


def test_a_step_that_dies_in_the_middle_loses_nothing(house: House, visitor: Visitor) -> None:
    other = house.visitors[make_member(house, "KZ").id]
    three = [full_case(visitor) for _ in range(3)]
    begin(visitor)
    first, *others = batches(visitor)
    with pytest.raises(ZeroDivisionError), transaction():
        dying(first)
    assert rotation.progress(desk_named()).done == 0
    assert save(others[0]) == len(others[0].rows)
    for case, code in three:
        assert read_by(visitor, case) == read_with(code, case) == EVERYTHING
    assert go_on(other) == 7 * 3 - len(others[0].rows), "a colleague goes on with what is left"
    assert finish(other)
    for case, code in three:
        assert read_by(visitor, case) == read_by(other, case) == read_with(code, case) == EVERYTHING


def test_whoever_is_seated_in_the_middle_reads_old_and_new(house: House, visitor: Visitor) -> None:
    case, _ = full_case(visitor)
    begin(visitor)
    colleague = house.visitors[make_member(house, "KG").id]
    seat(visitor, colleague.member.id)
    seat(visitor, colleague.member.id)
    assert {house.keys["KZ"][0], current().id} < held_by(colleague)
    newer = make_case()[0]
    assert read_by(colleague, case) == EVERYTHING
    assert read_by(colleague, newer)[0] == [STORY]
    go_on(visitor)
    finish(visitor)
    assert read_by(colleague, case) == EVERYTHING
    assert held_by(colleague) == {house.keys["KG"][0], current().id}


def test_who_was_locked_out_or_left_gets_no_new_seat_and_a_lockdown_meanwhile_counts(house: House) -> None:
    one, locked, left, late = (house.visitors[make_member(house, "KZ").id] for _ in range(4))
    with transaction():
        db.session.get_one(Member, locked.member.id).locked_at = now()
        db.session.get_one(Member, left.member.id).left_at = now()
    desk_id, generation = desk_named().id, current().generation
    new = keys.seal_new(one, desk_id, generation)
    with transaction():
        db.session.get_one(Member, late.member.id).locked_at = now()
    with pytest.raises(StaleError), transaction():
        keys.begin(new)
    begin(one)
    assert set(db.session.scalars(select(Seat.member_id).where(Seat.desk_key_id == current().id))) == {one.member.id}
    go_on(one)
    finish(one)
    for lost in (locked, left, late):
        assert held_by(lost) == set()


def test_an_invitation_without_the_newest_key_is_void_for_good_and_one_from_the_middle_is_good(
    house: House, visitor: Visitor
) -> None:
    case, _ = full_case(visitor)
    early, _ = invited(visitor)
    stale = [(key, identity) for key, _, identity in seats.keys_held(visitor)]
    begin(visitor)
    place = invitations.Place(role=JOURNALIST, is_admin=False, language="en")
    with transaction():
        raced = invitations.invite(place, stale, codes.new(), by=visitor.member.id).id
    middle, middle_code = invited(visitor)
    late, late_code = invited(visitor)
    assert {one.id for one in queries.open_invitations()} == {raced, middle, late}, "the lists show none that is void"
    read_in_the_middle = joined(middle, middle_code, "middle")
    assert read_by(read_in_the_middle, case) == EVERYTHING
    go_on(visitor)
    finish(visitor)
    for lost in (early, raced, house.first_admin.invitation_id):
        found = queries.invitation(lost)
        assert found is not None
        assert not invitations.is_open(found, now())
        with pytest.raises(invitations.InvitationError), transaction():
            invitations.accept(lost, new_identity(), make_identity(PASSWORD), "x", "x@example.org")
    assert read_by(joined(late, late_code, "late"), case) == EVERYTHING


def test_the_rescue_identity_opens_all_in_the_middle_of_it(house: House, visitor: Visitor) -> None:
    case, _ = full_case(visitor)
    begin(visitor)
    newer = make_case()[0]
    with transaction():
        found = setup.rescue(house.rescue)
    admin = joined(found.invitation_id, found.code, "admin")
    assert read_by(admin, case) == EVERYTHING
    assert read_by(admin, newer)[0] == [STORY]
    go_on(admin)
    assert finish(admin)
    with transaction():
        again = setup.rescue(house.rescue)
    assert read_by(joined(again.invitation_id, again.code, "again"), case) == EVERYTHING


def test_a_second_rotation_may_begin_before_the_first_has_finished(house: House, visitor: Visitor) -> None:
    case, code = full_case(visitor)
    begin(visitor)
    middle, middle_code = full_case(visitor)
    second = identity_now(visitor)
    sealed = batches(visitor)
    save(sealed[0])
    begin(visitor)
    with pytest.raises(StaleError):
        save(sealed[1])
    last, last_code = full_case(visitor)
    together = ((case, code), (middle, middle_code), (last, last_code))
    for found, opens in together:
        assert read_by(visitor, found) == read_with(opens, found) == EVERYTHING
    assert len(held_by(visitor)) == 3
    assert go_on(visitor) == 14
    assert finish(visitor)
    for found, opens in together:
        assert read_by(visitor, found) == read_with(opens, found) == EVERYTHING
    assert opened_by(house.identity("KZ")) == opened_by(second) == set()
    assert acts() == ["desk.rotated", "desk.rotated", "desk.rotation_finished"]


def acts() -> list[str]:
    """Return what was written down of rotations."""
    db.session.rollback()
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.chain == desk_named().id).order_by(AuditEntry.id))
    return [entry.act for entry in entries if entry.act.startswith("desk.rot")]


def test_a_new_code_in_the_middle_wins_and_the_one_before_opens_nothing(visitor: Visitor) -> None:
    case, code = full_case(visitor)
    begin(visitor)
    sealed = batches(visitor)
    new = keys_of("839150627493801625749613")
    settle(lambda: renewal.seal_anew(saved(case), visit_of(case, code).opens, new), renewal.renew)
    assert save(*sealed) == 1, "the feedback, which no code opens"
    assert go_on(visitor) == 0
    assert finish(visitor)
    assert read_by(visitor, case) == read_with(new, case) == EVERYTHING
    assert opened_by(code.identity) == set()


def test_a_case_whose_code_is_dead_is_sealed_to_the_desk_alone_and_opens_with_a_new_code_later(
    visitor: Visitor,
) -> None:
    case, code = full_case(visitor)
    with transaction():
        deletion.ask(visit_of(saved(case), code))
    with transaction():
        deletion.keep(visitor, saved(case).reference, "forced")
    rotate(visitor)
    assert read_by(visitor, case) == EVERYTHING
    assert opened_by(code.identity) == set()
    new = keys_of("839150627493801625749613")
    opens = cases.desk_opens(visitor)
    settle(lambda: renewal.seal_anew(saved(case), opens, new, visitor=visitor, check="details"), renewal.renew)
    assert read_with(new, case) == EVERYTHING


def test_a_case_that_is_destroyed_in_the_middle_stays_destroyed(visitor: Visitor) -> None:
    case, code = full_case(visitor)
    other, other_code = full_case(visitor)
    with transaction():
        deletion.ask(visit_of(saved(case), code))
    begin(visitor)
    sealed = batches(visitor)
    assert destroy_due(now() + timedelta(days=30)) == 1
    assert save(*sealed) == 7
    assert finish(visitor)
    assert db.session.scalar(select(Statement.id).where(Statement.case_id == case.id)) is None
    assert read_with(other_code, other) == EVERYTHING


def test_a_row_that_does_not_open_stays_with_its_key_and_stops_no_other(visitor: Visitor) -> None:
    case, code = full_case(visitor)
    broken = make_case()[0]
    other = seal(b"{}", [new_identity().recipient])
    with transaction():
        db.session.execute(update(Statement).where(Statement.case_id == broken.id).values(sealed=other))
    begin(visitor)
    assert go_on(visitor) == 7
    assert not finish(visitor)
    assert len(held_by(visitor)) == 2, "what is left may be mended"
    assert read_by(visitor, case) == read_with(code, case) == EVERYTHING
    assert rotation.progress(desk_named()).percent == 87


def test_what_was_changed_meanwhile_is_not_put_back(house: House, visitor: Visitor) -> None:
    case, code = full_case(visitor)
    begin(visitor)
    sealed = batches(visitor)
    words = {"reference": saved(case).reference, "at": now().isoformat(), "text": "Mended", "signed": ""}
    mended = seal_document(cases.MESSAGE, words, [house.identity("KZ").recipient, code.identity.recipient])
    first = select(Message.id).where(Message.case_id == case.id).order_by(Message.id).limit(1).scalar_subquery()
    with transaction():
        db.session.execute(update(Message).where(Message.id == first).values(sealed=mended))
    assert (save(*sealed), go_on(visitor)) == (6, 1)
    assert read_by(visitor, case)[1] == read_with(code, case)[1] == ["Mended", "Yes."]


def test_two_colleagues_at_once_do_the_work_once(house: House, visitor: Visitor) -> None:
    colleague = house.visitors[make_member(house, "KZ").id]
    case, code = full_case(visitor)
    begin(visitor)
    one, other = batches(visitor), batches(colleague)
    assert (save(*one), save(*other)) == (7, 0)
    assert finish(colleague)
    assert read_by(colleague, case) == read_with(code, case) == EVERYTHING


def test_another_desk_is_left_alone(house: House, visitor: Visitor) -> None:
    neighbour = house.visitors[make_member(house, "KG").id]
    case, _ = full_case(neighbour, "KG")
    rotate(visitor)
    assert read_by(neighbour, case) == EVERYTHING
    assert held_by(neighbour) == {house.keys["KG"][0]}


def test_more_rows_than_one_transaction_takes(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rotation, "AT_ONCE", 2)
    five = [make_case()[0] for _ in range(5)]
    begin(visitor)
    assert [len(batch.rows) for batch in batches(visitor) if batch.kind.name == "statement"] == [2, 2, 1]
    assert go_on(visitor) == 5
    assert finish(visitor)
    assert all(read_by(visitor, case)[0] == [STORY] for case in five)
