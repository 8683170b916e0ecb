// Presses "Go on" by itself while there is more to do; without it, a person presses.
(function (d) {
  function form() { return d.querySelector('form[data-steps]'); }
  function wait(for_person) {
    form().hidden = !for_person;
    d.querySelector('[data-pause]').hidden = for_person;
  }
  function show(page) {
    if (!page.querySelector('form[data-steps]')) {
      d.querySelector('main').replaceWith(page.querySelector('main'));
      return;
    }
    d.getElementById('count').textContent = page.getElementById('count').textContent;
    d.getElementById('progress').value = page.getElementById('progress').value;
    press();
  }
  function press() {
    askPage(form().action, form())
      .then(function (answer) { return answer.ok ? show(answer.page) : d.location.reload(); })
      .catch(function () { wait(true); });
  }
  if (form()) { wait(false); press(); }
})(document);
