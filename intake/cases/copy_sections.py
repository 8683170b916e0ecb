"""The sections of a copy of a case.

Each is made by a function. What a desk works out about a case adds one to ``INSIDE``; it goes outside only if it is put
into ``OUTSIDE`` too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from flask_babel import gettext

from intake.cases import acts, coding_words, consent, copy_words, detection, queries, words
from intake.cases.coding import OpenedCoding
from intake.cases.consent import Verdict
from intake.cases.contact import OF_A_STORY
from intake.cases.conversation import CONTACT as CONTACT_BLOCK
from intake.cases.dossier import Dossier
from intake.cases.enclosures import Enclosure, Viewed
from intake.cases.models import Label
from intake.cases.notes import OpenedNote
from intake.cases.queries import OpenedStatement
from intake.cases.verification import Record, Ticks
from intake.desks.seats import Opens
from intake.evidence import look_words
from intake.evidence.queries import OpenedFile
from intake.i18n import COUNTRY_NAMES, LANGUAGE_NAMES, day, day_and_time
from intake.reference.verification_checklists import ITEMS

Facts = Sequence[tuple[str, str]]
LONGEST_TEXT = 30_000  # characters of a text that was attached


@dataclass(frozen=True)
class Speech:
    """How the answers to a block are said, and its title: whoever makes the blocks knows."""

    facts: Callable[[str, dict[str, Any]], Facts]
    title: Callable[[str], str]


@dataclass(frozen=True)
class Piece:
    """One thing that was written: who wrote it and when, a text, and answers; or a file that is enclosed."""

    head: str = ""
    meta: str = ""
    text: str = field(default="", repr=False)
    facts: Facts = field(default=(), repr=False)
    enclosed: Enclosure | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Section:
    """A part of a copy."""

    key: str
    title: str
    pieces: Sequence[Piece]


@dataclass(frozen=True)
class Source:
    """What sections are made of."""

    opened: Dossier
    opens: Opens
    verdict: Verdict
    speech: Speech
    names: Mapping[int, str]
    notes: Sequence[OpenedNote]
    coding: OpenedCoding | None
    record: Record
    labels: Sequence[Label]
    viewed: Mapping[str, Viewed] = field(default_factory=dict)
    enclosures: Sequence[Enclosure] = ()

    def author(self, member_id: int | None) -> str:
        """Return who wrote something: outside, no member is named."""
        if member_id is None:
            return gettext("the complainant")
        return gettext("the desk") if self.verdict.is_outside else self.names.get(member_id, "–")

    def meta(self, moment: datetime, member_id: int | None) -> str:
        """Return when, and by whom; outside, the day alone: to the minute it would be found in somebody's records."""
        at = day(moment) if self.verdict.is_outside else day_and_time(moment)
        return f"{at} · {self.author(member_id)}"


def _facts(source: Source) -> Section:
    case, opened = source.opened.case, source.opened
    found = [
        (gettext("Country"), str(COUNTRY_NAMES[case.country])),
        (gettext("Received"), day(case.received_at) if source.verdict.is_outside else day_and_time(case.received_at)),
    ]
    if not source.verdict.is_outside:
        found += [
            (gettext("Status"), str(words.STATUSES[case.status])),
            (gettext("Urgency"), gettext("Urgent") if case.urgent else gettext("Not urgent")),
            (gettext("Until"), day_and_time(case.alarm_at) if case.alarm_at else ""),
            (gettext("How it came"), str(words.CHANNELS.get(case.channel, case.channel))),
            (gettext("Language of the form"), LANGUAGE_NAMES.get(case.language, "")),
            (gettext("Language of the words"), detection.name(case.detected)),
            (gettext("Can be reached"), gettext("yes") if case.reachable else gettext("no")),
            (gettext("Who answers for it"), opened.holder.name if opened.holder else ""),
            (gettext("Due"), day(case.due_at) if case.due_at else ""),
            (gettext("Labels"), ", ".join(label.name for label in source.labels)),
        ]
    return Section("facts", gettext("Facts"), [Piece(facts=[(label, value) for label, value in found if value])])


def _stories(source: Source) -> Section:
    pieces = []
    for told in source.opened.stories:
        head = gettext("What happened") if told.number == 1 else gettext("Added")
        pieces.append(Piece(head, source.meta(told.received_at, told.member_id), str(told.words.get("story", ""))))
    return Section("story", gettext("What was told"), pieces)


def _answers(source: Source) -> Section | None:
    pieces = []
    for answered in source.opened.answered:
        if answered.block == CONTACT_BLOCK:
            continue
        pieces += _versions(source, answered.block, [answered.newest, *answered.earlier])
    return Section("answers", gettext("Details"), pieces) if pieces else None


def _versions(source: Source, block: str, versions: Sequence[OpenedStatement]) -> list[Piece]:
    """Return the answers to a block: outside, as they are now, and as far as they may be shown."""
    pieces = []
    for place, told in enumerate(versions[:1] if source.verdict.is_outside else versions):
        answers = consent.answers_for(source.verdict, block, told.words.get("answers") or {})
        if source.verdict.is_outside and not answers:
            continue
        title = source.speech.title(block)
        head = title if place == 0 else gettext("%(title)s, an earlier version", title=title)
        facts = [(label, value) for label, value in source.speech.facts(block, answers) if value]
        pieces.append(Piece(head, source.meta(told.received_at, told.member_id), facts=facts))
    return pieces


def _reach(source: Source) -> Section | None:
    if consent.REACH in source.verdict.left_out:
        return None
    pieces = []
    for told in reversed(source.opened.statements):
        answers: dict[str, Any] = (told.words.get("answers") or {}) if told.block == CONTACT_BLOCK else told.words
        known = {name: answers[name] for name in answers if told.block == CONTACT_BLOCK or name in _IN_A_STORY}
        facts = source.speech.facts(CONTACT_BLOCK, {name: value for name, value in known.items() if value})
        if told.block in {CONTACT_BLOCK, queries.STORY} and facts:
            pieces.append(Piece(meta=source.meta(told.received_at, told.member_id), facts=facts))
    return Section("reach", gettext("How to reach the person"), pieces) if pieces else None


def _conversation(source: Source) -> Section | None:
    if consent.CONVERSATION in source.verdict.left_out or not source.opened.messages:
        return None
    pieces = [Piece(meta=source.meta(one.sent_at, one.member_id), text=one.text) for one in source.opened.messages]
    return Section("conversation", gettext("Conversation"), pieces)


def _recordings(source: Source) -> Section | None:
    """Return what is said of recordings; their numbers are those of their names in a ZIP, as those of files are."""
    pieces = []
    for place, file in enumerate(source.verdict.takes(source.opened.recordings), start=1):
        head = gettext("Recording %(number)s", number=place)
        pieces.append(Piece(head, source.meta(file.received_at, file.member_id), facts=_about(file)))
    return Section("recordings", gettext("Recordings"), pieces) if pieces else None


def _attachments(source: Source) -> Section | None:
    """Return what is said of files: outside, and where something is blacked out, neither their names nor originals."""
    pieces = []
    for one in source.enclosures:
        head, meta = (
            gettext("File %(number)s", number=one.number),
            source.meta(one.file.received_at, one.file.sender_id),
        )
        bare = source.verdict.is_outside or one.is_blacked
        facts = [(gettext("Kind"), one.file.content_type)] if bare else _about(one.file)
        facts += _part(one.file)
        facts += [(gettext("In this copy"), copy_words.said_of(one))]
        named = [] if bare else [(gettext("Name"), one.file.file_name)]
        pieces.append(Piece(head, meta, _cut(one.text), [*named, *facts], one))
    return Section("attachments", gettext("Files"), pieces) if pieces else None


def _about(file: OpenedFile) -> list[tuple[str, str]]:
    size = gettext("%(count)s bytes", count=file.size)
    return [(gettext("Kind"), file.content_type), (gettext("Size"), size), ("SHA-256", file.sha256)]


def _part(file: OpenedFile) -> list[tuple[str, str]]:
    part = look_words.part(file.part, file.size)
    return [(gettext("A part only"), part)] if part else []


def _cut(text: str) -> str:
    """Return a text that is read in a copy: a longer one goes on in the ZIP. It is cut once it is blacked out."""
    return f"{text[:LONGEST_TEXT]} […]" if len(text) > LONGEST_TEXT else text


def _statuses(source: Source) -> Section | None:
    given = source.opened.statuses
    pieces = [Piece(str(words.STATUSES[one.status]), source.meta(one.at, one.member_id), one.words) for one in given]
    return Section("statuses", gettext("Status"), pieces) if pieces else None


def _notes(source: Source) -> Section | None:
    pieces = []
    for note in source.notes:
        for place, one in enumerate((note.newest, *note.earlier)):
            head = gettext("An earlier version") if place else ""
            pieces.append(Piece(head, source.meta(one.at, one.member_id), one.text))
    return Section("notes", gettext("Notes of the desk"), pieces) if pieces else None


def _coding(source: Source) -> Section | None:
    if source.coding is None:
        return None
    newest = source.coding.newest
    facts = [(label, ", ".join(values)) for label, values in coding_words.lines(newest)]
    return Section("coding", gettext("Coding"), [Piece(meta=source.meta(newest.at, newest.member_id), facts=facts)])


def _claims(source: Source) -> Section | None:
    pieces = []
    for one in source.record.claims:
        facts = [
            (
                f"{words.SOURCES[rests_on.kind]}: {rests_on.who}",
                ". ".join(filter(None, (str(words.RELIABILITIES[rests_on.reliability]), rests_on.how))),
            )
            for rests_on in one.claim.sources
        ]
        meta = source.meta(one.at, one.member_id) if one.at else ""
        pieces.append(Piece(str(words.CLAIM_STATES[one.claim.state]), meta, one.claim.text, facts))
    return Section("claims", gettext("Claims"), pieces) if pieces else None


def _checklist(source: Source) -> Section | None:
    ticks: Ticks = source.record.checklist.ticks
    pieces = [
        Piece(
            f"{'☑' if tick.done else '☐'} {ITEMS.get(item, item)}",
            source.meta(tick.at, tick.member_id) if tick.at else "",
            tick.word,
        )
        for item, tick in ticks.items()
    ]
    return Section("checklist", gettext("Checklist"), pieces) if pieces else None


def _feedback(source: Source) -> Section | None:
    given = source.opened.feedback or {}
    facts = [(str(label), str(given[name])) for name, label in words.FEEDBACK.items() if given.get(name)]
    return (
        Section("feedback", gettext("What the complainant thought of the help"), [Piece(facts=facts)])
        if facts
        else None
    )


def _history(source: Source) -> Section:
    lines = [
        (day_and_time(one.at), f"{acts.said(one.act)}: {one.member}" if one.member else acts.said(one.act))
        for one in source.opened.history
    ]
    return Section("history", gettext("History"), [Piece(facts=lines)])


Builder = Callable[[Source], Section | None]
_IN_A_STORY = frozenset(OF_A_STORY)
INSIDE: tuple[Builder, ...] = (
    *(_facts, _stories, _answers, _reach, _conversation, _recordings, _attachments, _statuses),
    *(_notes, _coding, _claims, _checklist, _feedback, _history),
)
OUTSIDE: tuple[Builder, ...] = (_facts, _stories, _answers, _conversation, _recordings, _attachments)
