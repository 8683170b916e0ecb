"""Sound and film for a browser: taken out of their container by ffmpeg behind walls, and put into a bare one.

Only the first film and the first sound go over. What else lies in a container (tags, chapters, tracks of positions,
covers, attachments) stays behind, and so do the notes that cameras hide among the pictures.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

from intake.evidence.box_process import Feed, NoCopyError, Part, Process
from intake.evidence.boxed import frames
from intake.evidence.boxed.frames import FrameError, Head

MEGABYTE = 1024**2
# How each kind is read. The demuxer is told, never guessed: a list of other files (HLS, concat) is read as none.
DEMUXERS = {
    "audio/mp4": "mov",
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "audio/3gpp": "mov",
    "video/3gpp": "mov",
    "audio/webm": "matroska",
    "video/webm": "matroska",
    "audio/x-matroska": "matroska",
    "video/x-matroska": "matroska",
    "audio/ogg": "ogg",
    "video/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/wav": "wav",
    "audio/amr": "amr",
    "audio/flac": "flac",
    "audio/aac": "aac",
    "audio/aiff": "aiff",
    "video/x-msvideo": "avi",
    "video/mpeg": "mpeg",
    "video/mp2t": "mpegts",
    "video/x-flv": "flv",
    "video/x-ms-asf": "asf",
}
PROBING, PLAYING = 20, 240  # seconds
MOST_SAID = 512 * 1024  # bytes of ffprobe
MOST_STREAMS = 1000
_CHOICES = {
    "film": {"copy", "encode", "hope", "none"},
    "sound": {"copy", "encode", "none"},
    "sound_codec": {"", "aac", "mp3", "opus"},
    "codec": {"", "h264", "hevc", "vp8", "vp9", "av1"},
    "container": {"mp4", "webm", "mp3"},
}
_QUIET = ("-hide_banner", "-nostdin", "-loglevel", "quiet", "-max_alloc", str(512 * MEGABYTE))
_SCALE = "scale=w='min(1280,iw)':h='min(1280,ih)':force_original_aspect_ratio=decrease:force_divisible_by=2"
_FRAGMENTS = ("-f", "mp4", "-movflags", "frag_keyframe+empty_moov+default_base_moof", "-frag_duration", "2000000")
_MUXERS = {
    "mp4": _FRAGMENTS,
    "webm": ("-f", "webm", "-live", "1"),
    "mp3": ("-f", "mp3", "-id3v2_version", "0", "-write_id3v1", "0", "-write_xing", "0"),
}
_CONTENT_TYPES = {"mp4": "mp4", "webm": "webm", "mp3": "mpeg"}
# Notes among the pictures of a stream: SEI of H.264 (6) and H.265 (39, 40), metadata of AV1 (5).
_NOTES = {"h264": "6", "hevc": "39|40", "av1": "5"}
_ENCODERS = (
    ("mp4", ("-c:v", "libx264", "-preset", "veryfast", "-crf", "26", "-pix_fmt", "yuv420p")),
    ("webm", ("-c:v", "libvpx", "-deadline", "realtime", "-cpu-used", "8", "-b:v", "1500k", "-pix_fmt", "yuv420p")),
)
_SOUND_ENCODERS = {"mp4": ("-c:a", "aac", "-b:a", "96k"), "webm": ("-c:a", "libopus", "-b:a", "64k")}


def played(content_type: str, feed: Feed) -> Iterator[Part]:
    """Yield the one part: the sound or the film.

    Raises:
        NoCopyError: it cannot be played, for the reason that it says.
    """
    ffmpeg = _program("ffmpeg")
    plan = _planned(content_type, feed)
    reason = frames.BROKEN
    for container, arguments in _ways(plan):
        order = [*_QUIET, "-threads", "2", *_input(content_type), *_streams(plan), *arguments, *_bare(container)]
        with _running(ffmpeg, [*order, "pipe:1"], feed, PLAYING) as process:
            first = process.some(frames.PIECE)
            if not first:
                reason = process.ended() or reason
                continue
            kind = "sound" if plan["film"] == "none" else "film"
            media = f"{'audio' if kind == 'sound' else 'video'}/{_CONTENT_TYPES[container]}"
            rest = _rest(first, process, 8 * feed.size + 64 * MEGABYTE)
            yield Part(0, kind, media, rest)
            for _ in rest:
                pass
            return
    raise NoCopyError(reason)


def said(content_type: str, feed: Feed, what: str) -> Head:
    """Return what ffprobe says about a file, as the box understands it.

    Args:
        content_type: what the file is.
        feed: its bytes.
        what: ``plan`` or ``clues``.

    Raises:
        NoCopyError: it says nothing that can be understood.
    """
    arguments = [*_QUIET[:1], *_QUIET[2:], *_input(content_type), "-show_format", "-show_streams", "-of", "json"]
    with _running(_program("ffprobe"), arguments, feed, PROBING) as process:
        text = process.read(MOST_SAID + 1)
        reason = frames.TOO_LARGE if len(text) > MOST_SAID else process.ended()
    if reason:
        raise NoCopyError(reason)
    order = json.dumps({"what": what, "size": feed.size})
    with Feed([text], len(text)) as answer, Process("probed", [order], answer, PROBING) as process:
        return process.head()


def _planned(content_type: str, feed: Feed) -> Head:
    """Return the plan, if it is one: it comes out of the box."""
    plan = said(content_type, feed, "plan")
    try:
        for stream in ("film_stream", "sound_stream"):
            frames.number(plan, stream, MOST_STREAMS)
    except FrameError as error:
        raise NoCopyError(frames.BROKEN) from error
    if not all(plan.get(name) in known for name, known in _CHOICES.items()):
        raise NoCopyError(frames.BROKEN)
    return plan


def _ways(plan: Head) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield in what container it may go, and how its streams get there: the first way that works is taken."""
    copied = ("-c:a", "copy", *(("-bsf:a", "aac_adtstoasc") if plan["sound_codec"] == "aac" else ()))
    if plan["film"] == "encode":
        for container, arguments in _ENCODERS:
            sound = copied if plan["sound"] == "copy" and container == "mp4" else _SOUND_ENCODERS[container]
            yield container, ("-vf", _SCALE, *arguments, *sound)
        return
    container = plan["container"]
    sound = copied if plan["sound"] == "copy" else _SOUND_ENCODERS.get(container, copied)
    codec = plan["codec"]
    tag = ("-tag:v", "hvc1") if codec == "hevc" else ()
    without = ("-bsf:v", f"filter_units=remove_types={_NOTES[codec]}") if codec in _NOTES else ()
    yield container, ("-c:v", "copy", *tag, *without, *sound)


def _input(content_type: str) -> tuple[str, ...]:
    demuxer = DEMUXERS[content_type]
    return ("-protocol_whitelist", "file", "-f", demuxer, "-i", "file:/proc/self/fd/0")


def _streams(plan: Head) -> list[str]:
    chosen = [f"0:{plan[f'{kind}_stream']}" for kind in ("film", "sound") if plan[kind] != "none"]
    return [argument for stream in chosen for argument in ("-map", stream)]


def _bare(container: str) -> tuple[str, ...]:
    without = ("-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn")
    return (*without, "-fflags", "+bitexact", "-flags:v", "+bitexact", "-flags:a", "+bitexact", *_MUXERS[container])


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise NoCopyError(frames.NO_FFMPEG)
    return str(Path(found).resolve())


def _running(program: str, arguments: list[str], feed: Feed, seconds: int) -> Process:
    order = json.dumps({"program": program, "arguments": arguments, "seconds": seconds})
    return Process("played", [order], feed, seconds)


def _rest(first: bytes, process: Process, most: int) -> Iterator[bytes]:
    """Yield what the process says, up to its end, if that is a good one."""
    piece = first
    while piece:
        most -= len(piece)
        if most < 0:
            raise NoCopyError(frames.TOO_LARGE)
        yield piece
        piece = process.some(frames.PIECE)
    if reason := process.ended():
        raise NoCopyError(reason)
