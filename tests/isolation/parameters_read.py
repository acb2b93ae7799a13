"""Which parameters of its address a page reads: one that it never asks for cannot change what it shows.

A page that was asked without parameters, and has not looked for `q`, runs the same way when `q` is there; unless it
looks at all of them together, as links to the next page do, which is noted apart.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from django.core.handlers.wsgi import WSGIRequest
from django.http import QueryDict


class ParametersRead:
    """What was looked for so far."""

    def __init__(self) -> None:
        self.names: set[str] = set()
        self.all = False

    def looked_for(self, view: str) -> bool:
        """Whether the first parameter of a view like `?q=word` was looked for by its name."""
        return view.removeprefix("?").partition("=")[0] in self.names


@contextmanager
def parameters_read() -> Iterator[ParametersRead]:
    """Note what requests in the block look for."""
    read = ParametersRead()

    class Noting(QueryDict):
        def __getitem__(self, key: str) -> Any:
            read.names.add(key)
            return super().__getitem__(key)

        def __contains__(self, key: object) -> bool:
            read.names.add(str(key))
            return super().__contains__(key)

        def getlist(self, key: str, default: Any = None) -> Any:
            read.names.add(key)
            return super().getlist(key, default)

    def looking_at_all(name: str) -> Any:
        def method(self: Noting, *args: Any, **kwargs: Any) -> Any:
            read.all = True
            return getattr(super(Noting, self), name)(*args, **kwargs)

        return method

    for name in ("__iter__", "__len__", "__eq__", "keys", "values", "items", "lists", "dict", "urlencode", "copy"):
        setattr(Noting, name, looking_at_all(name))
    with mock.patch.object(WSGIRequest, "GET", property(lambda request: Noting(request.META.get("QUERY_STRING", "")))):
        yield read
