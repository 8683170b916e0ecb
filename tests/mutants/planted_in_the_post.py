"""More faults that are planted: in what makes sure that somebody reads every case."""

from tests.mutants.mutant import Mutant

ESCALATION, RECONCILIATION = "tests/cases/test_escalation.py", "tests/cases/test_reconciliation.py"
ALONE = "tests/cases/test_no_case_alone.py::test_no_case_is_left_alone_and_nobody_locked_is_written_to"
IN_THE_POST = (
    Mutant(
        "same-person-called",
        "who is called to a case that nobody acknowledged is another person than who was told",
        "intake/cases/escalation.py",
        "return len(hearing) == 1 and all(member.id in knows.told for member in hearing)",
        "return not hearing",
        (f"{ESCALATION}::test_the_only_journalist_is_no_other_person",),
    ),
    Mutant(
        "opener-called",
        "nobody is called to a case who opened it and did not acknowledge it",
        "intake/cases/escalation.py",
        "passed = knows.opened | knows.called | {case.assignee_id}",
        "passed = knows.called | {case.assignee_id}",
        (f"{ESCALATION}::test_nobody_who_opened_it_who_is_away_or_whose_letters_come_back_is_called",),
    ),
    Mutant(
        "called-twice",
        "of two workers one calls",
        "intake/cases/escalation.py",
        "    case.escalates_at = waiting.due_after(case, desk, step, moment)\n",
        "",
        (f"{ESCALATION}::test_of_two_workers_one_calls",),
    ),
    Mutant(
        "withdrawn-counts",
        "a letter that was withdrawn tells nobody of a case",
        "intake/cases/reconciliation.py",
        "and_(Letter.withdrawn_at.is_(None), ~came_back, ~gone)",
        "and_(~came_back, ~gone)",
        (f"{RECONCILIATION}::test_what_reached_nobody_is_owed_again",),
    ),
    Mutant(
        "given-back-counts",
        "a letter that came back tells nobody of a case",
        "intake/cases/reconciliation.py",
        "and_(Letter.withdrawn_at.is_(None), ~came_back, ~gone)",
        "and_(Letter.withdrawn_at.is_(None), ~gone)",
        (f"{RECONCILIATION}::test_what_reached_nobody_is_owed_again",),
    ),
    Mutant(
        "locked-members-count",
        "a letter to who was locked out tells nobody of a case",
        "intake/cases/reconciliation.py",
        "member = and_(Letter.member_id.is_not(None), working(), ",
        "member = and_(Letter.member_id.is_not(None), ",
        (f"{RECONCILIATION}::test_what_reached_nobody_is_owed_again",),
    ),
    Mutant(
        "nobody-reconciles",
        "no case is left of which nobody who is here is told",
        "intake/chores.py",
        "    if reconciliation.is_due(now()):\n",
        "    if not now():\n",
        (ALONE, "tests/cases/test_reconciliation.py::test_it_is_done_hourly_whatever_the_clock_does"),
    ),
)  # fmt: skip
