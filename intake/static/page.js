// Asks for a page as the browser reads one. No script of ours makes a page out of text: the policy forbids it.
(function (w) {
  "use strict";
  w.askPage = function (address, form) {
    return new Promise(function (done, failed) {
      var asked = new XMLHttpRequest(), wanted = new URL(address, w.document.baseURI);
      wanted.hash = '';
      asked.open(form ? 'POST' : 'GET', wanted.href);
      asked.responseType = 'document';
      asked.onload = function () {
        var ok = asked.status >= 200 && asked.status < 300 && asked.response;
        done({ ok: ok, redirected: asked.responseURL !== wanted.href, page: asked.response });
      };
      asked.onerror = asked.onabort = asked.ontimeout = failed;
      if (!form) { asked.setRequestHeader('X-By-Itself', '1'); }
      asked.send(form ? new URLSearchParams(new FormData(form)) : null);
    });
  };
})(window);
