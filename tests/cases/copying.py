"""Copies of a case: what a person agreed to, taking a copy through the pages, and everything that lies in a file."""

import io
import json
import zipfile
import zlib
from typing import Any

from flask.testing import FlaskClient
from pypdf import PdfReader
from pypdf.generic import StreamObject
from sqlalchemy import select
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.cases import consent, conversation, redaction, scribbles, statements
from intake.cases.blacking import NAME, Passage
from intake.cases.models import Case
from intake.cases.scribbles import PERSONAL
from intake.cases.statements import Answers
from intake.extensions import db, settle
from intake.members.models import Member
from intake.members.sessions import Visitor
from tests.cases import saved
from tests.factories import (
    PASSWORD,
    House,
    confirm,
    hidden_on,
    make_case,
    make_note,
    send_voice,
    sign_in,
    sound,
    token_on,
)

HELPERS = ["lawyers", "ngos", "un"]
STORY = (
    "QUAGGOVA and Quaggovoy's brother were taken from Zebrov\u00a0 street on Monday. Call +7 701 555 01 02 or write to "
    "secret@quagga.example, or @quagga_kz. Nobody answers. #1 *not bold* $x$ @label <tag> \\ ` [a]"
)


def answer(visitor: Visitor, case: Case, block: str, plain: dict[str, Any] | None = None, **words: Any) -> None:
    """Answer a block of questions."""
    told = Answers(block, words, plain=plain or {})
    settle(lambda: statements.seal_answers(visitor, saved(case), told), statements.tell)


def say(visitor: Visitor, case: Case, text: str) -> None:
    """Write to the complainant."""
    words = conversation.Words(text, text[:60])
    settle(lambda: conversation.seal_message(visitor, saved(case), words), conversation.write)


def share(visitor: Visitor, case: Case, *audiences: str) -> None:
    """Agree to show a case."""
    answer(visitor, case, "sharing", share_with=list(audiences or HELPERS))


def publish(visitor: Visitor, case: Case, level: str = "with_name", *details: str) -> None:
    """Agree to have a case published, or not."""
    plain = {"not_for_publication": level == "never"}
    answer(visitor, case, "publication", plain, pub_level=level, pub_details=list(details))


def black(visitor: Visitor, case: Case, text: str, kind: str = NAME, instead: str = "") -> None:
    """Mark a passage."""
    marked, base = Passage(text, kind, instead), redaction.number_of(saved(case))
    settle(lambda: redaction.seal_with(visitor, saved(case), marked, base), redaction.keep)


def telling_case(house: House, member: Member) -> Case:
    """Return a case with something in every corner, that may be shown to anybody."""
    visitor = house.visitors[member.id]
    made, _, _ = make_case("KZ", STORY, contact_mode="phone", contact_value="+7 701 555 01 02")
    answer(visitor, made, "victim", victim_name="Quaggova", relation="the sister", victim_minor="no")
    answer(visitor, made, "when", place="Zebrov Street 5", region="KZ-75")
    answer(visitor, made, "witnesses", witnesses="Okapieva saw it")
    answer(visitor, made, "contact", contact_mode="email", contact_value="secret@quagga.example", safe_times="at night")
    answer(visitor, made, "steps", lawyer_contact="Advocate Gnu, room 9", outcome="Advocate Gnu, room 9, said no")
    say(visitor, made, "May we call Quaggova at +77015550102?")
    make_note(house, member, made, "Nabarlek thinks that it is true")
    kept = {"text": "Wombat: for myself alone"}
    settle(lambda: scribbles.seal_scribble(visitor, saved(made), PERSONAL, kept, ""), scribbles.keep)
    share(visitor, made)
    publish(visitor, made, "with_name", "place", "voice")
    return saved(made)


def signed_in(client: FlaskClient, member: Member) -> FlaskClient:
    """Return the browser of a member who typed the password just now."""
    sign_in(client, member)
    confirm()
    return client


def sections(answered: Any) -> dict[str, str]:
    """Return the sections of a copy in JSON, each as text."""
    told = json.loads(answered.get_data(as_text=True))
    return {section["key"]: json.dumps(section["pieces"], ensure_ascii=False) for section in told["sections"]}


def last_acts() -> list[tuple[str, dict[str, Any]]]:
    """Return the acts that were written down about copies."""
    rows = db.session.execute(
        select(AuditEntry.act, AuditEntry.detail).where(AuditEntry.act == "case.copied").order_by(AuditEntry.id)
    )
    return [(act, detail) for act, detail in rows]


def voice_case(client: FlaskClient, house: House, member: Member) -> tuple[Case, bytes]:
    """Send a case with a recording, that may be shown to lawyers and published."""
    heard = sound(600_000, b"Quaggavoice")
    assert (
        send_voice(client, heard, story="A story of a voice, Quaggova said", file_name="Quaggova.webm").status_code
        == 200
    )
    made = db.session.scalars(select(Case).order_by(Case.id.desc())).all()[0]
    share(house.visitors[member.id], made)
    publish(house.visitors[member.id], made, "with_name")
    return saved(made), heard


def path_of(case: Case) -> str:
    """Return the address of a case's copies."""
    return f"/desk/cases/{saved(case).reference}/export"


def take(
    client: FlaskClient, case: Case, form: str = "json", audience: str = consent.INSIDE, **fields: str
) -> TestResponse:
    """Take a copy of a case, whose member typed the password just now."""
    path = path_of(case)
    press = {"csrf_token": token_on(client.get(path).get_data(as_text=True))}
    return client.post(path, data={**press, "audience": audience, "form": form, **fields})


def type_password(client: FlaskClient, asked: TestResponse, password: str = PASSWORD) -> TestResponse:
    """Type the password on the page that asks for it."""
    return client.post("/desk/confirm", data={**hidden_on(asked.get_data(as_text=True)), "password": password})


def text_of(pdf: bytes) -> str:
    """Return the words of a PDF, its lines joined."""
    return " ".join(" ".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages).split())


def layers_of(file: bytes) -> str:
    """Return everything that lies in a file, layer after layer: as it is, taken apart, and its descriptions."""
    found = [file]
    if file[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(file)) as archive:
            found.append(archive.comment)
            for entry in archive.infolist():
                found += [entry.filename.encode(), entry.comment, entry.extra]
                found.append(layers_of(archive.read(entry)).encode())
    if file[:5] == b"%PDF-":
        reader = PdfReader(io.BytesIO(file))
        found += [str(reader.metadata).encode(), text_of(file).encode(), str(reader.attachments).encode()]
        found.append(reader.xmp_metadata.stream.get_data() if reader.xmp_metadata else b"")
        for number in range(1, len(reader.xref_objStm) + sum(map(len, reader.xref.values())) + 1):
            found.append(_object(reader, number))
    return "\n".join(piece.decode("utf-8", "ignore") + piece.decode("utf-16-be", "ignore") for piece in found)


def _object(reader: PdfReader, number: int) -> bytes:
    try:
        thing = reader.get_object(number)
    except (KeyError, zlib.error):
        return b""
    stream = thing.get_data() if isinstance(thing, StreamObject) else b""
    return str(thing).encode() + stream
