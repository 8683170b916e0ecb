"""The pages of a return visit: light, whole in one request, neutral for whoever looks at the tab."""

import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from intake.followup import blocks
from intake.i18n import TAGS
from tests.factories import House, come_back, fields, hidden_code, make_case, make_member

SHORT_PATH_AND_RETURN = 60_000  # bytes
OTHERS = ("", "/messages", "/words", "/delete", "/code", "/proof", "/proof?qr=1", "/files")


def weights(client: FlaskClient, paths: list[str]) -> Iterator[tuple[str, int, str]]:
    """Return what each page weighs as it travels, and its text."""
    for path in paths:
        page = client.get(path, headers={"Accept-Encoding": "gzip"})
        assert page.status_code == 200, path
        yield path, len(page.data), client.get(path).get_data(as_text=True)


@pytest.mark.parametrize("lang", TAGS)
def test_the_short_path_and_a_return_visit_fit_a_bad_line(client: FlaskClient, house: House, lang: str) -> None:
    make_member(house, "KZ")
    plain = {"Accept-Encoding": "gzip"}
    total = len(client.get(f"/{lang}/", headers=plain).data)
    sent = fields()
    total += len(client.post(f"/{lang}/", data=sent, headers=plain).data)
    total += len(client.get(f"/{lang}/case", headers=plain).data)
    client.post(f"/{lang}/case", data={"code": hidden_code(sent)})
    total += len(client.get(f"/{lang}/case", headers=plain).data)
    total += sum(size for _, size, _ in weights(client, [f"/{lang}/case/details/when", f"/{lang}/case/words"]))
    assert total <= SHORT_PATH_AND_RETURN


def test_every_title_is_the_same_neutral_one_and_the_icon_is_empty(client: FlaskClient, house: House) -> None:
    _, _, code = make_case()
    come_back(client, code)
    paths = ["/en/", "/en/safety", "/en/about", *(f"/en/case{path}" for path in OTHERS)]
    paths += [f"/en/case/details/{name}" for name in blocks.BLOCKS]
    for path, _, page in weights(client, paths):
        assert re.findall(r"<title>(.*?)</title>", page) == ["Write to the editors"], path
        assert '<link rel="icon" href="data:,">' in page
        assert 'id="exit"' in page
