"""Adding a voice message to a case that is there."""

from dataclasses import dataclass

from intake.cases import envelope, queries, triage
from intake.cases.envelope import Envelope
from intake.cases.models import Case, ComplainantKey
from intake.cases.visits import Visit
from intake.desks.routing import destination_at
from intake.evidence import receive
from intake.extensions import StaleError, db
from intake.i18n import now
from intake.sealing import digest, seal_document
from intake.web.uploads import SealedUpload


@dataclass(frozen=True)
class Speech:
    """A recording, and perhaps words, ready to be saved."""

    envelope: Envelope
    plain: triage.Plain
    statement: triage.SealedStatement


def seal_speech(visit: Visit, case: Case, recording: SealedUpload, story: str) -> Speech:
    """Keep a recording and seal the words that came with it, to the case's desk and to the complainant.

    Args:
        visit: the complainant.
        case: the case.
        recording: what was recorded.
        story: the words, perhaps none.
    """
    to = destination_at(case.desk_id)
    recipients = [to.recipient, visit.identity.recipient]
    words = {"story": story, "urgent": False, "recording": recording.sha256}
    known_by = digest(visit.digest_key, words)
    told = {"reference": case.reference, "received_at": now().isoformat(), **words}
    sealed = seal_document(queries.STATEMENT, told, recipients)
    kept = None
    if not queries.has_statement(case.id, known_by):
        kept = receive.keep(recording, case.reference, recipients)
    return Speech(
        Envelope(case.id, to.key_id, case.complainant_key_id, sealed),
        triage.Plain(case.country, case.language, case.channel, urgent=False, reachable=None),
        triage.SealedStatement(case.reference, to.key_id, known_by, sealed, recording=kept),
    )


def speak(speech: Speech) -> int:
    """Save a recording as a further statement; letters tell of it. The same again changes nothing.

    Returns:
        The number of the statement.

    Raises:
        StaleError: a key changed meanwhile; seal it again.
    """
    case = envelope.held_case(speech.envelope)
    key = db.session.get(ComplainantKey, case.complainant_key_id)
    if key is None:
        raise StaleError
    return triage.add_statement(case, speech.plain, key.tag, speech.statement)
