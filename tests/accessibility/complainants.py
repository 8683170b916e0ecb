"""The complainant's pages in every state: whoever writes, comes back, errs, is slow, or unlucky."""

from datetime import timedelta

from flask import Flask, current_app
from sqlalchemy import update
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from intake.cases import conversation, statements
from intake.cases.models import DELETED, STATUSES, Case, ComplainantSession
from intake.cases.visits import Visit
from intake.complaint import submit
from intake.extensions import db, settle, transaction
from intake.followup import blocks
from intake.i18n import now
from intake.web import slowing
from tests.accessibility.album import Album, Speaks
from tests.accessibility.walk import Walk, broken, failing
from tests.cases import write
from tests.evidence.sending import photo, visit_of
from tests.factories import House, fields, make_case, make_member, post_parts, signed_code, sound, token_on
from tests.followup.answers import ANSWERS

LONG = "Qanotlarsizlantirilganlardanmisizlar" * 4  # somebody leaves out every space
PAGES = ("messages", "words", "proof", "proof?qr=1", "code", "delete", "files", "voice")
NONSENSE = {
    "date_from-day": "31",
    "date_from-month": "2",
    "date_from-year": "2024",
    "deadline-day": "40",
    "contact_mode": "email",
    "contact_value": LONG,
    "victim_birth_year": "1066",
    "victim_count": "many",
    "pub_level": "shout",
    "now": "perhaps",
}


def taken(app: Flask, house: House, speaks: Speaks) -> Album:
    """Return every page of the complainant in its states."""
    album = Album(speaks)
    _stranger(app, album)
    _sender(app, album)
    _first_visit(app, album)
    _long_visit(app, house, album)
    _interrupted(app, album)
    _code(app, album)
    _unlucky(app, album)
    return album


def _stranger(app: Flask, album: Album) -> None:
    walk = Walk(app, album)
    for name, path in (("start", "/"), ("complaint", "/{lang}/"), ("complaint by voice", "/{lang}/voice")):
        walk.get(name, path)
    for page in ("safety", "about", "case", "case?in", "case/details/when"):
        walk.get(page, f"/{{lang}}/{page}")
    walk.post("no code", "/{lang}/case")
    walk.post("half a code", "/{lang}/case", {"code": "1234"})
    walk.post("no such code", "/{lang}/case", {"code": "1234 5678 9012 3456 7890 1234"})
    for _ in range(12):
        walk.post("", "/{lang}/case", {"code": signed_code()[:24]})
    walk.post("too many wrong codes", "/{lang}/case", {"code": signed_code()[:24]})
    slowing.forget()


def _sender(app: Flask, album: Album) -> None:
    walk = Walk(app, album)
    walk.post("complaint, all wrong", "/{lang}/", {"code": signed_code()})
    wrong = fields(story=f"{LONG} \u202eabc", contact_mode="email", contact_value=LONG, consent=None, urgent="1")
    walk.post("complaint, some wrong", "/{lang}/", wrong)
    walk.post("complaint, too long", "/{lang}/", fields(story="a" * 10_001))
    walk.post("complaint in haste", "/{lang}/", fields(code=signed_code(age=0)))
    walk.post("complaint in a robot's hand", "/{lang}/", fields(website="x"))
    walk.post("complaint with a forged code", "/{lang}/", fields(code="123"))
    walk.post("complaint by voice, all wrong", "/{lang}/voice", {"code": signed_code()})
    lang = album.speaks("complaint by voice, lost")
    lost = post_parts(walk.client, f"/{lang}/voice", fields(consent=None, story=""), sound())
    walk.keep("complaint by voice, lost", lang, lost, f"/{lang}/voice", "POST")
    with broken(submit, "submit"):
        walk.post("complaint, press again", "/{lang}/", fields())
    sent = fields()
    walk.post("answer", "/{lang}/", sent)
    walk.post("answer, nothing added", "/{lang}/", {"code": sent["code"], "story": ""})
    walk.post("answer, added", "/{lang}/", {"code": sent["code"], "story": LONG})
    walk.post("answer, urgent", "/{lang}/", fields(urgent="1"))


def _first_visit(app: Flask, album: Album) -> None:
    walk, code = Walk(app, album), make_case()[2]
    _come_back(walk, code)
    walk.get("case, empty", "/{lang}/case")
    for page in PAGES:
        walk.get(f"empty {page}", f"/{{lang}}/case/{page}")
    for block in blocks.BLOCKS:
        walk.get(f"empty {block}", f"/{{lang}}/case/details/{block}")
        _press(walk, f"wrong {block}", f"details/{block}", NONSENSE)
        _press(walk, f"too long {block}", f"details/{block}", _overlong(block))
    for form in ("messages", "delete", "code", "code/take", "voice", "files"):
        _press(walk, f"nothing in {form}", form)
    _press(walk, "message too long", "messages", {"text": "a" * 10_001})
    _press(walk, "delete, another code", "delete", {"code": signed_code()[:24]})
    _press(walk, "new code, another code", "code", {"code": signed_code()[:24]})
    lang, token = album.speaks("voice, no recording"), _token(walk)
    answer = post_parts(walk.client, f"/{lang}/case/voice", {"csrf_token": token, "story": "Words"}, b"%PDF-1.7")
    walk.keep("voice, no recording", lang, answer, f"/{lang}/case/voice", "POST")


def _long_visit(app: Flask, house: House, album: Album) -> None:
    member = make_member(house, "KZ", name="Asel")
    case, keys, code = make_case(story=LONG, urgent=True)
    visit = visit_of(case, keys)
    tell_everything(visit, case)
    for text in ("Where did it happen?", "قال إنهم أخذوه", LONG):
        write(house.visitors[member.id], case, text, asks=True)
    walk = Walk(app, album)
    _come_back(walk, code)
    walk.get("case, new messages", "/{lang}/case")
    _follow(walk, "case, message sent", "messages", {"text": LONG, "once": "1"})
    _follow(walk, "case, threatened", "threatened")
    _follow(walk, "case, answered", "details/witnesses", {"witnesses": LONG})
    lang = album.speaks("files, some refused")
    answer = post_parts(walk.client, f"/{lang}/case/files", {"csrf_token": _token(walk)}, photo(), "نامه.jpg", "files")
    walk.keep("files, some refused", lang, answer, f"/{lang}/case/files", "POST")
    begun = {"name": f"{LONG}.mp4", "size": "900000", "mark": "a" * 64}
    walk.press("", f"/{lang}/case/files/begin", begun)
    for page in PAGES:
        walk.get(f"filled {page}", f"/{{lang}}/case/{page}")
    for block in ANSWERS:
        walk.get(f"filled {block}", f"/{{lang}}/case/details/{block}")
    for status in set(STATUSES) - {DELETED}:
        with transaction():
            db.session.execute(update(Case).where(Case.id == case.id).values(status=status))
        walk.get(f"case, {status}", "/{lang}/case")
    with transaction():
        values = {"status": "closed", "ends_at": now() + timedelta(days=20), "not_for_publication": True}
        db.session.execute(update(Case).where(Case.id == case.id).values(**values))
    walk.get("case, ending", "/{lang}/case")
    walk.get("feedback", "/{lang}/case/feedback")
    _press(walk, "feedback, nothing", "feedback")
    _press(walk, "feedback, too long", "feedback", {"relevance": "3", "good": "a" * 5_000, "bad": "a" * 5_000})
    _follow(walk, "feedback given", "feedback", {"relevance": "3", "usefulness": "1", "good": "Yes"})


def tell_everything(visit: Visit, case: Case) -> None:
    """Answer every block, as the complainant."""
    for name, answers in ANSWERS.items():
        with current_app.test_request_context("/en/case"):
            told = blocks.BLOCKS[name].form(MultiDict(answers), case.country).answers(0)
        settle(lambda told=told: statements.seal_answers(visit, case, told), statements.tell)  # type: ignore[misc]  # bound now


def _interrupted(app: Flask, album: Album) -> None:
    walk, code = Walk(app, album), make_case()[2]
    _come_back(walk, code)
    carried = {"text": f"{LONG} \u202eabc", "csrf_token": _token(walk)}
    with broken(conversation, "write"):
        walk.post("message, our fault", "/{lang}/case/messages", carried)
    with transaction():
        db.session.execute(update(ComplainantSession).values(used_at=now() - timedelta(hours=1)))
    walk.post("message, visit over", "/{lang}/case/messages", carried)
    walk.post("message of another page", "/{lang}/case/messages", {"text": "foreign"})
    walk.post("visit over, wrong code", "/{lang}/case", {"code": "12", "next": "/en/case/messages", "kept-text": LONG})
    lang = album.speaks("recording, visit over")
    answer = post_parts(walk.client, f"/{lang}/case/voice", {"csrf_token": "x", "story": "Words"}, sound())
    walk.keep("recording, visit over", lang, answer, f"/{lang}/case/voice", "POST")
    lang = album.speaks("files, visit over")
    answer = post_parts(walk.client, f"/{lang}/case/files", {"csrf_token": "x"}, photo(), "photo.jpg", "files")
    walk.keep("files, visit over", lang, answer, f"/{lang}/case/files", "POST")


def _code(app: Flask, album: Album) -> None:
    walk, code = Walk(app, album), make_case()[2]
    _come_back(walk, code)
    offered = _press(walk, "new code offered", "code", {"code": code}).get_data(as_text=True)
    fresh = offered.partition('name="fresh" value="')[2].partition('"')[0]
    _press(walk, "new code, mistyped", "code/take", {"code": code, "fresh": fresh})
    _follow(walk, "new code, lost", "code/take", {"code": code, "fresh": "nonsense"})
    _follow(walk, "new code taken", "code/take", {"code": fresh[:24], "fresh": fresh})
    for _ in range(11):
        _press(walk, "", "delete", {"code": signed_code()[:24]})
    _press(walk, "delete, too many wrong codes", "delete", {"code": signed_code()[:24]})
    slowing.forget()
    _press(walk, "deleted", "delete", {"code": fresh[:24]})


def _unlucky(app: Flask, album: Album) -> None:
    walk = Walk(app, album)
    walk.get("404", "/{lang}/nothing")
    walk.ask("PUT", "405", "/{lang}/about")
    walk.post("413", "/{lang}/case", {"code": "1" * 3_000_000})
    lang = album.speaks("413 of a recording")
    answer = post_parts(walk.client, f"/{lang}/voice", fields(), sound(6_000_000))
    walk.keep("413 of a recording", lang, answer, f"/{lang}/voice", "POST")
    walk.post("403", "/{lang}/case", {"code": "1"}, headers={"Sec-Fetch-Site": "cross-site"})
    for name, fault in (("500", RuntimeError()), ("503", None)):
        with failing(app, "complaint.about", fault):
            walk.get(name, "/{lang}/about")


def _come_back(walk: Walk, code: str) -> None:
    walk.client = walk.app.test_client()
    assert walk.client.post("/en/case", data={"code": code}).status_code == 303


def _token(walk: Walk) -> str:
    return token_on(walk.client.get("/en/case").get_data(as_text=True))


def _press(walk: Walk, name: str, form: str, data: dict[str, str] | None = None) -> TestResponse:
    return walk.post(name, f"/{{lang}}/case/{form}", {**(data or {}), "csrf_token": _token(walk)})


def _follow(walk: Walk, name: str, form: str, data: dict[str, str] | None = None) -> None:
    lang = walk.album.speaks(name)
    answer = walk.client.post(f"/{lang}/case/{form}", data={**(data or {}), "csrf_token": _token(walk)})
    assert answer.status_code == 303, (name, answer.status_code)
    walk.get(name, answer.location.partition("#")[0])


def _overlong(block: str) -> dict[str, str]:
    return {name: "a" * 10_001 for name, answer in ANSWERS.get(block, {}).items() if isinstance(answer, str)}
