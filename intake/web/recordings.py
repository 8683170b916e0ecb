"""Recordings in forms: sealed as they arrive, and known by their content, whatever they are called."""

import re
from typing import Any

from flask_babel import gettext
from werkzeug.datastructures import FileStorage
from wtforms import ValidationError
from wtforms.fields import Field
from wtforms.form import BaseForm
from wtforms.widgets import FileInput

from intake.web.uploads import LARGEST_RECORDING, SealedUpload

SHORTEST = 200  # bytes: the head of a file without a sound in it
# What begins an ISO base media file after its length: the brands of sound and of film, which may hold sound, never of
# pictures (ISO/IEC 14496-12; brands at mp4ra.org).
_SOUND_BRAND = re.compile(rb".{4}ftyp(M4A|M4B|M4V|mp4|iso|dash|avc1|MSNV|F4A|qt  )", re.DOTALL)
_PHONE_BRAND = re.compile(rb".{4}ftyp3g", re.DOTALL)
# Eleven bits set, MPEG 1, 2 or 2.5, layer III, a bit rate and a sampling rate that exist (ISO/IEC 11172-3, 2.4.2.3).
_RATES = bytes(
    16 * bit_rate + 4 * sampling + low for bit_rate in range(15) for sampling in range(3) for low in range(4)
)
_MP3_FRAME = re.compile(rb"\xff[\xe2\xe3\xf2\xf3\xfa\xfb][" + re.escape(_RATES) + rb"]", re.DOTALL)
_KINDS = (
    (re.compile(rb"OggS\0"), "audio/ogg", "ogg"),
    (re.compile(rb"\x1a\x45\xdf\xa3"), "audio/webm", "webm"),
    (_SOUND_BRAND, "audio/mp4", "m4a"),
    (_PHONE_BRAND, "audio/3gpp", "3gp"),
    (re.compile(rb"ID3[\x02-\x04]"), "audio/mpeg", "mp3"),
    (_MP3_FRAME, "audio/mpeg", "mp3"),
    (re.compile(rb"RIFF.{4}WAVE", re.DOTALL), "audio/wav", "wav"),
    (re.compile(rb"#!AMR"), "audio/amr", "amr"),
)
ENDINGS = {content_type: ending for _, content_type, ending in _KINDS}


def content_type_of(head: bytes) -> str | None:
    """Return what kind of recording begins with these bytes, or None if it is none that we take."""
    return next((content_type for pattern, content_type, _ in _KINDS if pattern.match(head)), None)


class Recording(Field):
    """A field for a recording. Its data is the upload, sealed already, or None."""

    widget = FileInput()

    def process_formdata(self, valuelist: list[Any]) -> None:
        """Take the upload that came with the form."""
        streams = [value.stream for value in valuelist if isinstance(value, FileStorage)]
        self.data = next((stream for stream in streams if isinstance(stream, SealedUpload)), None)

    def pre_validate(self, form: BaseForm) -> None:  # noqa: ARG002 the signature is WTForms'
        """Refuse what is empty, too large, or no recording."""
        if self.data is None:
            return
        if self.data.too_large:
            raise ValidationError(
                gettext(
                    "This recording is too large: we can take %(most)d MB, about five minutes. Send a shorter one, or "
                    "several one after the other.",
                    most=LARGEST_RECORDING // 1024**2,
                )
            )
        if self.data.size < SHORTEST:
            raise ValidationError(gettext("There is no sound in this recording. Please record or choose it again."))
        if content_type_of(self.data.head) is None:
            raise ValidationError(
                gettext(
                    "This file is no recording that we know. We can take Ogg, WebM, M4A, MP4, MP3, WAV, AMR and 3GP."
                )
            )
