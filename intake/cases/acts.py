"""How every act in the audit is said to people, and what of its details is said with it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext, ngettext
from flask_babel import lazy_gettext as _l

from intake import signing
from intake.cases import canary_words, copy_words, letter_words, words
from intake.i18n import COUNTRY_NAMES, LANGUAGE_NAMES, day
from intake.members.models import EDITOR, JOURNALIST
from intake.outbox import alarm_words

# The acts by what they are about: a group is one choice of the filter.
SIGN_IN = {
    "member.signed_in": _l("Signed in"),
    "member.session_began": _l("A session began"),
    "member.signed_out": _l("Signed out"),
    "member.sign_in_failed": _l("Signing in failed"),
    "member.confirm_failed": _l("The password that was asked again was wrong"),
    "member.sessions_ended": _l("Sessions were ended"),
}
SECRETS = {
    "member.password_changed": _l("The password was changed"),
    "member.factor_added": _l("A second factor was added"),
    "member.factor_removed": _l("A second factor was removed"),
    "member.recovery_made": _l("New recovery codes were made"),
    "member.renewed": _l("Got new secrets in place of the old"),
    "member.certificate_added": _l("A key for sealed letters was added"),
    "member.certificate_removed": _l("A key for sealed letters was removed"),
    "newsroom.certificate_added": _l("The newsroom got a key for sealed letters"),
    "newsroom.certificate_removed": _l("The newsroom's key for sealed letters was removed"),
}
PEOPLE = {
    "member.invited": _l("A newcomer was invited"),
    "member.invited_again": _l("A member was invited again"),
    "member.uninvited": _l("An invitation was revoked"),
    "member.joined": _l("Joined"),
    "member.changed": _l("Role or rights of a member were changed"),
    "member.locked": _l("A member was locked out"),
    "member.removed": _l("A member was removed"),
    "member.reads": _l("The languages that a member reads were changed"),
    "member.letters_chosen": _l("How letters come to a member was changed"),
    "member.letter_tested": _l("A test letter was asked for"),
    "member.away": _l("Will be away"),
    "member.back": _l("Is back"),
}
SEATS = {
    "desk.seated": _l("A member was seated at a desk"),
    "desk.unseated": _l("A member was unseated"),
    "desk.promised": _l("A seat was promised"),
    "desk.promise_declined": _l("A promised seat was declined"),
    "desk.promise_withdrawn": _l("A promised seat was taken back"),
    "desk.made": _l("A desk was made"),
    "desk.renamed": _l("A desk was renamed"),
    "desk.route_changed": _l("Where new cases go was changed"),
    "desk.times_changed": _l("The times of a desk were changed"),
}
KEYS = {
    "house.set_up": _l("The desks were made"),
    "house.rescued": _l("The desks were opened with the rescue identity"),
    "desk.rotated": _l("A desk got a new key"),
    "desk.rotation_finished": _l("All that a desk keeps is sealed to its new key"),
    "desk.signing_key_made": _l("A desk got a key to sign evidence with"),
}
CASES = {
    "case.received": _l("Received"),
    "case.added_to": _l("Something was added"),
    "case.acknowledged": _l("Acknowledged"),
    "case.message": _l("Message"),
    "case.status": _l("Status given"),
    "case.assigned": _l("Who answers for it was changed"),
    "case.offered": _l("Offered to a colleague"),
    "case.handed_over": _l("Taken over"),
    "case.handover_refused": _l("Not taken over"),
    "case.offer_taken_back": _l("Offer taken back"),
    "case.given_up": _l("Given up"),
    "case.handed_back": _l("Went back to the queue"),
    "case.stood_in": _l("Went to who stands in"),
    "case.moved_away": _l("Moved to another desk"),
    "case.moved_here": _l("Came from another desk"),
    "case.made_urgent": _l("Made urgent"),
    "case.made_not_urgent": _l("No longer urgent"),
    "case.urgency": _l("Urgency changed"),
    "case.taken_back": _l("The last change was taken back"),
    "case.coded": _l("Coded"),
    "case.labelled": _l("Label put on"),
    "case.unlabelled": _l("Label taken off"),
    "case.due": _l("Day set"),
    "case.escalated": _l("Others were called, since nobody acknowledged it"),
    "case.told_again": _l("Letters about it were sent again, since none had reached anybody"),
    "case.linked": _l("Linked to another case"),
    "case.unlinked": _l("A link to another case was taken off"),
    "case.merged": _l("Worked on with another case from then on"),
    "case.leads": _l("Another case is worked on with it from then on"),
    "case.unmerged": _l("Worked on by itself again, or without another case"),
    "case.consent_changed": _l("The complainant changed contact or consent"),
    "case.code_renewed": _l("A new code was given"),
    "case.code_issued": _l("A code was given, where nobody had one"),
    "case.feedback": _l("Feedback"),
    "case.redacted": _l("What copies must not show was marked"),
    "case.note": _l("Note of the desk"),
    "case.note_changed": _l("Note of the desk changed"),
    "case.mailed_answer": _l("An answer came by e-mail"),
    "case.claim": _l("A claim was written down"),
    "case.claim_changed": _l("A claim was changed"),
    "case.checklist": _l("The checklist was changed"),
    "case.signed_off": _l("Verification signed off"),
    "case.sign_off_withdrawn": _l("Sign-off withdrawn"),
    "case.deletion_asked": _l("The complainant asked for deletion"),
    "case.kept": _l("Kept, although deletion was asked"),
    "case.destroyed": _l("Destroyed, as the complainant asked"),
    "case.warned": _l("Its end was announced"),
    "case.held": _l("Held: kept longer than its time"),
    "case.hold_lifted": _l("The hold was lifted"),
    "case.expired": _l("Destroyed"),
}
READING = {
    "case.opened": _l("Opened"),
    "case.compared": _l("Compared with other cases"),
    "case.searched": _l("The desk's cases were searched"),
    "case.contact_opened": _l("Contact details opened"),
    "evidence.received": _l("A file arrived"),
    "evidence.part_kept": _l("What had arrived of a file was kept, before the rest came"),
    "evidence.opened": _l("A recording was opened"),
    "evidence.taken": _l("The original of a file was taken along"),
    "evidence.viewed": _l("The viewing copy of a file was opened"),
    "evidence.redacted": _l("What copies must not show of a file was marked"),
    "evidence.released": _l("A file may leave the newsroom from then on"),
    "evidence.withheld": _l("A file stays in the newsroom from then on"),
}
LISTS = {
    "label.made": _l("A label was added to the list"),
    "label.removed": _l("A label was taken off the list"),
    "reply.saved": _l("A reply for all was saved"),
    "reply.removed": _l("A reply for all was removed"),
}
EXPORTS = {
    "case.exported": _l("Taken out of the house, still sealed"),
    "case.copied": _l("A copy was taken"),
    "evidence.copied": _l("A file went along in a copy"),
    "case.list_copied": _l("The list of cases was taken"),
    "evidence.exported": _l("The original of a file was taken along in an evidence bundle"),
}
LETTERS = {
    "letter.resent": _l("A letter was sent again"),
    "letter.hurried": _l("A letter that waited was tried at once"),
}
ALARMS = {
    "alarm.mended": _l("An alarm was taken as mended"),
    "canary.run": _l("The way of complaints was tested"),
    "backup.made": _l("A backup was made, or could not be"),
    "backup.tried": _l("Coming back from a backup was tried"),
    "backup.restored": _l("All of this came back from a backup"),
    "house.moved": _l("All of this was moved to another database"),
}
FIGURES = {"figures.taken": _l("Figures were taken out of the house, small numbers hidden")}
GROUPS = {
    "sign-in": (_l("Signing in"), SIGN_IN),
    "secrets": (_l("Passwords and second factors"), SECRETS),
    "people": (_l("Members"), PEOPLE),
    "seats": (_l("Desks and seats"), SEATS),
    "keys": (_l("Keys"), KEYS),
    "letters": (_l("Letters"), LETTERS),
    "alarms": (_l("Alarms"), ALARMS),
    "cases": (_l("Work on cases"), CASES),
    "reading": (_l("Reading"), READING),
    "lists": (_l("Labels and replies"), LISTS),
    "exports": (_l("Exports"), EXPORTS),
    "figures": (_l("Figures"), FIGURES),
}
ABOUT_CASES = ("cases", "reading", "exports", "letters")  # the groups that a case's own history has
ACTS = {act: said for _, group in GROUPS.values() for act, said in group.items()}
# Who acted where no member did.
_COMPLAINANT, _OPERATOR, _SERVER = _l("the complainant"), _l("the operator"), _l("the server")
_NOBODY = {
    **dict.fromkeys(("case.received", "case.added_to", "case.message", "case.consent_changed"), _COMPLAINANT),
    **dict.fromkeys(("case.code_renewed", "case.feedback", "case.deletion_asked", "evidence.received"), _COMPLAINANT),
    **dict.fromkeys(("house.set_up", "house.rescued", "case.exported", "member.invited", "desk.seated"), _OPERATOR),
    **dict.fromkeys(("case.destroyed", "case.handed_back", "desk.rotation_finished"), _SERVER),
    **dict.fromkeys(("case.warned", "case.expired", "case.escalated", "case.told_again", "canary.run"), _SERVER),
    **dict.fromkeys(("backup.tried", "backup.restored", "house.moved"), _OPERATOR),
    "backup.made": _SERVER,
    "case.mailed_answer": _SERVER,
    "member.sign_in_failed": _l("an unknown address"),
}
_ROLES = {JOURNALIST: _l("Journalist"), EDITOR: _l("Editor")}
_WAYS = {
    "password+code": _l("with password and one-time code"),
    "password+recovery": _l("with password and recovery code"),
    "recovery+code": _l("with recovery code and one-time code"),
    "password+passkey": _l("with password and passkey"),
    "recovery+passkey": _l("with recovery code and passkey"),
    "passkey": _l("with a passkey"),
    "invitation": _l("by an invitation"),
}
_KINDS = {
    "one_time_code": _l("one-time codes"),
    "passkey": _l("passkey"),
    "openpgp": "OpenPGP",
    "age": "age",
}
_CODES: dict[str, Mapping[str, Any]] = {
    "status": words.STATUSES,
    "channel": words.CHANNELS,
    "reason": {**words.REASONS, "retention": _l("its time was over")},
    "check": words.CHECKS,
    "role": _ROLES,
    "way": _WAYS,
    "kind": _KINDS,
    "form": copy_words.FORM_NAMES,
    "audience": copy_words.AUDIENCES,
    "country": COUNTRY_NAMES,
    "result": canary_words.KEPT,
    "language": LANGUAGE_NAMES,
    "letter": {**letter_words.KINDS, **letter_words.OF_THE_HOUSE},
    "alarm": alarm_words.WRONG,
}
_FLAGS = {
    "raised": _l("urgent from then on"),
    "admin": _l("Admin"),
    "alone": _l("with no other editor at the desk"),
    "reach": _l("with the details to reach the person"),
    "original": _l("as it came"),
}
# Details that are members' numbers.
_MEMBERS = ("member", "seated", "unseated", "promised", "reader", "away", "back", "to")


def said(act: str) -> str:
    """Return what an act is called; its code, where nobody gave it words."""
    return str(ACTS.get(act, act))


def nobody(act: str) -> str:
    """Return who acted where no member did."""
    return str(_NOBODY.get(act, "–"))


def details(act: str, detail: Mapping[str, Any], names: Mapping[int, str]) -> list[str]:
    """Return what of an entry's details is said in words: nothing where there are none, and never a number of a row.

    Args:
        act: what was done.
        detail: as it was recorded.
        names: the members' names by number.
    """
    found = [str(known[detail[key]]) for key, known in _CODES.items() if _text(detail.get(key)) in known]
    found += [str(flag) for key, flag in _FLAGS.items() if detail.get(key) is True]
    if act != "case.moved_away":  # it went to a desk
        found += [names[detail[key]] for key in _MEMBERS if _number(detail.get(key)) in names]
    if _number(detail.get("stand_in")) in names:
        found.append(gettext("%(name)s stands in", name=names[detail["stand_in"]]))
    if act == "desk.signing_key_made":
        found.append(signing.in_groups(_text(detail.get("fingerprint"))))
    found += [" – ".join(days)] if all(days := [_day(detail.get(end)) for end in ("first", "last")]) else []
    if act == "case.list_copied" and (of := _number(detail.get("cases"))) >= 0:
        found.append(str(ngettext("%(num)s case", "%(num)s cases", of)))
    if act == "member.sessions_ended" and (of := _number(detail.get("count"))) >= 0:
        found.append(str(ngettext("%(num)s session", "%(num)s sessions", of)))
    return found


def _text(value: Any) -> str:  # noqa: ANN401 whatever the database holds
    return value if isinstance(value, str) else ""


def _number(value: Any) -> int:  # noqa: ANN401 whatever the database holds
    return value if isinstance(value, int) and not isinstance(value, bool) else -1


def _day(value: Any) -> str:  # noqa: ANN401 whatever the database holds
    try:
        return day(datetime.fromisoformat(_text(value)))
    except ValueError:
        return ""
