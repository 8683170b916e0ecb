"""Sound and film come out of the box as a browser plays them, and nothing else that lay in their containers."""

import json
import random
import subprocess
from pathlib import Path

import pytest

from intake.evidence import box, box_player
from intake.evidence.boxed import probed
from intake.evidence.boxed.frames import RefusedError
from tests.evidence.boxed_files import MARKER, amr, clues, made, refused, seen

FILM = ("-f", "lavfi", "-i", "testsrc=d=1:s=64x48:r=10,format=yuv420p")
SOUND = ("-f", "lavfi", "-i", "sine=d=1")
TOLD = (
    *("-metadata", "location=+43.2389+076.8897+812.0/", "-metadata", "creation_time=2026-05-01T12:30:00Z"),
    *("-metadata", f"title={MARKER}", "-metadata:s:0", f"title={MARKER}"),
)
CHAPTER = f";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=1\ntitle={MARKER}\n"
SUBTITLE = f"1\n00:00:00,000 --> 00:00:01,000\n{MARKER}\n"
SEI = b"x264 - core"  # what an encoder notes among the pictures


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Return a film with all that a container can hold beside it."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "chapter").write_text(CHAPTER)
    (folder / "words.srt").write_text(SUBTITLE)
    more = ("-i", str(folder / "words.srt"), "-i", str(folder / "chapter"))
    mapped = ("-map", "0", "-map", "1", "-map", "2", "-map_chapters", "3", "-c:s", "mov_text", "-c:v", "libx264")
    return made(folder / "film.mp4", *FILM, *SOUND, *more, *mapped, *TOLD)


def streams(folder: Path, file: bytes) -> list[dict[str, str]]:
    """Return what ffprobe says of what came out."""
    (folder / "shown").write_bytes(file)
    asked = ["ffprobe", "-loglevel", "error", "-show_streams", "-show_format", "-show_chapters", "-of", "json"]
    said = json.loads(subprocess.check_output([*asked, str(folder / "shown")]))
    assert said["chapters"] == []
    for holder in (said["format"], *said["streams"]):
        assert set(holder.get("tags", {})) <= {
            *("language", "handler_name", "vendor_id", "encoder", "ENCODER"),
            *("major_brand", "minor_version", "compatible_brands", "DURATION"),
        }
    return list(said["streams"])


def codecs(folder: Path, file: bytes) -> list[str]:
    """Return the codecs of what came out."""
    return [stream["codec_name"] for stream in streams(folder, file)]


def test_a_film_is_played_as_it_is_and_loses_every_trace(film: bytes, tmp_path: Path) -> None:
    assert film.count(MARKER.encode()) >= 3
    assert SEI in film
    ((part, shown),) = seen("video/mp4", film)
    assert (part.kind, part.content_type, part.number) == ("film", "video/mp4", 0)
    assert codecs(tmp_path, shown) == ["h264", "aac"]
    for trace in (MARKER.encode(), b"+43.2", SEI):
        assert trace not in shown


def test_what_a_film_says_is_told(film: bytes) -> None:
    said = clues("video/mp4", film)
    for clue in (("taken_at", "2026-05-01 12:30:00 UTC"), ("place", "43.238900, 76.889700"), ("altitude", "812 m")):
        assert clue in said
    assert ("title", MARKER) in said


def test_the_recording_of_an_old_telephone_becomes_one_that_plays(tmp_path: Path) -> None:
    ((part, shown),) = seen("audio/amr", amr())
    assert (part.kind, part.content_type) == ("sound", "audio/mp4")
    assert codecs(tmp_path, shown) == ["aac"]


CASES = {
    "webm": ("video/webm", "video/webm", ["vp8", "opus"], (*FILM, *SOUND, "-c:v", "libvpx", "-c:a", "libopus")),
    "vorbis.webm": (
        "video/webm",
        "video/webm",
        ["vp8", "opus"],
        (*FILM, *SOUND, "-c:v", "libvpx", "-c:a", "libvorbis"),
    ),
    "mov": ("video/quicktime", "video/mp4", ["h264", "aac"], (*FILM, *SOUND, "-c:v", "mpeg4", "-c:a", "pcm_s16le")),
    "hevc.mp4": ("video/mp4", "video/mp4", ["h264"], (*FILM, "-c:v", "libx265", "-x265-params", "log-level=0")),
    "444.mp4": ("video/mp4", "video/mp4", ["h264"], (*FILM, "-c:v", "libx264", "-pix_fmt", "yuv444p")),
    "3gp": ("video/3gpp", "video/mp4", ["h264"], (*FILM, "-c:v", "h263", "-s", "128x96")),
    "avi": ("video/x-msvideo", "video/mp4", ["h264", "mp3"], (*FILM, *SOUND, "-c:v", "mpeg4")),
    "mpg": ("video/mpeg", "video/mp4", ["h264"], (*FILM, "-c:v", "mpeg2video", "-r", "25")),
    "ts": ("video/mp2t", "video/mp4", ["h264", "aac"], (*FILM, *SOUND, "-c:v", "libx264", "-c:a", "aac")),
    "mkv": ("video/x-matroska", "video/mp4", ["h264"], (*FILM, "-c:v", "libx264")),
    "ogg": ("audio/ogg", "audio/webm", ["opus"], (*SOUND, "-c:a", "libopus")),
    "vorbis.ogg": ("audio/ogg", "audio/mp4", ["aac"], (*SOUND, "-c:a", "libvorbis")),
    "mp3": ("audio/mpeg", "audio/mpeg", ["mp3"], (*SOUND, "-id3v2_version", "3", "-write_id3v1", "1")),
    "m4a": ("audio/mp4", "audio/mp4", ["aac"], SOUND),
    "wav": ("audio/wav", "audio/mp4", ["aac"], SOUND),
    "flac": ("audio/flac", "audio/mp4", ["aac"], SOUND),
    "aac": ("audio/aac", "audio/mp4", ["aac"], SOUND),
    "aiff": ("audio/aiff", "audio/mp4", ["aac"], SOUND),
}


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name != "mp3")) for name in CASES])
def test_what_is_sent_to_us_becomes_what_a_browser_plays(name: str, tmp_path: Path) -> None:
    content_type, shown_as, expected, arguments = CASES[name]
    file = made(tmp_path / f"file.{name}", *arguments, *TOLD)
    ((part, shown),) = seen(content_type, file)
    assert (part.content_type, codecs(tmp_path, shown)) == (shown_as, expected)
    assert MARKER.encode() not in shown


def test_a_list_of_other_files_reads_none_of_them(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    made(tmp_path / "secret.mp3", *SOUND)
    lists = {
        "hls": f"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1,\nfile://{tmp_path}/secret.mp3\n#EXT-X-ENDLIST\n",
        "concat": f"ffconcat version 1.0\nfile {tmp_path}/secret.mp3\n",
    }
    for demuxer, text in lists.items():
        lure = tmp_path / f"lure.{demuxer}"
        lure.write_text(text)
        unsafe = ("-safe", "0") if demuxer == "concat" else ()
        allowed = ("-protocol_whitelist", "file", "-f", demuxer, *unsafe, "-i", str(lure))
        assert len(made(tmp_path / "stolen.wav", *allowed)) > 40_000, "without walls it is read"
        assert refused("video/mp4", text.encode()) == "broken"
        with monkeypatch.context() as patch:
            patch.setattr(box_player, "_input", lambda _, how=(demuxer, *unsafe): arguments(how))
            assert refused("audio/wav", text.encode()) == "broken", "walls stand even if ffmpeg were talked into it"


def arguments(how: tuple[str, ...]) -> tuple[str, ...]:
    """Return what would make ffmpeg read a list of files."""
    demuxer, *unsafe = how
    return ("-protocol_whitelist", "file", "-f", demuxer, *unsafe, "-i", "file:/proc/self/fd/0")


@pytest.mark.parametrize(
    ("content_type", "file"),
    [("video/mp4", b"\0\0\0\x18ftypmp42" + bytes(500)), ("audio/mpeg", b"ID3\x04" + bytes(50)), ("audio/ogg", b"")],
)
def test_what_is_no_sound_and_no_film_is_broken(content_type: str, file: bytes) -> None:
    assert refused(content_type, file) == "broken"


def test_a_film_that_is_cut_off_is_broken_and_one_cut_in_the_middle_is_shown_so_far(
    film: bytes, tmp_path: Path
) -> None:
    assert refused("video/mp4", film[: len(film) // 3]) == "broken", "what tells where things lie comes last"
    ((_, shown),) = seen("audio/amr", amr(3)[:-700])
    assert codecs(tmp_path, shown) == ["aac"]


def test_without_ffmpeg_it_is_said_and_pictures_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    assert refused("audio/amr", amr()) == "no_ffmpeg"
    assert box.ill() == "no_ffmpeg"
    assert len(seen("text/plain", b"words")) == 1


def test_an_ffmpeg_that_cannot_be_started_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(box_player, "_program", lambda _: "/etc/passwd")
    assert refused("audio/amr", amr()) == "no_ffmpeg"


@pytest.mark.slow
def test_where_one_encoder_lacks_another_is_tried(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    first, second = box_player._ENCODERS  # noqa: SLF001 as if it were not there
    assert "libx264" in first[1]
    monkeypatch.setattr(box_player, "_ENCODERS", ((first[0], ("-c:v", "libnone")), second))
    file = made(tmp_path / "film.mov", *FILM, "-c:v", "mpeg4")
    ((part, shown),) = seen("video/quicktime", file)
    assert (part.content_type, codecs(tmp_path, shown)) == ("video/webm", ["vp8"])


def film_of(codec: str) -> list[dict[str, object]]:
    """Return what ffprobe says of a film."""
    cover = {"index": 0, "codec_type": "video", "codec_name": "mjpeg", "disposition": {"attached_pic": 1}}
    data = {"index": 1, "codec_type": "data", "codec_name": "bin_data"}
    return [cover, data, {"index": 2, "codec_type": "video", "codec_name": codec, "pix_fmt": "yuv420p"}]


def test_a_long_film_that_browsers_may_lack_is_tried_and_another_is_too_long() -> None:
    assert probed.planned(film_of("hevc"), is_short=False)["film"] == probed.HOPE
    assert probed.planned(film_of("hevc"), is_short=True)["film"] == probed.ENCODE
    with pytest.raises(RefusedError, match="too_long"):
        probed.planned(film_of("mpeg4"), is_short=False)


def test_neither_covers_nor_data_are_the_film() -> None:
    assert probed.planned(film_of("h264"), is_short=False)["film_stream"] == 2
    with pytest.raises(RefusedError, match="broken"):
        probed.planned(film_of("h264")[:2], is_short=False)


@pytest.mark.slow
def test_whatever_bytes_of_a_film_change_it_is_played_or_refused(film: bytes) -> None:
    chance = random.Random(7)  # noqa: S311 the same each time
    for _ in range(15):
        file = bytearray(film)
        for _ in range(chance.randint(1, 40)):
            file[chance.randrange(len(file))] = chance.randrange(256)
        try:
            seen("video/mp4", bytes(file))
        except box.NoCopyError as error:
            reason = error.reason
        else:
            reason = ""
        assert reason in {"", "broken", "too_large", "too_long"}
