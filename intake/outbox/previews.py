"""Every letter as it would look, from its own template: in each language, with whatever its words depend on."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from jinja2 import nodes

from intake.i18n import day, lasting, now, speaking
from intake.outbox.enqueue import Text, worded

_FOLDER, _PARTS = "email/", ("subject.txt", "body.txt")
_REFERENCE, _COUNTRY = "KZ-0000-00", "KZ"  # of no case: a nought is never drawn


@dataclass(frozen=True)
class Preview:
    """A letter in all of its forms, the usual one first.

    Attributes:
        kind: its name.
        forms: what it says; letters that depend on nothing have one.
    """

    kind: str
    forms: list[Text]


class NoSampleError(LookupError):
    """A letter is filled with something of which there is no sample here."""


def all_of(language: str) -> list[Preview]:
    """Return every letter in a language, by name.

    Args:
        language: its tag.

    Raises:
        NoSampleError: a template is filled with something that this module has no sample of.
    """
    with speaking(language):
        fills = _samples()
    return [_preview(kind, language, fills) for kind in kinds()]


def kinds() -> list[str]:
    """Return the names of all letters, as their folders have them."""
    names = current_app.jinja_env.list_templates(filter_func=lambda name: name.startswith(_FOLDER))
    return sorted({name.split("/")[1] for name in names})


def _preview(kind: str, language: str, fills: dict[str, str]) -> Preview:
    trees = [_tree(f"{_FOLDER}{kind}/{part}") for part in _PARTS]
    facts = {name: values for name, values in _facts(trees).items() if name not in fills}
    named = {name.name for tree in trees for name in tree.find_all(nodes.Name)} & fills.keys()
    given = {"country": _COUNTRY, "language": language}
    unknown = _asked(trees) - facts.keys() - fills.keys() - given.keys()
    if unknown:
        message = f"there is no sample of {', '.join(sorted(unknown))} for the letter {kind}"
        raise NoSampleError(message)
    forms: dict[Text, None] = {}
    for chosen in _choices(facts):
        forms[worded(kind, language, {name: fills[name] for name in named}, {**given, **chosen})] = None
    return Preview(kind, list(forms))


def _samples() -> dict[str, str]:
    """Return what letters are filled with, invented."""
    moment, link = now(), f"{current_app.config['DESK_URL']}/desk/cases/{_REFERENCE}"
    summed_up = ("letters", "received", "unread", "alarms", "begin", "heads", "end")
    return {
        "reference": _REFERENCE,
        "link": link,
        "lines": "\n\n".join(f"{_REFERENCE}\n{link}" for _ in range(3)),
        "page": f"{current_app.config['PUBLIC_URL']}/",
        "count": "3",
        "back": "3",
        "over": "2",
        "untold": "1",
        "day": day(moment),
        "first": day(moment),
        "last": day(moment + timedelta(days=7)),
        "within": lasting(24 * 60),
        "zone": "Asia/Almaty",
        "fingerprint": " ".join(["0000"] * 10),
        **dict.fromkeys((*summed_up, "story"), "…"),
    }


def _tree(name: str) -> nodes.Template:
    environment = current_app.jinja_env
    source, _, _ = environment.loader.get_source(environment, name)  # type: ignore[union-attr]  # the app has one
    return environment.parse(source)


def _asked(trees: list[nodes.Template]) -> set[str]:
    """Return the names that templates read and that every template does not know already."""
    known = {"_", "gettext", "ngettext", *current_app.jinja_env.globals}
    return {
        name.name
        for tree in trees
        for name in tree.find_all(nodes.Name)
        if name.ctx == "load" and name.name not in known
    }


def _facts(trees: list[nodes.Template]) -> dict[str, list[str | bool | int]]:
    """Return what the words depend on: each name in a condition, with the values that make a difference."""
    found: dict[str, list[str | bool | int]] = {}
    for tree in trees:
        for condition in tree.find_all((nodes.If, nodes.CondExpr)):
            test = condition.test  # type: ignore[attr-defined]  # both have one
            for name in [test] if isinstance(test, nodes.Name) else test.find_all(nodes.Name):
                constants = [constant.value for constant in test.find_all(nodes.Const)]
                values = found.setdefault(name.name, [])
                values += [value for value in constants or [False, True] if value not in values]
    return dict(sorted(found.items()))


def _choices(facts: dict[str, list[str | bool | int]]) -> Iterator[dict[str, str | bool | int]]:
    """Yield the usual facts, then each other value of each of them beside the usual others."""
    usual = {name: values[0] for name, values in facts.items()}
    yield usual
    for name, values in facts.items():
        for value in values[1:]:
            yield {**usual, name: value}
