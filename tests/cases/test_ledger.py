"""The pages of the audit: who did what, when, in the house for admins, and about one case for its desk."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, text, update

from intake import audit
from intake.audit import HOUSE, AuditEntry
from intake.cases import acts, ledger, triage
from intake.cases.models import Case
from intake.desks.models import Desk
from intake.extensions import db, transaction
from intake.members.models import EDITOR, Member
from tests.cases import acts as acts_of
from tests.cases import post
from tests.factories import STORY, House, make_case, make_member, sign_in

ROW = re.compile(
    r'<tr><td><time datetime="([^"]+)">.*?<td data-label="Act">(.*?)\n<td data-label="Who">(.*?)\n', re.DOTALL
)
Rows = list[tuple[str, str, str]]


@pytest.fixture
def admin(client: FlaskClient, house: House) -> Member:
    """Return an admin without a seat, signed in."""
    member = make_member(house, role=None, is_admin=True, name="Aziza")
    sign_in(client, member)
    return member


def page(client: FlaskClient, path: str = "/desk/audit") -> str:
    """Return a page of the audit."""
    answer = client.get(path)
    assert answer.status_code == 200
    return unescape(answer.get_data(as_text=True))


def rows(page: str) -> Rows:
    """Return the entries on a page: time, act, who."""
    return ROW.findall(page)


def link(page: str, words: str) -> str:
    """Return where a link leads."""
    found = re.search(rf'href="([^"]+)">{words}<', page)
    assert found, f"no link says {words}"
    return found[1]


def desk_id(name: str) -> int:
    """Return a desk's number."""
    return db.session.scalars(select(Desk.id).where(Desk.name == name)).one()


def record(count: int, **what: Any) -> None:
    """Write entries down."""
    with transaction():
        for number in range(count):
            audit.record(**{"act": "member.away", "mark": number, **what})


def flashes(page: str) -> list[str]:
    """Return the sentences about what was ignored."""
    return re.findall(r'<p class="flash warning" role="alert">([^<]+)</p>', page)


def test_an_admin_reads_all_newest_first(client: FlaskClient, house: House, admin: Member) -> None:
    case, _, _ = make_case()
    bota = make_member(house, "KZ", name="Bota")
    with transaction():
        triage.note_opened(house.visitors[bota.id], case, [], [])
    shown = rows(page(client))
    assert [(act, who) for _, act, who in shown[:2]] == [
        ("Opened", "Bota"),
        ("A member was seated at a desk · Bota", "the operator"),
    ]
    assert ("Signed in · with password and one-time code", "Aziza") in [(act, who) for _, act, who in shown]
    assert shown[-1][1:] == ("The desks were made", "the operator")


def test_the_page_has_no_address_no_story_and_no_number_of_a_row(client: FlaskClient, house: House) -> None:
    admin = make_member(house, "KZ", is_admin=True, address="aziza@example.org")
    sign_in(client, admin, password="wrong")
    sign_in(client, admin)
    case, _, _ = make_case()
    client.get(f"/desk/cases/{case.reference}")
    shown = page(client)
    for secret in ("aziza@example.org", "127.0.0.1", STORY, case.received_at.strftime("%S.%f"), "age1"):
        assert secret not in shown
    assert "Signing in failed" in shown


def test_pages_lose_nothing_and_repeat_nothing_also_while_more_is_written(client: FlaskClient, admin: Member) -> None:
    record(120)
    wanted = db.session.scalars(select(AuditEntry.id).order_by(AuditEntry.id.desc())).all()
    path, sizes, total = "/desk/audit", [], 0
    while path:
        shown = page(client, path)
        sizes.append(len(rows(shown)))
        record(3)
        path = link(shown, "Earlier entries") if "Earlier entries" in shown else ""
    total = sum(sizes)
    assert sizes[:-1] == [50] * (len(sizes) - 1)
    assert total == len(wanted)
    assert link(shown, "Newest entries") == "/desk/audit"


FILTERS: dict[str, Callable[[House, Case, Member], tuple[str, set[str]]]] = {
    "a desk": lambda _h, _c, _m: (f"chain={desk_id('KZ')}", {"Received", "Opened", "A member was seated at a desk"}),
    "the house": lambda _h, _c, _m: (f"chain={HOUSE}&act=keys", {"The desks were made"}),
    "a group": lambda _h, _c, _m: ("act=reading", {"Opened"}),
    "a member": lambda _h, _c, member: (f"member={member.id}", {"Opened"}),
    "a case": lambda _h, case, _m: (f"case={case.reference.lower()}", {"Received", "Opened"}),
    "two": lambda _h, case, _m: (f"case={case.reference}&act=cases", {"Received"}),
    "none of them": lambda _h, case, member: (f"case={case.reference}&member={member.id}&act=exports", set()),
    "days": lambda _h, _c, _m: ("from=2026-03-04&to=2026-03-04", {"Is back"}),
    "since": lambda _h, _c, _m: ("from=2026-03-04&to=2026-03-05", {"Is back", "Joined"}),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILTERS)
def test_filters_stand_in_the_address(kind: str, client: FlaskClient, house: House, admin: Member) -> None:
    case, _, _ = make_case()
    make_case("KG")
    member = make_member(house, "KZ", name="Bota")
    with transaction():
        triage.note_opened(house.visitors[member.id], case, [], [])
    for moment, act in (
        ("03T23:59:59", "member.away"),
        ("04T00:00:00", "member.back"),
        ("05T23:59:59", "member.joined"),
    ):
        record(1, act=act, at=datetime.fromisoformat(f"2026-03-{moment}").replace(tzinfo=UTC))
    query, wanted = FILTERS[kind](house, case, member)
    shown = page(client, f"/desk/audit?{query}")
    assert {act.partition(" · ")[0] for _, act, _ in rows(shown)} == wanted
    assert flashes(shown) == []
    assert ("Nothing was found" in shown) == (not wanted)


def test_the_next_page_keeps_the_filters(client: FlaskClient, admin: Member) -> None:
    record(60, member_id=admin.id)
    record(60)
    shown = page(client, f"/desk/audit?act=people&member={admin.id}&from=2000-01-01&to=2100-01-01&chain=0")
    second = page(client, link(shown, "Earlier entries"))
    assert (len(rows(shown)), len(rows(second))) == (50, 10)
    assert {who for _, _, who in rows(second)} == {"Aziza"}
    newest = link(second, "Newest entries")
    assert [f"{part}" in newest for part in ("act=people", "from=2000-01-01", "before=")] == [True, True, False]
    assert f'<option value="{admin.id}" selected>Aziza</option>' in second


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("chain=999", "There is no such desk: all are shown."),
        ("chain=-1", "There is no such desk: all are shown."),
        ("chain=KZ", "There is no such desk: all are shown."),
        ("chain=99999999999999999999", "There is no such desk: all are shown."),
        ("act=member.signed_in", "There is no such kind of act: all are shown."),
        ("member=999", "There is no such member here: all are shown."),
        ("member=%00", ""),
        ("member=%D9%A3%D9%A3%D9%A3%D9%A3", "There is no such member here: all are shown."),
        ("case=KZ-0000-00", "There is no case with this reference: all are shown."),
        ("case=%25' OR 1=1 --%00", "There is no case with this reference: all are shown."),
        ("from=yesterday", "The first day is not a date: it was ignored."),
        ("to=2026-02-30", "The last day is not a date: it was ignored."),
        ("from=2026-05-02&to=2026-05-01", "The first day is after the last: both were ignored."),
        ("from=0001-01-01&to=9999-12-31", ""),
        ("before=nonsense", "There is no such page: the newest entries are shown."),
        ("before=99999999999", "There is no such page: the newest entries are shown."),
        ("before=2147483647", ""),
        ("before=-5", "There is no such page: the newest entries are shown."),
        ("unknown=1&chain=&act=&member=&case=&from=&to=&before=", ""),
    ],
)
def test_a_foolish_or_forged_filter_is_ignored_and_that_is_said(
    query: str, sentence: str, client: FlaskClient, admin: Member
) -> None:
    everything = rows(page(client))
    shown = page(client, f"/desk/audit?{query}")
    assert flashes(shown) == ([sentence] if sentence else [])
    assert rows(shown) == everything


def test_a_page_before_the_first_entry_is_empty(client: FlaskClient, admin: Member) -> None:
    assert rows(page(client, "/desk/audit?before=1")) == []


def test_references_lead_to_a_case_only_for_who_may_open_it(client: FlaskClient, house: House) -> None:
    admin = make_member(house, "KZ", role=None, is_admin=True)
    ours, theirs = make_case("KZ")[0].reference, make_case("KG")[0].reference
    sign_in(client, admin)
    shown = page(client)
    assert f'href="/desk/cases/{ours}"' in shown
    assert f'href="/desk/cases/{theirs}"' not in shown
    assert theirs in shown


def test_what_was_done_to_a_desk_names_it(client: FlaskClient, house: House, admin: Member) -> None:
    make_member(house, "TJ", name="Daler")
    shown = page(client, f"/desk/audit?chain={desk_id('TJ')}")
    assert re.findall(r'<td data-label="Desk">(.*?)\n', shown) == ["Tajikistan"]


def test_a_changed_route_names_the_desks(client: FlaskClient, admin: Member) -> None:
    before, after = desk_id("TJ"), desk_id("editors")
    record(1, act="desk.route_changed", country="TJ", language="", before=before, now=after, member_id=admin.id)
    act = rows(page(client))[0][1]
    assert act == "Where new cases go was changed · Tajikistan · Tajikistan → Editors"


def test_an_act_without_words_is_shown_by_its_code(client: FlaskClient, admin: Member) -> None:
    record(1, act="member.juggled")
    assert rows(page(client))[0][1:] == ("member.juggled", "–")


@pytest.mark.parametrize(
    "detail", ["[1]", '"text"', "null", '{"way": ["x"], "role": {}, "seated": "1", "count": "many"}']
)
def test_details_that_were_tampered_with_do_not_hide_the_entry(detail: str, client: FlaskClient, admin: Member) -> None:
    with transaction():
        statement = text("UPDATE audit_entry SET detail = :detail WHERE act = 'member.signed_in'")
        db.session.execute(statement, {"detail": detail})
    assert rows(page(client))[0][1:] == ("Signed in", "Aziza")


DETAILS = [
    ("member.invited", {"role": EDITOR, "admin": True}, ["Editor", "Admin"]),
    ("member.invited", {"role": EDITOR, "admin": False}, ["Editor"]),
    ("member.invited", {"role": None}, []),
    ("member.signed_in", {"way": "password+recovery"}, ["with password and recovery code"]),
    ("member.signed_in", {"way": "by owl"}, []),
    ("member.sessions_ended", {"count": 1}, ["1 session"]),
    ("member.sessions_ended", {"count": 3}, ["3 sessions"]),
    ("desk.seated", {"seated": 7}, ["Aziza"]),
    ("desk.seated", {"seated": 8}, []),
    ("desk.seated", {"seated": True}, []),
    ("desk.unseated", {"unseated": 7, "promised": True}, ["Aziza"]),
    ("desk.promised", {"promised": 7}, ["Aziza"]),
    (
        "member.away",
        {"away": 7, "stand_in": 1, "first": "2026-12-24", "last": "2027-01-02"},
        ["Aziza", "Nobody stands in", "24 December 2026 – 2 January 2027"],
    ),
    ("member.away", {"away": 7, "stand_in": None, "first": "soon", "last": 5}, ["Aziza"]),
    ("desk.route_changed", {"country": "KZ", "language": "ru", "before": 1, "now": 2}, ["Kazakhstan", "Русский"]),
    ("case.handed_over", {"to": 7}, ["Aziza"]),
    ("case.status", {"status": "checking"}, ["Being checked"]),
    ("case.received", {"channel": "phone"}, ["By phone"]),
    ("case.kept", {"reason": "forced"}, ["Somebody forced the person to ask for it"]),
    ("case.code_renewed", {"check": "in_person"}, ["They came in person"]),
    ("case.added_to", {"raised": True}, ["urgent from then on"]),
    ("evidence.opened", {"file": "0" * 32}, []),
    ("house.set_up", {"rescue_recipient": "age1x"}, []),
]


@pytest.mark.parametrize(("act", "detail", "wanted"), DETAILS)
def test_details_are_said_in_words_and_never_by_number(
    act: str, detail: dict[str, Any], wanted: list[str], client: FlaskClient
) -> None:
    assert acts.details(act, detail, {1: "Nobody", 7: "Aziza"}) == wanted


def test_a_desk_reads_the_history_of_its_case(client: FlaskClient, house: House) -> None:
    member, other = make_member(house, "KZ", name="Aizhan"), make_member(house, "KZ", name="Bota")
    case, _, _ = make_case()
    make_case(story=f"{STORY} Another.")
    with transaction():
        triage.note_opened(house.visitors[other.id], case, [], [])
    sign_in(client, member)
    post(client, case, "status", status="checking")
    path = f"/desk/cases/{case.reference}/history"
    shown = page(client, path)
    assert [(act, who) for _, act, who in rows(shown)] == [
        ("Status given · Being checked", "Aizhan"),
        ("Opened", "Bota"),
        ("Received · This site", "the complainant"),
    ]
    assert [who for _, _, who in rows(page(client, f"{path}?member={other.id}"))] == ["Bota"]
    assert [act for _, act, _ in rows(page(client, f"{path}?act=reading"))] == ["Opened"]
    assert "Another" not in shown
    assert acts_of(case)[-1][0] == "case.status", (
        "reading the history shows nothing of the case, and is no reading of it"
    )
    assert f'href="{path}"' in client.get(f"/desk/cases/{case.reference}").get_data(as_text=True)


def test_the_history_of_a_case_knows_only_who_acted_and_what_was_done_there(client: FlaskClient, house: House) -> None:
    member, stranger = make_member(house, "KZ", name="Aizhan"), make_member(house, "KG", name="Nurbek")
    case, _, _ = make_case()
    sign_in(client, member)
    path = f"/desk/cases/{case.reference}/history"
    assert "Nurbek" not in page(client, path)
    assert flashes(page(client, f"{path}?member={stranger.id}")) == ["There is no such member here: all are shown."]
    assert flashes(page(client, f"{path}?act=sign-in")) == ["There is no such kind of act: all are shown."]
    assert flashes(page(client, f"{path}?before=x")) == ["There is no such page: the newest entries are shown."]
    assert flashes(page(client, f"{path}?chain=999&case=KZ-1&from=x&to=x")) == [], "it has no such filters"


def test_a_long_history_has_pages(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ", name="Aizhan")
    case, _, _ = make_case()
    record(70, act="case.opened", desk_id=case.desk_id, case_id=case.id, member_id=member.id)
    sign_in(client, member)
    first = page(client, f"/desk/cases/{case.reference}/history?act=reading&member={member.id}")
    second = page(client, link(first, "Earlier entries"))
    assert (len(rows(first)), len(rows(second))) == (50, 20)
    assert link(second, "Newest entries").startswith(f"/desk/cases/{case.reference}/history?act=reading")


def test_after_a_case_was_destroyed_its_desk_still_reads_its_history(client: FlaskClient, house: House) -> None:
    case, _, _ = make_case()
    with transaction():
        db.session.execute(update(Case).where(Case.id == case.id).values(status="deleted"))
        audit.record("case.destroyed", desk_id=case.desk_id, case_id=case.id)
    sign_in(client, make_member(house, "KZ"))
    assert rows(page(client, f"/desk/cases/{case.reference}/history"))[0][1:] == (
        "Destroyed, as the complainant asked",
        "the server",
    )


def statements_for(client: FlaskClient, path: str) -> int:
    """Return how many statements a page asks of the database."""
    asked: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    try:
        assert client.get(path).status_code == 200
    finally:
        event.remove(db.engine, "before_cursor_execute", note)
    return len(asked)


def test_a_page_asks_as_much_of_the_database_however_long_the_audit_is(client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ", is_admin=True))
    case, _, _ = make_case()
    paths = ("/desk/audit", f"/desk/audit?case={case.reference}&act=cases", f"/desk/cases/{case.reference}/history")
    few = [statements_for(client, path) for path in paths]
    for number in range(45):
        other = make_case(story=f"{STORY} {number}")[0]
        member = make_member(house, "KZ")
        record(1, act="case.message", desk_id=other.desk_id, case_id=other.id, member_id=member.id)
        record(2, act="case.message", desk_id=case.desk_id, case_id=case.id, member_id=member.id)
    assert [statements_for(client, path) for path in paths] == few
    assert len(rows(page(client))) == ledger.PAGE


def test_every_page_that_shows_a_case_writes_down_who_read_it(client: FlaskClient, house: House) -> None:
    member = make_member(house, "KZ")
    case, _, _ = make_case()
    sign_in(client, member)
    for part, data in (("messages", {}), ("status", {"status": "nonsense"}), ("keep", {"reason": "nonsense"})):
        before = len(acts_of(case))
        answer = post(client, case, part, **data)
        assert (answer.status_code, STORY in answer.get_data(as_text=True)) == (422, True)
        assert acts_of(case)[before:] == [("case.opened", member.id)]
    before = len(acts_of(case))
    assert client.get(f"/desk/cases/{case.reference}/clock").status_code == 200
    assert acts_of(case)[before:] == [("case.opened", member.id)]


def test_taking_a_case_out_of_the_house_is_written_down_before_a_byte_leaves(
    client: FlaskClient, house: House, app: Flask, tmp_path: Path
) -> None:
    case, _, _ = make_case()
    (tmp_path / "file").write_text("in the way")
    for folder in (tmp_path / "export", tmp_path / "file" / "export"):
        before = acts_of(case)
        app.test_cli_runner().invoke(args=["cases", "export", case.reference, str(folder)])
        assert acts_of(case) == [*before, ("case.exported", None)]
    assert (tmp_path / "export" / f"{case.reference}-statement-1.age").is_file()
    sign_in(client, make_member(house, "KZ"))
    shown = rows(page(client, f"/desk/cases/{case.reference}/history?act=exports"))
    assert {row[1:] for row in shown} == {("Taken out of the house, still sealed", "the operator")}


@pytest.mark.parametrize("reference", ["%00", "KZ-%00", "%F0%9F%98%80", "x" * 3000])
def test_a_reference_that_is_none_is_not_there(reference: str, client: FlaskClient, house: House) -> None:
    sign_in(client, make_member(house, "KZ"))
    for part in ("", "/history"):
        assert client.get(f"/desk/cases/{reference}{part}").status_code == 404
