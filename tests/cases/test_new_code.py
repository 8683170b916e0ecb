"""A new code for one who lost it: the new one opens everything, the one before nothing."""

import re
from collections.abc import Callable

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from intake import audit
from intake.audit import AuditEntry
from intake.cases import deletion, queries, renewal, return_code, visits
from intake.cases.models import Case, ComplainantKey, ComplainantSession, Statement
from intake.cases.renewal import CHECKS, Renewal
from intake.cases.statuses import give, seal_status
from intake.complaint import submit
from intake.desks.setup import code_salt
from intake.extensions import StaleError, db, settle, transaction
from intake.members.sessions import Visitor
from intake.sealing import CodeKeys, SealError, code_keys
from tests.cases import acts, opener, page_of, post, saved, tell, texts, visit_of, write
from tests.factories import STORY, House, count_rows, make_case, make_member, sign_in, signed_code

SHOWN = re.compile(r"<span>(\d{4})</span>")


def keys_of(code: str) -> CodeKeys:
    return code_keys(code, code_salt())


def form_code(client: FlaskClient, case: Case) -> str:
    """Return the signed code that the form for a new code carries."""
    (code,) = re.findall(r'name="code" value="([^"]+)"', page_of(client, case, "/code"))
    return str(code)


def renew(client: FlaskClient, case: Case, check: str = "details", code: str | None = None) -> str:
    """Have a new code made; return its digits."""
    answer = post(client, case, "code", check=check, code=code or form_code(client, case))
    groups = SHOWN.findall(answer.get_data(as_text=True))
    assert (answer.status_code, len(groups)) == (200, 6)
    assert answer.headers["Cache-Control"] == "no-store"
    return "".join(groups)


def told(case: Case, keys: CodeKeys) -> tuple[list[str], list[str], list[str]]:
    """Return all statements, messages and statuses of a case as the holder of a code reads them."""
    opens = opener(keys.identity)
    statements = queries.read_statements(saved(case), opens)
    words = [statement.words.get("story") or statement.words["answers"]["note"] for statement in statements]
    return words, texts(case, opens), [status.words for status in queries.read_statuses(saved(case), opens)]


@pytest.fixture
def full(house: House) -> tuple[Case, CodeKeys, Visitor]:
    """Return a case with everything in it, its code's keys, and a member of its desk."""
    visitor = house.visitors[make_member(house, "KZ").id]
    case, keys, _ = make_case()
    tell(visit_of(case, keys), case, "danger", note="At noon")
    write(visit_of(case, keys), case, "Is anybody there?")
    write(visitor, saved(case), "Yes.")
    settle(lambda: seal_status(visitor, saved(case), "passed_on", "To a lawyer"), give)
    return saved(case), keys, visitor


EVERYTHING = ([STORY, "At noon"], ["Is anybody there?", "Yes."], ["To a lawyer"])


def test_the_new_code_opens_everything_and_the_old_one_nothing_also_twice(
    client: FlaskClient, full: tuple[Case, CodeKeys, Visitor]
) -> None:
    case, keys, visitor = full
    sign_in(client, visitor.member)
    with transaction():
        cookie = visits.begin(case, keys)
    assert visits.find(cookie) is not None
    for number, check in enumerate(("details", "in_person"), 1):
        code = renew(client, case, check)
        new = keys_of(code)
        assert return_code.read(code) == code
        assert queries.by_tag(keys.tag) is None, "the old code finds nothing"
        found = queries.by_tag(new.tag)
        assert found is not None
        assert found.id == case.id
        assert told(case, new) == EVERYTHING
        with pytest.raises(SealError):
            told(case, keys)
        assert visits.find(cookie) is None
        assert count_rows(ComplainantSession) == 0
        entries = db.session.scalars(select(AuditEntry).where(AuditEntry.act == "case.code_renewed")).all()
        assert [entry.member_id for entry in entries] == [visitor.member.id] * number
        assert entries[-1].detail == {"check": check}
        keys = new
    living = [key for key in db.session.scalars(select(ComplainantKey)) if key.recipient]
    assert len(living) == 1, "of the dead only the tags stay"
    assert audit.broken_at(case.desk_id) is None
    assert told(case, code_keys_of_desk(visitor, case)) == EVERYTHING


def test_the_desk_still_reads_everything_afterwards_and_both_go_on_writing(
    client: FlaskClient, full: tuple[Case, CodeKeys, Visitor]
) -> None:
    case, _, visitor = full
    sign_in(client, visitor.member)
    new = keys_of(renew(client, case))
    write(visit_of(saved(case), new), saved(case), "I am back.")
    post(client, case, "messages", text="Good.")
    page = page_of(client, case)
    for words in (STORY, "Is anybody there?", "To a lawyer", "I am back.", "Good."):
        assert words in page
    assert texts(case, opener(new.identity))[-2:] == ["I am back.", "Good."]


def test_the_code_is_shown_once_and_lies_nowhere(client: FlaskClient, full: tuple[Case, CodeKeys, Visitor]) -> None:
    case, _, visitor = full
    sign_in(client, visitor.member)
    code = renew(client, case)
    for path in ("", "/code"):
        assert code not in re.sub(r"\D", "", page_of(client, case, path))


def test_a_double_press_makes_one_code(client: FlaskClient, full: tuple[Case, CodeKeys, Visitor]) -> None:
    case, _, visitor = full
    sign_in(client, visitor.member)
    carried = form_code(client, case)
    assert renew(client, case, code=carried) == renew(client, case, code=carried) == carried[:24]
    assert acts(case).count(("case.code_renewed", visitor.member.id)) == 1
    assert told(case, keys_of(carried[:24])) == EVERYTHING


@pytest.mark.parametrize("check", ["", "they said so"])
def test_without_having_made_sure_who_asks_there_is_no_code(
    client: FlaskClient, full: tuple[Case, CodeKeys, Visitor], check: str
) -> None:
    case, keys, visitor = full
    sign_in(client, visitor.member)
    answer = post(client, case, "code", check=check, code=form_code(client, case))
    assert answer.status_code == 422
    assert "Say how you made sure who asks" in answer.get_data(as_text=True)
    assert not SHOWN.search(answer.get_data(as_text=True))
    assert told(case, keys) == EVERYTHING


def test_a_code_that_we_did_not_make_is_refused(client: FlaskClient, full: tuple[Case, CodeKeys, Visitor]) -> None:
    case, keys, visitor = full
    sign_in(client, visitor.member)
    forged = f"{return_code.mint()}.x.y"
    answer = post(client, case, "code", check=CHECKS[0], code=forged)
    assert answer.status_code == 422
    assert forged not in answer.get_data(as_text=True)
    assert told(case, keys) == EVERYTHING


def test_a_case_that_nobody_has_a_code_for_gets_one(client: FlaskClient, full: tuple[Case, CodeKeys, Visitor]) -> None:
    case, keys, visitor = full
    sign_in(client, visitor.member)
    with transaction():
        deletion.ask(visit_of(case, keys))
    refused = post(client, case, "code", check=CHECKS[0], code=signed_code())
    assert refused.status_code == 422, "the desk keeps the case first"
    post(client, case, "keep", reason="stranger")
    post(client, case, "messages", text="Written while nobody had a code")
    new = keys_of(renew(client, case))
    statements, messages, statuses = EVERYTHING
    assert told(case, new) == (statements, [*messages, "Written while nobody had a code"], statuses)
    assert "Nobody has a code" not in page_of(client, case)


def meanwhile(act: Callable[[], None]) -> Callable[[Renewal], None]:
    """Return the saving of a renewal before which, the first time, something else happens."""
    acts_left = [act]

    def saving(made: Renewal) -> None:
        if acts_left:
            act = acts_left.pop()
            act()
        with transaction():
            renewal.renew(made)

    return saving


def try_twice(prepare: Callable[[], Renewal], save: Callable[[Renewal], None]) -> int:
    """Prepare and save until it holds; return how many times it took."""
    for number in range(1, 4):
        try:
            save(prepare())
        except StaleError:
            continue
        return number
    pytest.fail("it never held")


@pytest.mark.parametrize("what", ["complainant's message", "desk's message", "answers", "status"])
def test_what_is_added_between_sealing_anew_and_saving_is_not_lost(
    house: House, full: tuple[Case, CodeKeys, Visitor], what: str
) -> None:
    case, keys, visitor = full
    new = keys_of(return_code.mint())
    adding: dict[str, Callable[[], None]] = {
        "complainant's message": lambda: write(visit_of(saved(case), keys), saved(case), "Between"),
        "desk's message": lambda: write(visitor, saved(case), "Between"),
        "answers": lambda: tell(visit_of(saved(case), keys), saved(case), "danger", note="Between"),
        "status": lambda: settle(lambda: seal_status(visitor, saved(case), "checking", "Between"), give),
    }
    took = try_twice(
        lambda: renewal.seal_anew(saved(case), queries.desk_opens(visitor), new, visitor=visitor, check="details"),
        meanwhile(adding[what]),
    )
    assert took == 2
    assert any("Between" in kind for kind in told(case, new))
    assert sum(map(len, told(case, new))) == 6


def test_words_that_were_sealed_to_the_old_code_are_not_added_after_it_died(
    house: House, full: tuple[Case, CodeKeys, Visitor]
) -> None:
    case, keys, visitor = full
    words = submit.seal(submit.Complaint(language="en", story="Between", urgent=False), keys)
    new = keys_of(return_code.mint())
    settle(lambda: renewal.seal_anew(saved(case), queries.desk_opens(visitor), new), renewal.renew)
    with pytest.raises(StaleError), transaction():
        submit.submit(words)
    assert told(case, new) == EVERYTHING


def test_a_session_that_is_begun_with_the_old_code_is_dead(house: House, full: tuple[Case, CodeKeys, Visitor]) -> None:
    case, keys, visitor = full
    new = keys_of(return_code.mint())
    settle(lambda: renewal.seal_anew(saved(case), queries.desk_opens(visitor), new), renewal.renew)
    renewed = saved(case)
    with transaction():
        cookies = [visits.begin(renewed, opening) for opening in (keys, new)]
    assert count_rows(ComplainantSession) == 2
    assert [visits.find(cookie) is not None for cookie in cookies] == [False, True]


def code_keys_of_desk(visitor: Visitor, case: Case) -> CodeKeys:
    """Return the desk's identity in the place of a code's."""
    key_id = db.session.scalars(select(Statement.desk_key_id).where(Statement.case_id == case.id).distinct()).one()
    return CodeKeys(b"", queries.desk_opens(visitor)(key_id), b"")
