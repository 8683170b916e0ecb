"""Pages of a PDF as pictures. Its forms, its scripts and what is attached to it are never woken."""

import time
from io import BufferedReader

import pypdfium2
from PIL import Image, ImageDraw

from intake.evidence.boxed import frames
from intake.evidence.boxed.frames import Head, RefusedError
from intake.evidence.boxed.pictures import say_picture
from intake.evidence.boxed.room import MEGABYTE, work
from intake.evidence.boxed.walls import Limits

LIMITS = Limits(seconds=90, memory=1536 * MEGABYTE)
PATIENCE = 60.0  # seconds, after which the pages that are left are not drawn
LONGEST_SIDE = 1800
LARGEST_SCALE = 4.0
LARGEST_PAGE = 1_000_000.0  # points, 350 metres
FONTS = ("/usr/share/fonts", "/usr/local/share/fonts", "/usr/share/fontconfig")  # of letters that came without theirs
NO_PAGE = (1200, 1700)
GREY, DARK = (230, 230, 230), (120, 120, 120)


def main(order: str) -> None:
    """Show the pages of the document on standard input."""
    work(order, LIMITS, show, readable=FONTS)


def show(file: BufferedReader, order: Head) -> None:
    """Say its first pages, and on the last of them how many more there are."""
    document = opened(file)
    count = len(document)
    until, shown = time.monotonic() + PATIENCE, min(count, int(order["pages"]))
    for number in range(shown):
        page = drawn(document, number)
        last = number == shown - 1 or time.monotonic() > until
        say_picture("page", page, more=count - number - 1 if last else 0)
        if last:
            return


def opened(file: BufferedReader) -> pypdfium2.PdfDocument:
    """Open a document.

    Raises:
        RefusedError: it has a password, or no pages.
    """
    try:
        document = pypdfium2.PdfDocument(file)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code in {pypdfium2.raw.FPDF_ERR_PASSWORD, pypdfium2.raw.FPDF_ERR_SECURITY}
        raise RefusedError(frames.LOCKED if locked else frames.BROKEN) from error
    if not len(document):
        raise RefusedError(frames.BROKEN)
    return document


def drawn(document: pypdfium2.PdfDocument, number: int) -> Image.Image:
    """Return a page as it would be printed; a crossed-out one where it cannot be drawn."""
    try:
        page = _with_what_was_filled_in(document, number)
        width, height = page.get_size()
        if not (0 < width <= LARGEST_PAGE and 0 < height <= LARGEST_PAGE):
            return _crossed_out()
        scale = min(LONGEST_SIDE / max(width, height), LARGEST_SCALE)
        image: Image.Image = page.render(scale=scale, may_draw_forms=False, rev_byteorder=True).to_pil()
        page.close()
    except pypdfium2.PdfiumError:
        return _crossed_out()
    image.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    bare = Image.new("RGB", image.size, "white")
    bare.paste(image.convert("RGB"))
    return bare


def _with_what_was_filled_in(document: pypdfium2.PdfDocument, number: int) -> pypdfium2.PdfPage:
    """Return a page whose fields and notes are a part of it, as they look: nothing that could wake is left of them."""
    page = document[number]
    if pypdfium2.raw.FPDFPage_Flatten(page.raw, pypdfium2.raw.FLAT_NORMALDISPLAY) == pypdfium2.raw.FLATTEN_SUCCESS:
        page.close()
        page = document[number]
    return page


def _crossed_out() -> Image.Image:
    image = Image.new("RGB", NO_PAGE, GREY)
    for line in ((0, 0, *NO_PAGE), (0, NO_PAGE[1], NO_PAGE[0], 0)):
        ImageDraw.Draw(image).line(line, fill=DARK, width=8)
    return image
