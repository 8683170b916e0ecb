// Comfort on the case page: says who else has it open, and keeps a message that is being written as a draft.
(function (d) {
  "use strict";
  var MINUTE = 60000, used = Date.now();
  function post(address, data, headers, signal) {
    return fetch(address, { method: 'POST', body: new URLSearchParams(data), headers: headers || {}, signal: signal });
  }
  // Nobody is at the page any more after five minutes without a key or a touch: the session may then run out.
  ['keydown', 'pointermove', 'pointerdown', 'scroll'].forEach(function (name) {
    d.addEventListener(name, function () { used = Date.now(); }, { passive: true });
  });
  var line = d.querySelector('[data-presence]');
  function here() {
    if (d.hidden || Date.now() - used > 5 * MINUTE) return;
    post(line.dataset.presence, { csrf_token: d.querySelector('[name=csrf_token]').value })
      .then(function (answer) { return answer.ok && answer.json(); })
      .then(function (now) {
        if (!now) return;
        var names = now.names.join(', '), shown = line.querySelector('b');
        if (shown.textContent !== names) shown.textContent = names;
        line.hidden = !names;
      })
      .catch(function () {});
  }
  if (line) setInterval(here, MINUTE);

  var form = d.querySelector('form[data-draft]');
  if (!form) return;
  var words = form.querySelector('[data-words]'), wait, busy, more, stopped;
  function say(text, wrong) {
    words.textContent = text;
    words.classList.toggle('e', wrong);
    if (wrong) words.setAttribute('role', 'alert'); else words.removeAttribute('role');
  }
  function keep() {
    if (stopped) return;
    if (busy) { more = true; return; }
    busy = new AbortController();
    more = false;
    post(form.dataset.draft, new FormData(form), { Accept: 'application/json' }, busy.signal)
      .then(function (answer) {
        var in_short = (answer.headers.get('Content-Type') || '').indexOf('application/json') === 0;
        if (!in_short) throw new Error('no answer to a script');
        return answer.json().then(function (now) {
          if (answer.ok) form.elements.kept.value = now.kept;
          stopped = answer.status === 409;
          say(now.words, !answer.ok);
        });
      })
      .catch(function () { if (!stopped) say(form.dataset.failed, true); })
      .finally(function () { busy = null; if (more) keep(); });
  }
  form.addEventListener('input', function (event) {
    if (event.target.name === 'reply') return;
    clearTimeout(wait);
    wait = setTimeout(keep, 1500);
  });
  form.addEventListener('submit', function () {
    stopped = true;
    clearTimeout(wait);
    if (busy) busy.abort();
  });
})(document);
