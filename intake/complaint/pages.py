"""The pages that the complainant sees while sending: form, answer, and what stands above the form."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from flask import Response, current_app, render_template
from flask_babel import gettext

from intake.cases import return_code
from intake.complaint import robots, signed_code
from intake.complaint.forms import CHOICES, CONTACT_MODES, ComplaintForm, FurtherWordsForm, VoiceForm
from intake.complaint.signed_code import FormCode
from intake.complaint.submit import Receipt
from intake.web import prepared
from intake.web.inlined import let_record


@dataclass(frozen=True)
class Notice:
    """What stands above the form, and a button if pressing it is all that is to do."""

    title: str
    text: str
    button: str = ""


def form_page(
    form: ComplaintForm, lang: str, signed: str, notice: Notice | None = None, voucher: str | None = None
) -> str:
    """Return the complaint page, with everything typed still in it."""
    recording = form.recording if isinstance(form, VoiceForm) else None
    return render_template(
        "complaint/page.html",
        form=form,
        lang=lang,
        signed_code=signed,
        notice=notice,
        voucher=voucher,
        by_voice=recording is not None,
        lost=recording is not None and bool(recording.data) and not recording.errors,
        choices=CHOICES,
        contact_modes=CONTACT_MODES,
    )


def fresh_page(lang: str) -> Response:
    """Return an empty complaint page with a fresh code: all but the code lies ready."""
    render = partial(form_page, ComplaintForm(None), lang)
    return prepared.answer(("complaint", lang), render, signed_code.mint())


def fresh_voice_page(lang: str) -> Response:
    """Return an empty page that takes a voice message, with a fresh code: all but the code lies ready."""
    let_record()
    render = partial(form_page, VoiceForm(None), lang)
    return prepared.answer(("voice", lang), render, signed_code.mint())


def safety_page(lang: str) -> Response:
    """Return the page that says how to stay safe: it is the same for everybody."""
    return prepared.answer(("safety", lang), partial(render_template, "complaint/safety.html", lang=lang))


def about_page(lang: str) -> Response:
    """Return the page that says who reads this, and what it cannot do: it is the same for everybody."""
    kept, carried = current_app.config["KEEP_DAYS"], current_app.config["SEALED_LETTERS"]
    return prepared.answer(
        ("about", lang, carried, *kept.items()),
        partial(render_template, "complaint/about.html", lang=lang, kept=kept, carried=carried),
    )


def forged_page(form: ComplaintForm, lang: str) -> str:
    """Return the page for a code that is not ours: the text kept, a fresh code."""
    notice = Notice(
        gettext("Please press “Send it” once more"),
        gettext("Your text was not sent yet: this page had become too old or was changed on its way. Nothing is lost."),
        gettext("Send it"),
    )
    fresh = signed_code.mint()
    return form_page(form, lang, fresh, notice, robots.voucher(signed_code.digits_of(fresh)))


def robot_page(form: ComplaintForm, lang: str, code: FormCode) -> str:
    """Return the page for a form that looks as if a robot filled it: the text kept, one button."""
    notice = Notice(
        gettext("One more press, please"),
        gettext(
            "This was filled in as a program would. If you are a person, press the button: everything is still here."
        ),
        gettext("Send it"),
    )
    return form_page(form, lang, code.signed, notice, robots.voucher(code.digits))


def fault_page(form: ComplaintForm, lang: str, signed: str) -> str:
    """Return the page for a fault of ours: nothing is saved yet, nothing is lost."""
    notice = Notice(
        gettext("Not saved yet: this is our fault"),
        gettext("Our server cannot store your text right now. It is still on this page. Press the button in a minute."),
        gettext("Send it"),
    )
    return form_page(form, lang, signed, notice)


def answer_page(
    receipt: Receipt, code: FormCode, lang: str, blocks: Mapping[str, object], form: FurtherWordsForm | None = None
) -> Response | str:
    """Return the page with reference and code. The code comes from the form: nothing is stored to show it again.

    Without a form to show, pages differ in reference and code alone: all else lies ready.

    Args:
        receipt: what was saved.
        code: the code that came with the form.
        lang: the language of the page.
        blocks: the blocks of details to offer, each with a title.
        form: the box for further words, with its errors.
    """

    def render(reference: str, signed: str, *groups: str) -> str:
        shown = {"groups": groups, "signed_code": signed, "blocks": blocks, "form": form or FurtherWordsForm(None)}
        said = replace(receipt, reference=reference)
        return render_template("complaint/answer.html", receipt=said, lang=lang, **shown)

    fills = (receipt.reference, code.signed, *return_code.groups(code.digits))
    if form is not None:
        return render(*fills)
    return prepared.answer(("answer", lang, receipt.added, receipt.urgent), render, *fills)
