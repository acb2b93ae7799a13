"""One chain of middleware for all browsers of the tests: making one looks at every static file."""

from functools import cached_property

from django.conf import settings
from django.test.client import ClientHandler

_load = ClientHandler.load_middleware


def share_middleware() -> None:
    """Let browsers share what the settings as they are ask for; under other settings each makes its own."""
    usual, shared = settings._wrapped, _Shared()

    def load(handler: ClientHandler, is_async: bool = False) -> None:
        if is_async or settings._wrapped is not usual:
            _load(handler, is_async)
        else:
            handler._middleware_chain = shared.handler._middleware_chain

    ClientHandler.load_middleware = load  # type: ignore[method-assign]


class _Shared:
    @cached_property
    def handler(self) -> ClientHandler:
        handler = ClientHandler()
        _load(handler)
        return handler
