"""``python -m tests.pictures``: take all pictures anew; a few of them go into ``docs/pictures``."""

import argparse
import logging
import shutil
import sys
from pathlib import Path

from PIL import Image
from rich.console import Console

from intake.config import ROOT
from intake.i18n import TAGS
from tests.pictures import complainant, desk
from tests.pictures.camera import Camera, save
from tests.pictures.stage import Stage, stage

FOLDER = ROOT / "instance" / "pictures"  # git keeps nothing of it
OF_DOCS = ROOT / "docs" / "pictures"
# What README and docs show: the picture, where it comes from, and how much of it is shown from the top, in pixels.
SHOWN = {
    "complaint-phone": ("ru/complaint", 1100),
    "answer-phone": ("kk/answer", 1100),
    "case-phone": ("uz/case-needs-answer", 1100),
    "case-dark-phone": ("dark/ru/case-needs-answer", 1100),
    "queue": ("en/desk-queue", 900),
    "case": ("ru/desk-case", 1100),
}


def main() -> int:
    """Take the pictures; return 0."""
    parser = argparse.ArgumentParser(prog="python -m tests.pictures", description="Take pictures of the pages.")
    parser.add_argument("--out", type=Path, default=FOLDER, help="where they go: a folder for each language")
    parser.add_argument("--lang", choices=TAGS, action="append", help="only this language (may be repeated)")
    parser.add_argument("--only", default="", help="only pictures whose name holds this")
    asked = parser.parse_args()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    with stage() as place, Console(stderr=True).status("Taking pictures …") as status:
        for lang in asked.lang or TAGS:
            status.update(f"Taking pictures: {lang} …")
            _of_language(place, Camera(asked.out, asked.only), lang)
        if not asked.lang:
            status.update("Taking pictures in the dark …")
            _dark(place, Camera(asked.out / "dark", asked.only))
    if not (asked.lang or asked.only):
        _show(asked.out)
    sys.stdout.write(f"{len(list(asked.out.rglob('*.png')))} pictures lie in {asked.out}\n")
    return 0


def _of_language(place: Stage, camera: Camera, lang: str) -> None:
    complainant.pictures(place, camera, lang)
    desk.pictures(place, camera, lang)


def _dark(place: Stage, camera: Camera) -> None:
    complainant.pictures(place, camera, "ru", dark=True)
    desk.pictures(place, camera, "ru", dark=True)


def _show(folder: Path) -> None:
    """Put the few that README and docs show where git keeps them."""
    shutil.rmtree(OF_DOCS, ignore_errors=True)
    for name, (source, height) in SHOWN.items():
        picture = Image.open(folder / f"{source}.png")
        save(picture.crop((0, 0, picture.width, min(height, picture.height))), OF_DOCS / f"{name}.png")


if __name__ == "__main__":
    sys.exit(main())
