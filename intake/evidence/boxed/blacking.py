"""Boxes painted over a picture: in its pixels, and the picture made anew, so that nothing lies under them."""

from io import BufferedReader

from PIL import Image, ImageDraw

from intake.evidence.boxed.frames import Head
from intake.evidence.boxed.pictures import LIMITS, cleaned, encoded_as, opened
from intake.evidence.boxed.room import say, work

WHOLE = 1000  # what the width and the height of a picture are counted in


def main(order: str) -> None:
    """Paint over the picture on standard input."""
    work(order, LIMITS, show)


def show(file: BufferedReader, order: Head) -> None:
    """Say the picture with its boxes, of the kind that it was."""
    image = cleaned(opened(file, order["format"]))
    for box in order["boxes"]:
        paint(image, *box)
    content_type, encoded = encoded_as(image, order["format"])
    head = {"kind": "picture", "content_type": content_type, "width": image.width, "height": image.height}
    say(head, encoded)


def paint(image: Image.Image, left: int, top: int, width: int, height: int) -> None:
    """Paint a box, given in thousandths, black: every pixel that it touches."""
    right, bottom = min(left + width, WHOLE), min(top + height, WHOLE)
    if right <= left or bottom <= top:
        return
    first = left * image.width // WHOLE, top * image.height // WHOLE
    after = -(-right * image.width // WHOLE), -(-bottom * image.height // WHOLE)
    colour = (0, 0, 0, 255) if image.mode == "RGBA" else (0, 0, 0)
    ImageDraw.Draw(image).rectangle((*first, after[0] - 1, after[1] - 1), fill=colour)
