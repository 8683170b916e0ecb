"""A mail to the newsroom becomes a case, at once, once, and sealed to the desk alone."""

import re
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from flask import current_app
from flask.testing import FlaskClient
from sqlalchemy import select

from intake.audit import AuditEntry
from intake.cases import dossier, queries, transfer
from intake.cases.models import Case, ComplainantKey, Statement
from intake.complaint import by_mail, mail_reading
from intake.desks import queries as desks
from intake.desks.setup import code_salt
from intake.evidence.place import storage
from intake.extensions import StaleError, db, settle, transaction
from intake.i18n import now
from intake.outbox import threads, worker
from intake.outbox.models import Arrival
from intake.sealing import SealError, code_keys
from intake.web.uploads import CHUNK
from tests.cases import acts, opener, page_of, post, saved, texts, visit_of, write
from tests.cases.copying import black, share, signed_in, take
from tests.cases.rotating import begin, rotate
from tests.complaint.mailing import TEXT, case_of, cases, receive, statements_of, written
from tests.factories import House, confirm, count_rows, destroy_due, letters, make_case, make_member, sign_in, sound

SHOWN = re.compile(r"<span>(\d{4})</span>")


def make_zip() -> bytes:
    """Return what somebody may call a picture."""
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        archive.writestr("run.me", "no picture")
    return whole.getvalue()


def test_a_mail_becomes_a_case_sealed_to_the_editors_desk_alone(house: House) -> None:
    journalist, editor = make_member(house, "KG"), make_member(house, "editors", role="editor")
    taken = receive(written())
    case = case_of(taken)
    assert (taken.is_new, taken.is_whole) == (True, True)
    assert (case.channel, case.country, case.language, case.status) == ("email", "other", "en", "received")
    assert (case.complainant_key_id, case.urgent, case.reachable) == (None, False, True)
    assert case.desk_id == desks.by_name("editors").id
    assert case.reference.startswith("XX-")
    assert case.received_at.minute % 10 == 0
    (told,) = statements_of(house, case)
    assert told.words["story"] == f"My brother\n\n{TEXT}"
    assert (told.words["contact_mode"], told.words["contact_value"]) == ("email", "gulmira@mail.example")
    assert told.words["sender_name"] == "Gulmira"
    assert told.words["mail"]["date"] == "Tue, 24 Nov 2026 21:14:00 +0600"
    with pytest.raises(SealError):
        statements_of(house, case, "KG")
    assert count_rows(ComplainantKey) == 0
    assert sorted(letter.address for letter in letters()) == sorted(["info@acca.media", editor.address])
    assert journalist.address not in {letter.address for letter in letters()}
    entry = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "case.received")).one()
    assert entry.detail == {"channel": "email"}


def test_the_same_mail_twice_is_one_case_also_if_its_letters_failed_at_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = written()
    with monkeypatch.context() as patch:
        patch.setattr("intake.cases.triage.notices.new_case", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            receive(mail)
    assert (cases(), count_rows(Arrival)) == ([], 0)
    first, second = receive(mail), receive(mail)
    assert (first.is_new, second.is_new) == (True, False)
    assert first.case_id == second.case_id
    assert count_rows(Case) == count_rows(Statement) == 1
    assert receive(written()).case_id != first.case_id, "the same words in another mail are another case"


def test_a_desk_that_got_a_new_key_meanwhile_gets_it_sealed_to_that(house: House) -> None:
    editor = make_member(house, "editors", role="editor")
    visitor = house.visitors[editor.id]
    mail = written()
    mail.add_attachment(b"x" * 10, maintype="application", subtype="x", filename="a.bin")
    sealing = by_mail.sealing_of(mail, b"known by this")
    stale = sealing()
    begin(visitor, "editors")
    with pytest.raises(StaleError), transaction():
        by_mail.take(stale)
    assert (cases(), count_rows(Arrival)) == ([], 0)
    case = case_of(settle(sealing, by_mail.take))
    assert [file.size for file in dossier.open_for(visitor, case.reference).attachments] == [10]
    assert len(list(storage().names())) == 1, "its chunks are kept once, however often it is sealed"
    rotate(visitor, "editors")
    assert dossier.open_for(visitor, case.reference).attachments[0].file_name == "a.bin"
    assert TEXT in dossier.open_for(visitor, case.reference).stories[0].words["story"]


def test_attachments_are_kept_byte_for_byte_and_only_ever_taken_along(client: FlaskClient, house: House) -> None:
    editor = make_member(house, "editors", role="editor")
    picture, archive, voice = b"\xff\xd8\xff" + sound(2 * CHUNK + 17), make_zip(), sound(400)
    mail = written()
    mail.add_attachment(picture, maintype="image", subtype="jpeg", filename="../../etc/\u202egpj.exe")
    mail.add_attachment(archive, maintype="image", subtype="jpeg", filename="photo.jpg")
    mail.add_attachment(voice, maintype="audio", subtype="webm", filename="v.webm")
    mail.add_attachment(b"<script>alert(1)</script>", maintype="text", subtype="html", filename="a.html")
    mail.add_attachment(written("An earlier mail", "Before"), filename=None)
    taken = receive(mail)
    case = case_of(taken)
    assert taken.is_whole
    found = dossier.open_for(house.visitors[editor.id], case.reference)
    told = [(file.file_name, file.content_type) for file in found.attachments]
    assert told == [
        ("gpj.exe", "image/jpeg"),
        ("photo.jpg", "application/zip"),
        ("v.webm", "audio/webm"),
        ("a.html", "text/html"),
        ("rfc822", "message/rfc822"),
    ]
    assert found.recordings == []
    sign_in(client, editor)
    page = page_of(client, case)
    assert "They may be dangerous." in page
    assert not re.search(r"<(audio|img|video|iframe|embed|object)", page)
    for file, content, ending in zip(
        found.attachments, (picture, archive, voice), ("jpg", "zip", "webm"), strict=False
    ):
        for query in ("", "?play=1"):
            answer = client.get(f"/desk/cases/{case.reference}/files/{file.name}{query}")
            assert answer.data == content
            assert answer.headers["Content-Type"] == "application/octet-stream"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            name = f"{case.reference}-{file.name[:8]}.{ending}"
            assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}"'
    assert ("evidence.taken", editor.id) in acts(case)
    sign_in(client, make_member(house, "KG"))
    assert client.get(f"/desk/cases/{case.reference}/files/{found.attachments[0].name}").status_code == 404


def test_what_is_too_large_is_named_and_the_mailbox_keeps_it(
    house: House, monkeypatch: pytest.MonkeyPatch, client: FlaskClient
) -> None:
    monkeypatch.setattr(mail_reading, "LARGEST", 1000)
    monkeypatch.setattr(mail_reading, "LARGEST_TOGETHER", 1500)
    editor = make_member(house, "editors", role="editor")
    mail = written()
    for size in (900, 1001, 900, 500):
        mail.add_attachment(b"a" * size, maintype="application", subtype="x", filename=f"{size}.bin")
    taken, again = receive(mail), receive(mail)
    assert (taken.is_whole, again.is_whole) == (False, False)
    case = case_of(taken)
    opened = dossier.open_for(house.visitors[editor.id], case.reference)
    assert [file.file_name for file in opened.attachments] == ["900.bin", "500.bin"]
    assert opened.stories[0].words["mail"]["left_out"] == [["1001.bin", "too_large"], ["900.bin", "too_large"]]
    sign_in(client, editor)
    page = page_of(client, case)
    assert "The rest is in the mailbox" in page
    assert "1001.bin" in page
    assert receive(written()).is_whole


def test_a_full_disk_takes_nothing_in_so_that_it_is_tried_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    mail = written()
    mail.add_attachment(b"a", maintype="application", subtype="x", filename="a")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("intake.storage.folder.os.fsync", refuse)
        with pytest.raises(OSError, match="No space"):
            receive(mail)
    assert (cases(), count_rows(Arrival)) == ([], 0)
    assert receive(mail).is_whole


def test_a_further_mail_of_the_thread_is_added_whoever_wrote_it_and_changes_no_contact(
    client: FlaskClient, house: House
) -> None:
    editor = make_member(house, "editors", role="editor")
    first = written()
    case = case_of(receive(first))
    named = str(first["Message-ID"])
    answer = written("He called today.", "Re: My brother", "Stranger <else@mail.example>", In_Reply_To=named)
    third = written("And again.", References=f"<unknown@x> {answer['Message-ID']}")
    assert {receive(answer).case_id, receive(third).case_id} == {case.id}
    assert not receive(answer).is_new
    told = statements_of(house, case)
    assert [one.number for one in told] == [1, 2, 3]
    assert "He called today." in told[1].words["story"]
    assert told[1].words["sender"] == "else@mail.example"
    assert "contact_value" not in told[1].words
    assert [act for act, _ in acts(case)].count("case.added_to") == 2
    assert letters("further_words")
    sign_in(client, editor)
    page = page_of(client, case)
    assert "not checked" in page
    assert "else@mail.example" not in page
    assert "gulmira@mail.example" not in page, "contact details are kept apart"
    rules = page_of(client, case, "/contact")
    (known,) = re.findall(r'name="known" value="(\d+)"', rules)
    details = post(client, case, "contact", known=known).get_data(as_text=True)
    for words in ("gulmira@mail.example", "Gulmira", "Sender of a further mail, not checked", "else@mail.example"):
        assert words in details
    assert "earlier version" not in details, "what the first mail says still holds"
    assert receive(written(References="<nobody@knows> not an id <>")).case_id != case.id


def test_the_thread_of_a_case_that_is_gone_opens_a_new_one(house: House) -> None:
    mail = written()
    mail.add_attachment(b"x", maintype="application", subtype="x", filename="x")
    case = case_of(receive(mail))
    with transaction():
        db.session.get_one(Case, case.id).deletion_asked_at = now() - timedelta(days=8)
    waiting = receive(written(In_Reply_To=str(mail["Message-ID"])))
    assert waiting.case_id != case.id, "what is about to be destroyed takes nothing more"
    assert destroy_due(now()) == 1
    assert receive(written(In_Reply_To=str(mail["Message-ID"]))).case_id not in {case.id, waiting.case_id}
    assert not receive(mail).is_new, "a copy in the mailbox does not bring it back"
    assert list(storage().names()) == [], "what was attached is destroyed, too"


def test_a_name_that_mails_of_two_people_have_leads_to_neither(house: House) -> None:
    mails = [written(sender=f"{one}@mail.example", Message_ID="<1@localhost>", X_Copy=one) for one in "abc"]
    for place, mail in enumerate(mails):
        mail.replace_header("Date", f"Tue, 24 Nov 2026 21:1{place}:00 +0600")
    first = receive(mails[0]).case_id
    assert receive(written(In_Reply_To="<1@localhost>")).case_id == first
    assert receive(mails[1]).case_id != first
    taken = [receive(written(In_Reply_To="<1@localhost>")).case_id, receive(mails[2]).case_id]
    assert len({first, *taken}) == 3
    assert receive(written(In_Reply_To="<1@localhost>")).case_id not in {first, *taken}


def test_a_member_confirms_the_country_by_moving_the_case(client: FlaskClient, house: House) -> None:
    editor = make_member(house, "editors", "KG", role="editor")
    journalist = make_member(house, "KG")
    mail = written()
    mail.add_attachment(b"%PDF-1.7 x", maintype="application", subtype="pdf", filename="order.pdf")
    case = case_of(receive(mail))
    sign_in(client, editor)
    confirm()
    assert "Came by e-mail: read it" in page_of(client, case)
    assert "Which country is the mail about?" in page_of(client, case, "/transfer")
    to = str(desks.by_name("KG").id)
    for country in ("", "XX", "kg"):
        refused = post(client, case, "transfer", to=to, reason="Osh", country=country)
        assert refused.status_code == 422
        assert "Choose the country that the mail is about." in refused.get_data(as_text=True)
        assert saved(case).country == "other"
    assert post(client, case, "transfer", to=to, reason="Osh", country="KG").status_code == 302
    moved = saved(case)
    assert (moved.country, moved.desk_id, moved.reference[:2]) == ("KG", int(to), "XX")
    opened = dossier.open_for(house.visitors[journalist.id], moved.reference)
    assert TEXT in opened.stories[0].words["story"]
    assert [file.content_type for file in opened.attachments] == ["application/pdf"]
    assert letters()[-1].body.count("Kyrgyzstan")
    assert "Came by e-mail: read it" not in page_of(client, case)
    assert "Which country" not in page_of(client, case, "/transfer")
    back = str(desks.by_name("editors").id)
    assert post(client, case, "transfer", to=back, reason="Mine", country="KZ").status_code == 302
    assert saved(case).country == "KG", "what is confirmed is not changed by a forged field"
    with pytest.raises(transfer.CountryError):
        transfer.seal_anew(house.visitors[editor.id], moved.reference, int(to), "Mine", "KZ")
    other, _, _ = make_case("KG")
    assert post(client, other, "transfer", to=back, reason="Mine", country="KZ").status_code == 302
    assert saved(other).country == "KG"


def test_of_two_who_confirm_the_country_at_once_the_second_is_told(house: House) -> None:
    visitor = house.visitors[make_member(house, "editors", "KG", role="editor").id]
    case = case_of(receive(written()))
    late = transfer.seal_anew(visitor, case.reference, desks.by_name("KG").id, "Osh", "KG")
    with transaction():
        db.session.get_one(Case, case.id).country = "UZ"
    with pytest.raises(transfer.CountryError), transaction():
        transfer.move(late)
    assert (saved(case).country, saved(case).desk_id) == ("UZ", desks.by_name("editors").id)


def test_a_member_gives_a_code_and_then_it_is_a_case_like_any_other(client: FlaskClient, house: House) -> None:
    editor = make_member(house, "editors", role="editor")
    visitor = house.visitors[editor.id]
    mail = written()
    mail.add_attachment(sound(50), maintype="application", subtype="x", filename="x")
    case = case_of(receive(mail))
    sign_in(client, editor)
    page = page_of(client, case)
    assert "Nobody reads it until the person has a code" in page
    assert "Give a code" in page
    assert post(client, case, "messages", text="Who are you?").status_code == 302
    assert "Nobody can read it until you give the person a code." in page_of(client, case)
    form = page_of(client, case, "/code")
    assert "Ask for something that only the person knows." in form
    (code,) = re.findall(r'name="code" value="([^"]+)"', form)
    shown = post(client, case, "code", check="channel", code=code).get_data(as_text=True)
    digits = "".join(SHOWN.findall(shown))
    assert len(digits) == 24
    assert "The code before it" not in shown
    assert [act for act, _ in acts(case)][-1] != "case.code_renewed"
    assert ("case.code_issued", editor.id) in acts(case)
    found = code_keys(digits, code_salt())
    opens = opener(found.identity)
    assert texts(saved(case), opens) == ["Who are you?"], "what was written before is read with the code"
    assert TEXT in queries.read_statements(saved(case), opens)[0].words["story"]
    write(visit_of(saved(case), found), saved(case), "It is me")
    write(visitor, saved(case), "Welcome")
    further = receive(written("More by mail", In_Reply_To=str(mail["Message-ID"])))
    assert further.case_id == case.id
    assert "More by mail" in queries.read_statements(saved(case), opens)[1].words["story"]
    pages = client.post("/en/case", data={"code": digits}), client.get("/en/case"), client.get("/en/case/words")
    assert [page.status_code for page in pages] == [303, 200, 200]
    assert TEXT in pages[2].get_data(as_text=True)


def test_copies_for_the_newsroom_take_the_files_along_and_those_for_others_never(
    client: FlaskClient, house: House
) -> None:
    editor = make_member(house, "editors", role="editor")
    visitor, mail = house.visitors[editor.id], written()
    mail.add_attachment(make_zip(), maintype="image", subtype="jpeg", filename="Gulmira.jpg")
    case = case_of(receive(mail))
    receive(written("Again", sender="B <b@mail.example>", In_Reply_To=str(mail["Message-ID"])))
    share(visitor, case, "lawyers")
    signed_in(client, editor)
    with zipfile.ZipFile(BytesIO(take(client, case, "zip", reach="1", originals="1").data)) as archive:
        names = [name.partition("/")[2] for name in archive.namelist()]
        inside = archive.read(f"{case.reference}/case.json").decode()
    assert "originals/attachment-1.zip" in names
    assert all(words in inside for words in ("Gulmira.jpg", "gulmira@mail.example", "b@mail.example"))
    outside = take(client, case, "json", "lawyers").get_data(as_text=True)
    assert "brother from the market" in outside
    assert "The originals of files" in outside, "it says that they are left out"
    assert not any(words in outside for words in ("Gulmira", "gulmira", "b@mail.example", "SHA-256"))
    black(visitor, case, "market")
    blacked = take(client, case, "json", blacked="1").get_data(as_text=True)
    assert "Gulmira.jpg" not in blacked


@pytest.fixture
def answering(house: House) -> None:
    """Let the newsroom answer who writes."""
    current_app.config.update(ANSWER_INBOUND=True, REMINDER_ADDRESS="weather@nothing.example")


@pytest.mark.usefixtures("answering")
def test_who_writes_gets_one_answer_a_day_without_a_word_of_it(house: House) -> None:
    receive(written())
    receive(written())
    receive(written("Меня задержали вчера вечером", "Помогите", "Б <b@mail.example>"))
    owed = letters("mail_received")
    assert [(letter.address, letter.language) for letter in owed] == [("", "en"), ("", "ru")]
    assert "/en/" in owed[0].body
    assert all(word not in owed[0].body + owed[0].subject for word in ("brother", "Osh", "XX-", "ulmira"))
    case_id = owed[0].case_id
    further = written("My answer", sender="C <c@mail.example>", In_Reply_To=owed[0].message_id)
    assert receive(further).case_id == case_id, "an answer to the answer is of the same case"
    assert len(letters("mail_received")) == 2, "and is not answered"
    worker.deliver_due()
    sent = [path.read_text() for path in current_app.config["MAIL"].folder.iterdir()]
    (answer,) = [text for text in sent if "gulmira@mail.example" in text]
    assert "Auto-Submitted: auto-replied" in answer
    assert "info@acca.media" in answer
    assert "nothing.example" not in answer, "it does not tie the address of reminders to the newsroom"
    assert not any(letter.sealed_address for letter in letters("mail_received")), "the address is wiped"
    with transaction():
        mark = by_mail._mark("gulmira@mail.example", now() + timedelta(days=1))  # noqa: SLF001 tomorrow's
        assert threads.may_answer(mark, now() + timedelta(days=1, minutes=1))
    assert len(db.session.scalars(select(Arrival).where(Arrival.kind == "answered")).all()) == 1, "old marks go"


@pytest.mark.usefixtures("answering")
@pytest.mark.parametrize(
    "mail",
    [
        written(sender="MAILER-DAEMON@mail.example"),
        written(sender="No Reply <no-reply@mail.example>"),
        written(sender="donotreply+7@mail.example"),
        written(sender="info@acca.media"),
        written(sender="nobody"),
        written(sender='"a@x.example" <b@x.example>, c@x.example', Precedence="bulk"),
        written(Auto_Submitted="auto-generated"),
        written(List_Id="<news.example>"),
        written(Return_Path="<>"),
    ],
    ids=lambda mail: str(mail.as_string()[:40]),
)
def test_no_machine_and_no_list_is_answered(mail: object) -> None:
    assert receive(mail).is_new  # type: ignore[arg-type]
    assert letters("mail_received") == []


def test_nobody_is_answered_unless_the_newsroom_wishes_it(house: House) -> None:
    receive(written())
    assert letters("mail_received") == []
