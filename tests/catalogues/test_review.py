"""A native reader gets every text, gives corrections back, and answers for what they read and for nothing else."""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tests.catalogues import review, signatures
from tests.catalogues.places import files_of_texts, pictures_of, place
from tests.catalogues.reading import TEMPLATE, TRANSLATED, catalogue, forms, messages, path_of, planted
from tests.catalogues.signatures import digest, sign, unsigned
from tests.catalogues.table import COLUMNS, Line, lines, name_of, read, write_csv, write_page, write_xlsx

ENTRIES = """
msgid "Send your letter"
msgstr "Хатыңызды жіберіңіз"

msgid "%(num)s day"
msgid_plural "%(num)s days"
msgstr[0] "%(num)s күн"
msgstr[1] "%(num)s күн"
"""
HOSTILE = [
    Line("0a1b", 0, '=HYPERLINK("x")', "-1", "+7 «да»\nстрока", "@SUM(1)", "'= нет", "page a; b"),
    Line("123456789012", 1, "a,b;c", 'кавычки "x"', "ʻʼ ң", "", "", "letter x, body"),
]


def _catalog() -> Catalog:
    return planted(ENTRIES, "kk")


def _table(correction: str = "", remark: str = "", translation: str = "Хатыңызды жіберіңіз") -> list[Line]:
    first, second = messages(_catalog())
    return [
        Line(name_of(first), 0, "Send your letter", "", translation, correction, remark),
        Line(name_of(second), 0, "%(num)s day", "", "%(num)s күн"),
        Line(name_of(second), 1, "%(num)s days", "", "%(num)s күн"),
    ]


@pytest.mark.parametrize(("suffix", "write"), [("csv", write_csv), ("xlsx", write_xlsx)])
def test_a_table_comes_back_as_it_went(tmp_path: Path, suffix: str, write: Callable[[list[Line], Path], None]) -> None:
    path = tmp_path / f"review.{suffix}"
    write(HOSTILE, path)
    assert read(path) == HOSTILE
    assert b"\n=" not in path.read_bytes() or suffix == "xlsx"


def test_a_table_that_another_program_saved_is_read(tmp_path: Path) -> None:
    """LibreOffice writes semicolons if asked; others leave out empty cells and write texts into the cells."""
    (tmp_path / "a.csv").write_text(";".join(COLUMNS) + "\r\nab;0;e;r;t;c;m;p\r\n;;;;;;;\r\n", "utf-8")
    assert read(tmp_path / "a.csv") == [Line("ab", 0, "e", "r", "t", "c", "m", "p")]
    letters = "ABCDEFGH"
    head = "".join(
        f'<c r="{letter}1" t="inlineStr"><is><t>{column}</t></is></c>'
        for letter, column in zip(letters, COLUMNS, strict=True)
    )
    first, far = (
        f'<c r="{cell}2" t="inlineStr"><is><t>{text}</t></is></c>' for cell, text in (("A", "ab"), ("F", "c"))
    )
    sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as book:
        rows = f'<row r="1">{head}</row><row r="2">{first}<c r="B2"><v>0</v></c>{far}</row>'
        book.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{sheet}"><sheetData>{rows}</sheetData></worksheet>'
        )
    assert read(tmp_path / "a.xlsx") == [Line("ab", 0, "", "", "", "c")]


def test_what_is_no_table_of_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("one,two\n1,2\n", "utf-8")
    with pytest.raises(ValueError, match="has not the columns"):
        read(tmp_path / "a.csv")


def test_the_table_of_a_language_has_every_text_and_says_where_it_is_said(tmp_path: Path) -> None:
    table = lines("tg")
    assert len(table) == sum(len(forms(message)) for message in messages(catalogue("tg")))
    assert all(line.place and line.russian and line.english for line in table)
    assert all("complaint/" in line.place or "followup/" in line.place or "public" in line.place for line in table[:99])
    assert not any("complaint/" in line.place for line in table[-99:])
    assert len(files_of_texts()) == len({line.text for line in table})
    write_page("tg", "Тоҷикӣ", table[:50], tmp_path)
    page = (tmp_path / "index.html").read_text("utf-8")
    assert table[49].translation.replace("<", "&lt;") in page
    assert "<script" not in page


def test_places_are_named_and_pictures_found() -> None:
    assert place("templates/email/new_case/body.txt") == "letter new_case, body"
    assert place("templates/followup/case.html") == "page followup/case"
    assert place("intake/cases/forms.py") == "words of cases/forms"
    taken = ["answer", "case-files", "complaint", "desk-queue", "safety", "details-when"]
    assert pictures_of(["templates/complaint/safety.html"], taken) == ["safety"]
    assert pictures_of(["templates/cases/queue.html"], taken) == ["desk-queue"]
    assert pictures_of(["templates/followup/files.html"], taken) == ["case-files"]
    assert pictures_of(["templates/complaint/page.html"], taken) == ["answer", "complaint"]
    assert pictures_of(["intake/outbox/notices.py"], taken) == []


def test_a_correction_is_put_in() -> None:
    catalog = _catalog()
    assert review.corrected(catalog, _table(" Хатты жіберіңіз ")) == (1, [])
    assert [forms(message) for message in messages(catalog)] == [("Хатты жіберіңіз",), ("%(num)s күн", "%(num)s күн")]


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (_table("Хатынызды жіберіңіз")[0], "not spelled"),
        (_table("Хатты жіберіңіз.")[0], "end of sentence"),
        (_table("Xатты жіберіңіз")[0], "Latin letters"),
        (_table("<b>Хатты</b> жіберіңіз")[0], "markup"),
        (_table("Хатты %(name)s жіберіңіз")[0], "placeholders"),
        (_table("Хатты жіберіңіз", translation="Хат жіберіңіз")[0], "changed meanwhile"),
        (Line("none", 0, "Gone", "", "Жоқ", "Жоғалды"), "no longer said: 'Gone'"),
    ],
)
def test_a_correction_that_breaks_a_rule_or_comes_late_is_named(line: Line, fault: str) -> None:
    _, faults = review.corrected(_catalog(), [line])
    assert faults
    assert fault in faults[0]


def test_a_faulty_table_changes_nothing_and_a_sound_one_changes_its_text_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept, copy = path_of("kk").read_text("utf-8"), tmp_path / "messages.po"
    copy.write_text(kept, "utf-8")
    monkeypatch.setattr(review, "path_of", lambda _: copy)
    monkeypatch.setattr(review, "ROOT", tmp_path)
    table = tmp_path / "review.csv"
    line = next(line for line in lines("kk") if line.english == "Send")
    write_csv([Line(line.text, 0, line.english, "", line.translation, "Жiберу")], table)  # its i is a Latin one
    assert review.take("kk", table) == 1
    assert copy.read_text("utf-8") == kept
    assert "Nothing was changed" in capsys.readouterr().err
    write_csv([Line(line.text, 0, line.english, "", line.translation, "Жолдау")], table)
    assert review.take("kk", table) == 0
    assert copy.read_text("utf-8") == kept.replace(
        f'msgid "Send"\nmsgstr "{line.translation}"', 'msgid "Send"\nmsgstr "Жолдау"'
    )
    assert review.take("uz-Cyrl", table) == 1


def test_a_reader_answers_for_what_they_saw_or_corrected_and_left_without_a_remark() -> None:
    catalog = _catalog()
    first, second = map(digest, messages(catalog))
    assert review.read_as(catalog, _table()) == [first, second]
    assert review.read_as(catalog, _table(remark="күлкілі")) == [second]
    assert review.read_as(catalog, _table(translation="Хат жіберіңіз")) == [second]
    assert review.read_as(catalog, _table("Хатыңызды жіберіңіз", translation="Хат")) == [first, second]
    assert review.read_as(catalog, _table("Хатты жіберіңіз")) == [second]
    assert review.read_as(catalog, _table()[:2]) == [first]


def test_a_changed_text_loses_its_signature(tmp_path: Path) -> None:
    catalog = _catalog()
    assert len(unsigned(catalog, signatures.signatures("kk", tmp_path))) == 2
    sign("kk", "Айша", [digest(message) for message in messages(catalog)], date(2026, 11, 26), tmp_path)
    said = signatures.signatures("kk", tmp_path)
    assert [(each.who, each.day) for each in said] == [("Айша", "2026-11-26")]
    assert unsigned(catalog, said) == []
    review.corrected(catalog, _table("Хатты жіберіңіз"))
    assert [message.id for message in unsigned(catalog, said)] == ["Send your letter"]
    changed = planted(ENTRIES.replace("Send your letter", "Send the letter"), "kk")
    assert [message.id for message in unsigned(changed, said)] == ["Send the letter"]
    sign("kk", "Болат", [digest(message) for message in messages(catalog)], date(2026, 11, 27), tmp_path)
    assert unsigned(catalog, signatures.signatures("kk", tmp_path)) == []


def test_the_page_about_translations_says_what_is_signed() -> None:
    text = signatures.PAGE.read_text("utf-8")
    assert text == signatures.page(text), "run `make translations`"
    assert TEMPLATE.is_file()
    assert set(signatures.ENGLISH_NAMES) == {*TRANSLATED, "en"}
