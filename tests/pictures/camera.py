"""Taking a picture of a page: all of it, as few bytes as its colours need."""

import io
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page

COLOURS = 128
LONGEST = 16_000  # pixels


@dataclass(frozen=True)
class Camera:
    """Puts pictures into a folder for each language.

    Args:
        folder: where the folders of the languages are.
        only: what a name must hold; empty for every picture.
    """

    folder: Path
    only: str = ""

    def take(self, page: Page, lang: str, name: str) -> None:
        """Take a picture of the whole page that is shown."""
        if self.only in name:
            page.evaluate("window.scrollTo({top: 0, behavior: 'instant'})")  # else the bar on top hangs in the middle
            shown = page.screenshot(full_page=True, animations="disabled", caret="hide")
            save(Image.open(io.BytesIO(shown)), self.folder / lang / f"{name}.png")


def save(picture: Image.Image, path: Path) -> None:
    """Save a picture with a palette of its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = picture.size
    picture = picture.convert("RGB").crop((0, 0, width, min(height, LONGEST)))
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
    path.chmod(0o644)  # for everybody: nothing in it is real
