"""Forms are read as Werkzeug reads them, whatever the bytes."""

import io

from hypothesis import example, given
from hypothesis import strategies as st
from werkzeug.formparser import FormDataParser

from intake.web.form_parser import URL_ENCODED, FormParser

SIGNS = (b"&", b"=", b"+", b"%", b"%D0%B6", b"%d0", b"%B6", b"%E2%80", b"%C3%28", b"%zz", b"%4", b"%00", b"%26", b"%3D")
RAW = (b"a", "ж".encode(), "€".encode(), b"\xd0", b"\xff", b";", b"\r\n", b" ", b"story")


def read(parser: type[FormDataParser], body: bytes) -> list[tuple[str, str]]:
    stream, fields, files = parser().parse(io.BytesIO(body), URL_ENCODED, len(body))
    assert not files
    assert stream.read() == b""
    return list(fields.items(multi=True))


@given(st.one_of(st.binary(max_size=60), st.lists(st.sampled_from(SIGNS + RAW), max_size=12).map(b"".join)))
@example(b"story=%D0%9C%D0%B5%D0%BD%D1%8F+%D0%B1%D0%B8%D0%BB%D0%B8%2C+%0D%0A&urgent&&code=1=2&=x")
@example("story=жук%D0%".encode())
def test_a_form_is_read_as_werkzeug_reads_it(body: bytes) -> None:
    assert read(FormParser, body) == read(FormDataParser, body)
