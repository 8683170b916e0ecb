"""The style has one source: what the pages draw with stands in tokens.css, and nothing is drawn past it."""

import re

import pytest

from intake.web.inlined import STATIC, STYLE, VISIT_STYLE

TOKENS = "tokens.css"
SHEETS = sorted(path.name for path in STATIC.glob("*.css"))
_NAMED = "black|blue|brown|coral|crimson|cyan|gold|gr[ae]y|green|navy|orange|pink|purple|red|silver|teal|white|yellow"
_MADE = "(?:rgb|hsl|hwb|lab|lch|oklab|oklch|color)a?"
COLOUR = re.compile(rf"#[0-9a-f]{{3,8}}\b|\b{_MADE}\(|(?<![-\w])(?:{_NAMED})(?![-\w])", re.IGNORECASE)
SIZE = re.compile(r"(?<![-\w])font(?:-size)?:[^;}]*?\b\d[\d.]*(?:px|rem)")
FACE = re.compile(r"(?<![-\w])font(?:-family)?:[^;}]*(?:serif|monospace|system-ui)")
SPACE = re.compile(r"(?<![-\w])(?:(?:margin|padding)[\w-]*|gap):[^;}]*?\b(?:[4-9]|\d\d+)px")


def _rules(name: str) -> str:
    """Return a sheet without its remarks, and without strings: pictures in them are masks, drawn in no colour."""
    return re.sub(r'"[^"]*"|/\*.*?\*/', "", (STATIC / name).read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("what", [COLOUR, SIZE, FACE, SPACE], ids=["colour", "size", "face", "space"])
@pytest.mark.parametrize("name", [name for name in SHEETS if name != TOKENS])
def test_a_sheet_draws_with_tokens_alone(name: str, what: re.Pattern[str]) -> None:
    assert not [found[0] for found in what.finditer(_rules(name))], f"name it in {TOKENS}, or use what stands there"


@pytest.mark.parametrize(
    ("what", "planted"),
    [
        (COLOUR, "a{color:#0b5a6b}"),
        (COLOUR, "a{border:1px solid rgba(0,0,0,.1)}"),
        (COLOUR, "a{background:white}"),
        (SIZE, "a{font-size:15px}"),
        (SIZE, "a{font:700 15px/1 var(--mono)}"),
        (FACE, "a{font:var(--f2) Georgia,serif}"),
        (SPACE, "a{padding:0 14px}"),
        (SPACE, "a{margin: 0 auto 12px}"),
    ],
)
def test_what_is_drawn_past_the_tokens_is_found(what: re.Pattern[str], planted: str) -> None:
    assert what.search(planted)


def test_every_token_that_is_used_exists_and_every_one_that_exists_is_used() -> None:
    all_rules = "".join(_rules(name) for name in SHEETS)
    used = set(re.findall(r"var\((--[\w-]+)", all_rules))
    assert used == set(re.findall(r"(--[\w-]+):", all_rules))


def test_every_colour_of_the_light_has_one_in_the_dark() -> None:
    light, dark = (set(re.findall(r"(--[\w-]+):\s*#", part)) for part in _rules(TOKENS).split("@media")[:2])
    assert light - dark == {"--paper", "--pencil", "--mark", "--lit"}, "these are the same in every light"
    assert dark <= light


def test_what_is_inlined_is_the_sheets_without_remarks_and_spare_space() -> None:
    for style, names in ((STYLE, (TOKENS, "public.css")), (VISIT_STYLE, ("visit.css",))):
        whole = "".join(re.sub(r"/\*.*?\*/", "", (STATIC / name).read_text(), flags=re.DOTALL) for name in names)
        assert re.sub(r"[\s;]", "", style.text) == re.sub(r"[\s;]", "", whole)
        assert "/*" not in style.text
        assert "\n  " not in style.text
