"""Asking the questions of a block as a browser does, and an answer to every one of them."""

from html.parser import HTMLParser
from typing import Any

from flask import Flask, render_template
from werkzeug.datastructures import MultiDict

from intake.followup import blocks
from intake.followup.questions import BlockForm

EVERYTHING: dict[str, list[tuple[str, str]]] = {
    "victim": [
        ("reporter_role", "relative"),
        ("relation", "sister of"),
        ("victim_name", "Quagga Zebrova"),
        ("victim_birth_year", "1987"),
        ("victim_minor", "no"),
        ("victim_gender", "woman"),
        ("victim_count", "2-10"),
        ("victim_consent", "could_not_ask"),
    ],
    "when": [
        ("date_from-day", "3"),
        ("date_from-month", "12"),
        ("date_from-year", "2024"),
        ("date_to-month", "1"),
        ("date_to-year", "2025"),
        ("date_type", "about"),
        ("ongoing", "unknown"),
        ("region", "KZ-75"),
        ("place", "the yard of a school\nbehind the market"),
        ("where_now", "TR"),
    ],
    "kind": [("categories", "TORTURE"), ("categories", "OTHER"), ("reprisal", "1")],
    "who": [("perp_type", "police"), ("perp_type", "unknown"), ("perp_detail", "A white car, badge 17")],
    "witnesses": [("witnesses", "A. K., a neighbour")],
    "steps": [
        ("complained_to", "police"),
        ("complained_to", "un"),
        ("why_not", "of no use"),
        ("case_numbers", "17/2"),
        ("outcome", "nothing"),
        ("lawyer", "yes"),
        ("lawyer_may_speak", "no"),
        ("lawyer_contact", "@gnu"),
    ],
    "danger": [
        ("now", "1"),
        ("kinds", "deportation"),
        ("deadline-day", "3"),
        ("deadline-month", "12"),
        ("deadline-year", "2026"),
        ("deadline-hour", "14"),
    ],
    "contact": [
        ("contact_mode", "signal"),
        ("contact_value", "@quagga"),
        ("safe_times", "evenings"),
        ("message_ok", "no"),
        ("shared_device", "yes"),
        ("say_you_are", "a delivery"),
        ("fallback_person", "my aunt"),
        ("reply_lang", "kk"),
        ("reminder_address", "quagga@example.org"),
    ],
    "publication": [("pub_level", "without_name"), ("pub_details", "photo"), ("pub_details", "place")],
    "sharing": [("share_with", "lawyers"), ("share_with", "un")],
    "consent": [("keep", "yes"), ("contact", "no")],
    "detention": [
        ("full_name", "Quagga Zebrova"),
        ("taken-month", "3"),
        ("taken-year", "2025"),
        ("taken_place", "at home"),
        ("holder", "men without badges"),
        ("warrant", "nothing"),
        ("where_held", "unknown cellar"),
        ("search", "They deny it"),
        ("reporter", "sister"),
    ],
}


def post(app: Flask, block: str, fields: Any = (), country: str = "KZ", **more: str) -> BlockForm:
    """Post fields to a block; return its form, checked."""
    pairs = [*(fields.items() if isinstance(fields, dict) else fields), *more.items()]
    with app.test_request_context(f"/en/case/details/{block}", method="POST", data=MultiDict(pairs)):
        form = blocks.posted(block, country)
        form.validate()
        return form


def fault(form: BlockForm, name: str) -> str:
    """Return what is said to be wrong with a question."""
    return str(next(iter(form.errors[name])))


def page_of(form: BlockForm, lang: str = "en") -> str:
    """Return the page of a form."""
    return render_template("followup/block.html", form=form, lang=lang, block=blocks.BLOCKS[form.block], base=7)


class Filled(HTMLParser):
    """What a browser would post of a page."""

    def __init__(self, page: str) -> None:
        """Read a page."""
        super().__init__()
        self.fields: list[tuple[str, str]] = []
        self.ids: list[str] = []
        self._select = self._area = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.ids += [found["id"]] if "id" in found else []
        if tag == "input" and (found["type"] not in {"radio", "checkbox"} or "checked" in found):
            self.fields.append((found["name"], found["value"]))
        if tag == "textarea":
            self._area = found["name"]
            self.fields.append((self._area, ""))
        if tag == "select":
            self._select = found["name"]
        if tag == "option" and "selected" in found:
            self.fields.append((self._select, found["value"]))

    def handle_data(self, data: str) -> None:
        if self._area:
            self.fields[-1] = (self._area, self.fields[-1][1] + data.removeprefix("\n"))

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
