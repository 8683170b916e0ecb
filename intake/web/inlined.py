"""Style and script that stand in the page itself, so that a page is one request; their hashes go into the policy."""

import base64
import functools
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask, g
from markupsafe import Markup

STATIC = Path(__file__).resolve().parent.parent / "static"
# What a style sheet does not need on its way; strings, among them pictures in addresses, stay as they are.
_SPARE = re.compile(r"""("[^"]*")|\s*/\*.*?\*/\s*|(?<=[{};:,])\s+|\s+(?={)|[;\s]+(?=})""", re.DOTALL)


@dataclass(frozen=True)
class Inlined:
    """A text that is emitted as it is, and the hash that lets the browser run it."""

    text: Markup
    source: str


def read(name: str) -> Inlined:
    """Return a file of the static folder, to be emitted unescaped: escaping would break its hash."""
    return _inlined((STATIC / name).read_text())


def read_style(*names: str) -> Inlined:
    """Return style sheets of the static folder as one, without remarks and spare space."""
    return _inlined("".join(_SPARE.sub(r"\1", (STATIC / name).read_text()) for name in names))


def _inlined(text: str) -> Inlined:
    text = text.strip()
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return Inlined(Markup(text), f"'sha256-{digest}'")  # noqa: S704 our own file


STYLE = read_style("tokens.css", "public.css")  # of every public page
VISIT_STYLE = read_style("visit.css")  # of all of them but the complaint page, after the first
EXIT_SCRIPT = read("exit.js")
COMPLAINT_SCRIPT = read("complaint.js")
RECORDER_SCRIPT = read("recorder.js")
UPLOAD_SCRIPT = read("upload.js")


def recorder_script() -> Markup:
    """Return the recorder for a page that has one, and note that its policy must let it run and hear."""
    g.has_recorder = True
    return RECORDER_SCRIPT.text


def upload_script() -> Markup:
    """Return what sends files in chunks for a page that has it, and note that its policy must let it run and send."""
    g.has_upload = True
    return UPLOAD_SCRIPT.text


def static_version(name: str) -> str:
    """Return a short hash of a static file, so that its address changes when it does."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def register(app: Flask) -> None:
    """Give the templates what they inline."""
    app.jinja_env.globals.update(
        static_version=functools.cache(static_version),
        public_style=STYLE.text,
        visit_style=VISIT_STYLE.text,
        exit_script=EXIT_SCRIPT.text,
        complaint_script=COMPLAINT_SCRIPT.text,
        recorder_script=recorder_script,
        upload_script=upload_script,
    )
