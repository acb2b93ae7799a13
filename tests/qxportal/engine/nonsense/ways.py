"""The ways in which a call is sent; none of them minds what is in it."""

import json
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlencode

import requests

from tests.support import quick_http

Parameters = Mapping[str, Any]
LONGEST_LINE = 3_500  # a longer query would be refused before the engine sees it


def _bytes(value: Any) -> bytes:
    text = value if isinstance(value, str) else json.dumps(value)
    return text.encode("utf-8", "surrogatepass")


def _encoded(parameters: Parameters) -> str:
    return urlencode([(name.encode("utf-8", "surrogatepass"), _bytes(value)) for name, value in parameters.items()])


def form(url: str, parameters: Parameters) -> requests.Response:
    """All as a form."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return quick_http.post(url, data=_encoded(parameters), headers=headers, timeout=60)


def query(url: str, parameters: Parameters) -> requests.Response:
    """All in the address, where they fit."""
    line = _encoded(parameters)
    return quick_http.get(f"{url}?{line}", timeout=60) if len(line) < LONGEST_LINE else form(url, parameters)


def multipart(url: str, parameters: Parameters) -> requests.Response:
    """All as parts; a file has a name."""
    parts = {
        name: ("upload.csv" if name == "FileContents" else None, _bytes(value)) for name, value in parameters.items()
    }
    return quick_http.post(url, files=parts, timeout=60)


def body(url: str, parameters: Parameters) -> requests.Response:
    """All in a JSON body."""
    headers = {"Content-Type": "application/json"}
    return quick_http.post(url, data=json.dumps(dict(parameters)), headers=headers, timeout=60)


def mixed(url: str, parameters: Parameters) -> requests.Response:
    """One half in the address, the other as a form."""
    names = sorted(parameters)
    first = {name: parameters[name] for name in names[::2]}
    line = _encoded(first)
    if len(line) >= LONGEST_LINE:
        return form(url, parameters)
    rest = {name: parameters[name] for name in names[1::2]}
    return form(f"{url}?{line}", rest)


def brackets(url: str, parameters: Parameters) -> requests.Response:
    """Lists and maps in PHP's brackets."""
    flat: dict[str, Any] = {}
    for name, value in parameters.items():
        inner = dict(enumerate(value)) if isinstance(value, list) else value
        flat |= {f"{name}[{key}]": item for key, item in inner.items()} if isinstance(inner, dict) else {name: value}
    return form(url, flat)


def plain(url: str, parameters: Parameters) -> requests.Response:
    """The file as the body, the rest in the address."""
    rest = {name: value for name, value in parameters.items() if name != "FileContents"}
    if "FileContents" not in parameters or len(_encoded(rest)) >= LONGEST_LINE:
        return multipart(url, parameters)
    headers = {"Content-Type": "text/csv"}
    file = _bytes(parameters["FileContents"])
    return quick_http.post(f"{url}?{_encoded(rest)}", data=file, headers=headers, timeout=60)


Way = Callable[[str, Parameters], requests.Response]
OF_TEXTS: tuple[Way, ...] = (form, query, multipart, mixed, plain)
OF_ANYTHING: tuple[Way, ...] = (body, brackets)
