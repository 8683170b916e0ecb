"""What a browser made of a page: what is cut off, lies over something else, or is too small to be pressed."""

from typing import Any

from playwright.sync_api import Page

# What scrolls, is cut with three dots, or is there for the ear alone, on purpose.
MEANT = ", ".join(
    (
        *(".sr", ".skip", ".o", ".o *", "textarea", "input", "select", "option"),
        *(".first-words *", ".bar nav", ".bar nav *", ".canvas", ".canvas *", "svg *"),
    )
)
_SEE = """meant => {
  const found = [], wide = document.documentElement.clientWidth;
  const start = text => text.trim().slice(0, 40);
  const told = it => it.tagName.toLowerCase() + (it.id ? '#' + it.id : '') + (it.className ? '.' + it.className : '')
    + ' “' + start(it.textContent) + '”';
  if (document.documentElement.scrollWidth > wide) found.push('the page is wider than its window');
  const clipped = it => it && (getComputedStyle(it).clipPath !== 'none' || clipped(it.parentElement));
  const over = it => scrollY && it.closest('header.bar');  // it stays where it is while the page moves below it
  const seen = [...document.body.querySelectorAll('*')].filter(
    it => !it.matches(meant) && it.checkVisibility() && !clipped(it) && !over(it));
  for (const it of seen) {
    const box = it.getBoundingClientRect();
    if (box.width && (box.right > wide + 1 || box.left < -1)) found.push('stands over the edge: ' + told(it));
    else if (it.clientWidth && it.scrollWidth > it.clientWidth + 1 && getComputedStyle(it).overflowX !== 'auto')
      found.push('is cut off, or runs over: ' + told(it));
  }
  const texts = [];
  for (const it of seen) for (const node of it.childNodes)
    if (node.nodeType === 3 && node.data.trim()) {
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const box of range.getClientRects()) if (box.width > 1) texts.push([box, node]);
    }
  texts.sort((a, b) => a[0].top - b[0].top);
  for (let i = 0; i < texts.length; i++)
    for (let j = i + 1; j < texts.length && texts[j][0].top < texts[i][0].bottom - 8; j++) {
      const [a, b] = [texts[i][0], texts[j][0]];
      if (texts[i][1] !== texts[j][1] && b.left < a.right - 2 && a.left < b.right - 2)
        found.push('lies over another: “' + start(texts[i][1].data) + '”, “' + start(texts[j][1].data) + '”');
    }
  return found;
}"""
_PRESSED = """least => [...document.querySelectorAll('a, button, summary, select, textarea, input')].filter(it => {
  if (it.type === 'hidden' || !it.checkVisibility() || it.closest('.o, .sr, .skip')) return false;
  const label = it.closest('label.c, label.choice, label.tick');
  const box = (label || it).getBoundingClientRect();
  const alone = it.parentElement.textContent.trim() === it.textContent.trim();
  if (it.tagName === 'A' && getComputedStyle(it).display === 'inline' && !alone) return false;
  return box.height + .5 < least || box.width + .5 < Math.min(least, 24);
}).map(it => it.outerHTML.slice(0, 120) + ' ' + JSON.stringify(it.getBoundingClientRect()))"""


def misdrawn(page: Page) -> list[str]:
    """Return what is wider than its window, cut off, or lies over something else."""
    return _told(page, page.evaluate(_SEE, MEANT))


def too_small(page: Page, least: int) -> list[str]:
    """Return what can be pressed and is lower than so many pixels, links within a sentence left out (WCAG 2.5.8)."""
    return _told(page, page.evaluate(_PRESSED, least))


def _told(page: Page, found: Any) -> list[str]:
    width = page.viewport_size["width"] if page.viewport_size else 0
    return [f"{page.url} at {width} px: {fault}" for fault in found]
