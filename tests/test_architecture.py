"""The rules of the house hold; and each of them would be seen to be broken."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture import FEATURES, RULES, Fault, House, faults, idle_excuses, kept
from tests.excused import EXCUSED

ROOT = Path(__file__).resolve().parent.parent
# A small house in which every rule is kept: what is planted below is the only thing wrong with it.
SOUND = {
    "wsgi.py": "from intake import supervisor\nfrom intake.app import create_app\n",
    "README.md": "",
    ".gitignore": "",
    "instance/README.md": "",
    "intake/__init__.py": '"""The house."""\n',
    "intake/app.py": "from intake.cases import views\nfrom intake.desks import views as b\nfrom intake.cli import go\n",
    "intake/cli.py": (
        "from intake import demo, supervisor\nfrom intake.extensions import transaction\n"
        "def go():\n    with transaction():\n        demo.fill()\n"
    ),
    "intake/demo.py": "from intake.complaint import submit\n",
    "intake/supervisor.py": "from intake.config import ROOT\n",
    "intake/config.py": "import os\nROOT = os.environ\n",
    "intake/extensions.py": "from intake.sealing import seal\ndef transaction():\n    db.session.commit()\n",
    "intake/sealing.py": "import pyrage\nfrom argon2.low_level import Type\n",
    "intake/readers.py": "from pysequoia import encrypt\n",
    "intake/i18n.py": "import os\nos.getpid()\n",
    "intake/audit.py": "from intake.extensions import db\n",
    "intake/complaint/__init__.py": "",
    "intake/complaint/forms.py": "from intake.complaint.submit import Complaint\n",
    "intake/complaint/submit.py": "from intake.cases import queries, triage\n",
    "intake/complaint/pages.py": "from intake.complaint.forms import ComplaintForm\n",
    "intake/complaint/views.py": (
        "from sqlalchemy.exc import DBAPIError\nfrom intake.complaint import forms, pages\n"
        "from intake.extensions import db, settle\n"
        "try:\n    settle()\nexcept DBAPIError:\n    db.session.rollback()\n"
    ),
    "intake/followup/__init__.py": "",
    "intake/followup/queries.py": "from intake.cases import queries\n",
    "intake/cases/__init__.py": "",
    "intake/cases/models.py": "from intake.extensions import Model\n",
    "intake/cases/queries.py": "from sqlalchemy import select\nfrom .models import A\nfrom intake.desks import seats\n",
    "intake/cases/triage.py": "from . import models, queries\nfrom intake.outbox import enqueue\n",
    "intake/cases/views.py": "from intake.cases import triage\nfrom intake.desks import forms, queries\n",
    "intake/desks/__init__.py": "",
    "intake/desks/forms.py": "from intake.desks.seats import give\n",
    "intake/desks/models.py": "from intake.extensions import Model\n",
    "intake/desks/queries.py": "from intake.desks.models import Desk\n",
    "intake/desks/seats.py": "from intake.desks import queries\n",
    "intake/desks/views.py": "import intake.desks.forms\n",
    "intake/outbox/__init__.py": "",
    "intake/outbox/deliver.py": "import smtplib\nfrom flask_mail import Mail\nsmtplib.SMTP()\n",
    "intake/outbox/enqueue.py": "",
    "intake/outbox/worker.py": (
        "import smtplib\nfrom intake.extensions import transaction\nfrom intake.outbox import deliver\n"
        "try:\n    deliver.send()\nexcept smtplib.SMTPException:\n    raise\n"
    ),
    "intake/web/__init__.py": "",
    "intake/web/forms.py": "",
    "intake/web/health.py": "from flask import Blueprint\n",
    "intake/migrations/versions/0001_all.py": "def upgrade():\n" + "    pass\n" * 60,
    "intake/static/words.json": "1\n" * 500,
    "tests/test_all.py": "from intake.cases import views\nimport os\nos.environ\n",
}
FUNCTION = "def long():\n" + "    print()\n"
PLANTED = [
    ("rows", "intake/i18n.py", "from intake.cases import queries"),
    ("rows", "intake/i18n.py", "import intake.config"),
    ("rows", "intake/audit.py", "from intake.outbox.enqueue import enqueue"),
    ("rows", "intake/web/forms.py", "from intake.outbox import enqueue"),
    ("rows", "intake/desks/seats.py", "from ..cases.models import Case"),
    ("rows", "intake/followup/queries.py", "from intake.complaint import submit"),
    ("rows", "intake/complaint/submit.py", "from intake.cli import go"),
    ("rows", "intake/cases/views.py", "from intake.desks import views"),
    ("rows", "intake/supervisor.py", "from intake import app"),
    ("rows", "intake/demo.py", "from intake import cli"),
    ("rows", "intake/app.py", "import wsgi\nfrom intake import wsgi"),
    ("rows", "intake/statistics.py", ""),
    ("rows", "intake/reports/pages.py", "from intake.cases import queries"),
    ("rows", "intake/__init__.py", "from intake.extensions import db"),
    ("rows", "intake/cases/triage.py", "if TYPE_CHECKING:\n    from intake.complaint.submit import Complaint"),
    ("views", "intake/cli.py", "from intake.cases import views"),
    ("views", "intake/cases/triage.py", "from . import views"),
    ("views", "intake/complaint/views.py", "from intake.web.health import blueprint"),
    ("inside", "intake/cases/models.py", "from intake.cases import queries"),
    ("inside", "intake/cases/models.py", "from intake.cases.triage import acknowledge"),
    ("inside", "intake/cases/queries.py", "from . import triage"),
    ("inside", "intake/desks/queries.py", "from intake.desks.forms import SeatForm"),
    ("forms", "intake/complaint/submit.py", "from intake.complaint.forms import ComplaintForm"),
    ("forms", "intake/cases/triage.py", "from intake.desks import forms"),
    ("forms", "intake/cli.py", "import intake.desks.forms"),
    ("forms", "intake/complaint/forms.py", "from intake.desks.forms import SeatForm"),
    ("hidden", "intake/cases/triage.py", "def late():\n    from intake.cases import queries"),
    ("hidden", "intake/cases/triage.py", "class A:\n    async def late(self):\n        import intake.config"),
    ("hidden", "intake/cases/triage.py", "import importlib\nimportlib.import_module('intake.cli')"),
    ("environment", "intake/cli.py", "import os\nos.environ['HOME']"),
    ("environment", "intake/cli.py", "import os as system\nsystem.getenv('HOME')"),
    ("environment", "wsgi.py", "from os import environ as settings"),
    ("mail", "intake/desks/seats.py", "import smtplib"),
    ("mail", "intake/app.py", "from flask_mail import Mail"),
    ("mail", "intake/outbox/worker.py", "smtplib.SMTP('localhost')"),
    ("mail", "intake/outbox/worker.py", "from smtplib import SMTP_SSL"),
    ("mailbox", "intake/desks/seats.py", "from imaplib import IMAP4_SSL"),
    ("cipher", "intake/desks/seats.py", "import pyrage.x25519"),
    ("cipher", "intake/outbox/deliver.py", "from pysequoia import encrypt"),
    ("cipher", "intake/config.py", "def late():\n    from argon2 import PasswordHasher"),
    ("edge", "intake/cases/triage.py", "from intake import extensions\nwith extensions.transaction():\n    pass"),
    ("edge", "intake/desks/seats.py", "from intake.extensions import settle as fix"),
    ("edge", "intake/outbox/deliver.py", "from intake.extensions import transaction"),
    ("commit", "intake/cases/triage.py", "db.session.commit()"),
    ("commit", "intake/cases/views.py", "save = session().commit"),
    ("sql", "intake/cases/views.py", "from sqlalchemy import select\nselect(Case)"),
    ("sql", "intake/complaint/forms.py", "import sqlalchemy as sa\nsa.text('SELECT 1')"),
    ("sql", "intake/cases/views.py", "from intake.extensions import db\ndb.session.scalars(chosen)"),
    ("sql", "intake/cases/views.py", "from intake.extensions import db\ndb.session().get(Case, 1)"),
    ("sql", "intake/cases/views.py", "from intake.extensions import db\nsession = db.session"),
    ("sql", "intake/cases/views.py", "from intake.cases.models import Case\nCase.query.filter_by(id=1)"),
    ("sql", "intake/web/health.py", "from sqlalchemy import delete"),
    ("sql", "intake/members/doors.py", "from flask import Blueprint\nfrom sqlalchemy import select"),
    ("names", "intake/cases/utils.py", ""),
    ("names", "intake/common/__init__.py", ""),
    ("names", "tests/helpers.py", ""),
    ("names", "intake/services.py", ""),
    ("long_files", "intake/cases/triage.py", "pass\n" * 399),
    ("long_files", "intake/static/desk.css", "b{}\n" * 401),
    ("long_files", "tests/test_long.py", "pass\n" * 401),
    ("long_functions", "intake/cases/triage.py", FUNCTION + "    print()\n" * 39),
    ("long_functions", "intake/cases/triage.py", "class A:\n    async def b(self):\n" + "        print()\n" * 40),
    ("swallowing", "intake/cases/triage.py", "try:\n    pass\nexcept:\n    raise"),
    ("swallowing", "intake/cases/triage.py", "try:\n    pass\nexcept Exception:\n    pass"),
    (
        "swallowing",
        "tests/test_all.py",
        "for a in b:\n    try:\n        a()\n    except (OSError, BaseException):\n        continue",
    ),
    ("swallowing", "wsgi.py", "import builtins\ntry:\n    pass\nexcept builtins.Exception:\n    ..."),
    ("swallowing", "intake/cases/triage.py", "with contextlib.suppress(Exception):\n    send()"),
    ("opt_outs", "intake/cases/triage.py", "import smtplib  # noqa"),
    ("opt_outs", "intake/cases/triage.py", "a = b  # type: ignore  # it is so"),
    ("opt_outs", "tests/test_all.py", "# ruff: noqa"),
    ("opt_outs", "wsgi.py", "# mypy: ignore-errors"),
    ("opt_outs", "wsgi.py", "a = 1  # a reason before it  # NOQA : all"),
    ("top_level", "setup.py", ""),
    ("top_level", "scripts/run.sh", ""),
    ("instance", "instance/intake.sqlite3", ""),
    ("instance", "instance/letters/1.eml", ""),
]


def build(root: Path, **planted: str) -> House:
    """Write the sound house below a folder, with what is planted added at the end of the files it names."""
    texts = {**SOUND, **{path: SOUND.get(path, "") + text for path, text in planted.items()}}
    for path, text in texts.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return House.read(root, sorted(texts))


def told(found: list[Fault]) -> str:
    """Return faults as a message of several lines."""
    return "\n" + "\n".join(map(str, found))


@pytest.fixture(scope="module")
def ours() -> House:
    """Return the real house, read once."""
    return House.read(ROOT)


@pytest.mark.parametrize("rule", RULES)
def test_the_house_keeps_its_rules(rule: str, ours: House) -> None:
    if found := faults(rule, ours):
        pytest.fail(told(found), pytrace=False)


def test_no_exception_is_kept_that_nothing_needs(ours: House) -> None:
    found = idle_excuses(ours)
    assert not found, "\n".join(found)


def test_the_whole_house_is_read(ours: House) -> None:
    on_disk = {path for path in (ROOT / "intake").rglob("*.py") if "__pycache__" not in path.parts}
    assert {ROOT / module.path for module in ours.modules.values()} == {*on_disk, ROOT / "wsgi.py"}
    assert FEATURES.intersection(module.part for module in ours.modules.values() if module.role == "views")
    assert ".gitignore" in ours.files
    assert not any(path.startswith(".venv/") for path in ours.files)


@pytest.mark.parametrize("rule", RULES)
def test_a_sound_house_breaks_no_rule(rule: str, tmp_path: Path) -> None:
    found = faults(rule, build(tmp_path))
    assert not found, told(found)


@pytest.mark.parametrize(("rule", "path", "text"), PLANTED)
def test_a_broken_rule_is_reported_with_what_to_do_instead(rule: str, path: str, text: str, tmp_path: Path) -> None:
    found = faults(rule, build(tmp_path, **{path: text}))
    assert {fault.path for fault in found} in ({path}, {path.partition("/")[0]}), told(found)
    assert all(fault.instead and f"Instead: {fault.instead}" in str(fault) for fault in found)


def test_every_rule_is_broken_above_at_least_once() -> None:
    assert {rule for rule, _, _ in PLANTED} == set(RULES)


def test_a_rule_is_broken_in_a_copy_of_the_real_house(ours: House, tmp_path: Path) -> None:
    for path in kept(ROOT):
        if path.startswith("intake/"):
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, tmp_path / path)
    with (tmp_path / "intake/members/sessions.py").open("a") as file:
        file.write("from intake.cases import queries as cases\n")
    (new,) = set(faults("rows", House.read(tmp_path))).difference(faults("rows", ours))
    assert (new.path, new.wrong) == (
        "intake/members/sessions.py",
        "members.sessions imports cases.queries, which is up",
    )


def test_an_exception_that_nothing_needs_is_reported(tmp_path: Path) -> None:
    idle = "\n".join(idle_excuses(build(tmp_path)))
    assert "followup.guards" in idle, "the sound house has no such module"
    assert "complaint.pages" not in idle
    assert len(idle.splitlines()) < len(EXCUSED)


def test_the_limits_themselves_are_no_fault(tmp_path: Path) -> None:
    function = FUNCTION + "    print()\n" * 38
    house = build(tmp_path, **{"tests/test_long.py": "pass\n" * 400, "intake/audit.py": function})
    assert faults("long_files", house) == faults("long_functions", house) == []


@pytest.mark.skipif(shutil.which("git") is None, reason="without git nothing is under version control")
def test_what_git_would_keep_is_read_and_nothing_else(tmp_path: Path) -> None:
    build(tmp_path, **{".gitignore": "/instance/*\n", "instance/intake.sqlite3": "", "instance/forced.txt": ""})
    for command in (["init", "-q"], ["add", "-f", "instance/forced.txt"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    assert {path for path in kept(tmp_path) if path.startswith("instance/")} == {"instance/forced.txt"}
    assert "wsgi.py" in kept(tmp_path), "a new file counts before it is committed"
    assert [fault.path for fault in faults("instance", House.read(tmp_path))] == ["instance/forced.txt"]


def test_outside_of_a_checkout_what_is_made_by_running_is_left_out(tmp_path: Path) -> None:
    made = {
        "instance/intake.sqlite3": "",
        ".venv/bin/flask": "",
        "intake/__pycache__/app.pyc": "",
        "intake/translations/ru/LC_MESSAGES/messages.mo": "",
        "bench.json": "",
    }
    build(tmp_path, **made)
    assert set(kept(tmp_path)) == set(SOUND)
