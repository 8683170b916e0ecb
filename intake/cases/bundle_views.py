"""Taking an evidence bundle along: for whom, which files, and the ZIP."""

from collections.abc import Sequence

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext

from intake.cases import bundle, bundle_files, bundle_words, copy_words, dossier, queries, redaction
from intake.cases.bundle import Bundle
from intake.cases.bundle_form import BundleForm
from intake.desks import signing_keys
from intake.evidence import look_words
from intake.evidence.place import storage
from intake.extensions import settle
from intake.members.guards import current, member_required, password_again
from intake.web.attachment import attachment

blueprint = Blueprint("bundles", __name__, url_prefix="/desk/cases/<reference>/bundle")


@blueprint.get("")
@member_required
@password_again
def ask(reference: str) -> ResponseReturnValue:
    """Ask for whom a bundle is, and which files shall be in it."""
    return _page(reference, BundleForm(None), first=True)


@blueprint.post("")
@member_required
@password_again
def take(reference: str) -> ResponseReturnValue:
    """Answer with a signed bundle, and write down who took which files, before a byte of them goes."""
    queries.living_for(current(), reference)
    form = BundleForm()
    if not form.validate():
        return _page(reference, form), 422
    wish = form.wish()

    def note(made: Bundle) -> Bundle:
        bundle.note_taken(current(), made)
        return made

    try:
        taken = settle(lambda: bundle.make(current(), reference, wish), note)
    except bundle.RefusedError as refused:
        form.audience.errors = [str(bundle_words.REFUSALS[refused.refusal])]
        return _page(reference, form), 422
    except bundle.NoSuchFileError:
        form.refuse_choice()
        return _page(reference, form), 422
    except bundle.AlteredError as altered:
        form.files.errors = [_altered(altered.places)]
        return _page(reference, form), 422
    except bundle.MarkedFileError as marked:
        form.files.errors = [_marked(marked.places)]
        return _page(reference, form), 422
    pieces = bundle_files.as_zip(taken, bundle.record_of(taken), storage())
    return attachment(pieces, f"{taken.reference}-evidence-{taken.verdict.audience}.zip", "application/zip")


def _altered(places: Sequence[int]) -> str:
    return gettext(
        "Not as it came, or not whole: file %(places)s. A bundle would vouch for what is not so: nothing was taken. "
        "Take the others without it, and tell the operator to run “flask evidence verify”.",
        places=", ".join(map(str, places)),
    )


def _marked(places: Sequence[int]) -> str:
    return gettext(
        "Places are marked in file %(places)s: its original stays in the newsroom. Choose the others.",
        places=", ".join(map(str, places)),
    )


def _page(reference: str, form: BundleForm, *, first: bool = False) -> str:
    found, opens = queries.living_for(current(), reference), queries.desk_opens(current())
    opened, list_of = dossier.open_for(current(), found.reference), redaction.read(found, opens)
    files = bundle.offered(found, opened, opens)
    return render_template(
        "cases/bundle.html",
        case=found,
        form=form,
        verdicts=bundle.verdicts(opened, list_of),
        words=bundle_words,
        kind=look_words.kind,
        audiences=copy_words.AUDIENCES,
        files=files,
        chosen={one.file.name for one in files} if first else set(form.files.data or ()),
        key=next(iter(signing_keys.public_keys(found.desk_id)), None),
    )
