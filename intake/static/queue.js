// Keys for the queue, and its rows asked for anew every minute; without it, links and forms do all of it.
(function (d) {
  var EVERY = 60000;
  var MOVES = { j: 1, k: -1 };
  var keys = d.getElementById('keys');
  var asking = false;

  function rows() { return Array.from(d.querySelectorAll('[data-case]')); }
  function row(name) { return rows().find(function (one) { return one.dataset.case === name; }); }
  function here() { return d.activeElement && d.activeElement.closest('[data-case]'); }
  function tick(of) { return of && of.querySelector('[name=case]'); }

  function move(step) {
    var all = rows();
    var at = all.indexOf(here());
    var next = all[at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step];
    if (next) { next.querySelector('.reference').focus(); }
  }

  function acknowledge(of) {
    var address = of && of.dataset.acknowledge;
    if (!address) { return; }
    var token = d.querySelector('[name=csrf_token]').value;
    fetch(address, { method: 'POST', body: new URLSearchParams({ csrf_token: token }) })
      .then(function (answer) { if (answer.ok) { move(1); refresh(); } else { d.location.reload(); } })
      .catch(function () { d.location.reload(); });
  }

  function toFilter() {
    var filters = d.querySelector('.filter');
    filters.open = true;
    filters.querySelector('select').focus();
  }

  function letter(event) { return /^[a-z/?]$/.test(event.key) ? event.key : event.code.replace(/^Key/, '').toLowerCase(); }

  function press(event) {
    var typed = event.target.closest('textarea, select, input:not([type=checkbox]), dialog[open]');
    if (typed || event.ctrlKey || event.altKey || event.metaKey) { return; }
    var key = letter(event);
    var at = here();
    if (MOVES[key]) { move(MOVES[key]); }
    else if (key === 'o' && at) { at.querySelector('.reference').click(); }
    else if (key === 'x' && tick(at)) { tick(at).click(); }
    else if (key === 'a') { acknowledge(at); }
    else if (key === '/') { toFilter(); }
    else if (key === '?') { keys.showModal(); }
    else { return; }
    event.preventDefault();
  }

  // Nothing is replaced under a person's hands: not while they select text, nor where the row that has the focus would go.
  function mayReplace(fresh) {
    var at = here();
    var marked = d.getSelection();
    if (marked && !marked.isCollapsed) { return false; }
    return !at || !!fresh.querySelector('[data-case="' + at.dataset.case + '"]');
  }

  function focusable(of) { return Array.from(of.querySelectorAll('a, input')); }

  function replace(fresh) {
    var old = d.getElementById('queue');
    var top = rows().find(function (one) { return one.getBoundingClientRect().bottom > 0; });
    var from = top && top.getBoundingClientRect().top;
    var at = here();
    var place = at && focusable(at).indexOf(d.activeElement);
    rows().forEach(function (one) {
      var same = fresh.querySelector('[name=case][value="' + one.dataset.case + '"]');
      if (same && tick(one)) { same.checked = tick(one).checked; }
    });
    old.replaceWith(fresh);
    if (at) { focusable(row(at.dataset.case))[place].focus({ preventScroll: true }); }
    var now = top && row(top.dataset.case);
    if (now) { d.scrollingElement.scrollTop += now.getBoundingClientRect().top - from; }
  }

  function show(page) {
    var fresh = page.getElementById('queue');
    if (!fresh) { return; }
    page.querySelectorAll('.tabs .count').forEach(function (count) {
      var old = d.getElementById(count.id);
      if (old) { old.textContent = count.textContent; }
    });
    if (!mayReplace(fresh)) { return; }
    // The page knows of the rows it came with: whoever says “all on this page” means the ones they see.
    d.querySelectorAll('#bulk [name=shown]').forEach(function (one) { one.remove(); });
    page.querySelectorAll('#bulk [name=shown]').forEach(function (one) { d.getElementById('bulk')?.append(one); });
    replace(fresh);
  }

  function refresh() {
    if (asking || d.hidden) { return; }
    asking = true;
    askPage(d.location.href)
      .then(function (answer) { return answer.ok && !answer.redirected ? show(answer.page) : null; })
      .catch(function () {})
      .finally(function () { asking = false; });
  }

  d.addEventListener('keydown', press);
  d.addEventListener('change', function (event) {
    if (event.target.name !== 'all') { return; }
    rows().forEach(function (one) { tick(one).checked = event.target.checked; });
  });
  setInterval(refresh, EVERY);
})(document);
