"""``flask evidence verify``: whether every sealed chunk is still the one that came."""

from collections import Counter

import click
from flask.cli import AppGroup, with_appcontext

from intake.cases import queries as cases
from intake.evidence import verify
from intake.evidence.verify import Verified
from intake.storage import StoreError

MEGABYTE = 1_000_000
group = AppGroup("evidence", help="Files.")


@group.command("verify")
@click.option("--case", "reference", metavar="REFERENCE", help="Look at the files of this case alone.")
@with_appcontext
def verify_files(reference: str | None) -> None:
    """Hash every sealed chunk anew, and compare it with what was kept at its receipt; end with 1 if anything is wrong.

    It needs nobody's secret and opens nothing. Whether the audit entries that it compares with are those that were
    written, flask audit verify says.
    """
    case_id = None
    if reference is not None:
        case = cases.by_reference(reference)
        if case is None:
            message = "No case has this reference."
            raise click.ClickException(message)
        case_id = case.id
    tally: Counter[str] = Counter()
    try:
        for found in verify.verified(case_id):
            _count(found, tally)
            _say(found)
    except StoreError as error:
        _sum_up(tally)
        message = f"The store of files is not to be reached: {error.strerror}. This is not all; try again."
        raise click.ClickException(message) from error
    _sum_up(tally)
    if tally["wrong"]:
        raise SystemExit(1)


def _count(found: Verified, tally: "Counter[str]") -> None:
    tally.update({found.kept.what: 1, "chunks": found.chunks, "size": found.kept.size})
    tally.update({"wrong": bool(found.faults), "before": not found.compared})


def _say(found: Verified) -> None:
    if found.faults:
        kept = found.kept
        reference = cases.references([kept.case_id]).get(kept.case_id, "a case that is gone")
        for fault in found.faults:
            click.echo(f"WRONG  {reference}, {kept.what} {kept.name}: {fault}.")


def _sum_up(tally: "Counter[str]") -> None:
    click.echo(
        f"Looked at: files {tally[verify.FILE]}, viewing copies {tally[verify.VIEW]}, "
        f"unfinished uploads {tally[verify.UPLOAD]}; chunks {tally['chunks']}, "
        f"{-(-tally['size'] // MEGABYTE)} MB; wrong {tally['wrong']}."
    )
    if tally["before"]:
        click.echo(
            f"Of {tally['before']} of them no hash is kept, as they came before that was done: their chunks are there, "
            "and whether they are what came cannot be said."
        )
