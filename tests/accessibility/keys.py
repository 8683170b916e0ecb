"""A person with a keyboard alone, who must see where they are."""

from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page

MOST = 200  # presses from one end of a page to the other
FOCUSED = Path(__file__).with_name("focused.js").read_text()


@dataclass
class Keyboard:
    """Hands that have nothing but keys.

    Attributes:
        page: what they are at.
        hidden: what had the focus and was not seen, or showed no ring.
    """

    page: Page
    hidden: list[str]

    def press(self, key: str) -> dict[str, str]:
        """Press a key, and return what has the focus then."""
        self.page.keyboard.press(key)
        found = self.page.evaluate(FOCUSED)
        if found is None:
            return {}
        if found["hidden"]:
            self.hidden.append(f"under {found['hidden'][:200]}: {found['name']}")
        if not found["ring"]:
            self.hidden.append(f"no ring: {found['name']}")
        return dict(found)

    def to(self, name: str, tag: str = "") -> None:
        """Go on by Tab until something of this name, or id, has the focus.

        Raises:
            AssertionError: it is not reached.
        """
        passed = []
        for _ in range(MOST):
            at = self.press("Tab")
            if at and (name in at["name"] or name == at["id"]) and tag in {"", at["tag"]}:
                return
            passed.append(at.get("name", "–"))
        message = f"{name} is not reached from here: {passed}"
        raise AssertionError(message)

    def write(self, name: str, text: str) -> None:
        """Go to a field and write into it."""
        self.to(name)
        self.page.keyboard.type(text)

    def around(self) -> list[str]:
        """Go once around the page; return the names, in the order of the keys.

        Raises:
            AssertionError: somewhere is no way out.
        """
        names: list[str] = []
        for _ in range(MOST):
            at = self.press("Tab")
            if not at:
                return names
            names.append(at["name"])
            assert len(names) < 3 or len(set(names[-3:])) > 1 or at["tag"] == "input", f"no way out of {names[-1]}"
        message = f"no end: {names[-5:]}"
        raise AssertionError(message)
