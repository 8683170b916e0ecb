// Where the focus is, whether it shows, and what lies over it.
() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const seen = at.closest(".c, .choice, .tick") && at.matches("input") ? at.closest(".c, .choice, .tick") : at;
  const box = seen.getBoundingClientRect(), style = getComputedStyle(seen), own = getComputedStyle(at);
  const over = [];
  // WCAG 2.4.11: not all of it lies outside the window or under something else.
  const left = Math.max(0, box.left), right = Math.min(innerWidth, box.right);
  const upper = Math.max(0, box.top), lower = Math.min(innerHeight, box.bottom);
  const spots = [.1, .3, .5, .7, .9].flatMap((i) => [.05, .5, .95].map((j) => [left + (right - left) * i, upper + (lower - upper) * j]));
  for (const [x, y] of spots) {
    const top = right > left && lower > upper && document.elementFromPoint(x, y);
    if (top && (top === at || seen.contains(top) || top.contains(seen) && !top.closest(".bar, .stay, dialog"))) return {
      name: (at.getAttribute("aria-label") || (at.labels && at.labels[0] || at).innerText || at.name || at.tagName).trim(),
      tag: at.tagName.toLowerCase(), id: at.id, type: at.type || "", hidden: false,
      ring: at.tagName === "MAIN" || [style, own].some((one) => parseFloat(one.outlineWidth) > 0 && one.outlineStyle !== "none" || one.boxShadow !== "none"),
      top: Math.round(box.top + scrollY),
    };
    over.push(top ? top.outerHTML.slice(0, 80) : "outside");
  }
  return { name: at.outerHTML.slice(0, 120), tag: at.tagName.toLowerCase(), id: at.id, type: "", hidden: over.join(" "), ring: true, top: 0 };
}
