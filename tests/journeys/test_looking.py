"""A member looks at a photo and hears a sound on a phone: the copies have no traces, the page says what they were."""

import io
import math
import wave

from flask import Flask
from PIL import Image
from playwright.sync_api import Browser, Page, expect

from tests.accessibility.looking import faults
from tests.evidence.looking import attach, path_of
from tests.factories import make_case, make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.journeys.test_voice import PLAYED
from tests.servers import browser

MARKER = "okapi-of-the-camera"
FETCHED = "address => fetch(address).then(answer => answer.bytes()).then(bytes => Array.from(bytes))"


def photo() -> bytes:
    """Return a photo that says where and when it was taken, and with what."""
    traces = Image.Exif()
    traces[0x0110] = MARKER
    traces.get_ifd(0x8769)[0x9003] = "2026:05:01 12:30:00"
    place = {1: "N", 2: (43.0, 14.0, 20.2), 3: "E", 4: (76.0, 53.0, 22.9)}
    traces.get_ifd(0x8825).update(place)
    kept = io.BytesIO()
    Image.radial_gradient("L").convert("RGB").save(kept, "JPEG", exif=traces)
    return kept.getvalue()


def tone() -> bytes:
    """Return a sound of a second and a quarter, with a name in it."""
    kept = io.BytesIO()
    with wave.open(kept, "wb") as sound:
        sound.setparams((1, 1, 8000, 0, "NONE", ""))
        sound.writeframes(bytes(128 + int(60 * math.sin(place / 3)) for place in range(10_000)))
    name = MARKER.encode() + b"\0"
    info = b"LIST" + (12 + len(name)).to_bytes(4, "little") + b"INFOIART" + len(name).to_bytes(4, "little") + name
    whole = kept.getvalue() + info
    return b"RIFF" + (len(whole) - 8).to_bytes(4, "little") + whole[8:]


def sent(page: Page, address: str) -> bytes:
    """Return what the browser gets at an address."""
    return bytes(page.evaluate(FETCHED, address))


def test_a_photo_and_a_sound_are_looked_at_without_their_traces(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    member = make_member(house, "KZ", language="ru")
    case, _, _ = make_case("KZ")
    assert MARKER.encode() in photo()
    assert MARKER.encode() in tone()
    picture, sound = attach(case, photo(), "IMG_1.jpg"), attach(case, tone(), "voice.wav")
    address, reference, paths = member.address, case.reference, [path_of(case, name) for name in (picture, sound)]
    context = browser.phone(chromium, locale="ru")
    page = context.new_page()
    sign_in(page, site, address)
    page.locator(".reference", has_text=reference).click()
    page.locator(f"[id='{picture}'] button").click()
    shown = page.locator("img.seen")
    expect(shown).to_have_js_property("naturalWidth", 256)
    expect(page).to_have_url(site.url + paths[0])
    expect(page.locator(".suggestion")).to_have_text("43.238944, 76.889694")
    expect(page.locator("aside")).to_contain_text("1 мая 2026, 12:30:00")
    expect(page.locator("aside")).to_contain_text(MARKER)
    copied = sent(page, paths[0].replace("look", "copy/0"))
    assert copied.startswith(b"\xff\xd8\xff")
    assert MARKER.encode() not in copied
    assert b"Exif" not in copied
    found = faults(page)
    page.locator("a[rel=next]").click()
    page.locator("section.copy button").click()
    player = page.locator("section.copy audio")
    assert player.evaluate(PLAYED) > 1
    assert MARKER.encode() not in sent(page, paths[1].replace("look", "copy/0"))
    page.locator("a[href$=original]").click()
    expect(page.locator("a[download]")).to_be_visible()
    found += faults(page)
    assert found == []
    assert browser.seen(context).errors == []
    assert browser.seen(context).blocked == []
    context.close()
