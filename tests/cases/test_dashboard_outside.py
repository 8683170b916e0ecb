"""Figures that leave the house: small numbers hidden on the page and in the file, formulas disarmed, written down."""

import csv
import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from intake.audit import HOUSE, AuditEntry
from intake.cases import acts, board, charts, dashboard_filter
from intake.cases.board import Bar, Board, Series
from intake.cases.small_numbers import FEWER, HELD_BACK, Cell, protect
from intake.desks import queries as desks
from intake.extensions import db
from intake.i18n import now
from intake.members.models import EDITOR, Member
from tests.cases.counting import acknowledge_after, arrive, code, rate
from tests.factories import House, make_desk, make_member, sign_in

DAY = timedelta(days=1)
CELL = re.compile(r'(?:<td[^>]*>|class="figure"[^>]*>)([^<]*)<')


@pytest.fixture
def member(client: FlaskClient, house: House) -> Member:
    """Return an editor, signed in, whose desks have few cases of some kinds and many of others."""
    member = make_member(house, *house.keys, role=EDITOR)
    acknowledge_after(arrive("KZ", *[now() - DAY] * 12), [50 + number for number in range(12)])
    acknowledge_after(arrive("KG", *[now() - DAY] * 4), [123 * 60] * 4)
    acknowledge_after(arrive("TJ", *[now() - DAY] * 7)[:6], [77 * 60] * 6)
    arrive("TM", *[now() - 20 * DAY] * 3)
    code("KZ", {"TORTURE": 2, "CHILD": 9, "RELIGION": 20})
    rate("KZ", {5: 3, 4: 8, 1: 11})
    sign_in(client, member)
    return member


def file(client: FlaskClient, query: str = "") -> list[list[str]]:
    """Return the rows of the file."""
    answer = client.get(f"/desk/dashboard/figures.csv{query}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="figures-')
    assert answer.headers["Cache-Control"] == "no-store"
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_no_small_number_stands_on_the_page(client: FlaskClient, member: Member) -> None:
    page = client.get("/desk/dashboard?for=outside").text
    cells = CELL.findall(page.partition("<main")[2])
    assert "&lt;5" in cells
    assert "held back" in cells
    assert not {"1", "2", "3", "4"}.intersection(cells)
    assert "Cases that arrived: <b>26</b>" in page
    for hidden in ("Delivery of letters", "The longest waiting", "Until acknowledged: cases"):
        assert hidden not in page
    assert "Until acknowledged: cases" in client.get("/desk/dashboard").text


def test_the_file_says_the_same_as_the_page(client: FlaskClient, member: Member) -> None:
    rows = file(client)
    told = {tuple(row[:2]): row[2] for row in rows[1:]}
    assert told["Cases that arrived", ""] == "26"
    assert told["Arrivals by country", "Kazakhstan"] == "12"
    assert told["Arrivals by country", "Kyrgyzstan"] == "<5"
    assert told["Arrivals by country", "Tajikistan"] == "held back"
    assert told["Violations that the desk coded", "Torture or cruel treatment"] == "<5"
    assert told["Overdue now", ""] == "<5"
    assert told["Waiting time, median, minutes", "Kazakhstan"] == "55"
    assert told["Waiting time, 90th percentile, minutes", "Kazakhstan"] == "60"
    assert told["Waiting time, median, minutes", "Tajikistan"] == str(77 * 60)
    assert ("Waiting time, 90th percentile, minutes", "Tajikistan") not in told, "of six, one alone took the longest"
    assert ("Waiting time, median, minutes", "Kyrgyzstan") not in told
    assert not {"1", "2", "3", "4"}.intersection(row[2] for row in rows)


def test_a_total_under_five_says_so_and_breaks_nothing_down(client: FlaskClient, member: Member) -> None:
    query = f"?desk={desks.by_name('TM').id}"
    told = {tuple(row[:2]): row[2] for row in file(client, query)[1:]}
    assert told["Cases that arrived", ""] == "<5"
    assert told["Arrivals by country", ""] == "left out: too few"
    assert not any("Turkmenistan" in of for name, of in told if name.startswith("Arrivals"))
    page = client.get(f"/desk/dashboard{query}&for=outside").text
    assert "Cases that arrived: <b>&lt;5</b>" in page
    assert page.count("Left out: there are too few") == 4


def test_no_cell_of_the_file_is_a_formula(client: FlaskClient, house: House) -> None:
    make_desk(house, '=HYPERLINK("http://x")')
    make_desk(house, "@SUM(A1)")
    member = make_member(house, '=HYPERLINK("http://x")', "@SUM(A1)")
    code('=HYPERLINK("http://x")', {"+cmd": 7, "-1+1": 8, "\tx": 9})
    sign_in(client, member)
    cells = [cell for row in file(client) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    assert {"'+cmd", "'-1+1", "'\tx"} <= set(cells)


def test_taking_the_file_is_written_down_in_the_chain_it_is_about(client: FlaskClient, member: Member) -> None:
    desk_id = desks.by_name("KZ").id
    client.get("/desk/dashboard?for=outside")
    file(client)
    file(client, f"?desk={desk_id}&period=4w")
    db.session.rollback()
    entries = db.session.query(AuditEntry).filter_by(act="figures.taken").order_by(AuditEntry.id).all()
    assert [(entry.chain, entry.member_id) for entry in entries] == [(HOUSE, member.id), (desk_id, member.id)]
    assert entries[0].detail["last"] == now().date().isoformat()
    assert acts.said("figures.taken") != "figures.taken"


def test_who_is_seated_nowhere_and_who_forges_the_address_get_no_file(client: FlaskClient, house: House) -> None:
    arrive("KZ", *[now()] * 9)
    browser = client.application.test_client()
    sign_in(browser, make_member(house, role=None, is_admin=True))
    assert browser.get("/desk/dashboard/figures.csv").status_code == 404
    sign_in(client, make_member(house, "KG"))
    answer = client.get(f"/desk/dashboard/figures.csv?desk={desks.by_name('KZ').id}")
    assert answer.status_code == 302
    assert "There is no such desk among yours" in client.get(answer.headers["Location"]).text
    db.session.rollback()
    assert db.session.query(AuditEntry).filter_by(act="figures.taken").count() == 0


def test_a_page_for_outside_is_made_of_hidden_numbers_alone(app: object, house: House) -> None:
    member = make_member(house, "KZ")
    visitor, own = house.visitors[member.id], [desks.by_name("KZ")]
    arrive("KZ", *[now()] * 6)
    found = board.read(visitor, dashboard_filter.read({"for": "outside"}, [own[0].id], now().date()), own)
    assert isinstance(found, Board)
    assert found.health is None
    assert [one.since for one in found.standing] == [None]
    assert [one.queued.count for one in found.standing] == [6]
    assert all(not times.counts for times in found.times)


def test_a_hidden_number_draws_nothing() -> None:
    cells = protect([30, 2, 9, 0, 14])
    assert cells
    series = Series("weeks", "Weeks", "Week", [Bar(f"W{at}", cell, f"W{at}") for at, cell in enumerate(cells)])
    chart = charts.line_chart(series)
    assert [piece.count(",") for piece in chart.pieces] == [1, 2]
    assert len(chart.points) == 3
    assert charts.summary(series) == series.bars[0]
    widths = {bar.cell.hidden: row.width for bar, row in zip(series.bars, charts.bar_chart(series).rows, strict=True)}
    assert widths[FEWER] == widths[HELD_BACK] == "0.00%"
    nothing = Series("weeks", "", "", [Bar("", Cell(None, FEWER))])
    assert charts.summary(nothing) is None
    assert charts.line_chart(nothing).pieces == []
