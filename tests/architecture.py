"""The rules of the house as pure functions on a folder tree: who may import whom, and what has one place only."""

import ast
import io
import re
import shutil
import subprocess
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Self

from tests.excused import EXCUSED

VIEWS, FORMS, VERB = "views", "forms", "verb"
# Imports go down only. The views of every feature stand in a row of their own, wherever their file is.
ROWS = (
    ("wsgi",),
    ("app", "cli", "chores", "doctor", "supervisor", "demo", "mail_command", "evidence_command", "backup_command"),
    ("mail_room", "backup"),
    (VIEWS,),
    ("complaint", "followup"),
    ("cases",),
    ("evidence",),
    ("desks",),
    ("members",),
    ("audit", "outbox", "web", "migrations"),
    ("readers", "signing", "storage"),
    ("extensions", "config", "sealing", "i18n", "reference", "logs"),
    ("post_settings", "backup_settings"),
    ("file_settings",),
    ("setting_checks",),
)
ROW = {part: number for number, row in enumerate(ROWS) for part in row}
FEATURES = frozenset({"complaint", "followup", "cases", "evidence", "desks", "members"})
ROLES = ("models", "queries", FORMS, VIEWS)  # every other module of a feature is a verb
NOT_BESIDE = {"models": ("queries", VERB, FORMS), "queries": (VERB, FORMS)}
# What has one place: the names, the modules (and roles) that may use them, and what to do instead elsewhere.
PLACES = {
    "environment": (r"os\.(environb?|getenvb?|putenv|unsetenv)\b", ("config",), "add a setting to config.Settings"),
    "mail": (r"(smtplib|flask_mail)\b", ("outbox.deliver", "outbox.message"), "owe a letter with outbox.enqueue"),
    "mailbox": (r"imaplib\b", ("outbox.mailbox", "outbox.canary_mailbox"), "let outbox.mailbox visit it"),
    "cipher": (r"(pyrage|argon2|pysequoia|cryptography)\b", ("sealing", "readers", "signing"), "call sealing, signing"),
    "edge": (
        r"intake\.extensions\.(transaction|settle)$",
        (
            *("extensions", VIEWS, "cli", "chores", "demo", "mail_room", "outbox.worker", "cases.file_answers"),
            *("members.guards", "followup.guards", "complaint.canary_rounds", "backup.making", "backup.coming_back"),
        ),
        "leave it to the caller: verbs never commit, so that they compose, and all is saved or none",
    ),
}
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)
SESSION = "intake.extensions.db."
NAMELESS = frozenset({"utils", "common", "helpers", "services"})
SWALLOWED, NOTHING = {"Exception", "BaseException"}, {"pass", "continue", "..."}
LONGEST_FILE, LONGEST_FUNCTION = 400, 40  # lines
WRITTEN_BY_HAND = frozenset({".py", ".pyi", ".js", ".css"})  # a file of data may be as long as its facts
TOP_LEVEL = frozenset(
    {"intake", "templates", "instance", "tests", "docs", "deploy", "wsgi.py", "README.md", "Makefile"}
    | {"pyproject.toml", "requirements.txt", "requirements-dev.txt"}
)
SILENCER = re.compile(r"#.*\bnoqa(?!:\s*[A-Z]+[0-9]+)|#\s*type:\s*ignore(?!\[[a-z])|#\s*mypy:", re.IGNORECASE)


class Fault(NamedTuple):
    """A rule that is broken: where, how, and what to do instead."""

    path: str
    line: int
    wrong: str
    instead: str

    def __str__(self) -> str:
        """Say it on one line."""
        return f"{self.path}:{self.line}: {self.wrong}. Instead: {self.instead}."


Finding = tuple[str, int, str]
RULES: dict[str, tuple[Callable[["House"], Iterator[Finding]], str]] = {}


class Import(NamedTuple):
    """An import of our own code: by which module, of which, on which line, and whether inside a function."""

    by: "Module"
    target: "Module"
    line: int
    in_function: bool

    def found(self, wrong: str = "imports {}") -> Finding:
        """Return the import as a finding."""
        return self.by.path, self.line, f"{self.by.name} {wrong.format(self.target.name)}"


@dataclass(frozen=True)
class Module:
    """A Python file: its dotted name without ``intake.``, its path, its text, its syntax (parents before children)."""

    name: str
    path: str
    source: str = ""
    nodes: tuple[ast.AST, ...] = ()

    @property
    def part(self) -> str:
        """Return the room or the single module that it belongs to."""
        return self.name.partition(".")[0]

    @cached_property
    def role(self) -> str:
        """Return what it is inside its feature; whatever makes a blueprint is a view."""
        last = self.name.rpartition(".")[2]
        if any(name == "flask.Blueprint" for _, name in self.uses):
            return VIEWS
        return last if last in ROLES and "." in self.name else VERB

    @property
    def row(self) -> int:
        """Return its row, counted from the top; -1 if it has none."""
        return ROW.get(VIEWS if self.role == VIEWS else self.part, -1)

    @cached_property
    def uses(self) -> list[tuple[int, str]]:
        """Return the dotted names that it imports, and those that it reaches through them, each with its line."""
        bound: dict[str, str] = {}
        found: list[tuple[int, str]] = []
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    first = alias.name.partition(".")[0]
                    bound[alias.asname or first] = alias.name if alias.asname else first
            elif isinstance(node, ast.ImportFrom):
                bound |= {alias.asname or alias.name: f"{self.base_of(node)}.{alias.name}" for alias in node.names}
            if isinstance(node, ast.Import | ast.ImportFrom):
                found += [(node.lineno, name) for name in self.names_in(node)]
        return found + list(_chains(self.nodes, bound))

    def names_in(self, node: ast.Import | ast.ImportFrom) -> list[str]:
        """Return the absolute dotted names that an import names."""
        base = f"{self.base_of(node)}." if isinstance(node, ast.ImportFrom) else ""
        return [base + alias.name for alias in node.names]

    def base_of(self, node: ast.ImportFrom) -> str:
        """Return the absolute name of the module that a ``from`` names."""
        places = PurePosixPath(self.path).parent.parts
        places = places[: len(places) - node.level + 1] if node.level else ()
        return ".".join([*places, *filter(None, [node.module])])


@dataclass(frozen=True)
class House:
    """A project as files: everything that is under version control or would be, below a root."""

    root: Path
    files: list[str]
    modules: dict[str, Module] = field(default_factory=dict)
    tests: list[Module] = field(default_factory=list)

    @classmethod
    def read(cls, root: Path, files: list[str] | None = None) -> Self:
        """Read the Python files below a root: of these files, or of those that are ``kept``."""
        house = cls(root, kept(root) if files is None else files)
        for path in house.files:
            if path.endswith(".py") and path.startswith(("intake/", "tests/", "wsgi.py")):
                name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".").removeprefix("intake.")
                source = (root / path).read_text(encoding="utf-8")
                module = Module(name, path, source, tuple(ast.walk(ast.parse(source))))
                if module.part == "tests":
                    house.tests.append(module)
                else:
                    house.modules[name] = module
        return house

    @cached_property
    def imports(self) -> list[Import]:
        """Return what our modules import of our own code."""
        found = []
        for module in self.modules.values():
            functions = [node for node in module.nodes if isinstance(node, FUNCTION)]
            within = {id(inner) for function in functions for inner in ast.walk(function)}
            for node in module.nodes:
                for name in module.names_in(node) if isinstance(node, ast.Import | ast.ImportFrom) else ():
                    if name.partition(".")[0] == "intake":
                        line, is_within = getattr(node, "lineno", 1), id(node) in within
                        found.append(Import(module, self._holding(name), line, is_within))
        return found

    def _holding(self, name: str) -> Module:
        """Return the module in which a dotted name lies; an empty one if there is none."""
        place = name.removeprefix("intake.")
        while place not in self.modules and "." in place:
            place = place.rpartition(".")[0]
        return self.modules.get(place, Module(name, ""))


def kept(root: Path) -> list[str]:
    """Return the files that are under version control or would be, as paths below the root.

    Outside of a checkout, where nobody can know, these are the files there are, without what commands make and without
    what an installation keeps in ``instance``.
    """
    if (root / ".git").exists() and shutil.which("git"):
        command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout.split("\0")
        return sorted({path for path in listed if path and (root / path).is_file()})
    paths = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    made = re.compile(r"\.[^/]+/|instance/(?!README\.md)|.*__pycache__/|.*\.mo$|bench\.json$|messages\.pot$")
    return sorted(path for path in paths if not made.match(path))


def faults(rule: str, house: House) -> list[Fault]:
    """Return how a house breaks a rule, what is excused left out."""
    find, instead = RULES[rule]
    return [Fault(*finding, instead) for finding in find(house) if (rule, finding[2]) not in EXCUSED]


def idle_excuses(house: House) -> list[str]:
    """Return the exceptions that nothing needs any more."""
    needed = {(name, wrong) for name, (find, _) in RULES.items() for _, _, wrong in find(house)}
    return [f"{rule}, {what}: strike this exception out, nothing needs it" for rule, what in EXCUSED.keys() - needed]


def rule(instead: str) -> Callable[[Callable[[House], Iterator[Finding]]], Callable[[House], Iterator[Finding]]]:
    """Keep a function as the rule of its name, with what to do instead of breaking it."""

    def keep(find: Callable[[House], Iterator[Finding]]) -> Callable[[House], Iterator[Finding]]:
        RULES[find.__name__] = (find, instead)
        return find

    return keep


@rule("move what both need further down, or let the caller above hand it over as an argument; a new room needs a row")
def rows(house: House) -> Iterator[Finding]:
    """Imports go down, never up or sideways."""
    for module in house.modules.values():
        if module.row < 0 and module.name != "intake":
            yield module.path, 1, f"{module.part} stands in no row of tests/architecture.py"
    for used in house.imports:
        inside = used.by.part == used.target.part and used.target.role != VIEWS
        if not inside and (used.by.row >= used.target.row or used.by.row < 0):
            yield used.found("imports {}, which is " + ("sideways" if used.by.row == used.target.row else "up"))


@rule("move what it needs into a verb or a query")
def views(house: House) -> Iterator[Finding]:
    """Only ``app`` imports views."""
    return (used.found() for used in house.imports if used.target.role == VIEWS and used.by.name != "app")


@rule("move what needs both into a verb: verbs import queries, queries import models")
def inside(house: House) -> Iterator[Finding]:
    """Inside a feature, models and queries import nothing that stands above them."""
    for used in house.imports:
        if used.by.part == used.target.part and used.target.role in NOT_BESIDE.get(used.by.role, ()):
            yield used.found()


@rule("let the view read the form and hand plain values or a dataclass to the verb")
def forms(house: House) -> Iterator[Finding]:
    """Only views import a feature's forms."""
    for used in house.imports:
        if used.target.role == FORMS and used.target.part in FEATURES and used.by.role != VIEWS:
            yield used.found()


@rule("import it at the top; if that makes a circle, move what both need into a module further down")
def hidden(house: House) -> Iterator[Finding]:
    """No import of our own code hides in a function, or behind a name in a text."""
    yield from (used.found("imports {} inside a function") for used in house.imports if used.in_function)
    for module in house.modules.values():
        yield from ((module.path, line, name) for line, name in module.uses if name == "importlib.import_module")


def misplaced(kind: str, house: House) -> Iterator[Finding]:
    """Yield the uses of names that have their one place elsewhere."""
    pattern, places, _ = PLACES[kind]
    for module in house.modules.values():
        for line, name in module.uses if not {module.name, module.role}.intersection(places) else ():
            if re.match(pattern, name):
                yield module.path, line, f"{module.name} uses {name}"


RULES.update({kind: (partial(misplaced, kind), instead) for kind, (_, _, instead) in PLACES.items()})


@rule("let the edge (a view, a command, the worker) write `with transaction():` around one verb")
def commit(house: House) -> Iterator[Finding]:
    """Only ``extensions`` commits."""
    for module in house.modules.values():
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and node.attr == "commit" and module.name != "extensions":
                yield module.path, node.lineno, "it commits"


@rule("write a query or a verb that checks who asks, and call that")
def sql(house: House) -> Iterator[Finding]:
    """Views and forms hold no SQL and ask the session for nothing: all they may do is roll back."""
    for module in house.modules.values():
        for line, name in module.uses if module.role in {VIEWS, FORMS} else ():
            asks = name.startswith(SESSION) and name != f"{SESSION}session.rollback"
            writes = name.startswith("sqlalchemy") and not name.startswith("sqlalchemy.exc.")
            if asks or writes or re.match(r"intake\..*\.query\b", name):
                yield module.path, line, f"{module.name} uses {name}"


@rule("find the missing noun, and name the module for it")
def names(house: House) -> Iterator[Finding]:
    """There is no drawer for odds and ends."""
    for module in [*house.modules.values(), *house.tests]:
        yield from ((module.path, 1, f"{word} says nothing") for word in NAMELESS.intersection(module.name.split(".")))


@rule("split it by the nouns and verbs that are in it")
def long_files(house: House) -> Iterator[Finding]:
    """No file of code has more than 400 lines."""
    for path in house.files:
        if path.startswith(("intake/", "tests/")) and PurePosixPath(path).suffix in WRITTEN_BY_HAND:
            length = len((house.root / path).read_text(encoding="utf-8").splitlines())
            if length > LONGEST_FILE:
                yield path, length, f"it has {length} lines, of {LONGEST_FILE}"


@rule("give a part of it a name of its own")
def long_functions(house: House) -> Iterator[Finding]:
    """No function has more than 40 lines, its docstring counted; migrations are lists, written by a program."""
    for module in house.modules.values():
        for node in module.nodes if not module.name.startswith("migrations.versions.") else ():
            if isinstance(node, FUNCTION):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > LONGEST_FUNCTION:
                    yield module.path, node.lineno, f"{node.name} has {length} lines, of {LONGEST_FUNCTION}"


@rule("name the exceptions that can come, and say or do something about each")
def swallowing(house: House) -> Iterator[Finding]:
    """No exception is swallowed unseen."""
    for module in [*house.modules.values(), *house.tests]:
        for node in module.nodes:
            if isinstance(node, ast.ExceptHandler):
                if node.type is None or (
                    _named(node.type) & SWALLOWED and {ast.unparse(line) for line in node.body} <= NOTHING
                ):
                    yield module.path, node.lineno, "every exception is swallowed"
            elif isinstance(node, ast.Call) and "suppress" in _named(node.func) and _named(*node.args) & SWALLOWED:
                yield module.path, node.lineno, "every exception is swallowed"


@rule("name the code that is meant, as in `noqa: S603 why` or `type: ignore[arg-type]  # why`")
def opt_outs(house: House) -> Iterator[Finding]:
    """Whoever opts out of a check names the check."""
    for module in [*house.modules.values(), *house.tests]:
        for token in tokenize.generate_tokens(io.StringIO(module.source).readline):
            if token.type == tokenize.COMMENT and SILENCER.search(token.string):
                yield module.path, token.start[0], f"{token.string!r} silences everything"


@rule("put it into docs, deploy, tests or a room of intake")
def top_level(house: House) -> Iterator[Finding]:
    """The first folder that a stranger opens holds the few things that everybody needs."""
    tops = {path.partition("/")[0] for path in house.files} - TOP_LEVEL
    return ((top, 1, f"{top} lies at the top") for top in sorted(tops) if not top.startswith("."))


@rule("take it out with `git rm --cached`, and change every secret that was in it")
def instance(house: House) -> Iterator[Finding]:
    """What an installation keeps is never under version control."""
    inside = {path for path in house.files if path.startswith("instance/")} - {"instance/README.md"}
    return ((path, 1, "it is under version control") for path in sorted(inside))


def _chains(nodes: tuple[ast.AST, ...], bound: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Yield the longest dotted names that begin with an imported one; a call in between counts as its function."""
    inner: set[int] = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            inner.add(id(node.value))
        if isinstance(node, ast.Call) and id(node) in inner:
            inner.add(id(node.func))
        if isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            name = _dotted(node, bound)
            if "." in name:
                yield node.lineno, name


def _dotted(node: ast.expr, bound: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return bound.get(node.id, "")
    if isinstance(node, ast.Call):
        return _dotted(node.func, bound)
    base = _dotted(node.value, bound) if isinstance(node, ast.Attribute) else ""
    return f"{base}.{node.attr}" if base and isinstance(node, ast.Attribute) else ""


def _named(*nodes: ast.expr) -> set[str]:
    """Return the last names in expressions, such as the exceptions of an ``except``."""
    return {getattr(part, "id", getattr(part, "attr", "")) for node in nodes for part in getattr(node, "elts", [node])}
