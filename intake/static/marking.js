// Comfort on the page where a file is marked: a box is drawn with the mouse, and pictures fit the screen.
(function (d) {
  "use strict";
  var form = d.querySelector('form.drawn'), numbers = d.getElementById('numbers');
  if (!form || !numbers) return;
  var image = form.querySelector('input[type=image]'), box = form.querySelector('rect.new'), start, moved;
  // The server must know how wide the picture is shown, to know where somebody pressed.
  var room = form.parentNode.clientWidth, wide = +image.getAttribute('width');
  if (room >= 160 && room < wide && !/[?&]width=/.test(location.search)) {
    [image, d.querySelector('.canvas > img')].forEach(function (shown) {
      if (!shown) return;
      shown.setAttribute('width', room);
      shown.setAttribute('height', Math.max(1, Math.round(room * form.dataset.ownHeight / form.dataset.ownWidth)));
    });
    d.querySelectorAll('[name=width]').forEach(function (field) { field.value = room; });
    var current = d.querySelector('.sizes [aria-current]');
    if (current) current.removeAttribute('aria-current');
  }
  form.parentNode.removeAttribute('tabindex');
  d.querySelectorAll('.by-drag').forEach(function (words) { words.hidden = !matchMedia('(pointer: fine)').matches; });
  function place(event) {
    var at = image.getBoundingClientRect();
    function part(here, from, size) { return Math.min(1000, Math.max(0, Math.round(1000 * (here - from) / size))); }
    return [part(event.clientX, at.left, at.width), part(event.clientY, at.top, at.height)];
  }
  function between(a, b) {
    return { x: Math.min(a[0], b[0]), y: Math.min(a[1], b[1]), w: Math.abs(a[0] - b[0]), h: Math.abs(a[1] - b[1]) };
  }
  function show(found) {
    box.setAttribute('x', found.x);
    box.setAttribute('y', found.y);
    box.setAttribute('width', found.w);
    box.setAttribute('height', found.h);
  }
  image.addEventListener('dragstart', function (event) { event.preventDefault(); });
  image.addEventListener('pointerdown', function (event) {
    moved = false;
    if (event.pointerType === 'touch' || event.button) return;
    start = [event.clientX, event.clientY, place(event)];
    image.setPointerCapture(event.pointerId);
  });
  image.addEventListener('pointermove', function (event) {
    if (!start) return;
    moved = moved || Math.abs(event.clientX - start[0]) + Math.abs(event.clientY - start[1]) > 6;
    if (moved) show(between(start[2], place(event)));
  });
  image.addEventListener('pointerup', function (event) {
    if (!start) return;
    var found = between(start[2], place(event));
    start = null;
    if (!moved || !found.w || !found.h) { moved = false; show({ x: 0, y: 0, w: 0, h: 0 }); return; }
    Object.keys(found).forEach(function (name) { numbers.elements[name].value = found[name]; });
    numbers.requestSubmit();
  });
  image.addEventListener('pointercancel', function () { start = null; show({ x: 0, y: 0, w: 0, h: 0 }); });
  image.addEventListener('click', function (event) { if (moved) event.preventDefault(); moved = false; });
  d.addEventListener('keydown', function (event) {
    if (event.key === 'Escape' && start) { start = null; moved = true; show({ x: 0, y: 0, w: 0, h: 0 }); }
  });
})(document);
