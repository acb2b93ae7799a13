"""The portal for `./portal dev`: code that cannot even be loaded shows its traceback in the browser."""

import traceback
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment


def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
    """Answer as the portal does; what Django's debug page cannot show is shown as plain text."""
    try:
        return portal(environ, start_response)
    except Exception:  # a broken URLconf, for one
        return _broken(environ, start_response, traceback.format_exc())


def _load() -> "WSGIApplication":
    try:
        from qxportal.wsgi import application as loaded
    except Exception:
        said = traceback.format_exc()
        return lambda environ, start_response: _broken(environ, start_response, said)
    return loaded


def _broken(environ: "WSGIEnvironment", start_response: "StartResponse", said: str) -> Iterable[bytes]:
    environ["wsgi.errors"].write(said)
    start_response("500 Internal Server Error", [("Content-Type", "text/plain; charset=utf-8")])
    return [said.encode()]


portal = _load()
