"""Letters that carry what was told: only sealed, only to who may hear it, only once."""

import dataclasses
import os
import subprocess
import tempfile
from contextlib import ExitStack
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pysequoia import Tsk, decrypt
from sqlalchemy import select, update

from intake import config
from intake.cases import deletion, lockdown, notices, transfer, visits
from intake.cases.models import Case
from intake.complaint import submit
from intake.desks import queries as desks
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members.models import EDITOR
from intake.members.queries import Correspondent
from intake.outbox import certificates, deliver, message, worker
from intake.outbox.models import Certificate, Letter
from intake.readers import reader_of
from intake.sealing import CodeKeys, new_identity
from tests.factories import House, go_away, letters, make_case, make_member, send, signed_code
from tests.servers import programs
from tests.servers.smtp import SmtpServer

STORY = "Two men in plain clothes took my brother Quokkafish on Monday night."
CONTACT = "kakapo@example.org"
NEWSROOM = "info@acca.media"


@pytest.fixture(scope="module")
def key() -> Tsk:
    return Tsk.generate("Dana <dana@example.org>")


@pytest.fixture
def settings(settings: config.Settings) -> config.Settings:
    """Return the settings of a newsroom that wishes letters to carry what was told."""
    return dataclasses.replace(settings, sealed_letters=True)


@pytest.fixture
def reader(house: House, key: Tsk) -> Correspondent:
    """Return a journalist with a certificate, known also after the worker has forgotten all rows."""
    member = make_member(house, "KZ")
    found = Correspondent(member.id, member.address, member.language)
    certify(member.id, str(key.extract_certificate()))
    return found


def certify(member_id: int | None, text: str) -> Certificate:
    with transaction():
        return certificates.put(reader_of(text, now()), member_id, now())


def raw(letter: Letter) -> bytes:
    return message.of(letter).as_bytes()


def parsed(content: bytes) -> EmailMessage:
    return message_from_bytes(content, policy=policy.default)


def of(address: str, kind: str = "new_case") -> Letter:
    return next(letter for letter in letters(kind) if letter.address == address)


def opened(letter: Letter, key: Tsk) -> EmailMessage:
    """Return what a mail program finds once it opened a letter in PGP/MIME."""
    whole = parsed(raw(letter))
    assert whole.get_content_type() == "multipart/encrypted"
    assert whole.get_param("protocol") == "application/pgp-encrypted"
    version, content = whole.iter_parts()
    assert (version.get_content_type(), version.get_content().strip()) == ("application/pgp-encrypted", b"Version: 1")
    assert content.get_content_type() == "application/octet-stream"
    words = decrypt(content.get_content(), key.decryptor()).bytes
    assert words is not None
    return parsed(words)


def complain(client: FlaskClient, **changes: str) -> None:
    told = {"story": STORY, "contact_mode": "email", "contact_value": CONTACT, **changes}
    assert send(client, **told).status_code == 200


def carried() -> dict[str, bool]:
    """Return which letters about new cases carry something, by address."""
    return {letter.address: letter.sealed_report is not None for letter in letters()}


def test_who_has_a_certificate_reads_what_was_told_and_nobody_else_does(
    client: FlaskClient, house: House, reader: Correspondent, key: Tsk
) -> None:
    other = make_member(house, "KZ")
    complain(client, urgent="1")
    assert carried() == {NEWSROOM: False, reader.address: True, other.address: False}
    letter = of(reader.address)
    inside = opened(letter, key)
    words = inside.get_content()
    assert inside["Subject"] == letter.subject
    assert letter.subject.startswith("Urgent: new case KZ-")
    assert STORY in words
    assert letter.subject.split()[-1] in words
    assert CONTACT not in words
    outside = raw(letter)
    assert parsed(outside)["Subject"] == "A sealed letter"
    reference = letter.subject.split()[-1]
    for told in (STORY, CONTACT, reference, "Kazakhstan"):
        assert told.encode() not in outside
    rows = db.session.execute(select(*Letter.__table__.columns)).all()
    assert not any(told in repr(row) for row in rows for told in ("Quokkafish", CONTACT))
    for plain in (letter.subject, letter.body, str(parsed(raw(of(other.address))))):
        assert "Quokkafish" not in plain
        assert reference in plain


def test_the_newsrooms_certificate_counts_for_its_own_letter(client: FlaskClient, reader: Correspondent) -> None:
    identity = new_identity()
    certify(None, identity.recipient)
    complain(client)
    assert carried() == {NEWSROOM: True, reader.address: True}
    notice, report = parsed(raw(of(NEWSROOM))).iter_parts()
    assert letters()[0].body.split()[0] in notice.get_content()
    assert report.get_filename() == "report.age"


def test_letters_come_in_the_language_of_their_reader(client: FlaskClient, house: House, key: Tsk) -> None:
    member = make_member(house, "KZ", language="ru")
    certify(member.id, str(key.extract_certificate()))
    complain(client, story="Его увели ночью. \u2067Сосед видел машину\u2069 и запомнил номер.")
    inside = opened(of(member.address), key)
    assert "Страна: Казахстан" in inside.get_content()
    assert "Сосед видел машину" in inside.get_content()
    assert inside["Subject"] == of(member.address).subject


def test_gpg_opens_what_a_mail_server_was_given(
    app: Flask, client: FlaskClient, house: House, settings: config.Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    gpg = str(programs.require("gpg"))
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        monkeypatch.setenv("GNUPGHOME", folder)
        stack.callback(subprocess.run, ["gpgconf", "--kill", "all"], check=False, capture_output=True)
        quick = [gpg, "--batch", "--pinentry-mode", "loopback", "--passphrase", ""]
        run(*quick, "--quick-gen-key", "dana@example.org", "ed25519", "sign", "1y")
        digits = run(gpg, "--list-keys", "--with-colons").partition("\nfpr:")[2].split(":")[8]
        run(*quick, "--faked-system-time", "20990101T000000", "--quick-add-key", digits, "cv25519", "encr", "1y")
        run(*quick, "--quick-add-key", digits, "cv25519", "encr", "20d")
        member = make_member(house, "KZ")
        certificate = certify(member.id, run(gpg, "--armor", "--export"))
        assert certificate.fingerprint.replace(" ", "") == digits
        assert certificate.ends_at is not None
        assert certificate.ends_at < now() + timedelta(days=21), "the one that encrypts now counts"
        server = stack.enter_context(SmtpServer())
        there = config.load({"INTAKE_MAIL_URL": f"smtp://{server.host}:{server.port}"}).mail
        app.config["MAIL"] = there
        app.extensions["mail"].server, app.extensions["mail"].port = there.host, there.port
        complain(client)
        assert worker.deliver_due().delivered == 2
        came = next(letter for letter in server.letters if letter.recipients == (member.address,))
        content = [*came.message.iter_parts()][1].get_content()
        (Path(folder) / "letter").write_bytes(content)
        assert STORY in parsed(run(gpg, "--batch", "--decrypt", f"{folder}/letter").encode()).get_content()


def run(*command: str) -> str:
    done = subprocess.run(command, check=True, capture_output=True, env=os.environ)
    return done.stdout.decode()


def test_age_opens_the_file_beside_the_notice(client: FlaskClient, house: House, tmp_path: Path) -> None:
    age = programs.require("age")
    member, identity = make_member(house, "KZ"), new_identity()
    certify(member.id, identity.recipient)
    complain(client)
    notice, report = parsed(raw(of(member.address))).iter_parts()
    assert notice.get_content().strip().replace("\r\n", "\n") == of(member.address).body.strip()
    (tmp_path / "identity").write_text(identity.text)
    (tmp_path / "report.age").write_bytes(report.get_content())
    words = run(str(age), "--decrypt", "-i", str(tmp_path / "identity"), str(tmp_path / "report.age"))
    assert STORY in words
    assert CONTACT not in words


def test_further_words_are_carried_too_and_what_is_owed_later_never_is(
    client: FlaskClient, house: House, reader: Correspondent, key: Tsk
) -> None:
    code = signed_code()
    complain(client, code=code)
    assert client.post("/en/", data={"code": code, "story": "And Monday, again.", "urgent": "1"}).status_code == 200
    inside = opened(of(reader.address, "further_words"), key)
    assert "And Monday, again." in inside.get_content()
    assert STORY not in inside.get_content()
    case = db.session.get_one(Case, of(reader.address).case_id)
    with transaction():
        notices.moved_here(case, now())
        notices.urgency_changed(case, now())
        notices.further_words(case, now(), raised=True)
    late = [letter for kind in ("new_case", "urgency_changed", "further_words") for letter in letters(kind)][-2:]
    assert [letter.sealed_report for letter in late] == [None, None]
    assert letters()[-1].sealed_report is None


def test_who_answers_for_a_case_gets_its_further_words(house: House, key: Tsk) -> None:
    case, keys, _ = make_case("KZ")
    editor = make_member(house, *house.keys, role=EDITOR)
    certify(editor.id, str(key.extract_certificate()))
    make_member(house, "KZ")
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(assignee_id=editor.id))
    add(keys, "More words")
    assert "More words" in opened(of(editor.address, "further_words"), key).get_content()


def add(keys: CodeKeys, story: str) -> None:
    settle(submit.sealing_of(submit.Complaint(language="en", story=story, urgent=False), keys), submit.submit)


def test_without_a_journalist_the_editors_read_it(house: House, key: Tsk) -> None:
    editor, away = make_member(house, *house.keys, role=EDITOR), make_member(house, *house.keys, role=EDITOR)
    for member in (editor, away):
        certify(member.id, str(key.extract_certificate()))
    go_away(away)
    make_case("KZ", STORY)
    assert carried() == {NEWSROOM: False, editor.address: True}


@pytest.mark.parametrize("why", ["unwished", "none", "ended", "removed", "replaced", "broken"])
def test_where_nothing_can_be_sealed_the_letter_is_a_notice(
    app: Flask, house: House, reader: Correspondent, key: Tsk, why: str
) -> None:
    app.config["SEALED_LETTERS"] = why != "unwished"
    past: dict[str, dict[str, Any]] = {
        "ended": {"ends_at": now() - timedelta(seconds=1)},
        "broken": {"text": "broken"},
    }
    with transaction():
        if why == "none":
            certificates.forget(reader.id, now())
        if why in past:
            db.session.execute(update(Certificate).values(**past[why]))
    prepared = submit.seal(complaint(), keys_of())
    assert (reader.id in prepared.statement.reports) is (why in {"removed", "replaced"})
    with transaction():
        if why == "removed":
            certificates.forget(reader.id, now())
    if why == "replaced":
        certify(reader.id, str(key.extract_certificate()))
    with transaction():
        submit.submit(prepared)
    letter = of(reader.address)
    assert letter.sealed_report is None
    assert parsed(raw(letter)).get_content().strip().replace("\r\n", "\n") == letter.body.strip()


def complaint() -> submit.Complaint:
    told = {"urgent": False, "country": "KZ", "contact_mode": "code", "contact_value": "", "consent": True}
    return submit.Complaint(language="en", story=STORY, **told)  # type: ignore[arg-type]  # as the form brings them


def keys_of() -> CodeKeys:
    _, keys, _ = make_case("KG")
    return dataclasses.replace(keys, tag=os.urandom(32), digest_key=os.urandom(32))


def test_who_was_locked_out_meanwhile_gets_nothing(house: House, reader: Correspondent) -> None:
    chief = make_member(house, *house.keys, role=EDITOR, is_admin=True)
    prepare = submit.sealing_of(complaint(), keys_of())
    first = [prepare()]
    assert reader.id in first[0].statement.reports
    with transaction():
        lockdown.lock(house.visitors[chief.id], reader.id)
    settle(lambda: first.pop() if first else prepare(), submit.submit)
    assert reader.address not in carried()
    assert certificates.current(reader.id) is None


def test_what_a_letter_carries_is_gone_once_it_is_delivered(client: FlaskClient, reader: Correspondent) -> None:
    complain(client)
    assert of(reader.address).sealed_report
    worker.deliver_due()
    delivered = of(reader.address)
    assert (delivered.sealed_report, delivered.delivered_at is not None) == (None, True)


def test_a_server_that_refuses_leaves_it_sealed_for_the_next_attempt(
    client: FlaskClient, reader: Correspondent, key: Tsk, monkeypatch: pytest.MonkeyPatch
) -> None:
    complain(client)
    monkeypatch.setattr(deliver.Folder, "send", lambda *_: (_ for _ in ()).throw(OSError("full")))
    assert worker.deliver_due().failed == 2
    assert STORY in opened(of(reader.address), key).get_content()


@pytest.mark.parametrize("end", ["locked", "deletion asked", "moved", "gathered"])
def test_what_a_letter_carries_goes_with_what_ends_it(house: House, reader: Correspondent, end: str) -> None:
    chief = make_member(house, *house.keys, role=EDITOR, is_admin=True)
    case, keys, _ = make_case("KZ", STORY)
    assert of(reader.address).sealed_report
    if end == "locked":
        with transaction():
            lockdown.lock(house.visitors[chief.id], reader.id)
    if end == "deletion asked":
        with transaction():
            deletion.ask(visits.Visit(case, keys.identity, keys.digest_key, ""))
    if end == "moved":
        to, visitor = desks.by_name("KG").id, house.visitors[chief.id]
        settle(lambda: transfer.seal_anew(visitor, case.reference, to, "It happened there"), transfer.move)
    if end == "gathered":
        with transaction():
            db.session.execute(update(Letter).values(gathered_in_id=letters()[0].id))
            certificates.sweep()
    assert [letter.sealed_report for letter in letters() if letter.case_id == case.id] == [None] * len(letters())


def test_what_it_asks_of_the_database_is_one_question_more_outside_and_one_inside(
    app: Flask, client: FlaskClient, house: House, reader: Correspondent, key: Tsk, statements: list[str]
) -> None:
    counts = {}
    for members, wished in ((1, False), (1, True), (4, True)):
        app.config["SEALED_LETTERS"] = wished
        for _ in range(members - 1):
            certify(make_member(house, "KZ").id, str(key.extract_certificate()))
        send(client)
        statements.clear()
        send(client)
        counts[members, wished] = len(statements)
    assert counts[1, True] == counts[4, True] == counts[1, False] + 2


def test_the_page_for_complainants_says_which_letters_this_newsroom_sends(app: Flask, client: FlaskClient) -> None:
    carried, none = "may hold your words too, encrypted", "never a word of yours"
    for wished in (True, False):
        app.config["SEALED_LETTERS"] = wished
        page = client.get("/en/about").get_data(as_text=True)
        assert ((carried in page), (none in page)) == (wished, not wished)


def test_a_certificate_that_seals_nothing_costs_no_complaint(
    client: FlaskClient, house: House, reader: Correspondent
) -> None:
    with transaction():
        db.session.execute(update(Certificate).values(text="-----BEGIN PGP PUBLIC KEY BLOCK-----"))
    complain(client)
    assert carried() == {NEWSROOM: False, reader.address: False}


def test_sealed_letters_of_like_length_have_one_size(client: FlaskClient, reader: Correspondent) -> None:
    for story in ("They took him away, at night.", "They took him away, and nobody has told us where he is. " * 3):
        complain(client, story=story)
    sealed = [letter for letter in letters() if letter.address == reader.address]
    assert len({len(raw(letter)) for letter in sealed}) == 1
    assert len({len(letter.sealed_report or b"") for letter in sealed}) == 1
