"""For whom a copy of a case may be made, by what the person agreed to, and what is left out of it. Pure.

Of the answers to the blocks only what stands here goes out: a question that is asked anew later stays inside until
somebody decides about it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from intake.cases.dossier import Dossier
from intake.evidence.queries import OpenedFile

INSIDE, LAWYERS, NGOS, UN, PUBLICATION = AUDIENCES = ("inside", "lawyers", "ngos", "un", "publication")
OUTSIDE = AUDIENCES[1:]
# Why there is no copy.
DELETION, TAKEN_BACK, NOT_SHARED, ASK_FIRST, NEVER = ("deletion", "taken_back", "not_shared", "ask_first", "never")
# What is left out of one.
PERSONAL, REACH, DESK_WORK, CONVERSATION, WITNESSES, TELLER, VICTIM, UNASKED, PLACES, *_ = LEFT_OUT = (
    *("personal", "reach", "desk_work", "conversation", "witnesses", "teller", "victim", "unasked"),
    *("places", "voice", "said_aloud", "photos", "documents", "originals"),
)
VOICE, SAID_ALOUD, PHOTOS, DOCUMENTS, ORIGINALS = LEFT_OUT[-5:]
# What the parts of a viewing copy are.
PICTURE, PAGE, TEXT, SOUND, FILM = ("picture", "page", "text", "sound", "film")
_AUDIBLE = ("audio/", "video/")
_AGREED = frozenset({"with_name", "without_name"})
_NAME_FIELDS = frozenset({"victim_name", "full_name"})
_PLACE_FIELDS = frozenset({"region", "place", "taken_place", "where_held", "where_now"})
_FOR_PUBLICATION: Mapping[str, frozenset[str]] = {
    "victim": frozenset({"victim_name", "victim_minor", "victim_gender", "victim_count"}),
    "when": frozenset({"date_from", "date_to", "date_type", "ongoing", "region", "place", "where_now"}),
    "kind": frozenset({"categories", "reprisal"}),
    "who": frozenset({"perp_type", "perp_detail"}),
    "steps": frozenset({"complained_to", "why_not", "outcome", "lawyer"}),
    "detention": frozenset({"full_name", "taken", "taken_place", "holder", "warrant", "where_held"}),
}
_FOR_HELPERS: Mapping[str, frozenset[str]] = {
    **_FOR_PUBLICATION,
    "victim": _FOR_PUBLICATION["victim"] | {"reporter_role", "relation", "victim_birth_year", "victim_consent"},
    "steps": _FOR_PUBLICATION["steps"] | {"case_numbers"},
    "detention": _FOR_PUBLICATION["detention"] | {"search", "reporter"},
    "danger": frozenset({"now", "kinds", "deadline", "passed"}),
    "threat": frozenset(),
    "publication": frozenset({"pub_level", "pub_details"}),
}
_REACHING = (
    "contact_value",
    "sender_name",
    "sender",
    "fallback_person",
    "reminder_address",
)  # answers that reach somebody


@dataclass(frozen=True)
class Verdict:
    """Whether a copy may be made, and what is left out.

    Attributes:
        audience: for whom.
        refusal: why there is none; empty where there is one.
        left_out: what is left out, of ``LEFT_OUT``.
    """

    audience: str
    refusal: str = ""
    left_out: tuple[str, ...] = ()

    @property
    def is_outside(self) -> bool:
        """Whether the copy leaves the newsroom."""
        return self.audience != INSIDE

    @property
    def hides_name(self) -> bool:
        """Whether the name of whom it happened to must not be in it."""
        return bool({VICTIM, UNASKED}.intersection(self.left_out))

    @property
    def has_recordings(self) -> bool:
        """Whether recordings go along."""
        return not {VOICE, SAID_ALOUD}.intersection(self.left_out)

    @property
    def has_originals(self) -> bool:
        """Whether attached files go along as they came."""
        return ORIGINALS not in self.left_out

    def takes(self, files: Iterable[OpenedFile]) -> list[OpenedFile]:
        """Return those of a case's recordings that go along."""
        return [one for one in files if self.has_recordings and not one.is_attachment]

    def shows(self, kind: str) -> bool:
        """Return whether a part of a viewing copy may be in the copy, by what it is."""
        seen = PHOTOS not in self.left_out
        if kind in {PICTURE, FILM}:
            return seen and (kind == PICTURE or self.has_recordings)
        return self.has_recordings if kind == SOUND else DOCUMENTS not in self.left_out


def judge(
    opened: Dossier, audience: str, *, reach: bool = False, blacked: bool = False, originals: bool = False
) -> Verdict:
    """Return whether a copy of a case may be made for somebody, and what is left out of it.

    Args:
        opened: the case.
        audience: one of ``AUDIENCES``.
        reach: whether the details to reach the person are wanted in a copy for inside.
        blacked: whether passages are blacked out: nobody can black out what is said aloud.
        originals: whether attached files are wanted in a copy for inside as they came.
    """
    if audience == INSIDE:
        left_out = [PERSONAL, *([] if reach else [REACH]), *([SAID_ALOUD] if blacked and _is_heard(opened) else [])]
        left_out += [ORIGINALS] if opened.attachments and not originals else []
        return Verdict(audience, left_out=tuple(left_out))
    refusal = _refusal(opened, audience)
    return Verdict(audience, refusal, () if refusal else tuple(_left_out(opened, audience, blacked=blacked)))


def answers_for(verdict: Verdict, block: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """Return those answers to a block that go into a copy."""
    if not verdict.is_outside:
        return dict(answers)
    allowed = (_FOR_PUBLICATION if verdict.audience == PUBLICATION else _FOR_HELPERS).get(block, frozenset())
    hidden = _NAME_FIELDS if verdict.hides_name else frozenset()
    hidden |= _PLACE_FIELDS if PLACES in verdict.left_out else frozenset()
    return {name: answer for name, answer in answers.items() if name in allowed - hidden}


def names_to_hide(opened: Dossier, verdict: Verdict) -> list[str]:
    """Return the names that a copy must not have anywhere: whom it happened to, where that is left out."""
    return _told(opened, _NAME_FIELDS) if verdict.hides_name else []


def reaching(opened: Dossier) -> list[str]:
    """Return every address, number and name that reaches the person, or somebody near, as it was ever told."""
    return _told(opened, (*_REACHING, "lawyer_contact"))


def _refusal(opened: Dossier, audience: str) -> str:
    if opened.case.deletion_asked_at is not None:
        return DELETION
    if _answer(opened, "consent", "keep") == "no":
        return TAKEN_BACK
    if audience == PUBLICATION:
        level = _answer(opened, "publication", "pub_level")
        if opened.case.not_for_publication or level == "never":
            return NEVER
        return "" if level in _AGREED else ASK_FIRST
    agreed = _answer(opened, "sharing", "share_with")
    return "" if isinstance(agreed, list) and audience in agreed else NOT_SHARED


def _left_out(opened: Dossier, audience: str, *, blacked: bool) -> list[str]:
    found = [DESK_WORK, REACH, WITNESSES]
    if _answer(opened, "victim", "victim_consent") == "does_not_know":
        found.append(UNASKED)
    if audience == PUBLICATION:
        found += [CONVERSATION, TELLER]
        if _answer(opened, "publication", "pub_level") == "without_name":
            found.append(VICTIM)
        shown = _answer(opened, "publication", "pub_details") or []
        found += [] if "place" in shown else [PLACES]
        found += [VOICE] if _is_heard(opened) and "voice" not in shown else []
        if opened.attachments:
            found += [PHOTOS] if "photo" not in shown else []
            found += [DOCUMENTS] if "documents" not in shown else []
    hides = {VICTIM, UNASKED}.intersection(found) and _told(opened, _NAME_FIELDS)
    if _is_heard(opened) and VOICE not in found and (blacked or hides):
        found.append(SAID_ALOUD)
    return [*found, ORIGINALS] if opened.attachments else found


def _is_heard(opened: Dossier) -> bool:
    return any(file.content_type.startswith(_AUDIBLE) for file in opened.files)


def _answer(opened: Dossier, block: str, name: str) -> Any:  # noqa: ANN401 whatever was answered
    newest = opened.newest(block)
    return newest.words["answers"].get(name) if newest else None


def _told(opened: Dossier, names: tuple[str, ...] | frozenset[str]) -> list[str]:
    """Return the texts that were ever answered to these questions."""
    found = []
    for statement in opened.statements:
        for told in (statement.words, statement.words.get("answers") or {}):
            found += [told[name] for name in names if isinstance(told.get(name), str) and told[name].strip()]
    return list(dict.fromkeys(found))
