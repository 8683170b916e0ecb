"""A whole site for a journey: the application behind a real server, over HTTP or HTTPS, with its database."""

import ssl
import threading
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Self

from playwright.sync_api import Page
from werkzeug.serving import BaseWSGIServer, make_server

from tests.factories import PASSWORD, forget_steps, one_time_code
from tests.servers import tls

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


LIMIT = 60.0  # seconds; bounds a hang, and is no promise of speed


class Site:
    """The application, served from a thread of this process.

    Args:
        app: the application.
        folder: where to put a certificate; without it, plain HTTP.
    """

    def __init__(self, app: "WSGIApplication", folder: Path | None = None) -> None:
        """Listen on a free port."""
        self._change, self._under_way = threading.Condition(), 0
        context = None
        if folder is not None:
            files = tls.make(folder)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(files.certificate, files.key)
        self.server: BaseWSGIServer = make_server("127.0.0.1", 0, self._whole(app), threaded=True, ssl_context=context)
        self.server.log = lambda *_: None  # type: ignore[method-assign]  # a test's console is no access log
        scheme = "http" if folder is None else "https"
        self.url = f"{scheme}://localhost:{self.server.server_port}"
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True)

    def __enter__(self) -> Self:
        """Serve."""
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, when everybody was answered: a page's script may have asked, and its connection must go back."""
        self.server.shutdown()
        self.thread.join()
        with self._change:
            assert self._change.wait_for(lambda: self._under_way == 0, LIMIT), "a request has no end"
        self.server.server_close()

    def _whole(self, app: "WSGIApplication") -> "WSGIApplication":
        """Return the application, its answers read to their end before they leave.

        Werkzeug's server forgets to close an answer, and the file behind it, when a browser hangs up in the middle.
        """

        def answer(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
            self._count(1)
            try:
                with closing(app(environ, start_response)) as body:  # type: ignore[type-var]  # Flask's can be closed
                    return [b"".join(body)]
            finally:
                self._count(-1)

        return answer

    def _count(self, more: int) -> None:
        with self._change:
            self._under_way += more
            self._change.notify_all()


def sign_in(page: Page, site: Site, address: str, password: str = PASSWORD) -> None:
    """Sign a member in, in a real browser."""
    page.goto(f"{site.url}/desk/")
    type_secrets(page, address, password)


def type_secrets(page: Page, address: str, password: str = PASSWORD) -> None:
    """Fill the sign-in page that is shown, and send it."""
    forget_steps()
    page.fill("#address", address)
    page.fill("#password", password)
    page.fill("#code", one_time_code())
    page.locator("main button:not([type=button])").click()
