"""The list of the queue to take along: plain columns of one's own desks, and no formula."""

import csv
import io
import tempfile
import zipfile
from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from intake.audit import AuditEntry
from intake.cases import labels, list_export, queue
from intake.cases.models import Case, Label
from intake.extensions import db, transaction
from intake.members.models import Member
from tests.cases import saved
from tests.cases.coded import code
from tests.factories import House, confirm, hidden_on, make_case, make_member, sign_in

FORMULAS = ("=1+1", "+1", "-1", "@SUM(1)", "\t=1", "\r=1", " =1", "\u200f=1", "\u202a-1", "＝1", "\ufeff=1")


@pytest.fixture
def member(house: House) -> Member:
    """Return a journalist of two desks."""
    return make_member(house, "KZ", "KG", name="=cmd|' /C calc'!A0")


@pytest.fixture
def desk(client: FlaskClient, member: Member) -> FlaskClient:
    """Return their browser; they typed the password just now."""
    sign_in(client, member)
    confirm()
    return client


def take(client: FlaskClient, form: str = "csv", query: str = "") -> TestResponse:
    """Take the list along."""
    page = client.get(f"/desk/queue/export?{query}").get_data(as_text=True)
    return client.post("/desk/queue/export", data={**hidden_on(page), "form": form})


def rows_of(taken: TestResponse) -> list[dict[str, str]]:
    """Return the rows of a CSV."""
    assert taken.data.startswith(b"\xef\xbb\xbf"), "Excel would take it for another encoding"
    return list(csv.DictReader(io.StringIO(taken.data.decode("utf-8-sig"), newline="")))


def cells_of(taken: TestResponse) -> dict[str, tuple[str, str]]:
    """Return the cells of an XLSX, by their place: its type and text; a formula's type is ``formula``."""
    space = {"x": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(io.BytesIO(taken.data)) as book:
        shared = ET.fromstring(book.read("xl/sharedStrings.xml"))  # noqa: S314 our own file
        texts = ["".join(one.itertext()) for one in shared.findall("x:si", space)]
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 our own file
    found = {}
    for cell in sheet.iter(f"{{{space['x']}}}c"):
        kind, value = cell.get("t", "n"), cell.findtext("x:v", "", space)
        kind = "formula" if cell.find("x:f", space) is not None else kind
        found[cell.get("r", "")] = (kind, texts[int(value)] if kind == "s" else value)
    return found


def put_label(house: House, member: Member, case: Case, name: str) -> None:
    """Put a label on a case."""
    with transaction():
        labels.make(name, member.id)
    label_id = db.session.scalars(select(Label.id).where(Label.name == name)).one()
    with transaction():
        labels.put(house.visitors[member.id], saved(case).reference, label_id)


def test_a_list_has_the_cases_that_the_queue_finds_in_its_order(
    house: House, desk: FlaskClient, member: Member
) -> None:
    make_case("KZ", "An okapi was seen there, and taken")
    urgent, _, _ = make_case("KG", urgent=True)
    make_case("TJ")
    put_label(house, member, urgent, "Прокуратура")
    rows = rows_of(take(desk))
    assert [row["Country"] for row in rows] == ["Kyrgyzstan", "Kazakhstan"], "Tajikistan is another desk's"
    assert rows[0]["Reference"] == saved(urgent).reference
    assert (rows[0]["Urgent"], rows[1]["Urgent"], rows[0]["Labels"]) == ("yes", "no", "Прокуратура")
    assert (rows[0]["Desk"], rows[0]["Status"]) == ("Kyrgyzstan", "Not acknowledged")
    assert [row["Country"] for row in rows_of(take(desk, query="country=KZ"))] == ["Kazakhstan"]
    for query, count in (
        ("", "2 cases"),
        ("country=KZ", "1 case"),
        ("tab=done", "0 cases"),
        ("tab=overdue", "0 cases"),
    ):
        assert f"<p>{count}, as" in desk.get(f"/desk/queue/export?{query}").get_data(as_text=True), query
    assert rows_of(take(desk, query="tab=done")) == []
    assert b"okapi" not in take(desk).data


def test_an_xlsx_has_the_same_cells_and_times_as_times(house: House, desk: FlaskClient, member: Member) -> None:
    case, _, _ = make_case("KZ")
    taken = take(desk, "xlsx")
    assert taken.headers["Content-Type"].endswith("spreadsheetml.sheet")
    assert taken.headers["Content-Disposition"].endswith('.xlsx"')
    cells = cells_of(taken)
    assert cells["A1"] == ("s", "Reference")
    assert cells["A2"] == ("s", saved(case).reference)
    kind, received = cells["G2"]
    assert (kind, 40_000 < float(received) < 80_000) == ("n", True), "a day, as spreadsheets count them"


def test_no_cell_is_a_formula(house: House, desk: FlaskClient, member: Member) -> None:
    case, _, _ = make_case("KZ")
    put_label(house, member, case, "=HYPERLINK(1)")
    with transaction():
        db.session.get_one(Case, case.id).assignee_id = member.id
    (row,) = rows_of(take(desk, query="tab=all"))
    assert row["Who answers for it"] == "'=cmd|' /C calc'!A0"
    assert row["Labels"] == "'=HYPERLINK(1)"
    cells = cells_of(take(desk, "xlsx", "tab=all"))
    assert ("s", "=HYPERLINK(1)") in cells.values()
    assert "formula" not in {kind for kind, _ in cells.values()}


@pytest.mark.parametrize("cell", FORMULAS)
def test_whatever_stands_before_its_sign_a_formula_becomes_a_text(cell: str) -> None:
    text = list_export.as_csv(list_export.List(["A"], [[cell]], Counter(), is_cut=False)).decode("utf-8-sig")
    ((written,),) = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert written.startswith("'")
    assert written[1:] == cell


def test_a_list_is_bounded_and_says_so(house: House, desk: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made = [make_case("KZ")[0] for _ in range(3)]
    monkeypatch.setattr(list_export, "MOST", 2)
    page = desk.get("/desk/queue/export").get_data(as_text=True)
    assert "There are more: a list has the first 2" in page
    assert len(rows_of(take(desk))) == 2
    monkeypatch.setattr(list_export, "MOST", len(made))
    assert "There are more" not in desk.get("/desk/queue/export").get_data(as_text=True)


def test_a_list_asks_as_much_of_the_database_however_many_cases(
    house: House, desk: FlaskClient, statements: list[str]
) -> None:
    def asked(form: str) -> int:
        page = hidden_on(desk.get("/desk/queue/export").get_data(as_text=True))
        statements.clear()
        assert desk.post("/desk/queue/export", data={**page, "form": form}).status_code == 200
        return len(statements)

    make_case("KZ")
    few = [asked(form) for form in ("csv", "xlsx")]
    for _ in range(30):
        make_case("KZ")
    assert [asked(form) for form in ("csv", "xlsx")] == few


def test_taking_a_list_is_written_down_at_each_desk_and_asks_for_the_password(
    client: FlaskClient, house: House, member: Member
) -> None:
    make_case("KZ")
    make_case("KZ")
    make_case("KG")
    sign_in(client, member)
    asked = client.get("/desk/queue/export")
    hidden = {**hidden_on(asked.get_data(as_text=True)), "form": "csv", "query": ""}
    assert asked.status_code == 401
    assert client.post("/desk/queue/export", data=hidden).status_code == 401
    acts = select(AuditEntry.chain, AuditEntry.detail).where(AuditEntry.act == "case.list_copied")
    assert db.session.execute(acts).all() == []
    confirm()
    assert client.post("/desk/queue/export", data=hidden).status_code == 200
    entries = [tuple(row) for row in db.session.execute(acts.order_by(AuditEntry.chain))]
    assert len({chain for chain, _ in entries}) == len(entries) == 2
    assert [detail for _, detail in entries] == [{"form": "csv", "cases": 2}, {"form": "csv", "cases": 1}]
    nothing = client.post("/desk/queue/export", data={**hidden, "query": "tab=done"})
    assert rows_of(nothing) == []


def test_a_list_goes_through_no_file(
    house: House, desk: FlaskClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_case("KZ")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    for form in ("csv", "xlsx"):
        assert take(desk, form).status_code == 200


def test_odd_forms_are_refused_and_odd_filters_ignored(house: House, desk: FlaskClient) -> None:
    make_case("KZ")
    refused = take(desk, "exe")
    assert (refused.status_code, "Choose a form." in refused.get_data(as_text=True)) == (422, True)
    assert len(rows_of(take(desk, query="desk=999&country=XX&status=%00&after=nothing"))) == 1


def test_the_queue_leads_to_its_list(house: House, desk: FlaskClient) -> None:
    make_case("KZ")
    assert 'href="/desk/queue/export?country=KZ"' in desk.get("/desk/?country=KZ").get_data(as_text=True)
    assert queue.PAGE < list_export.MOST


def test_a_filter_by_what_is_sealed_narrows_the_list_too(desk: FlaskClient, house: House, member: Member) -> None:
    coded, other = make_case()[0], make_case()[0]
    references = saved(coded).reference, saved(other).reference
    code(house.visitors[member.id], saved(coded), "TORTURE")
    page = desk.get("/desk/queue/export?code=TORTURE").get_data(as_text=True)
    assert "2 cases are not looked through yet" in page
    desk.get("/desk/?code=TORTURE")
    page = desk.get("/desk/queue/export?code=TORTURE").get_data(as_text=True)
    assert "1 case, as the filter" in page
    assert "not looked through" not in page
    taken = desk.post("/desk/queue/export", data={**hidden_on(page), "form": "csv"}).get_data(as_text=True)
    assert references[0] in taken
    assert references[1] not in taken
