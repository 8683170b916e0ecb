"""Sending a complaint, the same work written as bare as possible: no ORM, no templates, no forms, no rooms.

It is served twice: as a Flask view with nothing around it, and without any framework. It reads the same fields, checks
the same signed code, derives, pads and seals alike, saves the same rows in one transaction with the same pragmas, gate
and fsync (on PostgreSQL with the same lock), and answers a page of the same bytes. It refuses next to nothing: what a
POST costs beyond this is what the house's rooms, forms, words and care cost. Rows and letters copy those that our own
server wrote for a sample, so that a new column needs no change here; a new table does, and the bench says so.
"""

import hashlib
import json
import multiprocessing
import os
import secrets
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import brotli  # type: ignore[import-untyped]
from flask import Flask, Response, request
from itsdangerous import BadSignature, TimestampSigner

from intake import supervisor
from intake.app import BROTLI_LEVEL
from intake.cases import return_code
from intake.config import signing_key
from intake.sealing import CodeKeys, SealedBytes, code_keys, digest, seal_document
from tests.bench.bare_line import LOCKED, SETTINGS, Database, Row, in_words, line, moment, rows
from tests.bench.sample import PATH, Sample, pattern, values

SAMPLE = Sample.read(SETTINGS.instance)
SIGNER = TimestampSigner(signing_key(SETTINGS), salt="return-code")
REFUSED = (BadSignature, ValueError, KeyError)
LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
KEY_OF_COUNTRY = in_words(
    "SELECT k.id, k.recipient, k.desk_id FROM desk_key k JOIN route r ON r.desk_id = k.desk_id WHERE r.country = ? "
    "ORDER BY k.generation DESC LIMIT 1"
)
CURRENT_KEY = in_words("SELECT id FROM desk_key WHERE desk_id = ? ORDER BY generation DESC LIMIT 1")
JOURNALISTS = in_words(
    "SELECT m.id, m.address, m.language FROM member m JOIN seat s ON s.member_id = m.id "
    "LEFT JOIN absence a ON a.member_id = m.id AND a.from_at <= ? AND a.until_at > ? "
    "WHERE s.desk_key_id = ? AND m.role = 'journalist' AND m.left_at IS NULL AND a.id IS NULL ORDER BY m.id"
)
HEAD = in_words(f"SELECT number, hash FROM audit_head WHERE chain = ?{LOCKED}")  # noqa: S608 our own words
MOVE_HEAD = in_words("UPDATE audit_head SET number = ?, hash = ? WHERE chain = ?")


def _insert(table: str, row: Row, conflict: str = "") -> str:
    names = [name for name in row if name != "id"]
    given = ", ".join(f":{name}" for name in names)
    return in_words(f'INSERT INTO "{table}" ({", ".join(names)}) VALUES ({given}){conflict}')  # noqa: S608 our own names


class _Country:
    """What our own server wrote for the sample of one country."""

    def __init__(self, reference: str) -> None:
        (self.case,) = rows('SELECT * FROM "case" WHERE reference = ?', reference)
        case_id = self.case["id"]
        (self.key,) = rows("SELECT * FROM complainant_key WHERE id = ?", self.case["complainant_key_id"])
        (self.statement,) = rows("SELECT * FROM statement WHERE case_id = ?", case_id)
        (self.entry,) = rows("SELECT * FROM audit_entry WHERE case_id = ?", case_id)
        letters = rows("SELECT * FROM letter WHERE case_id = ?", case_id)
        self.newsroom = next(letter for letter in letters if letter["member_id"] is None)
        self.words = {
            letter["language"]: {name: pattern(letter[name], {"reference": reference}) for name in ("subject", "body")}
            for letter in letters
        }


COUNTRIES = {country: _Country(reference) for country, reference in SAMPLE.references.items()}
SALT: bytes = rows("SELECT code_salt FROM house")[0]["code_salt"]
_any = next(iter(COUNTRIES.values()))
NEW_KEY = _insert("complainant_key", _any.key, " ON CONFLICT (tag) DO NOTHING RETURNING id")
NEW_CASE = _insert("case", _any.case, " ON CONFLICT (reference) DO NOTHING RETURNING id")
NEW_STATEMENT = _insert("statement", _any.statement)
NEW_ENTRY = _insert("audit_entry", _any.entry)
NEW_LETTER = _insert("letter", _any.newsroom)
del _any


flask_app = Flask(__name__)


@flask_app.get(PATH)
def page() -> Response:
    """Answer a GET of the complaint page with a fresh code in it, filled and compressed anew each time."""
    signed = SIGNER.sign(return_code.mint()).decode()
    body, headers = _packed(SAMPLE.form % {"signed": signed}, request.headers.get("Accept-Encoding", ""))
    return Response(body, headers=headers)


@flask_app.post(PATH)
def send() -> Response:
    """Answer a POST of the complaint form, in a Flask view with nothing around it."""
    try:
        page, headers = _answer(request.form.to_dict(), request.headers.get("Accept-Encoding", ""))
    except REFUSED:
        return Response(status=422)
    return Response(page, headers=headers)


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer a POST of the complaint form, without any framework."""
    text = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode()
    fields = {name: found[0] for name, found in parse_qs(text, keep_blank_values=True).items()}
    try:
        page, headers = _answer(fields, environ.get("HTTP_ACCEPT_ENCODING", ""))
    except REFUSED:
        start_response("422 Unprocessable Content", [("Content-Length", "0")])
        return [b""]
    start_response("200 OK", [*headers.items(), ("Content-Length", str(len(page)))])
    return [page]


def _answer(fields: dict[str, str], accepted: str) -> tuple[bytes, dict[str, str]]:
    return _packed(_send(fields), accepted)


def _packed(text: str, accepted: str) -> tuple[bytes, dict[str, str]]:
    page = text.encode()
    headers = {"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store"}
    if "br" not in accepted:
        return page, headers
    return brotli.compress(page, quality=BROTLI_LEVEL), {**headers, "Content-Encoding": "br"}


def _send(fields: dict[str, str]) -> str:
    digits, made_at = SIGNER.unsign(fields["code"], return_timestamp=True)
    now = datetime.now(UTC)
    if fields["website"] or not fields["consent"] or (now - made_at).total_seconds() < 3:
        raise ValueError
    keys = code_keys(digits.decode(), SALT)
    country = fields["country"]
    key_id, recipient, desk_id = line().database.execute(KEY_OF_COUNTRY, (country,)).fetchone()
    drawn = "".join(secrets.choice(LETTERS) for _ in range(6))
    reference = f"{country}-{drawn[:4]}-{drawn[4:]}"
    words = {
        "story": fields["story"],
        "urgent": "urgent" in fields,
        "country": country,
        "contact_mode": fields["contact_mode"],
        "contact_value": fields["contact_value"],
        "consent": True,
    }
    sealed = seal_document(
        "statement/1",
        {"reference": reference, "received_at": now.isoformat(), **words},
        [recipient, keys.identity.recipient],
    )
    coarse = now - timedelta(minutes=now.minute % 10, seconds=now.second, microseconds=now.microsecond)
    _save(_Case(country, reference, desk_id, key_id, keys, digest(keys.digest_key, words), sealed, coarse))
    return SAMPLE.page % values(fields["code"], reference)


@dataclass(slots=True)
class _Case:
    """What is saved."""

    country: str
    reference: str
    desk_id: int
    key_id: int
    keys: CodeKeys
    digest: bytes
    sealed: SealedBytes
    received_at: datetime


def _save(case: _Case) -> None:
    with line().transaction() as database:
        _write(database, case)


def _write(database: Database, case: _Case) -> None:
    like, at = COUNTRIES[case.country], moment(case.received_at)
    if database.execute(CURRENT_KEY, (case.desk_id,)).fetchone()[0] != case.key_id:
        raise ValueError
    key = {**like.key, "tag": case.keys.tag, "recipient": case.keys.identity.recipient}
    (key_id,) = database.execute(NEW_KEY, key).fetchone()
    row = {**like.case, "reference": case.reference, "complainant_key_id": key_id, "received_at": at}
    (case_id,) = database.execute(NEW_CASE, row).fetchone()
    database.execute(
        NEW_STATEMENT,
        {
            **like.statement,
            "case_id": case_id,
            "desk_key_id": case.key_id,
            "digest": case.digest,
            "sealed": case.sealed,
            "received_at": at,
        },
    )
    told = [(None, like.newsroom["address"], like.newsroom["language"])]
    told += database.execute(JOURNALISTS, (at, at, case.key_id)).fetchall()
    database.cursor().executemany(NEW_LETTER, [_letter(like, case, case_id, at, *one) for one in told])
    _chain(database, case, {**like.entry, "case_id": case_id, "at": at})


def _letter(
    like: _Country, case: _Case, case_id: int, at: Any, member_id: int | None, address: str, language: str
) -> Row:
    words = like.words[language]
    return {
        **like.newsroom,
        "message_id": f"<{uuid.uuid4()}@{SETTINGS.newsroom_address.rpartition('@')[2]}>",
        "language": language,
        "case_id": case_id,
        "member_id": member_id,
        "address": address,
        "subject": words["subject"] % {"reference": case.reference},
        "body": words["body"] % {"reference": case.reference},
        "owed_at": at,
        "due_at": at,
    }


def _chain(database: Database, case: _Case, entry: Row) -> None:
    number, previous = database.execute(HEAD, (case.desk_id,)).fetchone()
    text = json.dumps(
        {
            "chain": case.desk_id,
            "number": number + 1,
            "at": case.received_at.isoformat(),
            "act": entry["act"],
            "member": None,
            "case": entry["case_id"],
            "detail": json.loads(entry["detail"]),
        },
        sort_keys=True,
        separators=(",", ":"),
    )
    hashed = hashlib.sha256(previous + text.encode()).digest()
    database.execute(NEW_ENTRY, {**entry, "number": number + 1, "hash": hashed})
    database.execute(MOVE_HEAD, (number + 1, hashed, case.desk_id))


if multiprocessing.parent_process() is not None:  # a process of the server: it ends with the one that started it
    supervisor.end_with(os.getppid())
