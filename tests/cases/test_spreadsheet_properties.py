"""Whatever stands in a cell, a spreadsheet shows it, and takes nothing for a formula."""

import csv
import io
import unicodedata
import zipfile
from collections import Counter

from hypothesis import example, given
from hypothesis import strategies as st

from intake.cases import list_export, spreadsheets
from intake.cases.list_export import List
from intake.web.forms import clean_line
from tests.strategies import examples, texts

SIGNS = ("=", "+", "-", "@", "|", "%")
LEADS = st.sampled_from(("", " ", "\u200b", "\u202e", "\ufeff", "\u0301", "＝", "﹢", "－", "＠", "﹪", *SIGNS))
CELLS = st.builds(lambda lead, sign, text: clean_line(lead + sign + text), LEADS, LEADS, texts(40))


@examples(25, 8000)
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=3), min_size=1, max_size=4))
@example(rows=[["\u200b＝cmd|' /C calc'!A0"]])
def test_a_table_reads_back_and_no_cell_of_it_begins_a_formula(rows: list[list[str]]) -> None:
    text = spreadsheets.as_csv(rows).decode()
    assert text.startswith(spreadsheets.BOM)
    read = list(csv.reader(io.StringIO(text[1:], newline=""), strict=True))
    assert [len(row) for row in read] == [len(row) for row in rows]
    for cell, was in zip((one for row in read for one in row), (one for row in rows for one in row), strict=True):
        assert cell in {was, f"'{was}"}
        seen = "".join(one for one in cell if not one.isspace() and unicodedata.category(one) not in {"Cf", "Cc", "Mn"})
        assert unicodedata.normalize("NFKC", seen[:1])[:1] not in SIGNS


@examples(5, 300)
@given(cells=st.lists(CELLS, min_size=1, max_size=4))
def test_a_workbook_has_texts_and_no_formula_and_no_link(cells: list[str]) -> None:
    made = List(["a"] * len(cells), [cells], Counter(), is_cut=False)
    with zipfile.ZipFile(io.BytesIO(list_export.as_xlsx(made))) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "<f>" not in sheet
        assert "hyperlink" not in sheet
        assert sheet.count("<c ") >= len(cells)
