"""Keys for sealed letters: members add their own, an editor who is an admin the newsroom's; all concerned are told."""

import io
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from pysequoia import Tsk, decrypt
from sqlalchemy import select, text, update
from werkzeug.test import TestResponse

from intake import chores
from intake.audit import AuditEntry
from intake.cases import lockdown
from intake.extensions import db, transaction
from intake.i18n import day, now
from intake.members import certificates
from intake.members.models import EDITOR, Member
from intake.outbox import alarms
from intake.outbox import certificates as kept
from intake.outbox.models import Certificate, Letter
from intake.readers import reader_of
from intake.sealing import new_identity, unseal
from tests.factories import House, confirm, count_rows, letters, make_member, sign_in, token_on

OWN, NEWSROOM = "/desk/account/certificate", "/desk/letters/newsroom-certificate"


@pytest.fixture(scope="module")
def key() -> Tsk:
    return Tsk.generate("Dana <dana@example.org>", validity_seconds=90 * 24 * 60 * 60)


@pytest.fixture
def member(client: FlaskClient, house: House) -> Member:
    """Return a journalist who is signed in, and just typed the password again."""
    return enter(client, make_member(house, "KZ"))


def enter(client: FlaskClient, member: Member) -> Member:
    sign_in(client, member)
    confirm()
    return member


def armored(key: Tsk) -> str:
    return str(key.extract_certificate())


def post(client: FlaskClient, path: str, **data: str) -> TestResponse:
    own = token_on(client.get("/desk/account").get_data(as_text=True))
    return client.post(path, data={**data, "csrf_token": own})


def page_of(client: FlaskClient, path: str) -> str:
    return client.get(path).get_data(as_text=True)


def acts() -> list[tuple[str, int | None, int]]:
    """Return what was done with keys, by whom, in which chain."""
    db.session.rollback()
    found = select(AuditEntry).where(AuditEntry.act.contains("certificate")).order_by(AuditEntry.id)
    return [(entry.act, entry.member_id, entry.chain) for entry in db.session.scalars(found)]


def told(kind: str = "certificate_changed") -> list[str]:
    return sorted(letter.address for letter in letters(kind))


def everything() -> str:
    """Return all that the database holds of letters, certificates and the audit."""
    tables = ("letter", "certificate", "audit_entry")
    return "".join(repr(row) for table in tables for row in db.session.execute(text(f"SELECT * FROM {table}")))  # noqa: S608


def test_a_member_adds_tests_and_removes_a_key(client: FlaskClient, member: Member, key: Tsk) -> None:
    assert "Add a key" in page_of(client, "/desk/account")
    assert post(client, OWN, text=armored(key)).status_code == 302
    certificate = kept.current(member.id)
    assert certificate is not None
    shown = page_of(client, OWN)
    assert certificate.fingerprint in shown
    assert certificate.ends_at is not None
    assert day(certificate.ends_at) in shown
    assert "It ends on" in page_of(client, "/desk/account")
    assert told() == [member.address]
    assert certificate.fingerprint in letters("certificate_changed")[0].body
    post(client, f"{OWN}/test")
    sealed = letters("certificate_test")[0].sealed_report
    assert sealed is not None
    words = decrypt(bytes(sealed), key.decryptor()).bytes or b""
    assert b"Subject: A test letter" in words
    post(client, f"{OWN}/remove")
    assert kept.current(member.id) is None
    assert db.session.scalars(select(Certificate.text)).all() == [""]
    assert "None. Letters are notices." in page_of(client, OWN)
    assert acts() == [("member.certificate_added", member.id, 0), ("member.certificate_removed", member.id, 0)]
    assert told() == [member.address] * 2
    post(client, f"{OWN}/remove")
    assert len(acts()) == 2


def test_another_key_takes_the_place_of_the_one_before(client: FlaskClient, member: Member, key: Tsk) -> None:
    identity = new_identity()
    post(client, OWN, text=armored(key))
    post(client, OWN, text=identity.recipient)
    certificate = kept.current(member.id)
    assert certificate is not None
    assert certificate.text == identity.recipient
    assert list(kept.usable([member.id], now())) == [member.id]
    post(client, f"{OWN}/test")
    sealed = letters("certificate_test")[0].sealed_report
    assert sealed is not None
    assert "You opened this" in unseal(sealed, identity).decode()


def test_a_private_key_is_refused_shown_to_nobody_and_kept_nowhere(
    client: FlaskClient, member: Member, key: Tsk, capfd: pytest.CaptureFixture[str]
) -> None:
    for secret in (str(key), str(key).replace("PRIVATE KEY", "PUBLIC KEY"), new_identity().text):
        answer = post(client, OWN, text=secret)
        page = answer.get_data(as_text=True)
        assert answer.status_code == 422
        assert "This is a private key" in page
        for line in filter(None, secret.splitlines()[2:-1] or [secret]):
            assert line not in page
            assert line not in everything()
        assert "".join(capfd.readouterr()) == ""
    assert count_rows(Certificate) == 0


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Paste your public key, or choose its file."),
        ("<script>alert(1)</script> \u202egpg", "This is no key that we can read."),
        ("age1" + "q" * 70_000, "This is longer than a key needs to be."),
        ("no key " * 1_500, "This is no key that we can read."),
    ],
)
def test_what_is_no_key_is_given_back_with_a_sentence(
    client: FlaskClient, member: Member, typed: str, said: str
) -> None:
    answer = post(client, OWN, text=typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert said in page
    assert "<script>alert" not in page
    assert ("no key no key" in page) is (typed.startswith("no key"))
    assert kept.current(member.id) is None


@pytest.mark.parametrize("binary", [True, False])
def test_a_key_comes_as_a_file_too(client: FlaskClient, member: Member, key: Tsk, *, binary: bool) -> None:
    certificate = key.extract_certificate()
    assert bring(client, bytes(certificate) if binary else str(certificate).encode()).status_code == 302
    added = kept.current(member.id)
    assert added is not None
    assert added.fingerprint.replace(" ", "").lower() == certificate.fingerprint


def test_a_file_that_is_no_key_or_opens_is_refused(client: FlaskClient, member: Member, key: Tsk) -> None:
    for content, said in (
        (bytes(key), "This is a private key"),
        (str(key).encode(), "This is a private key"),
        (b"x" * 70_000, "This is longer than a key needs to be."),
        (bytes(range(256)), "This is no key that we can read."),
        (b"", "Paste your public key, or choose its file."),
    ):
        answer = bring(client, content)
        assert answer.status_code == 422
        assert said in answer.get_data(as_text=True)
    assert count_rows(Certificate) == 0


def bring(client: FlaskClient, content: bytes) -> TestResponse:
    """Bring a key as a file."""
    own = token_on(page_of(client, "/desk/account"))
    return client.post(OWN, data={"file": (io.BytesIO(content), "key.asc"), "text": "", "csrf_token": own})


def test_nobody_changes_the_key_of_another(client: FlaskClient, house: House, member: Member, key: Tsk) -> None:
    other = make_member(house, "KZ")
    put(other.id, key)
    post(client, OWN, text=new_identity().recipient, member_id=str(other.id))
    post(client, f"{OWN}/remove", member_id=str(other.id))
    certificate = kept.current(other.id)
    assert certificate is not None
    assert certificate.kind == "openpgp"


def put(member_id: int | None, key: Tsk) -> Certificate:
    with transaction():
        return kept.put(reader_of(armored(key), now()), member_id, now())


def test_the_newsrooms_key_is_an_admins_who_is_an_editor_and_all_editors_are_told(
    client: FlaskClient, house: House, key: Tsk
) -> None:
    editor = make_member(house, *house.keys, role=EDITOR)
    for other in (make_member(house, "KZ"), make_member(house, role=None, is_admin=True), editor):
        enter(client, other)
        assert client.get(NEWSROOM).status_code == 404
        assert [post(client, NEWSROOM + path).status_code for path in ("", "/test", "/remove")] == [404] * 3
        assert "newsroom-certificate" not in page_of(client, "/desk/account")
    chief = enter(client, make_member(house, *house.keys, role=EDITOR, is_admin=True))
    assert NEWSROOM in page_of(client, "/desk/account")
    assert post(client, NEWSROOM, text=armored(key)).status_code == 302
    assert told() == sorted([chief.address, editor.address, "info@acca.media"])
    assert kept.current(chief.id) is None
    post(client, f"{NEWSROOM}/test")
    assert [letter.address for letter in letters("certificate_test")] == ["info@acca.media"]
    post(client, f"{NEWSROOM}/remove")
    assert kept.current(None) is None
    assert acts() == [("newsroom.certificate_added", chief.id, 0), ("newsroom.certificate_removed", chief.id, 0)]


def test_who_is_no_admin_any_more_when_it_is_saved_changes_nothing(client: FlaskClient, house: House, key: Tsk) -> None:
    chief = make_member(house, *house.keys, role=EDITOR, is_admin=True)
    with transaction():
        db.session.execute(update(Member).where(Member.id == chief.id).values(is_admin=False))
    with pytest.raises(Exception, match="404"), transaction():
        certificates.add(house.visitors[chief.id], reader_of(armored(key), now()), newsroom=True)
    assert kept.current(None) is None


def test_owners_are_warned_once_before_a_key_ends_and_the_alarm_stands_until_it_is_replaced(
    house: House, key: Tsk
) -> None:
    member, editor = make_member(house, "KZ"), make_member(house, *house.keys, role=EDITOR)
    for number in (member.id, None, editor.id):
        put(number, key)
    with transaction():
        db.session.execute(update(Certificate).values(ends_at=now() + timedelta(days=31)))
    chores.sweep()
    assert told("certificate_ends") == []
    with transaction():
        soon = update(Certificate).where(Certificate.member_id.is_distinct_from(editor.id))
        db.session.execute(soon.values(ends_at=now() + timedelta(days=29)))
    for _ in range(2):
        chores.sweep()
    assert told("certificate_ends") == sorted([member.address, editor.address, "info@acca.media"])
    assert standing() == sorted([str(member.id), "newsroom"])
    assert day(now() + timedelta(days=29)) in letters("certificate_ends")[0].body
    put(member.id, key)
    put(None, key)
    assert standing() == []


def standing() -> list[str]:
    return sorted(alarm.about for alarm in alarms.standing() if alarm.kind == alarms.CERTIFICATE_ENDS)


def test_who_was_locked_out_has_no_key_and_no_alarm(house: House, key: Tsk) -> None:
    member, chief = make_member(house, "KZ"), make_member(house, *house.keys, role=EDITOR, is_admin=True)
    put(member.id, key)
    with transaction():
        db.session.execute(update(Certificate).values(ends_at=now() + timedelta(days=1)))
    chores.sweep()
    assert standing() == [str(member.id)]
    with transaction():
        lockdown.lock(house.visitors[chief.id], member.id)
    assert kept.current(member.id) is None
    assert standing() == []
    assert all(letter.withdrawn_at for letter in letters("certificate_ends"))
    assert db.session.scalars(select(Letter.sealed_report).where(Letter.sealed_report.is_not(None))).all() == []
