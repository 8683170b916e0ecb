"""What ffprobe said about a film or a sound: how it can be played, and its clues. What it said is hostile, too."""

import json
import math
import re
from io import BufferedReader
from typing import Any

from intake.evidence.boxed import clues, frames
from intake.evidence.boxed.clues import Clues
from intake.evidence.boxed.frames import Head, RefusedError
from intake.evidence.boxed.room import MEGABYTE, say, work
from intake.evidence.boxed.walls import Limits

LIMITS = Limits(seconds=10, memory=512 * MEGABYTE)
SHORT = 120.0  # seconds of a film that is made anew where browsers do not play it
SHORT_SIZE = 24 * MEGABYTE  # of one that does not say how long it is
# How a film or a sound is played: without a promise where a browser may lack what it needs.
COPY, ENCODE, HOPE, NONE = "copy", "encode", "hope", "none"
MP4, WEBM, MP3 = "mp4", "webm", "mp3"
WEBM_FILMS = frozenset({"vp8", "vp9", "av1"})
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)(?:\.\d+)?Z")
_PLAIN_PIXELS = frozenset({"yuv420p", "yuvj420p"})
_MADE, _SOFTWARE = ("creation_time", "date"), ("encoder", "com.apple.quicktime.software", "encoded_by")
_PLACES = ("location", "location-eng", "com.apple.quicktime.location.ISO6709")
_MAKES = ("make", "com.apple.quicktime.make", "com.android.manufacturer")
_MODELS = ("model", "com.apple.quicktime.model", "com.android.model")


def main(order: str) -> None:
    """Say what follows from what ffprobe said, on standard input."""
    work(order, LIMITS, show)


def show(file: BufferedReader, order: Head) -> None:
    """Say the plan for playing it, or its clues."""
    said = json.loads(file.read())
    streams = [stream for stream in said.get("streams", []) if isinstance(stream, dict)]
    holder = said.get("format") if isinstance(said.get("format"), dict) else {}
    if order["what"] == "clues":
        say({"clues": clues.trimmed(_clues([holder, *streams]))})
    else:
        say(planned(streams, is_short=_is_short(holder, int(order["size"]))))


def planned(streams: list[dict[str, Any]], *, is_short: bool) -> Head:
    """Return how streams are played: what becomes of the first film and of the first sound, and in what container.

    Raises:
        RefusedError: nothing in it can be played, or it is too long to be made anew.
    """
    film = next((one for one in streams if one.get("codec_type") == "video" and not _is_cover(one)), None)
    sound = next((one for one in streams if one.get("codec_type") == "audio"), None)
    if film is None and sound is None:
        raise RefusedError(frames.BROKEN)
    codec = str(sound.get("codec_name")) if sound else ""
    plan: Head = {"film": NONE, "codec": "", "film_stream": 0, "sound": NONE, "sound_codec": "", "sound_stream": 0}
    if sound is not None:
        plan |= {"sound": ENCODE, "sound_stream": sound["index"]}
    if film is None:
        container = {"mp3": MP3, "opus": WEBM}.get(codec, MP4)
        copied = codec in {"aac", "mp3", "opus"}
    else:
        plan |= {"film_stream": film["index"], **_film(film, is_short=is_short)}
        container = WEBM if plan["film"] == COPY and plan["codec"] in WEBM_FILMS else MP4
        copied = codec in ({"opus"} if container == WEBM else {"aac", "mp3"})
    if sound is not None and copied:
        plan |= {"sound": COPY, "sound_codec": codec}
    return {**plan, "container": container}


def _film(film: dict[str, Any], *, is_short: bool) -> Head:
    codec = str(film.get("codec_name"))
    is_plain = codec == "h264" and film.get("pix_fmt") in _PLAIN_PIXELS
    if codec in WEBM_FILMS or is_plain:
        return {"film": COPY, "codec": codec}
    if is_short:
        return {"film": ENCODE, "codec": ""}
    if codec in {"h264", "hevc"}:
        return {"film": HOPE, "codec": codec}
    raise RefusedError(frames.TOO_LONG)


def _is_cover(stream: dict[str, Any]) -> bool:
    disposition = stream.get("disposition")
    is_picture = isinstance(disposition, dict) and (
        disposition.get("attached_pic") or disposition.get("timed_thumbnails")
    )
    return bool(is_picture)


def _is_short(holder: dict[str, Any], size: int) -> bool:
    try:
        seconds = float(holder.get("duration", ""))
    except (TypeError, ValueError):
        return size <= SHORT_SIZE
    return math.isfinite(seconds) and seconds <= SHORT


def _clues(holders: list[dict[str, Any]]) -> Clues:
    found: Clues = []
    for holder in holders:
        tags = holder.get("tags")
        known = {str(name): str(value) for name, value in tags.items()} if isinstance(tags, dict) else {}
        found += [("taken_at", _time(known[name])) for name in _MADE if name in known]
        found += [("taken_at", known[name]) for name in ("com.apple.quicktime.creationdate",) if name in known]
        found += [("software", known[name]) for name in _SOFTWARE if name in known]
        for name in _PLACES:
            found += clues.iso_6709(known[name]) if name in known else []
        device = [next((known[name] for name in names if name in known), "") for names in (_MAKES, _MODELS)]
        found.append(("device", " ".join(filter(None, device))))
        for name, key in (
            ("artist", "author"),
            ("copyright", "rights"),
            ("title", "title"),
            ("comment", "description"),
        ):
            found.append((key, known.get(name, "")))
    return found


def _time(text: str) -> str:
    """Return a time as ffprobe writes it (2026-05-01T12:30:00.000000Z) without what nobody reads."""
    found = _TIME.fullmatch(text)
    return f"{found[1]} {found[2]} UTC" if found else text
