"""Which language a complaint is in: measured on invented sentences, and never more certain than it may be."""

import json
import re
import threading
from pathlib import Path

import pycld2
import pytest
from flask import Flask

from intake.cases import detection
from intake.cases.detection import detected

_HERE = Path(__file__).resolve().parent
_DEMO = _HERE.parents[1] / "intake" / "reference" / "demo_stories.json"
SENTENCES = json.loads((_HERE / "tongues.json").read_text())
# Of a hundred short sentences of a language, at most so many may be found to be of another; see docs/detection.md.
LEAST_FOUND = {"ru": 0.85, "kk": 0.95, "ky": 0.97, "uz": 0.95, "uz-Cyrl": 0.97, "tg": 0.97, "tk": 0.95, "en": 0.97}
LEAST_FOUND["fa"] = 0.97
MOST_WRONG = 0.02


def demo_sentences() -> dict[str, list[str]]:
    """Return every sentence of the invented complaints, by language."""
    found = {}
    for tag, said in json.loads(_DEMO.read_text())["languages"].items():
        parts = ("openings", "facts", "details", "steps", "chronicle", "closings", "one_liners", "urgent")
        whole = [re.sub(r"\s*\(?\{\w+\}\)?", "", text) for part in parts for text in said[part]]
        cut = [sentence.strip() for text in whole for sentence in re.split(r"(?<=[.!?؟])\s+", text)]
        found[{"prs": "fa"}.get(tag, tag)] = [sentence for sentence in dict.fromkeys(cut) if len(sentence) > 9]
    return found


def spoken() -> dict[str, list[str]]:
    """Return the sentences of each language."""
    found = demo_sentences()
    return found | {"uz-Cyrl": SENTENCES["uz-Cyrl"]}


@pytest.mark.parametrize("tag", sorted(LEAST_FOUND))
def test_a_short_sentence_is_found_to_be_of_its_language(tag: str) -> None:
    sentences = spoken()[tag]
    assert len(sentences) >= 20
    found = [detected(sentence) for sentence in sentences]
    wrong = [sentence for sentence, one in zip(sentences, found, strict=True) if one not in {tag, None}]
    assert found.count(tag) >= LEAST_FOUND[tag] * len(found)
    assert len(wrong) <= MOST_WRONG * len(found), wrong


@pytest.mark.parametrize("tag", ["kk", "ky", "uz", "uz-Cyrl", "tg", "tk", "fa", "kaa", "ug", "zh"])
def test_a_story_of_some_sentences_is_of_its_language(tag: str) -> None:
    known = {**SENTENCES, **spoken()}[tag]
    for first in range(0, len(known) - 2, 3):
        assert detected(" ".join(known[first : first + 3])) == tag


@pytest.mark.parametrize("tag", ["kk", "ky", "uz", "uz-Cyrl", "tg", "tk"])
def test_letters_that_a_keyboard_lacks_do_not_mislead(tag: str) -> None:
    assert detected(" ".join(SENTENCES["careless"][tag])) == tag


@pytest.mark.parametrize("kind", ["ru", "kk", "ky"])
def test_what_is_typed_in_latin_letters_is_rather_unknown_than_wrong(kind: str) -> None:
    for sentence in SENTENCES["latin"][kind]:
        assert detected(sentence) in {None, kind}


def test_names_of_the_region_do_not_make_russian_another_language() -> None:
    assert detected("Моего мужа Әлі Қасымова забрали вечером из дома, адвоката к нему не пускают до сих пор.") == "ru"
    assert detected("My brother Gʻofur was taken from Oʻsh in the evening and nobody says where he is held.") == "en"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "123 456 789",
        "👍👍👍",
        "?!",
        "ok",
        "KZ-7Q4M-K2",
        "\x00" * 50,
        "\ud800" * 30,
        "\u202e\u200f" * 20,
        "٣٤٥",
    ],
)
def test_what_is_no_language_stays_unknown(text: str) -> None:
    assert detected(text) is None


@pytest.mark.parametrize(
    "noise",
    ["\x00", "\ud83d", "\u202e", "\u200f", "\ufffe", "\U0010ffff", "\x7f", "\U000e0001", "<b>", "%s{{7*7}}", "e\u0301"],
)
def test_hostile_text_is_looked_at_without_a_fault(noise: str) -> None:
    for sentence in (SENTENCES["uz-Cyrl"][3], SENTENCES["ug"][0], SENTENCES["zh"][0]):
        detected(noise.join(sentence) * 200)
    assert detected(f"{noise} ".join([*SENTENCES["uz-Cyrl"], ""])) == "uz-Cyrl"


def test_ten_thousand_characters_cost_no_more_than_the_first_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    whole = pycld2.detect

    def spied(text: bytes, **asked: bool) -> object:
        seen.append(len(text))
        return whole(text, **asked)

    monkeypatch.setattr(pycld2, "detect", spied)
    assert detected("ғалым қала өзен үйі " * 500) == "kk"
    assert max(seen) <= 4 * detection.LONGEST_LOOKED_AT


def test_threads_look_at_once() -> None:
    found: list[str | None] = []
    words = " ".join(SENTENCES["uz-Cyrl"])
    threads = [threading.Thread(target=lambda: found.extend(detected(words) for _ in range(20))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(found) == {"uz-Cyrl"}
    assert len(found) == 80


@pytest.mark.parametrize("reader", ["ru", "kk", "ky", "uz", "tg", "tk", "en"])
def test_every_language_has_a_name_in_the_readers(app: Flask, reader: str) -> None:
    with app.test_request_context(f"/{reader}/"):
        names = detection.names()
    assert all(names[tag] for tag in (*detection.TONGUES, detection.UNKNOWN))
    assert len(set(names.values())) == len(names)
