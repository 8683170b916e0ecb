"""Every template compiles, speaks through the catalogues, loads nothing from elsewhere, and labels what it asks."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

import pytest
from jinja2 import Environment, TemplateSyntaxError, nodes

from intake import config
from intake.app import create_app

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"
ALLOWED_WORDS = re.compile(r"\bACCA\b")
GETTEXT = frozenset({"_", "gettext", "ngettext", "pgettext", "npgettext"})
SHOWN = frozenset({"aria-label", "alt", "title", "placeholder", "data-label", "aria-description"})
BUTTONS = frozenset({"submit", "button", "reset"})
INLINED = {
    "style": {"public_style", "visit_style"},
    "script": {"exit_script", "aloud_script", "complaint_script", "recorder_script()", "upload_script()"},
}
# A script that the policy of the desk lets in; the public pages are one request each.
OWN_SCRIPT = re.compile(r"url_for\('static', filename='(\w+\.js)', v=static_version\('\1'\)\)")
CONTROLS = frozenset({"input", "select", "textarea"})
CODE_FORMS = ("'complaint.send'", "'followup.begin'")  # their token is the code in the form
READS_LIKE_PROSE = re.compile(r"^[^\W\d_a-z]|[^\W\d_]\s[^\W\d_]|[^\x00-\x7f–]")
ELSEWHERE = re.compile(r"https?://|(?:href|src|action)\s*=\s*[\"']?//|url\(|@import", re.IGNORECASE)
ATTRIBUTE = re.compile(r"""(\s)([a-z-]+)=("[^"]*"|'[^']*')""")  # of a tag that stands in another template
# What looks like text and is none.
EXCUSED = {("components/public.html", "'bad' is in no catalogue"): "the class of a field with an error"}
MARK = re.compile("¤([0-9]+)¤")  # stands in the HTML for an expression of the template


@dataclass
class Form:
    """A form that posts: where it goes, and what of its fields and expressions guards it."""

    action: str
    line: int
    guards: set[str] = field(default_factory=set)


@dataclass
class Tag:
    """An opening tag; its attributes with marks in them, and as they were written."""

    line: int
    name: str
    marked: dict[str, str]
    written: dict[str, str]
    labelled: bool = False

    @property
    def shown(self) -> Iterator[str]:
        """Return what of its attributes a person reads or hears."""
        button = self.name == "input" and self.written.get("type") in BUTTONS
        return (value for name, value in self.marked.items() if name in SHOWN or (button and name == "value"))


class Reader(HTMLParser):
    """What of a template the lint looks at: texts, attributes, forms and their controls."""

    def __init__(self, source: str, env: Environment) -> None:
        """Read a template, every expression replaced by a mark and every statement by nothing."""
        super().__init__()
        self.expressions: list[str] = []
        self.texts: list[tuple[int, str]] = []
        self.tags: list[Tag] = []
        self.inlined: list[tuple[int, str, str]] = []
        self.forms: list[Form] = []
        self._tag, self._form, self._labels = "", False, 0
        self.feed(self._marked(source, env))
        self.close()

    def code(self, text: str) -> str:
        """Return a text with its expressions written out."""
        return MARK.sub(lambda mark: self.expressions[int(mark[1])], text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        marked = {name: value or "" for name, value in attrs}
        written = {name: self.code(value) for name, value in marked.items()}
        self._labels += tag == "label"
        self.tags.append(Tag(self.getpos()[0], tag, marked, written, labelled=self._labels > 0))
        if tag in INLINED:
            self._tag = tag
        if tag == "form" and written.get("method", "").lower() == "post":
            self._form = True
            self.forms.append(Form(written.get("action", ""), self.getpos()[0]))
        if tag == "input" and self._form:
            self.forms[-1].guards.add(f"{written.get('name', '')}={written.get('value', '')}")

    def handle_endtag(self, tag: str) -> None:
        """Note an end."""
        self._tag = "" if tag == self._tag else self._tag
        self._form = self._form and tag != "form"
        self._labels -= tag == "label"

    def handle_data(self, data: str) -> None:
        """Note a text."""
        first = self.getpos()[0]
        if self._tag:
            self.inlined.append((first, self._tag, data.strip()))
            return
        for found in ATTRIBUTE.finditer(data):
            marked = {found[2]: found[3][1:-1]}
            self.tags.append(Tag(first + data[: found.end()].count("\n"), "", marked, marked))
        text = ATTRIBUTE.sub(r"\1", data)
        self.texts.append((first + text[: len(text) - len(text.lstrip())].count("\n"), text))
        if self._form:
            self.forms[-1].guards.update(self.expressions[int(mark)] for mark in MARK.findall(data))

    def _marked(self, source: str, env: Environment) -> str:
        html, depth, expression = "", "", ""
        for _, kind, value in env.lex(source):
            if kind.endswith("_begin") and kind != "raw_begin":
                depth, expression = kind.removesuffix("_begin"), ""
            elif kind.endswith("_end") and kind != "raw_end":
                if depth == "variable":
                    html += f"¤{self._number(expression.strip())}¤"
                depth = ""
                html += "\n" * value.count("\n")
            elif depth == "variable":
                expression += value
            elif not depth:
                html += value
            if depth:
                html += "\n" * value.count("\n")
        return html

    def _number(self, expression: str) -> int:
        if expression not in self.expressions:
            self.expressions.append(expression)
        return self.expressions.index(expression)


Finding = tuple[int, str]
Lint = Callable[[str, Environment], Iterator[Finding]]


def compiles(source: str, env: Environment) -> Iterator[Finding]:
    """Find what Jinja does not understand, and templates that are not there."""
    try:
        env.compile(source)
    except TemplateSyntaxError as error:
        yield error.lineno, str(error.message)
        return
    known = set(env.list_templates())
    for used in env.parse(source).find_all((nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)):
        other = getattr(used, "template", None)
        if isinstance(other, nodes.Const) and other.value not in known:
            yield used.lineno, f"there is no template {other.value}"


def speaks_through_the_catalogues(source: str, env: Environment) -> Iterator[Finding]:
    """Find words that a reader would see and no translator would."""
    reader = Reader(source, env)
    for line, text in [*reader.texts, *((tag.line, value) for tag in reader.tags for value in tag.shown)]:
        words = ALLOWED_WORDS.sub("", MARK.sub("", text)).strip()
        if any(character.isalpha() for character in words):
            yield line, f"{words[:60]!r} is in no catalogue; write {{{{ _(…) }}}}"
        for mark in MARK.findall(text):
            expression = env.parse(f"{{{{ {reader.expressions[int(mark)]} }}}}")
            for constant in _results(expression.body[0]):
                if any(character.isalpha() for character in constant):
                    yield line, f"{constant!r} is in no catalogue; write _({constant!r})"
    for node, constant in _constants(env.parse(source)):
        if READS_LIKE_PROSE.search(constant):
            yield node.lineno, f"{constant!r} reads like prose and is in no catalogue; write _({constant!r})"


def escapes_everything(source: str, env: Environment) -> Iterator[Finding]:
    """Find what would be shown unescaped."""
    tree = env.parse(source)
    for chosen in tree.find_all(nodes.Filter):
        if chosen.name == "safe":
            yield chosen.lineno, "|safe shows a visitor's text as HTML: leave it out"
    for switched in tree.find_all(nodes.ScopedEvalContextModifier):
        yield switched.lineno, "autoescape is switched off or on: leave it as it is"


def inlines_only_what_the_policy_knows(source: str, env: Environment) -> Iterator[Finding]:
    """Find styles and scripts whose hash is in no policy."""
    reader, of_desk = Reader(source, env), '{% extends "desk.html" %}' in source or "filename='desk.css'" in source
    for line, kind, text in reader.inlined:
        if not MARK.fullmatch(text) or reader.code(text) not in INLINED[kind]:
            yield line, f"the policy does not know this {kind}: put it into intake/static and inline it with its hash"
    for tag in reader.tags:
        for name in tag.marked:
            if name == "style" or name.startswith("on"):
                yield tag.line, f"the policy blocks {name}= on {tag.name}: use a class, or a listener in intake/static"
        if tag.name == "script" and "src" in tag.marked and not (of_desk and OWN_SCRIPT.fullmatch(tag.written["src"])):
            yield tag.line, "a script is one more request: inline it with its hash"


def stays_here(source: str, _env: Environment) -> Iterator[Finding]:
    """Find what would be loaded from, or lead to, another site."""
    for number, line in enumerate(source.splitlines(), 1):
        if found := ELSEWHERE.search(line):
            yield number, f"{found[0]} leads elsewhere: use url_for, or a file of our own"


def guards_its_forms(source: str, env: Environment) -> Iterator[Finding]:
    """Find forms that post without what shows that the page was ours."""
    for form in Reader(source, env).forms:
        to_the_public = any(target in form.action.replace('"', "'") for target in CODE_FORMS)
        if to_the_public and not any(guard.startswith("code=") for guard in form.guards):
            yield form.line, "the form has no field code, which stands for its token"
        if not to_the_public and not form.guards & {"token()", "csrf_token=csrf_token()"}:
            yield form.line, "the form has no token: write {{ token() }} in it"


def labels_what_it_asks(source: str, env: Environment) -> Iterator[Finding]:
    """Find what somebody shall fill in without being told what."""
    reader = Reader(source, env)
    named = {tag.written.get("for") for tag in reader.tags if tag.name == "label"}
    for tag in reader.tags:
        asks = tag.name in CONTROLS and tag.written.get("type") != "hidden"
        if asks and not tag.labelled and (not tag.written.get("id") or tag.written["id"] not in named):
            what = tag.written.get("name", tag.name)
            yield tag.line, f"{what} has no label: give it an id, and write a label for that id"


LINTS: dict[str, Lint] = {
    lint.__name__: lint
    for lint in (
        compiles,
        speaks_through_the_catalogues,
        escapes_everything,
        inlines_only_what_the_policy_knows,
        stays_here,
        guards_its_forms,
        labels_what_it_asks,
    )
}
FIELD = '<label for="a">{{ _("Address") }}</label><input id="a" name="a" type="email" value="{{ form.a.data }}">'
SOUND = f"""{{% extends "desk.html" %}}{{# a remark #}}{{% from "components/field.html" import token %}}
{{% block main %}}<h1 title="{{{{ _('Desks') }}}}">ACCA · {{{{ _("Desks") if desks else _("None") }}}}</h1>
<form method="post" action="{{{{ url_for('desks.invite') }}}}">{{{{ token() }}}}{FIELD}
<label><input type="checkbox" name="b"{{% if b == "yes" %}} checked{{% endif %}}>{{{{ _("All") }}}}</label>
<select id="c-{{{{ desk.id }}}}" name="c"></select><label for="c-{{{{ desk.id }}}}">{{{{ names.get(c, "–") }}}}</label>
<input type="hidden" name="d" value="e"><button value="now">{{{{ _("Invite") }}}}</button></form>
<form><input aria-label="{{{{ _('Search') }}}}" type="hidden"></form>
<form method="post" action="{{{{ url_for("complaint.send") }}}}"><input type="hidden" name="code" value="7"></form>
<style>{{{{ public_style }}}}</style><script>{{{{ exit_script }}}}</script>
<script src="{{{{ url_for('static', filename='steps.js', v=static_version('steps.js')) }}}}" defer></script>
{{% endblock %}}"""
PLANTED = [
    ("compiles", "{% if %}"),
    ("compiles", "{{ name|no_such_filter }}"),
    ("compiles", "{% endfor %}"),
    ("compiles", '{% extends "no_such.html" %}'),
    ("compiles", '{% from "components/no_such.html" import token %}'),
    ("speaks_through_the_catalogues", "<p>Hello</p>"),
    ("speaks_through_the_catalogues", "<p>Привет</p>"),
    ("speaks_through_the_catalogues", "<p>ACCAs</p>"),
    ("speaks_through_the_catalogues", "{{ name }} was here"),
    ("speaks_through_the_catalogues", "{% if a %}yes{% endif %}"),
    ("speaks_through_the_catalogues", "<title>Desk</title>"),
    ("speaks_through_the_catalogues", '<img alt="A face">'),
    ("speaks_through_the_catalogues", '<nav aria-label="{{ a }} pages">'),
    ("speaks_through_the_catalogues", '<a title="more">'),
    ("speaks_through_the_catalogues", '<input placeholder="name@example.org" type="hidden">'),
    ("speaks_through_the_catalogues", '<td data-label="role">'),
    ("speaks_through_the_catalogues", '<input type="submit" value="Send">'),
    ("speaks_through_the_catalogues", "{% macro a() %} class='b' title='More'{% endmacro %}"),
    ("speaks_through_the_catalogues", "{% macro a() %} class='b' and more{% endmacro %}"),
    ("speaks_through_the_catalogues", "<p>{{ 'yes' if a else _('no') }}</p>"),
    ("speaks_through_the_catalogues", "<p>{{ a or 'nobody' }}</p>"),
    ("speaks_through_the_catalogues", "<p>{{ 'case ' ~ number }}</p>"),
    ("speaks_through_the_catalogues", "<p>{{ a|default('nobody') }}</p>"),
    ("speaks_through_the_catalogues", '{{ input(form, "name", "Your name") }}'),
    ("speaks_through_the_catalogues", '{% set title = "your name" %}'),
    ("escapes_everything", "{{ story|safe }}"),
    ("escapes_everything", "{% if a|upper|safe %}{% endif %}"),
    ("escapes_everything", "{% autoescape false %}{{ story }}{% endautoescape %}"),
    ("inlines_only_what_the_policy_knows", '<p style="color:red">'),
    ("inlines_only_what_the_policy_knows", "<style>p{}</style>"),
    ("inlines_only_what_the_policy_knows", "<style>public_style</style>"),
    ("inlines_only_what_the_policy_knows", "<script>alert(1)</script>"),
    ("inlines_only_what_the_policy_knows", "<script>{{ story }}</script>"),
    ("inlines_only_what_the_policy_knows", "<style>{{ public_style }} p{}</style>"),
    ("inlines_only_what_the_policy_knows", '<script src="/static/a.js"></script>'),
    ("inlines_only_what_the_policy_knows", "<script src=\"{{ url_for('static', filename='a.js') }}\"></script>"),
    ("inlines_only_what_the_policy_knows", '<p onclick="go()">'),
    ("stays_here", '<a href="https://example.org/">'),
    ("stays_here", "{{ _('See http://example.org') }}"),
    ("stays_here", '<img src="//example.org/a.png">'),
    ("guards_its_forms", '<form method="post" action="/desk/">{{ _("Go") }}</form>'),
    ("guards_its_forms", '<form METHOD=POST><input type="hidden" name="csrf_token" value=""></form>'),
    ("guards_its_forms", "{{ token() }}<form method='post'></form>{{ token() }}"),
    ("guards_its_forms", "<form method='post' action='{{ url_for(\"complaint.send\") }}'>{{ token() }}</form>"),
    ("labels_what_it_asks", '<input name="a">'),
    ("labels_what_it_asks", '<input id="b" name="a"><label for="a"></label>'),
    ("labels_what_it_asks", '<label></label><select id="z"></select>'),
    ("labels_what_it_asks", '<textarea id="a-{{ x }}"></textarea><label for="a-{{ y }}"></label>'),
    ("labels_what_it_asks", '<label for=""></label><input type="text">'),
]


@pytest.fixture(scope="module")
def env(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    """Return the application's own Jinja, with its filters and globals."""
    app = create_app(config.load({"INTAKE_INSTANCE": str(tmp_path_factory.mktemp("instance"))}))
    return app.jinja_env


@pytest.mark.parametrize("lint", LINTS)
def test_the_templates_keep_the_rule(lint: str, env: Environment) -> None:
    found = []
    for path in sorted(path for path in TEMPLATES.rglob("*") if path.is_file()):
        name = path.relative_to(TEMPLATES).as_posix()
        for line, what in LINTS[lint](path.read_text(), env):
            if (name, what.partition(";")[0]) not in EXCUSED:
                found.append(f"templates/{name}:{line}: {what}")
    if found:
        pytest.fail("\n" + "\n".join(found), pytrace=False)


def test_every_template_is_read(env: Environment) -> None:
    assert {path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.*")} == set(env.list_templates())
    assert {"base.html", "desk.html", "complaint/page.html"} <= set(env.list_templates())


@pytest.mark.parametrize("lint", LINTS)
def test_a_sound_template_breaks_no_rule(lint: str, env: Environment) -> None:
    assert list(LINTS[lint](SOUND, env)) == []


def test_a_page_that_is_not_the_desks_asks_for_no_script(env: Environment) -> None:
    public = SOUND.replace("desk.html", "base.html", 1)
    assert len(list(LINTS["inlines_only_what_the_policy_knows"](public, env))) == 1


@pytest.mark.parametrize(("lint", "fault"), PLANTED)
def test_a_fault_is_found_on_its_line(lint: str, fault: str, env: Environment) -> None:
    source = SOUND.replace("{% endblock %}", fault + "{% endblock %}")
    line = SOUND.count("\n") + 1
    assert {number for number, _ in LINTS[lint](source, env)} == {line}


def test_every_rule_is_broken_above_at_least_once() -> None:
    assert {lint for lint, _ in PLANTED} == set(LINTS)


@pytest.mark.parametrize(("name", "words"), EXCUSED)
def test_every_exception_is_needed(name: str, words: str, env: Environment) -> None:
    source = (TEMPLATES / name).read_text()
    found = [what for lint in LINTS.values() for _, what in lint(source, env)]
    assert any(what.startswith(words) for what in found), "strike this exception out, nothing needs it"


def _results(node: nodes.Node) -> Iterator[str]:
    """Return the texts that an expression may come to by itself, however it ends."""
    if isinstance(node, nodes.Const):
        yield from [node.value] if isinstance(node.value, str) else []
        return
    parts: list[nodes.Node] = []
    if isinstance(node, nodes.CondExpr):
        parts = [node.expr1, *([node.expr2] if node.expr2 else [])]
    elif isinstance(node, nodes.Filter):
        parts = [part for part in (node.node, *(node.args if node.name in {"default", "d"} else [])) if part]
    elif isinstance(node, nodes.Output | nodes.BinExpr | nodes.Concat):
        parts = list(node.iter_child_nodes())
    for part in parts:
        yield from _results(part)


def _constants(node: nodes.Node) -> Iterator[tuple[nodes.Node, str]]:
    """Return the texts in the code of a template, but those that are handed to the catalogues."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in GETTEXT:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node, node.value
    for child in node.iter_child_nodes():
        yield from _constants(child)
