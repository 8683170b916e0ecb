"""A journalist blacks a face out: with two presses where scripts are off, and with a box drawn by the mouse."""

from flask import Flask
from playwright.sync_api import Browser, Page, expect

from tests.cases.enclosing import FACE, SIZE, marks, page_path, seen
from tests.factories import House, make_case, make_house, make_member
from tests.journeys.site import Site, sign_in
from tests.journeys.test_desk_work import fits
from tests.servers import browser


def corners(page: Page) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return where two corners of the face are, from the corner of the picture as it is shown."""
    picture = page.locator("input[type=image]")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    assert box is not None
    across, down = box["width"] / SIZE[0], box["height"] / SIZE[1]
    left, top, right, bottom = FACE
    return (left * across, top * down), (right * across, bottom * down)


def test_a_face_is_blacked_out_with_two_presses_and_with_a_mouse(chromium: Browser, app: Flask, site: Site) -> None:
    house: House = make_house()
    member = make_member(house, "KZ", name="Zarina")
    visitor, case = house.visitors[member.id], make_case("KZ")[0]
    names, address = [seen(visitor, case), seen(visitor, case)], member.address
    for name, make, script in ((names[0], browser.phone, False), (names[1], browser.desktop, True)):
        context = make(chromium, javascript=script)
        page = context.new_page()
        sign_in(page, site, address)
        page.goto(f"{site.url}{page_path(case, name)}")
        first, second = corners(page)
        picture = page.locator("input[type=image]")
        if script:
            expect(page.locator(".by-drag")).to_be_visible()
            box = picture.bounding_box()
            assert box is not None
            page.mouse.move(box["x"] + first[0], box["y"] + first[1])
            page.mouse.down()
            page.mouse.move(box["x"] + second[0], box["y"] + second[1], steps=3)
            page.mouse.up()
        else:
            picture.click(position={"x": first[0], "y": first[1]})
            expect(page.get_by_text("Now press the opposite corner.")).to_be_visible()
            picture.click(position={"x": second[0], "y": second[1]})
        expect(page.get_by_role("heading", name="How it leaves")).to_be_visible()
        expect(page.get_by_role("heading", name="1 place is marked")).to_be_visible()
        assert fits(page)
        (found,) = marks(visitor, case, name).boxes
        wanted = [1000 * pixel / side for pixel, side in zip(FACE, SIZE * 2, strict=True)]
        drawn = [found.x, found.y, found.x + found.w, found.y + found.h]
        assert all(abs(one - other) <= 4 for one, other in zip(drawn, wanted, strict=True))
        assert browser.seen(context).errors == []
        context.close()
