// Presses "Go on" by itself until all is searchable; what was typed and found stays as it is.
(function (d) {
  var card = d.getElementById('lacking');
  function press() {
    var form = card.querySelector('form');
    askPage(form.action, form)
      .then(function (answer) { return answer.ok ? answer.page : Promise.reject(); })
      .then(function (page) {
        var left = page.getElementById('lacking');
        if (!left) { card.replaceWith(page.getElementById('all')); return; }
        d.getElementById('count').textContent = page.getElementById('count').textContent;
        if (left.hasAttribute('data-steps')) press();
        else form.hidden = false;
      })
      .catch(function () { form.hidden = false; });
  }
  if (card && card.hasAttribute('data-steps')) {
    card.querySelector('form').hidden = true;
    press();
  }
})(document);
