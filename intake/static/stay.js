// Says at the desk that the session will end, two minutes before, and lets the person stay signed in by one press.
(function (d) {
  "use strict";
  var MINUTE = 60000, WARN = 2 * MINUTE, line = d.getElementById('stay');
  if (!line) return;
  var words = line.querySelector('p'), button = line.querySelector('button'), wait;
  function say(name, may_stay) {
    if (words.textContent !== line.dataset[name]) words.textContent = line.dataset[name];
    line.hidden = false;
    button.hidden = !may_stay;
  }
  function later(ms) {
    clearTimeout(wait);
    wait = setTimeout(ask, Math.max(1000, Math.min(ms, 5 * MINUTE)));
  }
  function show(answer) {
    if (answer.status === 401 || answer.redirected) { say('over', false); return; }
    if (!answer.ok) { later(MINUTE); return; }
    answer.json().then(function (now) {
      var left = 1000 * now.left;
      if (left > WARN + 1000) {
        line.hidden = true;
        later(left - WARN);
      } else {
        say(now.more ? 'ends' : 'last', now.more);
        later(left + 1000);
      }
    });
  }
  // To ask how long it lasts keeps nothing alive: only a person who presses does.
  function ask() {
    fetch(line.dataset.address, { headers: { 'X-By-Itself': '1' } }).then(show).catch(function () { later(MINUTE); });
  }
  function stay() {
    var token = d.querySelector('[name=csrf_token]').value;
    fetch(line.dataset.address, { method: 'POST', body: new URLSearchParams({ csrf_token: token }) })
      .then(show).catch(function () { later(MINUTE); });
  }
  button.addEventListener('click', stay);
  d.addEventListener('visibilitychange', function () { if (!d.hidden) ask(); });
  later(line.dataset.minutes * MINUTE - WARN);
})(document);
