"""One chain of middleware for all browsers of the tests: making one looks at every static file."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.test.client import ClientHandler

_load: Any = ClientHandler.load_middleware


def share_middleware() -> None:
    """Let browsers share what the settings as they are ask for; under other settings each makes its own."""
    current: Any = settings
    usual, shared = current._wrapped, _Shared()

    def load(handler: Any, is_async: bool = False) -> None:
        if is_async or current._wrapped is not usual:
            _load(handler, is_async)
        else:
            handler._middleware_chain = shared.handler._middleware_chain

    ClientHandler.load_middleware = load  # type: ignore[assignment, method-assign]


class _Shared:
    @cached_property
    def handler(self) -> Any:
        handler = ClientHandler()
        _load(handler)
        return handler
