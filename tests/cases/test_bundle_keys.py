"""What desks sign with: one key at a time, made once, retired with the desk's own, on SQLite and on PostgreSQL."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.cases import bundle, rotation
from intake.cases.bundle import Wish
from intake.desks import queries as desks
from intake.desks import signing_keys
from intake.desks.models import SigningKey
from intake.extensions import StaleError, db, settle, transaction
from intake.members.models import Member
from intake.members.sessions import Visitor
from intake.sealing import SealError
from tests.cases import saved
from tests.cases.bundling import (
    CHECK_SIGNATURE,
    VERIFIED,
    Told,
    attach,
    custody_in,
    entries,
    photo,
    run,
    take,
    unpacked,
)
from tests.cases.copying import signed_in
from tests.cases.rotating import begin, go_on
from tests.cases.working import move
from tests.factories import House, make_case, make_member


@pytest.fixture
def member(house: House) -> Member:
    return make_member(house, "KZ", name="Zarina")


@pytest.fixture
def desk(client: FlaskClient, member: Member) -> FlaskClient:
    """Return the browser of a journalist who typed the password just now."""
    return signed_in(client, member)


@pytest.fixture
def told(member: Member) -> Told:
    """Return a case with a picture, and the picture's name in the storage."""
    case, _, _ = make_case("KZ")
    return case, attach(case, photo())


def test_two_who_make_the_first_bundle_at_once_sign_with_one_key(house: House, member: Member, told: Told) -> None:
    case, name = told
    visitor, reference, wish = house.visitors[member.id], saved(case).reference, Wish("inside", frozenset({name}))
    slow, quick = bundle.make(visitor, reference, wish), bundle.make(visitor, reference, wish)
    with transaction():
        bundle.note_taken(visitor, quick)
    with pytest.raises(StaleError), transaction():
        bundle.note_taken(visitor, slow)
    made = [slow]
    settle(
        lambda: made.pop() if made else bundle.make(visitor, reference, wish),
        lambda one: bundle.note_taken(visitor, one),
    )
    assert [detail["fingerprint"] for detail in entries("desk.signing_key_made")] == [quick.ready.fingerprint]
    assert len(entries("evidence.exported")) == 2


def test_a_desk_with_a_new_key_signs_with_another_one(
    desk: FlaskClient, house: House, member: Member, told: Told, tmp_path: Path
) -> None:
    case, name = told
    before = unpacked(take(desk, case, name), tmp_path / "before")
    visitor, desk_id = house.visitors[member.id], saved(case).desk_id
    made = bundle.make(visitor, saved(case).reference, Wish("inside", frozenset({name})))
    begin(visitor)
    with pytest.raises(StaleError), transaction():
        bundle.note_taken(visitor, made)
    go_on(visitor)
    after = unpacked(take(desk, case, name), tmp_path / "after")
    new, old = signing_keys.public_keys(desk_id)
    assert (new.retired_at, old.retired_at is None) == (None, False)
    assert (after / "signing-key.pem").read_text() == new.pem
    assert (before / "signing-key.pem").read_text() == old.pem
    assert VERIFIED in run(before, CHECK_SIGNATURE).stdout, "what was signed stays signed"
    page = desk.get(f"/desk/desks/{desk_id}/signing-keys").get_data(as_text=True)
    assert page.index(new.fingerprint) < page.index("Until") < page.index(old.fingerprint)
    begin(visitor)
    assert rotation.progress(desks.known(desk_id)).left, "the keys that sign are sealed anew with all else"
    go_on(visitor)
    assert take(desk, case, name).status_code == 200


def test_after_a_move_the_other_desk_signs_with_its_own_key(
    client: FlaskClient, house: House, member: Member, told: Told, tmp_path: Path
) -> None:
    case, name = told
    here = saved(case).desk_id
    first = unpacked(take(signed_in(client, member), case, name), tmp_path / "first")
    gulnara = make_member(house, "KG", name="Gulnara")
    move(house.visitors[member.id], case)
    second = unpacked(take(signed_in(client, gulnara), case, name), tmp_path / "second")
    assert (first / "signing-key.pem").read_text() != (second / "signing-key.pem").read_text()
    (key,) = signing_keys.public_keys(saved(case).desk_id)
    assert (second / "signing-key.pem").read_text() == key.pem != signing_keys.public_keys(here)[0].pem
    record = custody_in(second)
    assert [one["chain"] for one in record["files"][0]["custody"]] == ["desk KZ", "desk KZ", "desk KG", "desk KG"]
    assert [chain["name"] for chain in record["chains"]] == ["desk KZ", "desk KG"]
    assert client.get(f"/desk/desks/{here}/signing-keys").status_code == 404


def test_a_signing_key_of_another_desk_does_not_pass_for_ones_own(house: House) -> None:
    visitor = house.visitors[make_member(house, "KZ", "KG").id]
    opens = {
        desks.current_key(desk.id).id: house.identity(desk.name) for desk in (desks.by_name("KZ"), desks.by_name("KG"))
    }
    ready = signing_keys.ready(desks.by_name("KZ").id, opens.__getitem__)
    with transaction():
        signing_keys.keep(ready, visitor)
    with transaction():
        db.session.scalars(select(SigningKey)).one().desk_id = desks.by_name("KG").id
    with pytest.raises(SealError, match="another desk"):
        signing_keys.ready(desks.by_name("KG").id, opens.__getitem__)


def test_two_who_sign_first_in_the_same_moment_make_one_key(app: Flask, house: House, member: Member) -> None:
    visitors = [house.visitors[one.id] for one in (member, make_member(house, "KZ"))]
    desk_id, identity = desks.by_name("KZ").id, house.identity("KZ")
    both = threading.Barrier(2)

    def sign(visitor: Visitor) -> bytes:
        waited: list[int] = []

        def get_ready() -> signing_keys.Ready:
            made = signing_keys.ready(desk_id, lambda _: identity)
            if not waited:
                waited.append(both.wait(10))  # each finds no key there
            return made

        def keep(made: signing_keys.Ready) -> bytes:
            signing_keys.keep(made, visitor)
            return made.public

        with app.app_context():
            try:
                return settle(get_ready, keep)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        signed_with = list(pool.map(sign, visitors))
    assert len(set(signed_with)) == 1
    assert len(entries("desk.signing_key_made")) == 1
