"""A desk, a member, a complaint in a line. Everybody and everything here is invented."""

import io
import random
import re
from dataclasses import dataclass
from dataclasses import field as field_of
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pyotp
from flask import current_app
from flask.testing import FlaskClient
from itsdangerous import TimestampSigner
from sqlalchemy import select, update
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from intake.cases import deletion, notes, replies, return_code, verification
from intake.cases import queries as cases
from intake.cases import sign_off as signing_off
from intake.cases.models import CannedReply, Case, Message, Note
from intake.cases.verification import CONFIRMED, Claim, Source, Version
from intake.complaint import submit
from intake.desks import new_desk, promises, seats, setup
from intake.desks import queries as desk_queries
from intake.desks.models import Desk, DeskKey, Promise
from intake.extensions import db, settle, transaction
from intake.i18n import now
from intake.members import cover, one_time_codes, secrets
from intake.members.cover import Days
from intake.members.models import EDITOR, JOURNALIST, Absence, Factor, Member, MemberSession
from intake.members.sessions import Visitor
from intake.outbox.models import Letter
from intake.sealing import CodeKeys, Cost, Identity, code_keys, new_identity, seal_identity, unseal_identity
from intake.web.uploads import SealedUpload

PASSWORD = "umber-violin-42-otter-drizzle-lantern"
ONE_TIME_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # of every member's app
STORY = "They took my brother from his home on Monday and nobody tells us where he is."
_numbers = count(1)
_identities: dict[Cost, list[secrets.NewIdentity]] = {}


@dataclass
class House:
    """The desks of a test, with the identities that a real house forgets."""

    rescue: Identity
    keys: dict[str, tuple[int, Identity]]
    first_admin: setup.FirstAdmin
    visitors: dict[int, Visitor] = field_of(default_factory=dict)

    def identity(self, desk: str) -> Identity:
        """Return a desk's identity."""
        return self.keys[desk][1]


def make_house() -> House:
    """Make the desks."""
    rescue = new_identity()
    with transaction():
        made = setup.make_desks(rescue.recipient)
        keys = {_desk_name(key): (key.id, identity) for key, identity in made}
        first_admin = setup.invite_first_admin(made)
    return House(rescue, keys, first_admin)


def make_member(
    house: House,
    *desks: str,
    role: str | None = JOURNALIST,
    is_admin: bool = False,
    language: str = "en",
    address: str | None = None,
    name: str | None = None,
) -> Member:
    """Make a member seated at desks (an editor: name them all, or use ``ALL``)."""
    number = next(_numbers)
    made = _identity_of(len(house.visitors))
    with transaction():
        member = secrets.join(
            made,
            name=name or f"Member {number}",
            address=address or f"member{number}@example.org",
            language=language,
            role=role,
            is_admin=is_admin,
        )
        for name_of_desk in desks:
            key_id, identity = house.keys[name_of_desk]
            desk = db.session.scalars(select(Desk).where(Desk.name == name_of_desk)).one()
            seats.give(member, desk, key_id, seal_identity(identity, [member.recipient]), by=None)
    house.visitors[member.id] = Visitor(member, made.identity, "")
    return member


def _identity_of(place: int) -> secrets.NewIdentity:
    """Return the identity of a house's first, second, … member, and what opens it: made once for all tests.

    Sealing it to ten recovery codes is most of what a member costs. No two members of a house have the same.
    """
    made = _identities.setdefault(current_app.config["PASSWORD_COST"], [])
    while len(made) <= place:
        made.append(secrets.make_identity(PASSWORD, ONE_TIME_SECRET))
    return made[place]


def make_desk(house: House, name: str) -> Desk:
    """Make a desk with a name in own words, as its founder does; its identity is opened with the rescue identity."""
    founder = make_member(house, role=None, is_admin=True)
    with transaction():
        desk = new_desk.make(name, founder.id)
    key = desk_queries.current_key(desk.id)
    house.keys[name] = (key.id, unseal_identity(key.rescue_copy, house.rescue))
    return desk


def make_promise(member: Member, desk: str, by: Member | None = None) -> Promise:
    """Promise a member a seat at a desk."""
    desk_id = desk_queries.by_name(desk).id
    with transaction():
        promises.promise(member, desk_id, by.id if by else None)
    return db.session.scalars(select(Promise).where(Promise.member_id == member.id, Promise.desk_id == desk_id)).one()


def go_away(member: Member, stand_in: Member | None = None, first: int = 0, last: int = 1) -> Absence:
    """Let a member be away.

    Args:
        member: who.
        stand_in: who stands in.
        first: the first day, counted from today.
        last: the last day, counted from today.
    """
    today = now().date()
    days = Days(today + timedelta(days=first), today + timedelta(days=last))
    with transaction():
        return cover.set_away(member, days, stand_in, member.id)


def make_case(country: str = "KZ", story: str = STORY, **fields: Any) -> tuple[Case, CodeKeys, str]:
    """Send a complaint without HTTP; return its case, what its code opens, and the code."""
    code = return_code.mint()
    keys = code_keys(code, setup.code_salt())
    complaint = submit.Complaint(
        **{
            "language": "en",
            "story": story,
            "urgent": False,
            "country": country,
            "contact_mode": "code",
            "contact_value": "",
            "consent": True,
            **fields,
        }
    )
    settle(submit.sealing_of(complaint, keys), submit.submit)
    case = cases.by_tag(keys.tag)
    assert case is not None
    return case, keys, code


def make_note(house: House, member: Member, case: Case, text: str, replaces_id: int | None = None) -> Note:
    """Keep a note for the desk without HTTP, or a further version of one."""
    visitor, once = house.visitors[member.id], f"{text}{replaces_id}"
    settle(lambda: notes.seal_note(visitor, case, text, once, replaces_id), notes.keep)
    return db.session.scalars(select(Note).order_by(Note.id.desc())).all()[0]


def make_source(who: str = "A. K., a neighbour", how: str = "Told us on the phone", **changes: Any) -> Source:
    """Return a source as a form brings it."""
    said = {"key": 0, "kind": "witness", "reliability": "fairly", "day": None, **changes}
    return Source(who=who, how=how, **said)


def make_claim(
    house: House,
    member: Member,
    case: Case,
    text: str = "Two men in plain clothes took him.",
    *sources: Source,
    state: str = CONFIRMED,
    base: Version | None = None,
) -> int:
    """Keep a claim without HTTP, or a further version of one; return its number."""
    visitor, claim = house.visitors[member.id], Claim(text, state, sources)
    once = f"{text}{base.number if base else 0}"
    return settle(lambda: verification.seal_claim(visitor, case, claim, once, base), verification.keep)


def sign_off(house: House, case: Case, editor: Member | None = None, word: str = "Checked by two of us") -> Member:
    """Have a case signed off as it stands, by an editor of its desk; write a claim down first, if there is none.

    Returns:
        The editor.
    """
    case_id, reference = case.id, case.reference
    desk = db.session.get_one(Desk, case.desk_id).name
    editor = editor or make_member(house, desk, role=EDITOR)
    if not verification.has_claims(case_id):
        make_claim(house, make_member(house, desk), case)
    visitor, up_to = house.visitors[editor.id], verification.number_of(case_id)
    settle(lambda: signing_off.seal_signing(visitor, reference, word, up_to), signing_off.sign)
    return editor


def make_reply(member: Member, language: str = "ru", title: str = "Received", text: str = "{reference}") -> CannedReply:
    """Keep a canned reply."""
    with transaction():
        replies.save(member, language, title, text)
    return db.session.scalars(select(CannedReply).order_by(CannedReply.id.desc())).all()[0]


def sound(size: int = 3000, marker: bytes = b"") -> bytes:
    """Return what passes for a WebM recording: its first bytes, then noise with a marker in it."""
    return (b"\x1a\x45\xdf\xa3" + marker + random.Random(size).randbytes(size))[:size]  # noqa: S311 noise


def make_recording(content: bytes | None = None, file_name: str = "voice.webm") -> SealedUpload:
    """Return a recording as a form brings it: sealed."""
    upload = SealedUpload(file_name)
    upload.write(sound() if content is None else content)
    upload.seek(0)
    return upload


def signed_code(code: str | None = None, age: int = 60) -> str:
    """Return a signed code whose page was made ``age`` seconds ago."""

    class Earlier(TimestampSigner):
        def get_timestamp(self) -> int:
            return super().get_timestamp() - age

    return Earlier(current_app.secret_key or "", salt="return-code").sign(code or return_code.mint()).decode()


def fields(**changes: Any) -> dict[str, Any]:
    """Return what a browser posts for a complaint; None leaves a field out."""
    answers = {
        "country": "KZ",
        "story": STORY,
        "contact_mode": "code",
        "contact_value": "",
        "consent": "1",
        "website": "",
        "code": signed_code(),
        **changes,
    }
    return {name: value for name, value in answers.items() if value is not None}


def send(client: FlaskClient, lang: str = "en", **changes: Any) -> TestResponse:
    """Post a complaint."""
    return client.post(f"/{lang}/", data=fields(**changes))


def hidden_code(sent: dict[str, Any]) -> str:
    """Return the digits of the code that a complaint was sent with."""
    return str(sent["code"])[: return_code.LENGTH]


def send_voice(
    client: FlaskClient, content: bytes | None, lang: str = "en", file_name: str = "voice.webm", **changes: Any
) -> TestResponse:
    """Post a complaint with a recording; None chooses none."""
    return post_parts(client, f"/{lang}/voice", fields(**changes), content, file_name)


def post_parts(
    client: FlaskClient,
    path: str,
    answers: dict[str, Any],
    content: bytes | None,
    file_name: str = "voice.webm",
    field: str = "recording",
) -> TestResponse:
    """Post a form with a file, encoded in memory: the test client would write a temporary file of its own."""
    chosen = FileStorage(io.BytesIO(content or b""), file_name if content is not None else "", field)
    boundary, body = encode_multipart({**answers, field: chosen})
    return client.post(path, data=body, content_type=f"multipart/form-data; boundary={boundary}")


def destroy_due(moment: datetime) -> int:
    """Destroy the cases whose days have passed, as the worker does; return how many."""
    count = 0
    for case_id in deletion.due(moment):
        with transaction():
            count += deletion.destroy(case_id, moment)
    return count


def message_ids() -> list[int]:
    """Return the numbers of all messages."""
    return list(db.session.scalars(select(Message.id)))


def hidden_on(page: str) -> dict[str, str]:
    """Return the hidden fields of a page."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', page)
    return {name: value.replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">") for name, value in found}


def token_on(page: str) -> str:
    """Return the anti-forgery token that a desk page carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found, "no form on the page"
    return found[1]


def token(client: FlaskClient, path: str) -> str:
    """Return the anti-forgery token of the desk page at a path."""
    return token_on(client.get(path).get_data(as_text=True))


def one_time_code(secret: str = ONE_TIME_SECRET, step: int = 0) -> str:
    """Return the six digits that an app shows, this many half minutes from now."""
    return pyotp.TOTP(secret).at((one_time_codes.step_now() + step) * one_time_codes.STEP)


def forget_steps() -> None:
    """Let every one-time code be good again, as if half a minute had passed since the last."""
    with transaction():
        db.session.execute(update(Factor).values(counter=0))


def sign_in(client: FlaskClient, member: Member, password: str = PASSWORD, **changes: str) -> TestResponse:
    """Sign a member in, as their browser would."""
    address = member.address
    forget_steps()
    answers = {"address": address, "password": password, "code": one_time_code(), **changes}
    return client.post("/desk/sign-in", data={**answers, "csrf_token": token(client, "/desk/sign-in")})


def confirm() -> None:
    """Let every session count as one whose password was just typed again."""
    with transaction():
        db.session.execute(update(MemberSession).values(confirmed_at=now()))


def come_back(client: FlaskClient, code: str, lang: str = "en") -> str:
    """Type a code as its holder would; return the page of the case."""
    answer = client.post(f"/{lang}/case", data={"code": code})
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return client.get(f"/{lang}/case").get_data(as_text=True)


def reference_on(page: str) -> str:
    """Return the reference that an answer page shows."""
    found = re.search(r"[A-Z]{2}-[0-9A-Z]{4}-[0-9A-Z]{2}", page)
    assert found, "no reference on the page"
    return found[0]


def letters(kind: str = "new_case") -> list[Letter]:
    """Return the letters of a kind, oldest first."""
    db.session.rollback()
    return list(db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)))


def count_rows(table: type[Any]) -> int:
    """Return how many rows a table has."""
    db.session.rollback()
    return len(db.session.scalars(select(table)).all())


def _desk_name(key: DeskKey) -> str:
    return db.session.get_one(Desk, key.desk_id).name


def current_keys() -> list[DeskKey]:
    """Return the newest key of every desk."""
    return list(db.session.scalars(select(DeskKey).where(DeskKey.replaced_at.is_(None)).order_by(DeskKey.desk_id)))
