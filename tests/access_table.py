"""The table of who gets in where: every route, with its answer to each kind of visitor. A new route adds its row."""

from dataclasses import dataclass, field
from datetime import timedelta

from intake.i18n import now
from intake.members.models import EDITOR

SIGN_IN = "sign in"  # the answer that sends a visitor to the sign-in page
PASSWORD_AGAIN = "password again"  # the answer that asks a member for the password before something grave
NOBODY, HERE, ELSEWHERE, EDITORIAL, ADMIN, SEATED_ADMIN = COLUMNS = (
    "nobody",
    "journalist of the case's desk",
    "journalist of another desk",
    "editor",
    "admin without a seat",
    "admin seated at the case's desk",
)
# Whoever has a cookie that opens nothing any more is nobody; so is, at the desk, the holder of a code.
LOCKED, EXPIRED, COMPLAINANT = SHUT_OUT = ("locked member", "expired session", "complainant")
VISITORS = (*COLUMNS, *SHUT_OUT)
Answer = int | str
Route = tuple[str, str]


@dataclass(frozen=True)
class Row:
    """A route: an address of it, what is posted there, and the answer to each visitor."""

    path: str
    answers: tuple[Answer, ...]  # to each of COLUMNS
    data: dict[str, str] = field(default_factory=dict)


def everybody(answer: Answer) -> tuple[Answer, ...]:
    """Return the same answer for all visitors."""
    return (answer,) * len(COLUMNS)


INVITATION = {"address": "new@example.org", "role": EDITOR, "language": "en"}
WRONG_PASSWORD = {"address": "nobody@example.org", "password": "wrong", "code": "123456"}
WRONG_INVITATION_CODE = {"code": "wrong", "name": "New", "password": "heron-quartz-91-thistle-bramble-otter"}
MEMBERS = (SIGN_IN, 200, 200, 200, 200, 200)
MEMBERS_POST = (SIGN_IN, 302, 302, 302, 302, 302)
SOON = (now() + timedelta(days=2)).date().isoformat()  # though midnight passes while the tests run
AWAY = {"first": SOON, "last": SOON}
SEATED_GET = (SIGN_IN, 200, 404, 200, 404, 200)
SEATED_POST = (SIGN_IN, 302, 404, 302, 404, 302)
SEATED_REFUSED = (SIGN_IN, 422, 404, 422, 404, 422)
OWN_POST = (SIGN_IN, 302, 302, 302, 302, 302)
OWN_REFUSED = (SIGN_IN, 422, 422, 422, 422, 422)
SEATED_WITH = (SIGN_IN, 200, 404, 200, 200, 200)  # of a member who is seated at the case's desk
NONE_OF_THESE = (SIGN_IN, 404, 404, 404, 404, 404)
ADMINS = (SIGN_IN, 404, 404, 404, 200, 200)
EDITORS = (SIGN_IN, 404, 404, 200, 200, 200)
MANAGED = (SIGN_IN, 404, 404, 302, 302, 302)
VISIT = {
    "messages": "messages",
    "write": "messages",
    "words": "words",
    "details": "details/victim",
    "answer": "details/victim",
    "threatened": "threatened",
    "delete": "delete",
    "renew": "code",
    "take": "code/take",
    "prove": "proof",
    "opine": "feedback",
    "voice": "voice",
    "close": "close",
}
SENT = {
    "page": "",
    "post": "",
    "begin": "/begin",
    "take": "/{file}/0",
    "finish": "/{file}/finish",
    "drop": "/{file}/drop",
}
READ, PRESSED = {"messages", "words", "details", "prove"}, {"write", "answer", "threatened", "take", "close"}
# The route's name and method: answers to nobody, journalist here, journalist elsewhere, editor, admin, seated admin.
# What ends something stands after what needs it.
TABLE: dict[Route, Row] = {
    ("static", "GET"): Row("/static/desk.css", everybody(200)),
    ("web.healthz", "GET"): Row("/healthz", everybody(200)),
    ("metrics.page", "GET"): Row("/metrics", everybody(404)),  # without the token
    ("security_txt.page", "GET"): Row("/.well-known/security.txt", everybody(200)),
    ("web.letters", "GET"): Row("/healthz/letters", everybody(503)),  # an alarm stands
    ("complaint.start", "GET"): Row("/", everybody(200)),
    ("complaint.page", "GET"): Row("/en/", everybody(200)),
    ("complaint.send", "POST"): Row("/en/", everybody(200), {"complaint": "is filled in"}),
    ("complaint.voice", "GET"): Row("/ru/voice", everybody(200)),
    ("complaint.send_voice", "POST"): Row("/en/voice", everybody(200), {"complaint": "is filled in"}),
    ("complaint.safety", "GET"): Row("/ru/safety", everybody(200)),
    ("complaint.about", "GET"): Row("/ru/about", everybody(200)),
    ("followup.case", "GET"): Row("/en/case", everybody(200)),
    # Members have no code: to a complainant's pages they are strangers, and are asked for one.
    **{
        (f"followup.{name}", "GET"): Row(f"/en/case/{path}", everybody(200))
        for name, path in VISIT.items()
        if name not in PRESSED
    },
    **{
        (f"followup.{name}", "POST"): Row(f"/en/case/{path}", everybody(401))
        for name, path in VISIT.items()
        if name not in READ
    },
    **{
        (f"files.{name}", "GET" if name == "page" else "POST"): Row(
            f"/en/case/files{path}", everybody(200 if name == "page" else 401)
        )
        for name, path in SENT.items()
    },
    ("followup.close", "POST"): Row("/en/case/close", everybody(303)),  # it is closed already
    ("followup.begin", "POST"): Row("/en/case", everybody(303), {"code": "{code}"}),
    ("cases.queue", "GET"): Row("/desk/", MEMBERS),
    ("certificates.own", "GET"): Row("/desk/account/certificate", MEMBERS),
    ("certificates.add_own", "POST"): Row("/desk/account/certificate", OWN_REFUSED, {"text": "no key"}),
    ("certificates.test_own", "POST"): Row("/desk/account/certificate/test", OWN_POST),
    ("certificates.remove_own", "POST"): Row("/desk/account/certificate/remove", OWN_POST),
    # Only who is editor and admin in one says what the newsroom's letters are sealed to.
    ("certificates.newsroom", "GET"): Row("/desk/letters/newsroom-certificate", NONE_OF_THESE),
    **{
        (f"certificates.{verb}_newsroom", "POST"): Row(f"/desk/letters/newsroom-certificate{path}", NONE_OF_THESE)
        for verb, path in (("add", ""), ("test", "/test"), ("remove", "/remove"))
    },
    ("queue.read", "POST"): Row("/desk/queue/read", MEMBERS_POST, {"query": "code=OTHER"}),
    ("queue.change", "POST"): Row("/desk/queue/change", MEMBERS_POST, {"case": "{case}", "act": "urgent"}),
    ("queue.undo", "POST"): Row("/desk/queue/0/undo", MEMBERS_POST),  # nothing was changed yet
    ("queue.save", "POST"): Row("/desk/queue/views", MEMBERS_POST, {"name": "Mine", "query": "tab=mine"}),
    ("queue.drop", "POST"): Row("/desk/queue/views/0/remove", MEMBERS_POST),
    ("cases.case", "GET"): Row("/desk/cases/{case}", SEATED_GET),
    ("audit.history", "GET"): Row("/desk/cases/{case}/history", SEATED_GET),
    ("audit.entries", "GET"): Row("/desk/audit", ADMINS),
    ("components.page", "GET"): Row("/desk/components", MEMBERS),
    ("components.complainant", "GET"): Row("/desk/components/complainant", MEMBERS),
    ("dashboard.page", "GET"): Row("/desk/dashboard", MEMBERS),
    ("dashboard.figures", "GET"): Row("/desk/dashboard/figures.csv", (SIGN_IN, 200, 200, 200, 404, 200)),
    ("search.page", "GET"): Row("/desk/search", MEMBERS),
    ("search.find", "POST"): Row("/desk/search", MEMBERS, {"words": "Monday"}),
    ("search.step", "POST"): Row("/desk/search/step", MEMBERS_POST),
    ("search.save", "POST"): Row("/desk/search/saved", MEMBERS_POST, {"words": "Monday"}),
    ("search.remove", "POST"): Row("/desk/search/saved/0/delete", MEMBERS_POST),
    ("evidence.file", "GET"): Row("/desk/cases/{case}/files/{file}", SEATED_GET),
    ("look.page", "GET"): Row("/desk/cases/{case}/files/{file}/look", SEATED_GET),
    ("look.make", "POST"): Row("/desk/cases/{case}/files/{file}/look", SEATED_POST),
    ("look.scan", "POST"): Row("/desk/cases/{case}/files/{file}/scan", SEATED_POST),
    ("look.copy", "GET"): Row("/desk/cases/{case}/files/{file}/copy/0", SEATED_GET),
    ("look.original", "GET"): Row("/desk/cases/{case}/files/{file}/original", SEATED_GET),
    ("marking.page", "GET"): Row("/desk/cases/{case}/files/{attached}/redactions", SEATED_GET),
    ("marking.picture", "GET"): Row("/desk/cases/{case}/files/{attached}/redactions/0", SEATED_GET),
    ("marking.mark", "POST"): Row("/desk/cases/{case}/files/{attached}/redactions", SEATED_REFUSED),
    ("marking.press", "POST"): Row("/desk/cases/{case}/files/{attached}/redactions/press", SEATED_REFUSED),
    ("marking.mark_passage", "POST"): Row("/desk/cases/{case}/files/{attached}/redactions/passages", SEATED_REFUSED),
    ("marking.unmark", "POST"): Row("/desk/cases/{case}/files/{attached}/redactions/remove", SEATED_POST),
    ("marking.release", "POST"): Row("/desk/cases/{case}/files/{attached}/redactions/release", SEATED_POST),
    ("adding.page", "GET"): Row("/desk/cases/{case}/files/add", SEATED_GET),
    ("adding.bring", "POST"): Row("/desk/cases/{case}/files/add", SEATED_REFUSED),
    ("adding.begin", "POST"): Row("/desk/cases/{case}/files/add/begin", SEATED_REFUSED),
    ("adding.take", "POST"): Row("/desk/cases/{case}/files/add/{added}/0", SEATED_GET),
    ("adding.finish", "POST"): Row("/desk/cases/{case}/files/add/{added}/finish", SEATED_GET),
    ("adding.drop", "POST"): Row("/desk/cases/{case}/files/add/{added}/drop", SEATED_POST),
    ("adding.keep_part", "POST"): Row("/desk/cases/{case}/files/add/{added}/part", SEATED_POST),
    ("cases.acknowledge", "POST"): Row("/desk/cases/{case}/acknowledge", SEATED_POST),
    ("cases.answer", "POST"): Row("/desk/cases/{case}/messages", SEATED_POST, {"text": "May we call you?"}),
    ("cases.status", "POST"): Row("/desk/cases/{case}/status", SEATED_POST, {"status": "checking"}),
    ("copies.ask", "GET"): Row("/desk/cases/{case}/export", SEATED_GET),
    ("copies.take", "POST"): Row("/desk/cases/{case}/export", SEATED_GET, {"audience": "inside", "form": "json"}),
    ("bundles.ask", "GET"): Row("/desk/cases/{case}/bundle", SEATED_GET),
    ("bundles.take", "POST"): Row("/desk/cases/{case}/bundle", SEATED_GET, {"audience": "inside", "files": "{file}"}),
    ("lists.ask", "GET"): Row("/desk/queue/export", MEMBERS),
    ("lists.take", "POST"): Row("/desk/queue/export", MEMBERS, {"form": "csv"}),
    ("copies.marked", "GET"): Row("/desk/cases/{case}/redactions", SEATED_GET),
    ("copies.mark", "POST"): Row("/desk/cases/{case}/redactions", SEATED_POST, {"text": "Monday", "kind": "other"}),
    ("copies.unmark", "POST"): Row("/desk/cases/{case}/redactions/remove", SEATED_POST),
    ("work.take", "POST"): Row("/desk/cases/{case}/take", SEATED_POST),
    # A journalist gives no case to others: they hand over what is theirs.
    ("work.assign", "POST"): Row("/desk/cases/{case}/assignee", (SIGN_IN, 404, 404, 302, 404, 404), {"to": "{member}"}),
    ("work.hand_over", "GET"): Row("/desk/cases/{case}/hand-over", SEATED_GET),
    ("work.offer", "POST"): Row("/desk/cases/{case}/hand-over", SEATED_REFUSED),
    ("work.give_up", "POST"): Row("/desk/cases/{case}/give-up", SEATED_REFUSED),
    ("work.accept", "POST"): Row("/desk/cases/{case}/handovers/0/accept", SEATED_POST),
    ("work.refuse", "POST"): Row("/desk/cases/{case}/handovers/0/refuse", SEATED_REFUSED),
    ("work.take_back", "POST"): Row("/desk/cases/{case}/handovers/0/take-back", SEATED_POST),
    ("work.ask_transfer", "GET"): Row("/desk/cases/{case}/transfer", SEATED_GET),
    ("work.move", "POST"): Row("/desk/cases/{case}/transfer", SEATED_REFUSED),
    ("work.ask_urgency", "GET"): Row("/desk/cases/{case}/urgency", SEATED_GET),
    ("work.set_urgency", "POST"): Row("/desk/cases/{case}/urgency", SEATED_REFUSED),
    ("work.label", "POST"): Row("/desk/cases/{case}/labels", SEATED_POST, {"to": "0"}),
    ("work.unlabel", "POST"): Row("/desk/cases/{case}/labels/remove", SEATED_POST, {"to": "0"}),
    ("work.set_due", "POST"): Row("/desk/cases/{case}/due", SEATED_POST),
    ("links.page", "GET"): Row("/desk/cases/{case}/links", SEATED_GET),
    ("links.compare", "POST"): Row("/desk/cases/{case}/links/alike", SEATED_GET),
    ("links.link", "POST"): Row("/desk/cases/{case}/links", SEATED_REFUSED),
    ("links.unlink", "POST"): Row("/desk/cases/{case}/links/0/remove", SEATED_POST),
    ("links.unmerge", "POST"): Row("/desk/cases/{case}/merges/0/undo", SEATED_POST),
    ("labels.page", "GET"): Row("/desk/labels", EDITORS),
    ("labels.make", "POST"): Row("/desk/labels", (SIGN_IN, 404, 404, 422, 422, 422)),  # it has no name
    ("labels.remove", "POST"): Row("/desk/labels/0/remove", MANAGED),
    # Whose desk's cases they are about, journalists see; who may open none of them sees no reference.
    ("letters.page", "GET"): Row("/desk/letters", MEMBERS),
    ("letters.resend", "POST"): Row("/desk/letters/{letter}/resend", MANAGED),
    ("hold.page", "GET"): Row("/desk/cases/{case}/hold", SEATED_GET),
    ("hold.hold", "POST"): Row("/desk/cases/{case}/hold", SEATED_REFUSED),
    ("hold.lift", "POST"): Row("/desk/cases/{case}/hold/lift", SEATED_POST),
    ("cases.keep", "POST"): Row("/desk/cases/{case}/keep", SEATED_POST, {"reason": "forced"}),
    ("cases.clock", "GET"): Row("/desk/cases/{case}/clock", SEATED_GET),
    ("cases.set_clock", "POST"): Row("/desk/cases/{case}/clock", SEATED_POST),
    ("cases.new_code", "GET"): Row("/desk/cases/{case}/code", SEATED_GET),
    ("cases.renew", "POST"): Row("/desk/cases/{case}/code", SEATED_REFUSED),  # no code of ours comes along
    ("coding.page", "GET"): Row("/desk/cases/{case}/coding", SEATED_GET),
    ("coding.save", "POST"): Row("/desk/cases/{case}/coding", SEATED_POST, {"codes": "OTHER"}),
    ("talk.keep_note", "POST"): Row("/desk/cases/{case}/notes", SEATED_POST, {"note": "Ask the lawyer"}),
    ("talk.note", "GET"): Row("/desk/cases/{case}/notes/{note}", SEATED_GET),
    ("talk.change_note", "POST"): Row("/desk/cases/{case}/notes/{note}", SEATED_POST, {"note": "Ask the other lawyer"}),
    ("talk.keep_personal", "POST"): Row("/desk/cases/{case}/personal", SEATED_POST, {"personal": "Call her"}),
    ("talk.keep_draft", "POST"): Row("/desk/cases/{case}/draft", SEATED_POST, {"text": "May we"}),
    ("talk.choose_reply", "POST"): Row("/desk/cases/{case}/reply", SEATED_POST, {"text": "May we", "reply": "{reply}"}),
    ("talk.here", "POST"): Row("/desk/cases/{case}/presence", SEATED_GET),
    ("verification.page", "GET"): Row("/desk/cases/{case}/verification", SEATED_GET),
    ("verification.new_claim", "GET"): Row("/desk/cases/{case}/verification/claims/new", SEATED_GET),
    ("verification.claim", "GET"): Row("/desk/cases/{case}/verification/claims/1", SEATED_GET),
    # An editor alone signs off, and withdraws what was signed off: here it was not.
    ("verification.withdraw", "POST"): Row(
        "/desk/cases/{case}/verification/sign-off/withdraw", (SIGN_IN, 404, 404, 422, 404, 404)
    ),
    ("verification.sign", "POST"): Row(
        "/desk/cases/{case}/verification/sign-off", (SIGN_IN, 404, 404, 302, 404, 404), {"word": "Yes", "up_to": "1"}
    ),
    ("verification.change_claim", "POST"): Row(
        "/desk/cases/{case}/verification/claims/1", SEATED_POST, {"text": "He left at noon", "kept": "1"}
    ),
    ("verification.add_claim", "POST"): Row("/desk/cases/{case}/verification/claims", SEATED_POST, {"text": "He left"}),
    ("verification.tick", "POST"): Row(
        "/desk/cases/{case}/verification/checklist", SEATED_POST, {"consent-word": "Yes"}
    ),
    ("contact.rules", "GET"): Row("/desk/cases/{case}/contact", SEATED_GET),
    ("contact.details", "POST"): Row("/desk/cases/{case}/contact", SEATED_GET, {"known": "1"}),
    ("previews.page", "GET"): Row("/desk/letters/templates", EDITORS),
    ("canary.page", "GET"): Row("/desk/letters/canary", EDITORS),
    ("replies.page", "GET"): Row("/desk/replies", EDITORS),
    ("replies.add", "POST"): Row(
        "/desk/replies", MANAGED, {"language": "ru", "title": "Mine", "text": "{{reference}}"}
    ),
    ("replies.reply", "GET"): Row("/desk/replies/{reply}", EDITORS),
    ("replies.change", "POST"): Row("/desk/replies/{reply}", MANAGED, {"language": "ru", "title": "It", "text": "Yes"}),
    ("replies.remove", "POST"): Row("/desk/replies/{reply}/remove", MANAGED),
    ("cases.entry", "GET"): Row("/desk/cases/new", MEMBERS),
    ("cases.enter", "POST"): Row("/desk/cases/new", (SIGN_IN, *(422,) * 5)),  # nothing is filled in
    ("away.own", "GET"): Row("/desk/away", MEMBERS),
    ("away.go", "POST"): Row("/desk/away", MEMBERS_POST, AWAY),
    # The colleague is seated at the case's desk: an editor and every admin may say that somebody else is away.
    ("away.of_member", "GET"): Row("/desk/members/{member}/away", (SIGN_IN, 404, 404, 200, 200, 200)),
    ("away.go_for", "POST"): Row("/desk/members/{member}/away", (SIGN_IN, 404, 404, 302, 302, 302), AWAY),
    ("away.end", "POST"): Row("/desk/away/{absence}/end", (SIGN_IN, 404, 404, 302, 302, 302)),
    ("alarms.page", "GET"): Row("/desk/alarms", EDITORS),
    ("alarms.mended", "POST"): Row("/desk/alarms/{alarm}/mended", (SIGN_IN, 404, 404, 404, 302, 302)),
    ("desks.desks", "GET"): Row("/desk/desks", EDITORS),
    ("desks.make", "POST"): Row("/desk/desks", (SIGN_IN, 404, 404, 404, 422, 422)),  # it has no name
    ("desks.ask_name", "GET"): Row("/desk/desks/{own_desk}/name", ADMINS),
    ("desks.rename", "POST"): Row("/desk/desks/{own_desk}/name", (SIGN_IN, 404, 404, 404, 302, 302), {"name": "South"}),
    ("times.page", "GET"): Row("/desk/desks/{desk}/times", EDITORS),
    ("times.change", "POST"): Row(
        "/desk/desks/{desk}/times", MANAGED, {"urgent": "90", "other": "24", "zone": "Asia/Almaty"}
    ),
    ("desks.languages", "GET"): Row("/desk/members/{member}/languages", EDITORS),
    ("desks.note_languages", "POST"): Row("/desk/members/{member}/languages", MANAGED, {"reads": "kk"}),
    ("routes.page", "GET"): Row("/desk/routes", ADMINS),
    ("routes.lead", "POST"): Row(
        "/desk/routes", (SIGN_IN, 404, 404, 404, 302, 302), {"country": "TM", "language": "ru", "desk": "{own_desk}"}
    ),
    ("routes.remove", "POST"): Row(
        "/desk/routes/remove", (SIGN_IN, 404, 404, 404, 302, 302), {"country": "TM", "language": "ru"}
    ),
    ("promises.page", "GET"): Row("/desk/promises", MEMBERS),
    ("promises.grant", "POST"): Row("/desk/promises/{promise}/grant", SEATED_POST),
    ("promises.decline", "POST"): Row("/desk/promises/{other_promise}/decline", SEATED_POST),
    ("promises.promise", "POST"): Row("/desk/desks/{desk}/promises", MANAGED, {"member": "{newcomer}"}),
    ("promises.withdraw", "POST"): Row("/desk/desks/{own_desk}/promises/withdraw", MANAGED, {"member": "{newcomer}"}),
    ("desks.people", "GET"): Row("/desk/members", MEMBERS),
    ("people.person", "GET"): Row("/desk/members/{member}", SEATED_WITH),
    ("people.change", "POST"): Row(
        "/desk/members/{member}", (SIGN_IN, 404, 404, 404, 302, 302), {"role": "journalist"}
    ),
    ("people.ask_lock", "GET"): Row("/desk/members/{member}/lock", SEATED_WITH),
    ("people.ask_removal", "GET"): Row("/desk/members/{member}/remove", ADMINS),
    ("desks.seat", "POST"): Row(
        "/desk/desks/{desk}/seats",
        (SIGN_IN, 404, 404, 302, 404, 302),  # who holds no key to a desk can seat nobody at it
        {"member": "{member}"},
    ),
    ("desks.unseat", "POST"): Row("/desk/desks/{desk}/seats/remove", MANAGED, {"member": "{member}"}),
    ("rotation.progress", "GET"): Row("/desk/desks/{desk}/rotation", SEATED_GET),
    ("signing.keys", "GET"): Row("/desk/desks/{desk}/signing-keys", SEATED_GET),
    ("rotation.begin", "POST"): Row("/desk/desks/{desk}/rotation", SEATED_POST, {"generation": "1"}),
    ("rotation.step", "POST"): Row("/desk/desks/{desk}/rotation/step", SEATED_POST),
    ("desks.invite_again", "POST"): Row("/desk/members/{member}/invite", ADMINS),
    ("people.lock", "POST"): Row("/desk/members/{member}/lock", SEATED_WITH),
    ("people.remove", "POST"): Row("/desk/members/{member}/remove", ADMINS),
    ("desks.invite", "POST"): Row("/desk/members", ADMINS, INVITATION),
    ("desks.invitation", "GET"): Row("/desk/invitation/{invitation}", everybody(200)),
    ("desks.accept", "POST"): Row("/desk/invitation/{invitation}", everybody(422), WRONG_INVITATION_CODE),
    ("desks.revoke", "POST"): Row("/desk/members/invitations/{invitation}/revoke", (SIGN_IN, 404, 404, 404, 302, 302)),
    ("members.ask", "GET"): Row("/desk/sign-in", everybody(200)),
    ("members.begin", "POST"): Row("/desk/sign-in", everybody(422), WRONG_PASSWORD),
    ("account.page", "GET"): Row("/desk/account", MEMBERS),
    ("account.end_session", "POST"): Row("/desk/account/sessions/nothing/end", OWN_POST),
    ("account.end_other_sessions", "POST"): Row("/desk/account/sessions/end", OWN_POST),
    ("account.speak", "POST"): Row("/desk/account/language", OWN_POST, {"language": "en", "next": "/desk/account"}),
    ("account.new_password", "GET"): Row("/desk/account/password", MEMBERS),
    ("account.change_password", "POST"): Row("/desk/account/password", OWN_REFUSED, {"password": "weak"}),
    ("account.new_recovery_codes", "POST"): Row("/desk/account/recovery", MEMBERS),
    ("account.new_codes", "GET"): Row("/desk/account/codes", MEMBERS),
    ("account.change_codes", "POST"): Row("/desk/account/codes", OWN_REFUSED, {"one_time": "1"}),
    ("account.new_passkey", "GET"): Row("/desk/account/passkey", MEMBERS),
    ("account.add_passkey", "POST"): Row("/desk/account/passkey", OWN_REFUSED, {"label": "Mine", "passkey": "{{}}"}),
    ("own_letters.choices", "GET"): Row("/desk/account/letters", MEMBERS),
    ("own_letters.choose", "POST"): Row("/desk/account/letters", OWN_REFUSED, {"rhythm": "never"}),
    ("own_letters.try_own", "POST"): Row("/desk/account/letters/test", OWN_POST),
    ("own_letters.trial", "GET"): Row("/desk/letters/test", (SIGN_IN, 404, 404, 404, 200, 200)),
    ("own_letters.try_newsroom", "POST"): Row("/desk/letters/test", (SIGN_IN, 404, 404, 404, 302, 302)),
    ("account.remove_factor", "POST"): Row("/desk/account/factors/0/remove", OWN_POST),
    ("members.confirm", "POST"): Row("/desk/confirm", (SIGN_IN, *(422,) * 5), {"password": "wrong"}),
    ("members.left", "GET"): Row("/desk/session", MEMBERS),
    ("members.stay", "POST"): Row("/desk/session", MEMBERS),
    ("members.sign_out", "POST"): Row("/desk/sign-out", everybody(SIGN_IN)),
    ("followup.leave", "GET"): Row("/leave", everybody(303)),
}
# What asks for the password again, so that a laptop which somebody else took does no lasting harm.
GRAVE = {
    "account.add_passkey",
    "account.change_codes",
    "account.change_password",
    "account.new_codes",
    "account.new_passkey",
    "account.new_password",
    "account.new_recovery_codes",
    "account.remove_factor",
    "bundles.ask",
    "bundles.take",
    "certificates.add_newsroom",
    "certificates.add_own",
    "certificates.newsroom",
    "certificates.own",
    "certificates.remove_newsroom",
    "certificates.remove_own",
    "copies.ask",
    "copies.take",
    "desks.invite",
    "desks.invite_again",
    "desks.seat",
    "desks.unseat",
    "lists.ask",
    "lists.take",
    "people.change",
    "people.lock",
    "people.remove",
    "promises.grant",
    "promises.promise",
    "rotation.begin",
    "routes.lead",
    "routes.remove",
    "work.move",
}
POSTS = [route for route in TABLE if route[1] == "POST"]
WITHOUT_TOKEN = {
    ("complaint.send", "POST"): "the signed code in the form is its token, and a visitor has no cookie",
    ("complaint.send_voice", "POST"): "as above",
    ("followup.begin", "POST"): "the code that is typed is the only credential",
}
# To whoever has no visit, these ask for the code and keep what was typed.
CODE_ASKED = {route for route in TABLE if route[0].removeprefix("followup.") in VISIT or route[0].startswith("files.")}
# Who sends the form is asked before its token is looked for, since it may be as large as a film.
GUARDED_FIRST = {("adding.bring", "POST")}
FROM_ANYWHERE = {
    ("complaint.send", "POST"): "a complaint is never refused for how it came, and its signed code is ours",
    ("complaint.send_voice", "POST"): "as above",
}
