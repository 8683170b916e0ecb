"""What lies on the desk beside a case: notes, the member's own papers, canned replies, files that are on their way."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from intake.cases import contact, notes, presence, queries, replies, scribbles
from intake.cases.dossier import Dossier
from intake.cases.models import CannedReply, Case
from intake.cases.notes import OpenedNote
from intake.cases.replies import InLanguage
from intake.cases.scribbles import OpenedScribble
from intake.evidence import underway
from intake.evidence.underway import UnderWay
from intake.members import queries as members
from intake.members.sessions import Visitor


@dataclass(frozen=True)
class Papers:
    """What lies beside a case for one member.

    Attributes:
        notes: the notes of the desk.
        personal: the member's own note.
        draft: the message that they have not sent yet.
        message: what the form of a message begins with: the draft, and below it the reply that was chosen.
        replies: the canned replies, in the complainant's language first.
        others: who else has the case open now.
        underway: the files of which some is still to come.
        names: the names of who wrote the notes, and of who sends those files.
    """

    notes: list[OpenedNote]
    personal: OpenedScribble | None
    draft: OpenedScribble | None
    message: Mapping[str, Any] = field(repr=False)
    replies: list[InLanguage]
    others: list[str]
    underway: list[UnderWay]
    names: dict[int, str]

    @property
    def own_note(self) -> Mapping[str, str]:
        """What the form of the personal note begins with."""
        if self.personal is None:
            return {}
        return {"personal": self.personal.text, "kept": self.personal.version}


def beside(visitor: Visitor, opened: Dossier, reply_id: int | None = None) -> Papers:
    """Return what lies beside a case.

    Args:
        visitor: who reads it.
        opened: the case.
        reply_id: the canned reply that was chosen, to be filled in.
    """
    case, opens = opened.case, queries.desk_opens(visitor)
    written, files = notes.read(case, opens), underway.of_case(case.id, case.reference, opens)
    kept = scribbles.read(visitor, case)
    draft = kept.get(scribbles.DRAFT)
    return Papers(
        written,
        kept.get(scribbles.PERSONAL),
        draft,
        _begun(visitor, case, draft, replies.find(reply_id) if reply_id is not None else None),
        replies.listed(contact.language_of(case, opened.statements), visitor.member.language),
        presence.others(visitor, case),
        files,
        members.names({*(who for note in written for who in note.author_ids), *(file.member_id for file in files)}),
    )


def _begun(visitor: Visitor, case: Case, draft: OpenedScribble | None, reply: CannedReply | None) -> dict[str, Any]:
    """Return what the form of a message begins with; a reply that stands there already is not put there again."""
    begun = {name: value for name, value in draft.words.items() if name != "once"} if draft else {}
    if reply is not None:
        text, chosen = str(begun.get("text", "")), replies.filled(reply, case, visitor.member)
        begun["text"] = text if chosen in text else "\n\n".join(filter(None, [text, chosen]))
    return {**begun, "kept": draft.version if draft else scribbles.NONE_KEPT}
