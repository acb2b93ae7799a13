"""Requests about what libraries hold: messages and graphics."""

from collections.abc import Callable, Mapping

from qxportal.engine.arguments import Arguments
from qxportal.engine.models import User

HANDLERS: Mapping[str, Callable[[User, Arguments], object]] = {}
