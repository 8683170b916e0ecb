"""The blocks of details: what they are called, in which order they are offered, and what was answered, in words."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flask import request
from flask_babel import lazy_gettext as _l

from intake.cases.queries import THREAT
from intake.followup import case_blocks, wish_blocks
from intake.followup.questions import BlockForm, Long, Short, said
from intake.i18n import speaking

__all__ = ["BLOCKS", "Block", "BlockForm", "empty", "facts", "ordered", "posted", "typed"]
NOT_SHOWN = frozenset({"reminder_language"})


@dataclass(frozen=True)
class Block:
    """A short form of its own: its title, a sentence about it, and its questions."""

    title: str
    intro: str
    form: type[BlockForm]

    @property
    def name(self) -> str:
        """Its name, in addresses and in what is kept."""
        return self.form.block


BLOCKS = {
    block.name: block
    for block in (
        Block(
            _l("Danger and deadlines"),
            _l("Tell us if someone is in danger, or if something bad may happen on a certain day."),
            wish_blocks.DangerForm,
        ),
        Block(
            _l("What kind of thing happened"),
            _l("Choose what comes closest. You do not have to know the right word."),
            case_blocks.KindForm,
        ),
        Block(
            _l("When and where"),
            _l("Write what you know. About is fine."),
            case_blocks.WhenForm,
        ),
        Block(
            _l("The person it happened to"),
            _l("This helps us to understand whom to protect."),
            case_blocks.VictimForm,
        ),
        Block(
            _l("Who did it (alleged)"),
            _l("Tell us who, as far as you know. “Alleged” means: somebody says so, and nobody has proved it yet."),
            case_blocks.WhoForm,
        ),
        Block(
            _l("Witnesses"),
            _l("Tell us whether others saw it, without putting them in danger."),
            case_blocks.WitnessesForm,
        ),
        Block(
            _l("What was tried already"),
            _l("Tell us where you complained, and what came of it."),
            case_blocks.StepsForm,
        ),
        Block(
            _l("If someone was taken or is missing"),
            _l("With these few facts a case can also be brought before the UN, if you allow it."),
            case_blocks.DetentionForm,
        ),
        Block(
            _l("How to reach you safely"),
            _l("Choose only what is safe for you. With your code alone you always see our answers here."),
            wish_blocks.ContactForm,
        ),
        Block(
            _l("What may be published"),
            _l(
                "To publish is to put your story where everybody can read it. Nothing is published until we have asked "
                "you, unless you say otherwise here."
            ),
            wish_blocks.PublicationForm,
        ),
        Block(
            _l("Who else may see it"),
            _l("We show your case to nobody outside ACCA unless you say so here."),
            wish_blocks.SharingForm,
        ),
        Block(
            _l("What you agreed to"),
            _l("You agreed that we keep your case and check it. You can take that back."),
            wish_blocks.ConsentForm,
        ),
    )
}
DETENTION = "detention"
THREATENED = _l("Threatened after reporting")
# What a mail says beside the answers of any form.
_OF_A_MAIL = {
    "sender_name": _l("Name on the mail, not checked"),
    "sender": _l("Sender of a further mail, not checked"),
}
# What is offered first where a category was ticked; the categories that weigh most come first.
_FIRST = {
    "DISAPPEARANCE": (DETENTION, "danger"),
    "ARBITRARY_DETENTION": (DETENTION, "danger"),
    "TORTURE": (DETENTION, "danger"),
    "DETENTION_CONDITIONS": (DETENTION, "danger"),
    "TRANSNATIONAL_REFUGEE": ("danger",),
    "DOMESTIC_VIOLENCE_WOMEN": ("danger", "contact"),
    "SEXUAL_VIOLENCE": ("danger", "contact"),
    "CHILD": ("danger", "contact"),
    "UNFAIR_TRIAL": ("danger", "steps"),
    "DEATH": ("witnesses", "steps"),
}


def ordered(categories: list[str], answered: Collection[str] = ()) -> list[str]:
    """Return the names of the blocks to list: those that matter for the ticked categories first.

    Args:
        categories: the codes that were ticked; unknown ones do not matter.
        answered: the blocks that were answered, which are listed in any case.
    """
    first = [name for category, names in _FIRST.items() if category in categories for name in names]
    return list(dict.fromkeys([*first, *(name for name in BLOCKS if name != DETENTION or name in answered)]))


def title_of(block: str) -> str:
    """Return the title of a block, perhaps of an older form."""
    if block == THREAT:
        return str(THREATENED)
    return str(BLOCKS[block].title) if block in BLOCKS else block


def posted(block: str, country: str) -> BlockForm:
    """Return the form of a block with what the browser sent."""
    return BLOCKS[block].form(request.form, country)


def empty(block: str, country: str, answers: Mapping[str, Any], *, urgent: bool = False) -> BlockForm:
    """Return the form of a block with its newest answers, none of which needs to be of today's form.

    Args:
        block: the block's name.
        country: the country of the case.
        answers: the newest answers; none if there are none.
        urgent: whether the case is urgent. Where the answers do not say why, such as after a story that was sent as
            urgent, danger is shown as ticked: else whoever saves anything here would lift the urgency unawares.
    """
    form = BLOCKS[block].form(None, country, answers)
    if urgent and form.plain().get("urgent") is False:
        form = BLOCKS[block].form(None, country, {**answers, "now": True})
    return form


def typed(block: str, answers: Mapping[str, Any]) -> list[str]:
    """Return what of the answers to a block somebody typed in words of their own: not what they chose or ticked.

    Args:
        block: the block's name, perhaps of an older form.
        answers: what was answered.
    """
    other = NOT_SHOWN | (_chosen(block) if block in BLOCKS else frozenset())
    return [answer for name, answer in answers.items() if name not in other and isinstance(answer, str)]


@cache
def _chosen(block: str) -> frozenset[str]:
    """Return the names of the questions of a block that are not answered in words of one's own."""
    asked = BLOCKS[block].form(None).questions
    return frozenset(question.name for question in asked if not isinstance(question, Short | Long))


def facts(block: str, answers: Mapping[str, Any], language: str) -> list[tuple[str, str]]:
    """Return questions and answers of a block in words; a question without an answer is left out.

    Args:
        block: the block's name, perhaps of an older form.
        answers: what was answered; what today's form does not know is shown as it was kept.
        language: the tag of the reader's language.
    """
    if block == THREAT:
        return []
    with speaking(language):
        known = BLOCKS[block].form(None).questions if block in BLOCKS else []
        asked = {question.name: question for question in known}
        in_order = [name for name in asked if name in answers]
        in_order += [name for name in answers if name not in asked and name not in NOT_SHOWN]
        found = [
            (str(asked[name].fact), asked[name].spoken(answers[name]))
            if name in asked
            else (_known(name), said(answers[name]))
            for name in in_order
        ]
        return [(fact, answer) for fact, answer in found if answer]


def _known(name: str) -> str:
    """Return what an answer to no question of today's form is called."""
    return str(_OF_A_MAIL.get(name, name))
