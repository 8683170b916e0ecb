"""Removing files: of a case that is destroyed, and what a request that failed left behind."""

import itertools
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from intake.evidence import queries
from intake.evidence.models import Chunk, File, Finding, Upload, View
from intake.evidence.place import storage
from intake.extensions import db

LEFT_BEHIND = timedelta(days=1)


def destroy(case_id: int) -> None:
    """Remove the files of a case: the chunks first, so that a crash in between leaves rows that say what to remove."""
    kept, names = storage(), queries.names_of(case_id)
    for name in names:
        kept.delete(name)
    files = select(File.id).where(File.case_id == case_id)
    db.session.execute(delete(Chunk).where(Chunk.name.in_(names)))
    db.session.execute(delete(View).where(View.file_id.in_(files)))
    db.session.execute(delete(Finding).where(Finding.file_id.in_(files)))
    db.session.execute(delete(Upload).where(Upload.case_id == case_id))
    db.session.execute(delete(File).where(File.case_id == case_id))


def sweep(moment: datetime) -> int:
    """Remove chunks that have had no row for a day: a request failed before it could save one.

    Args:
        moment: now.

    Returns:
        How many files were removed.

    Raises:
        OSError: the disk or the store refused; what was not removed is swept the next time.
    """
    kept, swept = storage(), 0
    names = kept.names()
    while some := list(itertools.islice(names, queries.AT_ONCE)):
        orphans = queries.without_row(some)
        db.session.rollback()  # no transaction stays open while the store is asked about each
        for name in list(kept.older_than(moment - LEFT_BEHIND, orphans)):
            kept.delete(name)
            swept += 1
    return swept
