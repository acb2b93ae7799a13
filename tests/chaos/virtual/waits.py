"""Waiting by a clock that moves when we say so: the pauses of calls, the pace in Valkey, the vendor's dates."""

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import ExitStack, contextmanager
from datetime import datetime, tzinfo
from functools import cache
from types import SimpleNamespace
from typing import Any, ParamSpec, TypeVar

from qxportal.accounts import rate_limit
from qxportal.threesixty.client import pool
from qxportal.threesixty.wire import answers
from tests.chaos.virtual.clock import Clock, told_by

P = ParamSpec("P")
T = TypeVar("T")
ASKS = "redis.call('TIME')"
TOLD = "{ARGV[#ARGV], 0}"


class Alone(Executor):
    """No thread at all: what is handed in is done before it is answered, so that a seed is one course of things."""

    def __init__(self, *_wishes: object) -> None:
        """However many threads are wished for."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> "Future[T]":
        """Do it now."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as problem:
            future.set_exception(problem)
        return future


@contextmanager
def waiting_by(clock: Clock) -> Iterator[Clock]:
    """Let everything that asks the vendor read this clock, and move it instead of waiting."""
    real = rate_limit._script

    class Dates(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Any:
            return clock.time.astimezone(tz)

    @cache
    def script(text: str) -> Callable[..., Any]:
        if ASKS not in text:
            raise ValueError("The pace no longer asks Valkey for the time.")
        run = real(text.replace(ASKS, TOLD))
        return lambda keys, args: run(keys=keys, args=[*args, repr(clock.time.timestamp())])

    def pause(_pool: pool.ClientPool, seconds: float) -> None:
        clock.move(seconds)

    with ExitStack() as back:
        back.enter_context(told_by(clock))
        for place, name, ours in (
            (rate_limit, "_script", script),
            (rate_limit, "time", SimpleNamespace(monotonic=lambda: clock.time.timestamp(), sleep=clock.move)),
            (pool, "ThreadPoolExecutor", Alone),
            (pool.ClientPool, "_pause", pause),
            (answers, "datetime", Dates),
        ):
            back.callback(setattr, place, name, getattr(place, name))
            setattr(place, name, ours)
        yield clock
