"""A voice message: recorded on a phone, sent, and heard at the desk; and without JavaScript, chosen from a file."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect

from intake.evidence.models import File
from intake.extensions import db
from intake.web.uploads import LARGEST_RECORDING
from tests.accessibility.looking import faults
from tests.factories import STORY, count_rows, make_case, make_house, make_member, sound
from tests.journeys.site import Site, sign_in
from tests.servers import browser

DENIED = """navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotAllowedError'))"""
TOO_FAST = 3100  # milliseconds that a person takes at least
PLAYED = """async audio => {
  audio.muted = true
  await audio.play()
  await new Promise(done => { audio.addEventListener('ended', done, {once: true}) })
  return audio.currentTime
}"""


def record(page: Page, seconds: float = 2) -> None:
    """Record for some seconds."""
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#said")).to_have_text("Recording. Speak now.")
    page.wait_for_timeout(int(seconds * 1000))
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Record again")).to_be_visible()


def fill(page: Page) -> None:
    """Answer what must be answered besides."""
    page.check('input[name="country"][value="KZ"]')
    page.check("#consent")


def chosen(page: Page) -> list[int | str]:
    """Return name, type and size of the file that the form would send."""
    found: list[int | str] = page.evaluate(
        "[...document.getElementById('recording').files].flatMap(file => [file.name, file.type, file.size])"
    )
    return found


def test_a_message_recorded_on_a_phone_is_heard_at_the_desk(chromium: Browser, app: Flask, site: Site) -> None:
    house = make_house()
    journalist = make_member(house, "KZ")
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/")
    page.get_by_role("link", name="Rather speak?").click()
    expect(page.get_by_text("A voice can be recognised.")).to_be_visible()
    fill(page)
    record(page)
    name, kind, size = chosen(page)
    assert (name, kind) == ("voice.webm", "audio/webm")
    assert 1000 < int(size) < 20_000, "two seconds at about 24 kbit/s"
    assert page.locator("#heard").evaluate(PLAYED) > 1, "it can be heard before it is sent"
    page.locator("form > button").click()
    expect(page.get_by_role("heading", name="We have your message")).to_be_visible()
    assert browser.seen(phone).errors == []
    assert browser.seen(phone).blocked == []

    desk = browser.desktop(chromium)
    work = desk.new_page()
    sign_in(work, site, journalist.address)
    work.locator(".reference").click()
    assert work.locator(".recording audio").evaluate(PLAYED) > 1
    with work.expect_download() as download:
        work.get_by_role("link", name="Download").click()
    assert Path(download.value.path()).stat().st_size == size
    assert browser.seen(desk).errors == []
    phone.close()
    desk.close()


def test_without_javascript_a_recording_is_chosen(chromium: Browser, app: Flask, site: Site, tmp_path: Path) -> None:
    house = make_house()
    journalist = make_member(house, "KZ")
    (tmp_path / "whatsapp.ogg").write_bytes(b"OggS\0" + sound(600_000))
    phone = browser.phone(chromium, javascript=False)
    page = phone.new_page()
    page.goto(f"{site.url}/en/voice")
    expect(page.locator("#rec")).to_be_hidden()
    page.get_by_label("Choose a recording from your device").set_input_files(tmp_path / "whatsapp.ogg")
    page.wait_for_timeout(TOO_FAST)
    page.locator("form > button").click()
    expect(page.locator(".es").first).to_contain_text("Please check 2 answers")
    expect(page.get_by_text("Your recording did not stay on this page")).to_be_visible()
    fill(page)
    page.set_input_files("#recording", tmp_path / "whatsapp.ogg")
    page.locator("form > button").click()
    expect(page.locator(".code")).to_be_visible()

    desk = browser.desktop(chromium)
    work = desk.new_page()
    sign_in(work, site, journalist.address)
    work.locator(".reference").click()
    with work.expect_download() as download:
        work.get_by_role("link", name="Download").click()
    content = Path(download.value.path()).read_bytes()
    assert hashlib.sha256(content).digest() == hashlib.sha256((tmp_path / "whatsapp.ogg").read_bytes()).digest()
    phone.close()
    desk.close()


def test_a_recording_is_not_lost_to_an_answer_that_was_forgotten(chromium: Browser, app: Flask, site: Site) -> None:
    make_house()
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/voice")
    record(page, 1)
    page.check('input[name="country"][value="KZ"]')
    page.wait_for_timeout(TOO_FAST)
    page.locator("form > button").click()
    assert page.url.endswith("/en/voice")
    assert chosen(page), "the browser asks for the consent, and the page stays"
    page.check("#consent")
    page.locator("form > button").click()
    expect(page.locator(".code")).to_be_visible()
    assert count_rows(File) == 1
    phone.close()


def test_recording_again_replaces_and_sending_while_recording_sends_it(
    chromium: Browser, app: Flask, site: Site
) -> None:
    make_house()
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/voice")
    fill(page)
    record(page, 2)
    first = chosen(page)
    page.get_by_role("button", name="Record again").click()
    expect(page.locator("#heard")).to_be_hidden()
    page.wait_for_timeout(1500)
    page.locator("form > button").click()
    expect(page.locator(".code")).to_be_visible()
    db.session.rollback()
    (size,) = db.session.execute(db.select(File.size)).scalars().all()
    assert size != first[2]
    phone.close()


def test_it_stops_by_itself_after_five_minutes(chromium: Browser, app: Flask, site: Site) -> None:
    make_house()
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.clock.install()
    page.goto(f"{site.url}/en/voice")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#said")).to_have_text("Recording. Speak now.")
    page.clock.run_for(61_000)
    expect(page.locator(".clock b")).to_have_text("1:01")
    page.clock.run_for(240_000)
    expect(page.get_by_role("button", name="Record again")).to_be_visible()
    expect(page.locator(".clock b")).to_have_text("5:00")
    phone.close()


def test_who_refuses_the_microphone_is_told_what_to_do(chromium: Browser, app: Flask, site: Site) -> None:
    make_house()
    phone = browser.phone(chromium)
    phone.add_init_script(DENIED)
    page = phone.new_page()
    page.goto(f"{site.url}/en/voice")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#said")).to_contain_text("The microphone cannot be used. Allow it")
    expect(page.get_by_role("button", name="Record", exact=True)).to_be_enabled()
    phone.close()


@pytest.mark.parametrize("leave", ["press", "escape"])
def test_leaving_stops_the_microphone(chromium: Browser, app: Flask, site: Site, leave: str) -> None:
    make_house()
    app.config["EXIT_URL"] = f"{site.url}/en/about"  # the real one is beyond this machine
    phone = browser.phone(chromium)
    phone.add_init_script(
        """const stop = MediaStreamTrack.prototype.stop
        MediaStreamTrack.prototype.stop = function () { localStorage.stopped = 1; stop.call(this) }"""
    )
    page = phone.new_page()
    page.goto(f"{site.url}/en/voice")
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#said")).to_have_text("Recording. Speak now.")
    if leave == "press":
        page.locator("#exit").click()
    else:
        page.keyboard.press("Escape")
        expect(page.get_by_role("button", name="Record again")).to_be_visible()
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
    page.wait_for_url(f"{site.url}/en/about")
    assert page.evaluate("localStorage.stopped") == "1"
    phone.close()


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("size", [browser.phone, browser.desktop], ids=["360 px", "1280 px"])
def test_everybody_can_use_the_recorder(
    chromium: Browser, app: Flask, site: Site, size: Callable[..., BrowserContext], *, dark: bool
) -> None:
    make_house()
    context = size(chromium, dark=dark)
    page = context.new_page()
    page.goto(f"{site.url}/en/voice")
    found = faults(page)
    page.get_by_role("button", name="Record", exact=True).click()
    expect(page.locator("#said")).to_have_text("Recording. Speak now.")
    found += faults(page)
    for name in ("Stop", "Leave this page", "Send to the journalists"):
        box = page.get_by_text(name, exact=True).bounding_box()
        assert box
        assert box["height"] >= 44
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("button", name="Record again")).to_be_visible()
    found += faults(page)
    page.reload()
    page.locator("form > button").click()
    page.wait_for_selector(".es a")
    found += faults(page)
    assert found == []
    context.close()


def test_a_file_that_is_too_large_is_refused_before_it_is_sent(
    chromium: Browser, app: Flask, site: Site, tmp_path: Path
) -> None:
    make_house()
    (tmp_path / "long.webm").write_bytes(sound(LARGEST_RECORDING + 1))
    (tmp_path / "good.webm").write_bytes(sound(LARGEST_RECORDING))
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/voice")
    page.set_input_files("#recording", tmp_path / "long.webm")
    expect(page.locator("#said")).to_contain_text("too large")
    assert chosen(page) == []
    page.set_input_files("#recording", tmp_path / "good.webm")
    expect(page.locator("#said")).to_contain_text("Chosen, but not sent yet")
    fill(page)
    page.wait_for_timeout(TOO_FAST)
    page.locator("form > button").click()
    expect(page.locator(".code")).to_be_visible()
    phone.close()


def test_who_comes_back_adds_a_voice_message(chromium: Browser, app: Flask, site: Site) -> None:
    make_house()
    _, _, code = make_case(story=STORY)
    db.session.rollback()
    phone = browser.phone(chromium)
    page = phone.new_page()
    page.goto(f"{site.url}/en/case/voice")
    page.fill("#code", code)
    page.locator("form > button").first.click()
    record(page, 1)
    page.fill("#story", "This is how he said it.")
    page.locator("form > button").click()
    expect(page.get_by_text("Your voice message was sent.")).to_be_visible()
    assert count_rows(File) == 1
    assert browser.seen(phone).errors == []
    phone.close()
