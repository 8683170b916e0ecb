"""What is checked before a case is published: for each group of violations the items of a checklist.

The lists are ours. Injuries are described as the Istanbul Protocol asks (OHCHR, Professional Training Series No. 8).
"""

from collections.abc import Collection

from flask_babel import lazy_gettext as _l

from intake.reference.leaf_codes import LEAVES
from intake.reference.violations import GROUPS, VIOLATIONS

OTHER = "other"
ITEMS = {
    "consent": _l("It is sure who tells this, and the person agrees that we work on it"),
    "two_sources": _l("Two sources say so that do not depend on each other"),
    "dates_places": _l("Dates and places fit together, and were checked against something else"),
    "injuries": _l("A doctor saw the injuries, or they are described and photographed as the Istanbul Protocol asks"),
    "custody": _l("The warrant, the record of arrest or other papers of the detention were seen or asked for"),
    "whereabouts": _l("It is known where the person is now, or who denies knowing it"),
    "case_papers": _l("The papers of the investigation or the court were seen, and their numbers fit"),
    "lawyer": _l("The lawyer was heard, or it is known why not"),
    "hearing": _l("Somebody who was at the hearing or the search was heard"),
    "the_words": _l("What was said, written or planned was seen itself, and a copy is kept"),
    "decision": _l("The order, fine or refusal was seen itself; a blocked site was tried from inside the country"),
    "pattern": _l("It was looked up whether the same happened to others"),
    "alone": _l("The person was heard without anybody who could press them; a child only with someone they trust"),
    "told_then": _l("Somebody was heard to whom the person told it at the time: a doctor, a shelter, a friend"),
    "protection": _l("It is known whether police, doctors or a shelter were told, and what they did"),
    "unnamed": _l("Nothing in the text lets others recognise the person, unless they want to be named"),
    "work_papers": _l("Contract, messages, payments or tickets were seen"),
    "free_now": _l("It is known whether the person is free to leave now, and who has their passport"),
    "others_there": _l("Others who were in the same place were heard"),
    "compared": _l("It is known how others are treated in the same situation"),
    "the_reason": _l("Something shows that it was because of who the person is: words, a rule, a pattern"),
    "title": _l("The papers of the property, the work or the treatment were seen"),
    "the_place": _l("The place was seen, or is shown by pictures whose date and place were checked"),
    "status_abroad": _l("The person's status in that country is known, and who represents them"),
    "relatives": _l("The safety of relatives at home was considered"),
    "documents": _l("Papers, photos and videos are what they seem: origin, date and place were checked"),
    "comment": _l("The accused side was asked for a comment and had time to answer"),
    "comment_safe": _l("Before the accused side was asked, it was made sure that the question endangers nobody"),
    "safety": _l("What publication means for the sources' safety was considered and talked over with them"),
}
CHECKLISTS = {
    "liberty_and_body": ("consent", "two_sources", "dates_places", "injuries", "custody", "whereabouts", "comment"),
    "justice": ("consent", "case_papers", "lawyer", "hearing", "dates_places", "comment"),
    "civic": ("consent", "the_words", "decision", "two_sources", "pattern", "comment"),
    "women_children": ("consent", "alone", "told_then", "protection", "unnamed", "comment_safe"),
    "exploitation": ("consent", "work_papers", "free_now", "others_there", "dates_places", "comment_safe"),
    "equality": ("consent", "compared", "the_reason", "two_sources", "unnamed", "comment"),
    "livelihood": ("consent", "title", "the_place", "two_sources", "dates_places", "comment"),
    "movement": ("consent", "decision", "status_abroad", "two_sources", "relatives", "comment"),
    OTHER: ("consent", "two_sources", "dates_places", "documents", "comment"),
}
LAST = ("safety",)  # asked of every case


def items_for(codes: Collection[str]) -> tuple[str, ...]:
    """Return the items of the checklist of a case, each once.

    Args:
        codes: what the case is about, in the complainant's codes or the journalists'. What nobody knows is something
            else.
    """
    named = {_group_of(code) for code in codes} or {OTHER}
    if len(named) > 1:
        named.discard(OTHER)
    items = [item for group in GROUPS if group in named for item in CHECKLISTS[group]]
    return tuple(dict.fromkeys((*items, *LAST)))


def _group_of(code: str) -> str:
    known = VIOLATIONS.get(code) or LEAVES.get(code)
    return known.group if known else OTHER
