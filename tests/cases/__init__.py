"""A desk works on what it received: what its tests share."""

from collections.abc import Mapping
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.cases import conversation, queries, statements
from intake.cases.conversation import Words
from intake.cases.models import Case
from intake.cases.statements import Answers
from intake.cases.visits import Visit
from intake.desks.seats import Opens
from intake.extensions import db, settle
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys, Identity
from tests.factories import token_on


def visit_of(case: Case, keys: CodeKeys) -> Visit:
    """Return the holder of a case's code."""
    return Visit(case, keys.identity, keys.digest_key, "")


def opener(identity: Identity) -> Opens:
    """Return what opens everything with one identity."""
    return lambda _: identity


def write(who: Visit | Visitor, case: Case, text: str, once: str = "", **words: str | bool) -> None:
    """Write a message without HTTP."""
    said = Words(text, once or text, **words)  # type: ignore[arg-type]  # the names are those of Words
    settle(lambda: conversation.seal_message(who, case, said), conversation.write)


def tell(who: Visit | Visitor, case: Case, block: str, plain: Mapping[str, Any] | None = None, **answers: Any) -> None:
    """Answer a block of questions without HTTP."""
    told = Answers(block, answers, plain=plain or {})
    settle(lambda: statements.seal_answers(who, case, told), statements.tell)


def page_of(client: FlaskClient, case: Case, part: str = "") -> str:
    """Return a page of a case."""
    return client.get(f"/desk/cases/{reference(case)}{part}").get_data(as_text=True)


def post(client: FlaskClient, case: Case, part: str, **data: str) -> TestResponse:
    """Post one of the forms of a case, with the visitor's own token."""
    own = token_on(client.get("/desk/cases/new").get_data(as_text=True))
    return client.post(f"/desk/cases/{reference(case)}/{part}", data={**data, "csrf_token": own})


def reference(case: Case) -> str:
    """Return the reference of a case."""
    return db.session.get_one(Case, case.id).reference


def saved(case: Case) -> Case:
    """Return a case as it is saved now."""
    db.session.rollback()
    db.session.expire_all()
    return db.session.get_one(Case, case.id)


def acts(case: Case) -> list[tuple[str, int | None]]:
    """Return what was done about a case, and by whom."""
    db.session.rollback()
    entries = db.session.scalars(select(AuditEntry).where(AuditEntry.case_id == case.id).order_by(AuditEntry.number))
    return [(entry.act, entry.member_id) for entry in entries]


def texts(case: Case, opens: Opens) -> list[str]:
    """Return the messages of a case as one reads them."""
    db.session.rollback()
    return [message.text for message in queries.read_messages(case, opens)]
