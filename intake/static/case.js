// Keys for a case: each goes where the list of keys says; without it, links and forms do all of it.
(function (d) {
  var keys = d.getElementById('keys');

  function letter(event) { return /^[a-z?]$/.test(event.key) ? event.key : event.code.replace(/^Key/, '').toLowerCase(); }

  function go(to) {
    if (to.matches('details')) {
      to.open = true;
      to = to.querySelector('summary');
    }
    if (to.matches('textarea, summary')) {
      to.focus();
      to.scrollIntoView({ block: 'center' });
    } else { to.click(); }
  }

  function press(event) {
    var field = event.target.closest('textarea, select, input');
    if (field && event.key === 'Escape') { field.blur(); }
    if (field || d.querySelector('dialog[open]') || event.ctrlKey || event.altKey || event.metaKey) { return; }
    var key = letter(event);
    var known = /^[a-z]$/.test(key) && keys.querySelector('[data-key=' + key + ']');
    var to = known && d.querySelector(known.dataset.to);
    if (to) { go(to); } else if (event.key === '?') { keys.showModal(); } else { return; }
    event.preventDefault();
  }

  d.addEventListener('keydown', press);
})(document);
