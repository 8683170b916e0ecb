"""Pictures made anew from nothing but their pixels: upright, of bounded size, without a word about where and when."""

import io
import json
import warnings
from io import BufferedReader

from PIL import Image, ImageCms, JpegImagePlugin, MpoImagePlugin, PngImagePlugin  # noqa: F401 formats, loaded in time

from intake.evidence.boxed import frames
from intake.evidence.boxed.frames import Head, RefusedError
from intake.evidence.boxed.room import MEGABYTE, say, work
from intake.evidence.boxed.walls import Limits

LIMITS = Limits(seconds=30, memory=1536 * MEGABYTE)
MOST_PIXELS = 64_000_000  # 256 MB while they are decoded
LONGEST_SIDE = 2400
FEW_COLOURS = 64
QUALITY = 85
ORIENTATION = 0x0112  # Exif 2.32, 4.6.4
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def main(order: str) -> None:
    """Show the picture on standard input."""
    prepare(order)
    work(order, LIMITS, show)


def prepare(order: str) -> None:
    """Load what reads the format that is asked for, while there are no walls yet."""
    name = json.loads(order)["format"]
    if name == "HEIF":
        import pillow_heif  # noqa: PLC0415 only for these

        pillow_heif.register_heif_opener(thumbnails=False)
    elif name == "WEBP":
        from PIL import WebPImagePlugin  # noqa: F401, PLC0415 as above
    elif name == "GIF":
        from PIL import GifImagePlugin  # noqa: F401, PLC0415 as above
    elif name == "AVIF":
        from PIL import AvifImagePlugin  # noqa: F401, PLC0415 as above
    elif name == "BMP":
        from PIL import BmpImagePlugin  # noqa: F401, PLC0415 as above


def show(file: BufferedReader, order: Head) -> None:
    """Say the picture as it may be seen."""
    say_picture("picture", cleaned(opened(file, order["format"])))


def say_picture(kind: str, image: Image.Image, **more: int) -> None:
    """Say an image that is clean."""
    content_type, encoded = encoded_as(image, "PNG" if _is_drawing(image) else "JPEG")
    head = {"kind": kind, "content_type": content_type, "width": image.width, "height": image.height, **more}
    say(head, encoded)


def opened(file: BufferedReader, name: str) -> Image.Image:
    """Open a picture of one format, before it is decoded.

    Raises:
        RefusedError: it has too many pixels.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        image = Image.open(file, formats=[name])
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise RefusedError(frames.TOO_LARGE) from error
    if image.width * image.height > MOST_PIXELS:
        raise RefusedError(frames.TOO_LARGE)
    return image


def cleaned(image: Image.Image) -> Image.Image:
    """Return the first picture of a file, upright and no larger than a screen, as pixels and nothing else."""
    image.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))
    image.load()
    turn, profile = _turn(image), image.info.get("icc_profile")
    shown = _with_colours(image)
    del image
    shown.thumbnail((LONGEST_SIDE, LONGEST_SIDE), Image.Resampling.LANCZOS)
    shown = _in_srgb(shown, profile)
    if turn is not None:
        shown = shown.transpose(turn)
    if shown.mode == "RGBA" and shown.getchannel("A").getextrema() == (255, 255):
        shown = shown.convert("RGB")
    bare = Image.new(shown.mode, shown.size)
    bare.paste(shown)
    return bare


def encoded_as(image: Image.Image, name: str) -> tuple[str, bytes]:
    """Return the content type and the bytes of a clean image, as JPEG or PNG."""
    out = io.BytesIO()
    if name == "PNG":
        image.save(out, name)
        return "image/png", out.getvalue()
    image.convert("RGB").save(out, name, quality=QUALITY)
    return "image/jpeg", out.getvalue()


def _is_drawing(image: Image.Image) -> bool:
    """Return whether JPEG would lose transparency, or blur what has few colours."""
    return image.mode == "RGBA" or image.getcolors(FEW_COLOURS) is not None


def _turn(image: Image.Image) -> Image.Transpose | None:
    try:
        return _TURNS.get(image.getexif().get(ORIENTATION, 1))
    except Exception:  # noqa: BLE001 metadata of whatever kind: the picture is shown as it lies
        return None


def _with_colours(image: Image.Image) -> Image.Image:
    """Return it in a mode that keeps its colours and its transparency."""
    if image.mode.startswith(("I", "F")):
        return image.point(lambda value: value / 256).convert("L").convert("RGB")
    if image.has_transparency_data:
        return image.convert("RGBA")
    return image.copy() if image.mode == "CMYK" else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: object) -> Image.Image:
    """Return it in the colours that every screen knows, whatever the profile says that came with it."""
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if alpha else image
    if isinstance(profile, bytes):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            changed = ImageCms.profileToProfile(colours, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            changed = None
        colours = changed or colours
    colours = colours.convert("RGB")
    if alpha:
        colours.putalpha(alpha)
    return colours
