"""Whatever is killed in the middle of a rotation, and how often: it is taken up again, and every case opens."""

import os
import signal
import subprocess
import sys

import pytest
from sqlalchemy import select

from intake import config
from intake.cases import queries as cases
from intake.cases import rotation
from intake.cases.models import Case, Statement
from intake.desks import queries as desks
from intake.extensions import db
from intake.members.sessions import Visitor
from intake.sealing import Identity, SealError, unseal, unseal_document
from tests.cases.rotating import desk_named
from tests.factories import STORY, House, make_member
from tests.many_cases import insert_cases

PROGRAM = (sys.executable, "-m", "tests.cases.rotation_program")


def test_a_rotation_that_is_killed_twice_finishes_and_every_case_opens(house: House, settings: config.Settings) -> None:
    _killed_twice(house, settings, count=3 * rotation.AT_ONCE + 20, steps=(1, 1))


@pytest.mark.slow
def test_a_rotation_of_ten_thousand_cases_that_is_killed_twice_finishes_and_every_case_opens(
    house: House, settings: config.Settings
) -> None:
    _killed_twice(house, settings, count=10_000, steps=(12, 20))


def _killed_twice(house: House, settings: config.Settings, count: int, steps: tuple[int, int]) -> None:
    """Rotate a desk in processes of their own, killed after so many saved batches, then let one come to its end."""
    visitor = house.visitors[make_member(house, "KZ").id]
    who = f"{visitor.member.id} {visitor.identity.text}"
    people = insert_cases(count)
    done = 0
    for steps_of_one in steps:
        _run(settings, who, killed_after=steps_of_one)
        found = rotation.progress(desk_named())
        assert done + steps_of_one * rotation.AT_ONCE <= found.done < count, "it was killed on the way"
        assert found.total == count
        done = found.done
    _run(settings, who)
    assert rotation.progress(desk_named()).left == {}
    assert [key.generation for key in desks.living_keys(desk_named().id)] == [2]
    _everything_opens(visitor, people, house.identity("KZ"))


def _run(settings: config.Settings, who: str, killed_after: int | None = None) -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith(config.PREFIX)}
    environ |= {"INTAKE_INSTANCE": str(settings.instance), "INTAKE_DATABASE_URL": settings.database_url}
    with subprocess.Popen(
        PROGRAM, cwd=config.ROOT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(who)
        process.stdin.close()
        for saved, line in enumerate(process.stdout, 1):
            assert line.startswith("saved ")
            if saved == killed_after:
                process.kill()
    assert process.returncode == (0 if killed_after is None else -signal.SIGKILL)


def _everything_opens(visitor: Visitor, people: dict[int, Identity], old: Identity) -> None:
    """Check that member and complainant read every case, and that the old key opens none."""
    db.session.rollback()
    opens = cases.desk_opens(visitor)
    rows = db.session.execute(
        select(Case.id, Case.reference, Statement.sealed, Statement.desk_key_id).join(
            Statement, Statement.case_id == Case.id
        )
    ).all()
    assert {row.id for row in rows} == people.keys()
    for row in rows:
        for identity in (opens(row.desk_key_id), people[row.id]):
            words = unseal_document(cases.STATEMENT, row.sealed, identity)
            assert (words["reference"], words["story"]) == (row.reference, f"{STORY} {row.reference}")
        with pytest.raises(SealError):
            unseal(row.sealed, old)
