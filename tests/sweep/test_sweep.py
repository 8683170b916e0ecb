"""Every route by every method, as every kind of visitor, with odd arguments: no fault, no trace, no change."""

import hashlib
import re
from collections import Counter
from itertools import cycle
from urllib.parse import quote, unquote

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.config import ROOT
from intake.extensions import Base, core, db
from intake.web.sites import FOR_MEMBERS
from tests.access_table import COMPLAINANT, EDITORIAL, HERE, NOBODY, SEATED_ADMIN, TABLE
from tests.sweep import wire
from tests.test_access_matrix import Scene, Scenes, scene  # noqa: F401 a fixture

READS = ("GET", "HEAD", "OPTIONS")
METHODS = (*READS, "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "BREW", "get", "pOsT")
FOR_NOBODY = ("OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND", "BREW")
# What looking at a page writes: that it was looked at.
SEEN = {
    ("presence", None),
    ("audit_head", None),
    ("audit_entry", None),
    ("statement", "read_at"),
    ("member_session", "used_at"),
}
SAID_OF_LOOKING = {"case.opened", "evidence.viewed", "evidence.taken", "figures.taken"}
ODD = (
    "%00", "%FF", "%2F", "..%2f..%2fetc", "-1", "0", "9" * 30, "a" * 5000, "%E2%80%AEKZ", "%0D%0AX-Odd:%20y",
    "uz_cyrl", "xx", "'%20OR%201=1--", "{{7*7}}", "%F0%9F%92%A9", "%C2%A0", "1.5", "True", "٣", "%ED%A0%80",
)  # fmt: skip
# What forms read that are asked for by GET, and what stands under a name of ours.
FILTERS = {
    "lang", "again", "view", "tab", "status", "desk", "country", "code", "region", "label", "urgent", "consent",
    "first", "last", "group", "sort", "kind", "state", "member", "case",
}  # fmt: skip
TRACES = re.compile(r"Traceback|werkzeug|sqlalchemy|\.py\b", re.IGNORECASE)
ASKED = re.compile(r"request\.args(?:\.get|\.getlist)?[(\[]\"(\w+)\"")
ENDS = ("/leave", "/desk/sign-out")  # the visit
AWAY = "/healthz/letters"  # an alarm stands: 503 is its word for that


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database(request: pytest.FixtureRequest) -> str:
    """Name the database: each has its own faults for odd values."""
    return str(request.param)


def addresses(made: Scene) -> list[str]:
    """Return an address of every route, each once; what ends a visit comes last."""
    found = sorted({row.path.format(**made.values) for row in TABLE.values()})
    return sorted(found, key=lambda path: path == "/leave")


def ask(made: Scene, path: str, method: str, **given: str) -> list[str]:
    """Go to an address, and return what is wrong with the answer."""
    answer = made.client.open(path, method=method, data=given or None, buffered=True)
    fault = answer.status_code >= 500 and not path.startswith(AWAY)
    wrong = [f"it answers {answer.status_code}"] if fault else []
    wrong += [f"it says {found[0]}" for found in [TRACES.search(_words(answer))] if found]
    wrong += ["a header came with the address"] if "X-Odd" in answer.headers else []
    wrong += wire.faults(path, answer.status_code, [*answer.headers])
    return [f"{method} {path[:99]}: {one}" for one in wrong]


def _words(answer: TestResponse) -> str:
    return answer.get_data(as_text=True) if answer.mimetype == "text/html" else ""


def kept() -> dict[str, str]:
    """Return what the database holds, as a hash of each table without the marks that looking leaves."""
    db.session.rollback()
    tables = [table for table in Base.metadata.sorted_tables if (table.name, None) not in SEEN]
    columns = {table: [one for one in table.columns if (table.name, one.name) not in SEEN] for table in tables}
    found = {
        table.name: hashlib.sha256(
            repr(sorted(map(repr, core().execute(select(*columns[table]))))).encode()
        ).hexdigest()
        for table in tables
    }
    db.session.rollback()
    return found


def acts() -> Counter[str]:
    """Return how often each act was written down."""
    return Counter(db.session.scalars(select(AuditEntry.act)))


def odd_addresses(app: Flask, made: Scene, method: str) -> list[list[str]]:
    """Return, for every route with arguments, its addresses with one of them odd."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.arguments and method in (rule.methods or ()) and (rule.endpoint, method) in TABLE:
            right = TABLE[rule.endpoint, method].path.format(**made.values)
            found.append([odd for value in ODD for odd in _with(rule, right, value)])
    return found


def _with(rule: Rule, right: str, odd: str) -> list[str]:
    """Return an address as often as it has arguments, each time with another one of them odd."""
    shape = re.sub(r"<(?:[^<>:]+:)?(\w+)>", r"(?P<\1>[^/]+)", rule.rule)
    found = re.fullmatch(shape, right)
    if found is None:  # the argument takes slashes, too
        return [re.sub(r"[^/]+$", lambda _: odd, right)]
    return [right[: found.start(name)] + odd + right[found.end(name) :] for name in found.groupdict()]


def odd_questions() -> list[str]:
    """Return what is asked behind an address: every name that our code reads, with each odd value."""
    names = {name for file in (ROOT / "intake").rglob("*.py") for name in ASKED.findall(file.read_text())}
    assert {"before", "after", "width", "next"} <= names
    return ["?" + "&".join(f"{name}={value}" for name in sorted(names | FILTERS)) for value in ODD]


def test_every_address_answers_every_method_to_nobody(scene: Scenes) -> None:  # noqa: F811
    made, wrong, others = scene(NOBODY), list[str](), cycle(FOR_NOBODY)
    before, written = kept(), acts()
    for path in addresses(made):
        for method in ("HEAD", next(others)):
            wrong += ask(made, path, method)
    assert wrong == []
    assert (kept(), acts()) == (before, written)


def test_looking_without_taking_the_page_is_looking(scene: Scenes) -> None:  # noqa: F811
    made, wrong = scene(COMPLAINANT), list[str]()
    paths = [path for path in addresses(made) if path.startswith("/en/case")]
    before = kept()
    for path in paths:
        given = made.client.get(path, buffered=True).status_code
        taken = made.client.head(path).status_code
        wrong += [f"{path}: {given}, {taken}"] if given != taken else []
        wrong += ask(made, path, "HEAD")
    assert wrong == []
    assert kept() == before


def test_an_odd_argument_is_no_fault(app: Flask, scene: Scenes) -> None:  # noqa: F811
    made, wrong, number = scene(SEATED_ADMIN), list[str](), 0
    before = kept()
    for number, odd in enumerate(odd_addresses(app, made, "GET")):
        wrong += ask(made, odd[number * 3 % len(odd)], "GET")
    assert wrong == []
    assert number > 40
    assert kept() == before


@pytest.mark.slow
@pytest.mark.parametrize("visitor", [NOBODY, COMPLAINANT, HERE, EDITORIAL, SEATED_ADMIN])
def test_nothing_changes_by_looking_and_no_method_breaks(visitor: str, scene: Scenes) -> None:  # noqa: F811
    made, wrong = scene(visitor), list[str]()
    before, written = kept(), acts()
    for method in sorted(METHODS, key=lambda one: one.upper() not in READS):
        for path in addresses(made):
            if path not in ENDS:
                wrong += ask(made, path, method)
        if method.upper() in READS:
            assert kept() == before, method
    assert wrong == []
    assert kept() == before, "no form goes through without its token"
    assert set(acts() - written) <= SAID_OF_LOOKING


@pytest.mark.slow
@pytest.mark.parametrize("visitor", [NOBODY, COMPLAINANT, HERE, EDITORIAL, SEATED_ADMIN])
def test_no_odd_argument_is_a_fault(visitor: str, app: Flask, scene: Scenes) -> None:  # noqa: F811
    made, wrong = scene(visitor), list[str]()
    own, before = made.token(), kept()
    questions = odd_questions()
    for odd in odd_addresses(app, made, "GET"):
        wrong += [fault for path in odd for fault in ask(made, path, "GET")]
    for path, question in zip(addresses(made) * 3, cycle(questions), strict=False):
        wrong += ask(made, path + question, "GET") if path not in ENDS else []
    assert kept() == before
    for odd in odd_addresses(app, made, "POST"):
        wrong += [fault for path in odd for fault in ask(made, path, "POST", csrf_token=own)]
    assert wrong == []


def test_the_argument_that_is_odd_stands_in_the_address(app: Flask) -> None:
    rule = next(rule for rule in app.url_map.iter_rules() if rule.endpoint == "cases.case")
    assert _with(rule, "/desk/cases/KZ-2222-22", "%00") == ["/desk/cases/%00"]
    assert all(quote(unquote(value)) for value in ODD[:3])
    assert FOR_MEMBERS[0] == "/desk"
