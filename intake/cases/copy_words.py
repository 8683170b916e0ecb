"""How copies of a case are said to people: for whom, in which form, what is left out, and why there is none."""

from flask_babel import gettext
from flask_babel import lazy_gettext as _l

from intake.cases import blacking, consent, enclosures
from intake.cases.enclosures import Enclosure
from intake.cases.file_redaction import Box
from intake.evidence.viewing import OpenedPart

PDF, ZIP, JSON = FORMS = ("pdf", "zip", "json")
CSV, XLSX = LIST_FORMS = ("csv", "xlsx")
FORM_NAMES = {
    PDF: _l("PDF, to read"),
    ZIP: _l("ZIP, with PDF, data and files"),
    JSON: _l("JSON, for programs"),
    CSV: _l("CSV, plain text"),
    XLSX: _l("XLSX, for Excel and LibreOffice"),
}
AUDIENCES = {
    consent.INSIDE: _l("The newsroom"),
    consent.LAWYERS: _l("Lawyers"),
    consent.NGOS: _l("Human-rights NGOs"),
    consent.UN: _l("UN bodies"),
    consent.PUBLICATION: _l("For publication"),
}
KINDS = {
    blacking.NAME: _l("name"),
    blacking.PLACE: _l("place"),
    blacking.CONTACT: _l("contact"),
    blacking.OTHER: _l("left out"),
}
KIND_CHOICES = {
    blacking.NAME: _l("A name"),
    blacking.PLACE: _l("A place"),
    blacking.CONTACT: _l("An address, number or account"),
    blacking.OTHER: _l("Something else"),
}
REFUSALS = {
    consent.DELETION: _l(
        "The complainant asked for deletion. Nothing of this case may leave the newsroom unless the desk keeps it."
    ),
    consent.TAKEN_BACK: _l(
        "The person took their consent back. Nothing of this case may leave the newsroom. Ask them in a message if "
        "they want it otherwise."
    ),
    consent.NOT_SHARED: _l(
        "The person has not agreed to show the case to them. Ask in a message: they can agree on their page, under "
        "“Who else may see it”."
    ),
    consent.ASK_FIRST: _l(
        "The person wants to be asked before anything is published. Ask in a message: they can agree on their page, "
        "under “What may be published”."
    ),
    consent.NEVER: _l(
        "The person said: never publish. They can change that on their page, under “What may be published”, if they "
        "want to; do not press them."
    ),
}
LEFT_OUT = {
    consent.PERSONAL: _l("Personal notes: only who wrote them can open them."),
    consent.REACH: _l("How to reach the person, and every e-mail address, telephone number and @name in the texts."),
    consent.DESK_WORK: _l("Notes of the desk, statuses, who works on the case, and its history."),
    consent.CONVERSATION: _l("The conversation with the desk: it was not written to be published."),
    consent.WITNESSES: _l("Witnesses: they did not agree."),
    consent.TELLER: _l("Who reports, their relation to the person, the year of birth, and numbers of papers."),
    consent.VICTIM: _l(
        "The name of the person: it may be published without the name only. It is blacked out in all texts."
    ),
    consent.UNASKED: _l(
        "The name of the person: they do not know that this is reported. It is blacked out in all texts."
    ),
    consent.PLACES: _l("The answers about places: the person did not agree to show them."),
    consent.VOICE: _l("Recordings: the person did not agree that their voice is heard."),
    consent.SAID_ALOUD: _l("Recordings: what is blacked out may be said aloud in them."),
    consent.PHOTOS: _l("Pictures and films: the person did not agree to show photos."),
    consent.DOCUMENTS: _l("Documents and texts: the person did not agree to show documents."),
    consent.ORIGINALS: _l(
        "The originals of files: they tell when, where and with what they were made. Viewing copies go along, "
        "black where it is marked, of those files of which the desk said that they may leave."
    ),
}
ORIGINALS_INSIDE = _l("The originals of files. Viewing copies go along.")
ORIGINALS_UNTICKED = _l("The originals of files, unless you tick it below. Viewing copies go along.")
# Why nothing of a file goes along.
FILES_LEFT_OUT = {
    enclosures.UNSEEN: _l("nobody of the desk has looked at it yet, so there is no viewing copy"),
    enclosures.KEPT_INSIDE: _l("the desk has not said that it may leave"),
    enclosures.NOT_AGREED: _l("the person did not agree to show it"),
    enclosures.ALOUD: _l("what is blacked out may be said aloud in it"),
    "no_sandbox": _l("the server cannot look at files safely, so there is no viewing copy"),
    "kind": _l("there is no viewing copy of files of this kind"),
    "dangerous": _l("files of this kind can run what a stranger wrote, so there is no viewing copy"),
    "too_large": _l("it is too large for a viewing copy"),
    "too_long": _l("a viewing copy would take too long"),
    "broken": _l("it is damaged, or not what it says, so there is no viewing copy"),
    "locked": _l("it is locked with a password, so there is no viewing copy"),
    "no_ffmpeg": _l("the server cannot make viewing copies of sound and film"),
}
PARTS = {
    consent.PICTURE: _l("Picture"),
    consent.PAGE: _l("Page"),
    consent.TEXT: _l("Text"),
    consent.SOUND: _l("Sound"),
    consent.FILM: _l("Film"),
}
REACH_INSIDE = _l("How to reach the person.")
REACH_UNTICKED = _l("How to reach the person, unless you tick it below.")


def said_of(enclosure: Enclosure) -> str:
    """Return what of a file is in a copy, and why not more."""
    if enclosure.left_out:
        why = FILES_LEFT_OUT.get(enclosure.left_out, FILES_LEFT_OUT["broken"])
        without = gettext("The original alone: %(why)s.", why=why)
        return without if enclosure.original else gettext("Left out: %(why)s.", why=why)
    found = gettext("A viewing copy, without what the camera or program wrote into the file.")
    found += f" {gettext('Its end is in the original alone.')}" if enclosure.parts[-1].more else ""
    return found + (f" {gettext('And the original.')}" if enclosure.original else "")


def name_of(enclosure: Enclosure, part: OpenedPart) -> str:
    """Return how a part of a file is called where it is shown."""
    of_many = f", {PARTS[part.kind]} {part.number + 1}" if len(enclosure.parts) > 1 else ""
    return gettext("File %(number)s", number=enclosure.number) + of_many


def said_box(box: Box) -> str:
    """Return where a box is, in hundredths, as people count."""
    left, right, top, bottom = (round(one / 10) for one in (box.x, box.x + box.w, box.y, box.y + box.h))
    return gettext(
        "%(left)d–%(right)d %% from the left, %(top)d–%(bottom)d %% from the top",
        left=left,
        right=right,
        top=top,
        bottom=bottom,
    )
