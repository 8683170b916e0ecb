"""What a desk sees on its screen: whoever makes a new page adds it here."""

from functools import partial

from intake.cases import queue
from tests.factories import confirm
from tests.journeys.site import type_secrets
from tests.pictures.camera import Camera
from tests.pictures.stage import Stage, speak
from tests.servers import browser

PAGES = {
    "queue": "",
    "case": "cases/{case}",
    "history": "cases/{case}/history",
    "verification": "cases/{case}/verification",
    "links": "cases/{case}/links",
    "export": "cases/{case}/export",
    "search": "search",
    "dashboard": "dashboard?for=desk&period=year",
    "letters": "letters",
    "letter-templates": "letters/templates",
    "members": "members",
    "account": "account",
}


def pictures(stage: Stage, camera: Camera, lang: str, *, dark: bool = False) -> None:
    """Take a picture of every page; of the sign-in page while nothing is typed."""
    speak(stage.editor, lang)
    context = browser.desktop(stage.chromium, dark=dark, locale=lang)
    page = context.new_page()
    take = partial(camera.take, page, lang)
    page.goto(f"{stage.site.url}/desk/sign-in")
    take("desk-sign-in")
    type_secrets(page, stage.editor.address)
    page.wait_for_selector(".queue")
    confirm()
    case = queue.page(stage.house.visitors[stage.editor.id]).cases[0].reference
    for name, path in PAGES.items():
        page.goto(f"{stage.site.url}/desk/{path.format(case=case)}")
        take(f"desk-{name}")
    context.close()
