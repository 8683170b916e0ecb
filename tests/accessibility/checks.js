// What is looked at in a page beside what axe looks at; each answers with what is wrong.
window.looked = (() => {
  const outer = (node) => node.outerHTML.slice(0, 160).replace(/\s+/g, " ");
  const shown = (node) => node.checkVisibility() && node.getClientRects().length > 0;
  const all = (what) => Array.from(document.querySelectorAll(what));
  const named = (node, attribute) => (node.getAttribute(attribute) || "").split(/\s+/).filter(Boolean);
  const CONTROLS = "input:not([type=hidden]):not([type=image]), select, textarea";

  // Nothing makes the page wider than its window; what may scroll by itself is a region that keys reach.
  function wide() {
    const root = document.documentElement;
    if (root.scrollWidth <= root.clientWidth) return [];
    // The innermost thing without which it would fit.
    let culprit = document.body;
    for (let inside = culprit; inside;) {
      inside = Array.from(culprit.children).find((node) => {
        const before = node.style.display;
        node.style.display = "none";
        const fits = root.scrollWidth <= root.clientWidth;
        node.style.display = before;
        return fits;
      });
      culprit = inside || culprit;
    }
    return ["wider than its window: " + outer(culprit)];
  }

  // No words are cut off at the edge of their box.
  function cut() {
    return all("body *").filter((node) => {
      if (!shown(node) || node.closest(".sr, .o, .skip, svg, textarea, select, input, thead")) return false;
      const style = getComputedStyle(node);
      const hides = (edge) => edge === "hidden" || edge === "clip";
      return (hides(style.overflowX) && node.scrollWidth > node.clientWidth + 1) ||
        (hides(style.overflowY) && node.scrollHeight > node.clientHeight + 1);
    }).map((node) => "cut off: " + outer(node));
  }

  // Labels, hints and errors belong to their fields.
  function tied() {
    const wrong = [];
    const described = new Set(all("[aria-describedby]").flatMap((node) => named(node, "aria-describedby")));
    for (const node of all("[aria-describedby], [aria-labelledby], [aria-controls]")) {
      for (const id of [...named(node, "aria-describedby"), ...named(node, "aria-labelledby")]) {
        if (!document.getElementById(id)) wrong.push("describes itself by " + id + ", which is not there: " + outer(node));
      }
    }
    for (const field of all(CONTROLS)) {
      if (field.labels && !field.labels.length && !field.getAttribute("aria-label") && !field.getAttribute("aria-labelledby")) {
        wrong.push("no label: " + outer(field));
      }
    }
    for (const error of all("form .e")) {
      if (!error.textContent.trim() || error.closest("noscript, .es, [role=status], #left")) continue;
      const spoken = error.closest("[role=alert]");
      if (!error.id && spoken) continue;
      if (!error.id || !described.has(error.id)) { wrong.push("error without a field: " + outer(error)); continue; }
      for (const field of all("[aria-describedby~='" + CSS.escape(error.id) + "']")) {
        const group = field.matches("fieldset, [role=group], [role=radiogroup], input[type=radio]");
        if (!group && field.getAttribute("aria-invalid") !== "true") wrong.push("wrong, but not said to be: " + outer(field));
      }
    }
    for (const field of all("[aria-invalid=true]")) {
      if (!named(field, "aria-describedby").length && !field.closest("fieldset[aria-describedby]")) wrong.push("invalid without a reason: " + outer(field));
    }
    for (const link of all(".es a[href^='#']")) {
      const to = document.getElementById(decodeURIComponent(link.hash.slice(1)));
      if (!to) wrong.push("leads nowhere: " + outer(link));
    }
    return wrong;
  }

  // One heading of the first rank, a title, a language, a way to the content, and languages that say which they are.
  function sound() {
    const wrong = [];
    if (all("h1").length !== 1) wrong.push(all("h1").length + " headings of the first rank");
    if (!document.title.trim()) wrong.push("no title");
    const skip = document.querySelector("a.skip");
    if (!skip || !document.getElementById(skip.hash.slice(1))) wrong.push("no way past the head of the page");
    for (const link of all("a[hreflang]")) if (link.lang !== link.hreflang) wrong.push("in which language? " + outer(link));
    for (const table of all("table")) {
      if (!table.querySelector("th")) wrong.push("a table without headings: " + outer(table));
    }
    return wrong;
  }

  const SHEET = new CSSStyleSheet();
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, SHEET];
  function under(css, look) {
    SHEET.replaceSync(css);
    const found = look();
    SHEET.replaceSync("");
    return found;
  }

  // WCAG 1.4.12, and letters twice as large as the page would have them.
  const SPACED = "* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important } p { margin-bottom: 2em !important }";
  const LARGE = "html { font-size: 200% !important }";
  function spaced() { return under(SPACED, () => [...wide(), ...cut()]).map((one) => "with wide spaces " + one); }
  function large() {
    const before = parseFloat(getComputedStyle(document.querySelector("main p, main h1")).fontSize);
    return under(LARGE, () => {
      const after = parseFloat(getComputedStyle(document.querySelector("main p, main h1")).fontSize);
      return [...wide(), ...cut(), ...(after < before * 1.9 ? ["letters stay small: " + before + " → " + after] : [])];
    }).map((one) => "with large letters " + one);
  }

  // Nothing moves by itself, nor when it is touched, if the person asked for that.
  function still() {
    return all("body *").filter((node) => {
      const style = getComputedStyle(node);
      return style.animationName !== "none" || style.transitionDuration.split(", ").some((time) => parseFloat(time) > 0.001) ||
        style.scrollBehavior === "smooth";
    }).map((node) => "moves: " + outer(node));
  }

  async function axed(rules) {
    const options = { resultTypes: ["violations"], preload: false, elementRef: false };
    options.runOnly = rules.length ? rules : ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const answer = await axe.run(document, options);
    return answer.violations.map((rule) => rule.id + ": " + rule.nodes.map((node) => node.html.slice(0, 160)).slice(0, 3).join(" | "));
  }

  const LOOKS = { wide, cut, tied, sound, spaced, large, still };
  return async (names, rules) => {
    const found = names.flatMap((name) => LOOKS[name]());
    return rules ? [...found, ...(await axed(rules))] : found;
  };
})();
