"""The desk's pages in every state: of members with little and with much to do, and of all that goes wrong."""

from datetime import timedelta

from flask import Flask
from sqlalchemy import update

from intake.cases import assignment, conversation, deletion, labels
from intake.cases.models import DELETED, STATUSES, Case
from intake.desks import invitations, routes
from intake.evidence import queries as evidence
from intake.extensions import db, transaction
from intake.i18n import now
from intake.members import codes, cover, sign_in
from intake.members.cover import Days
from intake.members.models import EDITOR, Member, MemberSession
from intake.members.secrets import BusyError
from intake.outbox import alarms
from intake.web import slowing
from tests import factories
from tests.access_table import TABLE
from tests.accessibility.album import Album, Speaks
from tests.accessibility.complainants import LONG, tell_everything
from tests.accessibility.walk import Walk, broken, failing
from tests.cases import reference, write
from tests.cases.tying import link, merge
from tests.cases.working import offer
from tests.evidence.looking import attach, make_copy
from tests.evidence.sending import arrive, begin, photo, visit_of
from tests.factories import House, confirm, make_case, make_desk, make_member, make_promise, make_recording

ARABIC = "برادرم را از خانه بردند و خبری از او نیست"
ENDS_ALL = {("members.sign_out", "POST"), ("account.end_other_sessions", "POST")}
OF_A_CASE = ("", "/history", "/clock", "/code", "/links", "/hold", "/verification", "/export", "/bundle", "/redactions")
LISTS = (
    *(f"?tab={tab}" for tab in ("mine", "overdue", "urgent", "done", "deleted", "ending", "all", "nonsense")),
    *("?share=nobody", "?status=closed&sort=newest&country=KZ", "?assignee=nobody&urgent=no"),
)
ELSEWHERE = (
    *("dashboard?for=outside&period=year", "dashboard?period=week", "letters/templates?name=digest", "search"),
    *("letters?state=owed", "audit?page=2", "nothing"),
)
# What shows each component several times over, in words of forty letters: journeys/test_longer_words.py looks at it.
SPECIMENS = frozenset({"components.page", "components.complainant"})


def taken(app: Flask, house: House, speaks: Speaks) -> Album:
    """Return every page of the desk in its states."""
    album = Album(speaks)
    _outside(app, house, album)
    _newcomer(app, house, album)
    editor = make_member(house, *house.keys, role=EDITOR, is_admin=True, name="Editor of all")
    walk = _signed_in(app, editor, album)
    _nothing_to_do(walk)
    values = _furnish(house, editor)
    _sweep(walk, values)
    _cases(app, house, walk, editor)
    _unlucky(app, walk, values)
    return album


def _signed_in(app: Flask, member: Member, album: Album) -> Walk:
    """Return a member's browser, the pages of which come in the language that is wanted."""
    number = member.id

    def speak(lang: str) -> None:
        with transaction():
            db.session.execute(update(Member).where(Member.id == number).values(language=lang))

    walk = Walk(app, album, speak)
    assert factories.sign_in(walk.client, member).status_code == 302
    return walk


def _outside(app: Flask, house: House, album: Album) -> None:
    walk = Walk(app, album)
    walk.get("sign-in", "/desk/sign-in")
    walk.press("sign-in, nothing", "/desk/sign-in")
    wrong = {"address": "nobody@example.org", "password": "wrong", "code": "123456"}
    walk.press("sign-in, wrong", "/desk/sign-in", wrong)
    walk.press("sign-in, recovery code wrong", "/desk/sign-in", {**wrong, "recovery": "ABCD"})
    with broken(sign_in, "open_account", BusyError()):
        walk.press("sign-in, press again", "/desk/sign-in", wrong)
    for _ in range(11):
        walk.press("", "/desk/sign-in", wrong)
    walk.press("sign-in, too many were wrong", "/desk/sign-in", wrong)
    slowing.forget()
    walk.press("message, session over", "/desk/cases/KZ-2222-22/messages", {"text": LONG})
    walk.post("form of another page", "/desk/sign-in", wrong)
    walk.get("404 outside", "/desk/nothing")


def _newcomer(app: Flask, house: House, album: Album) -> None:
    walk, path = Walk(app, album), f"/desk/invitation/{house.first_admin.invitation_id}"
    walk.get("invitation", path)
    walk.press("invitation, nothing", path)
    filled = {"code": "wrong", "name": "New", "address": "new@example.org", "password": "weak", "one_time": "1"}
    walk.press("invitation, all wrong", path, filled)
    page = walk.client.get(path).get_data(as_text=True)
    hidden = {name: value for name, value in factories.hidden_on(page).items() if name in {"secret", "challenge"}}
    right = {
        "code": house.first_admin.code,
        "name": "Aigul",
        "address": "aigul@example.org",
        "password": factories.PASSWORD,
        "one_time": factories.one_time_code(hidden["secret"]),
        **hidden,
    }
    walk.press("invitation, recovery codes", path, right)
    walk.get("invitation is over", path)


def _nothing_to_do(walk: Walk) -> None:
    for (endpoint, method), row in TABLE.items():
        if method == "GET" and row.path.startswith("/desk") and "{" not in row.path and endpoint not in SPECIMENS:
            walk.get(f"{endpoint} at first", row.path)  # some of them ask for the password again
    walk.press("password again, nothing", "/desk/confirm", {"next": "/desk/account/password"})
    walk.press("password again, wrong", "/desk/confirm", {"password": "wrong", "kept-text": LONG})
    for _ in range(6):
        walk.press("", "/desk/confirm", {"password": "wrong"})
    walk.press("password again, too many were wrong", "/desk/confirm", {"password": "wrong"})
    slowing.forget()
    confirm()


def _furnish(house: House, editor: Member) -> dict[str, str]:
    """Fill the house; return what stands in the addresses of the table."""
    visitor = house.visitors[editor.id]
    case, keys, code = make_case("KZ", story=ARABIC, urgent=True, recording=make_recording())
    tell_everything(visit_of(case, keys), case)
    colleague, newcomer, other = make_member(house, "KZ", name=LONG[:60]), make_member(house), make_member(house)
    number = _worked_on(house, editor, colleague, case)
    promise, other_promise = make_promise(newcomer, "KZ", by=editor), make_promise(other, "KZ")
    north = make_desk(house, "North")
    make_promise(newcomer, north.name, by=editor)
    with transaction():
        place = invitations.Place(role=EDITOR, is_admin=False, language="en")
        invitation = invitations.invite(place, [], codes.new())
        today = now().date()
        absence = cover.set_away(colleague, Days(today, today), None, colleague.id)
        alarms.raised(alarms.ADDRESS_BOUNCES, now(), str(colleague.id))
        routes.lead("KZ", "ru", north.id, editor.id)
        labels.put(visitor, case.reference, labels.make("prison", editor.id).id)
        assignment.take(visitor, case.reference)
    (recording,) = evidence.opened_files(case.id, case.reference, lambda _: keys.identity)
    make_copy(recording)
    attached = attach(case)
    make_copy(evidence.opened_file(attached, case.id, case.reference, lambda _: house.identity("KZ")))
    begin(visitor, case, photo(), "نامه.jpg")
    write(visit_of(case, keys), case, LONG)
    return {
        "case": case.reference,
        "code": code,
        "file": recording.name,
        "attached": attached,
        "desk": str(case.desk_id),
        "own_desk": str(north.id),
        "member": str(colleague.id),
        "newcomer": str(newcomer.id),
        "promise": str(promise.id),
        "other_promise": str(other_promise.id),
        "invitation": invitation.id,
        "absence": str(absence.id),
        "alarm": str(alarms.standing()[0].id),
        "added": arrive(visitor, case, photo(seed=2), "court.jpg"),
        "note": str(number),
        "reply": str(factories.make_reply(editor).id),
        "letter": str(factories.letters()[0].id),
    }


def _worked_on(house: House, editor: Member, colleague: Member, case: Case) -> int:
    """Let a case be worked on; return the number of a note."""
    visitor, note = house.visitors[editor.id], factories.make_note(house, colleague, case, "Ask the lawyer")
    factories.make_note(house, editor, case, ARABIC, note.id)
    factories.make_claim(house, colleague, case, ARABIC, factories.make_source())
    factories.sign_off(house, case, editor)
    factories.make_claim(house, editor, case, LONG)
    twin, led = make_case()[0], make_case()[0]
    link(visitor, case, twin)
    merge(visitor, led, case)
    return note.id


def _sweep(walk: Walk, values: dict[str, str]) -> None:
    """Go everywhere: open every page, press every button with nothing filled in, then with what the table fills in."""
    for (endpoint, method), row in TABLE.items():
        if method == "GET" and row.path.startswith("/desk") and endpoint not in SPECIMENS:
            walk.get(endpoint, row.path.format(**values))
    for query in LISTS:
        walk.get(f"queue {query}", f"/desk/{query}")
    for path in ELSEWHERE:
        walk.get(path, f"/desk/{path}")
    walk.get("canned reply chosen", f"/desk/cases/{values['case']}?reply={values['reply']}")
    for filled in (False, True):
        for (endpoint, method), row in TABLE.items():
            if method == "POST" and row.path.startswith("/desk") and (endpoint, method) not in ENDS_ALL:
                data = {name: value.format(**values) for name, value in row.data.items()} if filled else {}
                name = f"{endpoint}, {'filled in' if filled else 'with nothing'}"
                walk.press(name, row.path.format(**values), data)
    walk.get("seal anew, half way", f"/desk/desks/{values['desk']}/rotation")


def _cases(app: Flask, house: House, walk: Walk, editor: Member) -> None:
    visitor = house.visitors[editor.id]
    case = make_case("TJ")[0]
    merged, main = make_case("TJ")[0], make_case("TJ")[0]
    merge(visitor, merged, main)
    handed, buried = make_case("TJ")[0], make_case("TJ")
    with transaction():
        assignment.take(visitor, handed.reference)
    offer(visitor, handed, make_member(house, "TJ"), ARABIC)
    with transaction():
        deletion.ask(visit_of(buried[0], buried[1]))
    names = {name: reference(one) for name, one in (("merged", merged), ("main", main), ("offered", handed))}
    names["to be deleted"] = reference(buried[0])
    for name, to in names.items():
        walk.get(f"case, {name}", f"/desk/cases/{to}")
    factories.destroy_due(now() + timedelta(days=400))
    for part in OF_A_CASE:
        walk.get(f"case, fresh {part}", f"/desk/cases/{case.reference}{part}")
        walk.get(f"case, destroyed {part}", f"/desk/cases/{names['to be deleted']}{part}")
    walk.follow("case, held", f"/desk/cases/{case.reference}/hold", {"reason": ARABIC})
    walk.get("hold", f"/desk/cases/{case.reference}/hold")
    walk.follow("case, message sent", f"/desk/cases/{case.reference}/messages", {"text": LONG, "once": "1"})
    for status in sorted(set(STATUSES) - {DELETED}):
        with transaction():
            db.session.execute(update(Case).where(Case.id == case.id).values(status=status))
        walk.get(f"case, {status}", f"/desk/cases/{case.reference}")
    journalist = _signed_in(app, make_member(house, "TJ"), walk.album)
    journalist.get("case, of a journalist", f"/desk/cases/{case.reference}")
    journalist.get("queue, of a journalist", "/desk/")


def _unlucky(app: Flask, walk: Walk, values: dict[str, str]) -> None:
    case = values["case"]
    walk.get("404 of a case", "/desk/cases/KZ-2222-22")
    walk.ask("PUT", "405 at the desk", "/desk/")
    walk.post("413 at the desk", f"/desk/cases/{case}/messages", {"text": "a" * 2_000_000})
    walk.post("400 at the desk", f"/desk/cases/{case}/messages", {"text": "a", "csrf_token": "old"})
    walk.press("message too long", f"/desk/cases/{case}/messages", {"text": "a" * 10_001})
    walk.press("day that is none", f"/desk/cases/{case}/due", {"day": "31 February"})
    for name, fault in (("500 at the desk", RuntimeError()), ("503 at the desk", None)):
        with failing(app, "dashboard.page", fault):
            walk.get(name, "/desk/dashboard")
    with broken(conversation, "write"):
        walk.press("message given back", f"/desk/cases/{case}/messages", {"text": LONG, "once": "2"})
    with transaction():
        db.session.execute(update(MemberSession).values(used_at=now() - timedelta(days=1)))
    walk.press("message of an old session", f"/desk/cases/{case}/messages", {"text": LONG})
