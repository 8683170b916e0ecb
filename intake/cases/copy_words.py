"""How copies of a case are said to people: for whom, in which form, what is left out, and why there is none."""

from flask_babel import lazy_gettext as _l

from intake.cases import blacking, consent

PDF, ZIP, JSON = FORMS = ("pdf", "zip", "json")
CSV, XLSX = LIST_FORMS = ("csv", "xlsx")
FORM_NAMES = {
    PDF: _l("PDF, to read"),
    ZIP: _l("ZIP, with PDF, data and recordings"),
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
    consent.ATTACHED: _l("Files that came with a mail: nobody can black anything out in them."),
}
REACH_INSIDE = _l("How to reach the person.")
REACH_UNTICKED = _l("How to reach the person, unless you tick it below.")
