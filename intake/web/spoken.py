"""Templates compiled once for each language: their words are looked up then, not at every request.

A page has some forty texts, and Flask-Babel finds out the language anew for each. Here ``_("…")`` with one plain text
becomes that text in the language while the template is compiled; ``_()`` with values and ``ngettext()`` stay calls.
Nothing that a request renders is kept.
"""

from collections.abc import MutableMapping
from typing import Any

from flask.templating import Environment
from flask_babel import get_domain
from jinja2 import Template, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

from intake.i18n import language_tag
from intake.web import pseudo


class SpokenEnvironment(Environment):
    """Jinja's environment with one overlay for each language, chosen by the language being written now."""

    language: str | None = None
    overlays: dict[str, "SpokenEnvironment"]

    def get_template(
        self,
        name: str | Template,
        parent: str | None = None,
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 the signature is Jinja's
    ) -> Template:
        """Return a template in the language being written now; what it extends and imports is in the same."""
        if self.language is not None:
            return super().get_template(name, parent, globals)
        return self._in(pseudo.voice() or language_tag()).get_template(name, parent, globals)

    def _in(self, language: str) -> "SpokenEnvironment":
        overlays = self.__dict__.setdefault("overlays", {})
        if language not in overlays:
            overlay = self.overlay()
            overlay.language = language
            overlays[language] = overlay
        spoken: SpokenEnvironment = overlays[language]
        return spoken

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        tree = super()._parse(source, name, filename)
        if self.language is None:
            return tree
        escaped = self.autoescape(name) if callable(self.autoescape) else self.autoescape
        spoken: nodes.Template = _Speaker(escaped=escaped).visit(tree)
        return spoken


class _Speaker(NodeTransformer):
    """Puts texts in the place of calls, as Jinja's new style gettext would at run time."""

    def __init__(self, *, escaped: bool) -> None:
        self.say = get_domain().get_translations().ugettext
        self.escaped = escaped

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 the name is Jinja's
        """Replace ``_("…")``."""
        match node:
            case nodes.Call(
                node=nodes.Name(name="_" | "gettext"), args=[nodes.Const(value=str(text))], kwargs=[], dyn_args=None
            ) if node.dyn_kwargs is None:
                said = self.say(text)
                return nodes.Const((Markup(said) if self.escaped else said) % {}, lineno=node.lineno)  # noqa: S704
        return self.generic_visit(node)
