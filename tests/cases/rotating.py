"""A case with something in every sealed table, and the rotation of its desk without HTTP."""

from sqlalchemy import select

from intake.cases import (
    coding,
    dossier,
    envelope,
    feedback,
    holds,
    links,
    merges,
    queries,
    redaction,
    rotation,
    sign_off,
    statuses,
    verification,
)
from intake.cases.models import Case, Handover, Note, SearchEntry, SearchPage
from intake.cases.paper_models import (
    CaseLink,
    CaseMerge,
    Coding,
    FactEntry,
    FactPage,
    FileRedaction,
    Hold,
    Redaction,
    SignOff,
    Verification,
)
from intake.cases.rotation import Batch
from intake.desks import invitations, keys, seats, setup
from intake.desks import queries as desks
from intake.desks.models import Desk, SigningKey
from intake.evidence import queries as evidence
from intake.evidence.models import Upload
from intake.extensions import Sealed, db, settle, transaction
from intake.i18n import now
from intake.members.models import JOURNALIST
from intake.members.secrets import make_identity
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys, Identity, SealError, code_keys, new_identity, seal, unseal
from intake.storage import new_name
from tests.cases import opener, saved, tell, texts, visit_of, write
from tests.factories import PASSWORD, STORY, make_case, make_recording

A_WHILE = 600.0  # seconds in which everything is done
EVERYTHING = ([STORY, "At noon"], ["Is anybody there?", "Yes."], ["Over"], 1)


def keys_of(code: str) -> CodeKeys:
    """Return what a code opens."""
    return code_keys(code, setup.code_salt())


def desk_named(name: str = "KZ") -> Desk:
    """Return a desk."""
    db.session.rollback()
    return desks.by_name(name)


def full_case(visitor: Visitor, country: str = "KZ") -> tuple[Case, CodeKeys]:
    """Return a case with all that complainant and desk told each other, and what its code opens."""
    case, code, _ = make_case(country, recording=make_recording())
    tell(visit_of(case, code), case, "danger", note="At noon")
    write(visit_of(case, code), case, "Is anybody there?")
    write(visitor, saved(case), "Yes.")
    settle(lambda: statuses.seal_status(visitor, saved(case), "closed", "Over"), statuses.give)
    settle(lambda: feedback.seal_opinion(saved(case), {"relevance": 5}, "All", ""), feedback.give)
    return saved(case), code


def fuller_case(visitor: Visitor, country: str = "KZ") -> tuple[Case, CodeKeys]:
    """Return such a case with something in every table that is sealed to the desk."""
    case, code = full_case(visitor, country)
    keep_papers(visitor, case)
    return saved(case), code


def keep_papers(visitor: Visitor, case: Case) -> None:
    """Keep a note, an offer that was not taken, a coding, a signed claim, links, and pages, as they lie."""
    key = desks.current_key(case.desk_id)
    desk_id, of_case = case.desk_id, {"case_id": case.id, "desk_key_id": key.id}
    note = envelope.seal(case, queries.NOTE, {"text": "Quietly"}, desk_only=True).sealed
    word, why_not = (
        envelope.seal(case, queries.HANDOVER, {"words": said}, desk_only=True).sealed
        for said in ("Take it", "Too much")
    )
    coded = envelope.seal(case, coding.CODING, coding.Chosen(("OTHER",), {}).words, desk_only=True).sealed
    claim = {"text": "They took him", "state": verification.CONFIRMED, "sources": []}
    checked = envelope.seal(case, verification.CLAIM, claim, desk_only=True).sealed
    signed = envelope.seal(case, sign_off.SIGN_OFF, {"words": "Well done"}, desk_only=True).sealed
    blacked = envelope.seal(case, redaction.REDACTION, {"passages": []}, desk_only=True).sealed
    link, merge = (
        envelope.seal(case, kind, {"as": "related", "words": "Alike"}, desk_only=True).sealed
        for kind in (links.LINK, merges.MERGE)
    )
    reason = envelope.seal(case, holds.HOLD, {"text": "A court asked"}, desk_only=True).sealed
    page, member_id, moment = seal(b"words", [key.recipient]), visitor.member.id, now()
    other, _, _ = make_case("TM")
    with transaction():
        tie = {"member_id": member_id, "made_at": moment}
        db.session.add(CaseLink(**of_case, **tie, other_id=other.id, sealed=link))
        db.session.add(CaseMerge(**of_case, **tie, main_id=other.id, sealed=merge))
        db.session.add(Note(**of_case, member_id=member_id, once="", sealed=note, written_at=moment))
        db.session.add(Redaction(**of_case, member_id=member_id, number=1, sealed=blacked, saved_at=moment))
        by = {"member_id": member_id, "saved_at": moment}
        own = new_identity()
        db.session.add(FileRedaction(**of_case, **by, name=new_name(), number=1, sealed=blacked))
        told = seal(b"words", [own.recipient])
        begun = {"name": new_name(), "recipient": own.recipient, "size": 1, "chunk": 1, "begun_at": moment}
        db.session.add(Upload(**of_case, **begun, desk_only=True, identity=page, sealed=told))
        signs = {"desk_id": desk_id, "desk_key_id": key.id, "public": b"", "made_at": moment}
        db.session.add(SigningKey(**signs, sealed=page))
        part = {"number": 1, "part": 1, "once": "", "sealed": checked}
        db.session.add(Verification(**of_case, member_id=member_id, at=moment, **part))
        by = {"member_id": member_id, "alone": False, "up_to": 1}
        db.session.add(SignOff(**of_case, **by, sealed=signed, at=moment))
        offer = {"sealed": word, "answer": why_not, "accepted": False, "offered_at": moment, "answered_at": moment}
        db.session.add(Handover(**of_case, from_id=member_id, to_id=member_id, **offer))
        db.session.add(Hold(**of_case, member_id=member_id, sealed=reason, begun_at=moment))
        db.session.add(Coding(**of_case, member_id=member_id, once="", sealed=coded, coded_at=moment))
        for pages, entry in ((SearchPage, SearchEntry), (FactPage, FactEntry)):
            kept = pages(desk_id=desk_id, desk_key_id=of_case["desk_key_id"], sealed=page, made_at=moment)
            db.session.add(kept)
            db.session.flush()
            db.session.add(entry(case_id=of_case["case_id"], page_id=kept.id, pieces=1))


def begin(visitor: Visitor, name: str = "KZ") -> bool:
    """Begin the rotation of a desk."""
    desk_id = desk_named(name).id
    generation = desks.current_key(desk_id).generation
    return settle(lambda: keys.seal_new(visitor, desk_id, generation), keys.begin)


def batches(visitor: Visitor, name: str = "KZ") -> list[Batch]:
    """Seal everything anew, and save nothing."""
    return [seal_some() for seal_some in rotation.turns(visitor, desk_named(name), A_WHILE)]


def go_on(visitor: Visitor, name: str = "KZ") -> int:
    """Seal anew what is left; return how many rows were saved."""
    desk = desk_named(name)
    return sum(settle(seal_some, rotation.save) for seal_some in rotation.turns(visitor, desk, A_WHILE))


def finish(visitor: Visitor, name: str = "KZ") -> bool:
    """Retire what can be retired."""
    desk = desk_named(name)
    return settle(lambda: rotation.emptied(desk), lambda emptied: rotation.finish(visitor, desk, emptied))


def rotate(visitor: Visitor, name: str = "KZ") -> None:
    """Rotate a desk from begin to end."""
    assert begin(visitor, name)
    go_on(visitor, name)
    assert finish(visitor, name)


def save(*found: Batch) -> int:
    """Save rows that were sealed anew; return how many."""
    with transaction():
        return sum(rotation.save(batch) for batch in found)


def read_by(visitor: Visitor, case: Case) -> tuple[list[str], list[str], list[str], int]:
    """Return what a member reads of a case: statements, messages, statuses, and how many recordings."""
    opened = dossier.open_for(visitor, saved(case).reference)
    words = [one.words.get("story") or one.words["answers"]["note"] for one in opened.statements]
    written, said = [one.text for one in opened.messages], [one.words for one in opened.statuses]
    return words, written, said, len(opened.files)


def read_with(code: CodeKeys, case: Case) -> tuple[list[str], list[str], list[str], int]:
    """Return what the holder of a code reads of a case."""
    opens, found = opener(code.identity), saved(case)
    words = [one.words.get("story") or one.words["answers"]["note"] for one in queries.read_statements(found, opens)]
    said = [one.words for one in queries.read_statuses(found, opens)]
    files = evidence.opened_files(found.id, found.reference, opens)
    return words, texts(case, opens), said, len(files)


def opened_by(identity: Identity) -> set[str]:
    """Return the sealed columns of the whole database of which an identity opens something."""
    db.session.rollback()
    found = set()
    for table in db.metadata.sorted_tables:
        for column in (column for column in table.c if isinstance(column.type, Sealed)):
            for sealed in db.session.scalars(select(column).where(column.is_not(None))):
                try:
                    unseal(sealed, identity)
                except SealError:
                    continue
                found.add(f"{table.name}.{column.name}")
    return found


def seat(visitor: Visitor, member_id: int, name: str = "KZ") -> None:
    """Have a member seated at a desk."""
    desk_id = desk_named(name).id
    with transaction():
        seats.seat(visitor, member_id, desk_id)


def joined(invitation_id: str, code: str, name: str) -> Visitor:
    """Accept an invitation; return who came."""
    invitation = desks.invitation(invitation_id)
    assert invitation is not None
    opened, made = invitations.open_code(invitation, code), make_identity(PASSWORD)
    with transaction():
        member = invitations.accept(invitation_id, opened, made, name, f"{name}@example.org")
    return Visitor(member, made.identity, "")


def invited(visitor: Visitor) -> tuple[str, str]:
    """Have a journalist invited to the desk; return the invitation's name and code."""
    place = invitations.Place(role=JOURNALIST, is_admin=False, language="en")
    desk_id = desk_named().id
    with transaction():
        made = invitations.invite_from(visitor, place, {desk_id}, seats.keys_held(visitor))
        return made.invitation.id, made.code
