"""Rate limiter and circuit breaker of a credential, shared by all workers through Valkey.

- Never more than `CALLS_AT_ONCE` calls run, nor more than `CALLS_PER_MINUTE` begin. Single calls (a change,
  a report) go before those of a sync.
- Until the vendor is known to accept the credential, calls go one at a time: a wrong token costs one call.
- After `BREAKER_AFTER` failures in a row calls stop for a minute, then a single call is tried; if that fails too, they
  stop for two minutes, and so on up to six, so that a recovered vendor is found soon.
- When the vendor says how long to wait (Retry-After), all calls wait.

Without Valkey, calls go on; then each process only keeps its own limit.
"""

import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from random import uniform
from typing import Any

import redis
import structlog
from django.conf import settings

from qxportal.threesixty.errors import (
    BadCredential,
    MalformedResponse,
    OutcomeUnknown,
    Rejected,
    ThreeSixtyError,
    Throttled,
    TransientError,
)
from qxportal.ui.stored_messages import gettext_stored

log = structlog.get_logger(__name__)

HOLD_SECONDS = 180  # then the slot of a dead holder is free; longer than the longest call
TRUST_SECONDS = 10  # for this long after a response, calls need not go one at a time
MAX_WAIT = 300  # how long a call waits for its turn
MAX_PAUSE = 60  # a longer pause raises Throttled
BREAK_MOST = 360
FURTHEST = 2 * 360  # seconds: upper bound of all breaker and vendor pauses

ENTER = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local state, flying, waiting = KEYS[1], KEYS[2], KEYS[3]
local id, cap, many, hold, minute, trust, force = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1', tonumber(ARGV[4]),
  tonumber(ARGV[5]), tonumber(ARGV[6]), ARGV[7] == '1'
redis.call('ZREMRANGEBYSCORE', flying, '-inf', now)
redis.call('ZREMRANGEBYSCORE', waiting, '-inf', now)
local known = redis.call('HMGET', state, 'refused', 'open_until', 'pause_until', 'answered_at', 'minute', 'begun')
local open_until, pause_until = tonumber(known[2] or 0), tonumber(known[3] or 0)
local answered_at = tonumber(known[4] or 0)
-- what lies further ahead than it can was written before the clock was put back
local furthest = now + tonumber(ARGV[8])
if open_until > furthest then open_until = 0 end
if pause_until > furthest then pause_until = 0 end
if answered_at > now + 1 then answered_at = 0 end
redis.call('ZREMRANGEBYSCORE', flying, now + hold + 1, '+inf')
redis.call('ZREMRANGEBYSCORE', waiting, now + 3, '+inf')
local count = redis.call('ZCARD', flying)
if not force then
  if known[1] then return {'refused', '0'} end
  if open_until > now then return {'open', tostring(open_until - now)} end
  if pause_until > now then return {'pause', tostring(pause_until - now)} end
  if count > 0 and now - answered_at > trust then return {'alone', '0'} end
end
local others = many and redis.call('ZCARD', waiting) or 0
if count + others >= cap then
  if not many then redis.call('ZADD', waiting, now + 2, id) end
  return {'full', '0'}
end
local this_minute = math.floor(now / 60)
local begun = tonumber(known[5] or 0) == this_minute and tonumber(known[6] or 0) or 0
if begun >= minute then return {'minute', tostring((this_minute + 1) * 60 - now)} end
redis.call('HSET', state, 'minute', this_minute, 'begun', begun + 1)
redis.call('ZADD', flying, now + hold, id)
redis.call('ZREM', waiting, id)
redis.call('EXPIRE', state, 86400)
redis.call('EXPIRE', flying, 86400)
return {'go', '0'}
"""

LEAVE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local state, flying = KEYS[1], KEYS[2]
local id, outcome, after, first, most, pause = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]),
  tonumber(ARGV[5]), tonumber(ARGV[6])
redis.call('ZREM', flying, id)
if outcome == 'answered' then
  redis.call('HSET', state, 'answered_at', now, 'failures', 0, 'breaks', 0)
  redis.call('HDEL', state, 'open_until', 'pause_until', 'refused')
elseif outcome == 'refused' then
  redis.call('HSET', state, 'refused', 1, 'answered_at', 0)
elseif outcome == 'failed' then
  local known = redis.call('HMGET', state, 'open_until', 'breaks')
  if pause > 0 then redis.call('HSET', state, 'pause_until', now + pause) end
  local open_until = tonumber(known[1] or 0)
  if open_until > now and open_until <= now + most then return 0 end
  local breaks = tonumber(known[2] or 0)
  local failures = redis.call('HINCRBY', state, 'failures', 1)
  if failures >= after or breaks > 0 then
    local seconds = math.min(most, first * 2 ^ breaks)
    redis.call('HSET', state, 'open_until', now + seconds, 'breaks', breaks + 1, 'failures', 0, 'answered_at', 0)
    return math.floor(seconds)
  end
end
return 0
"""


class RateLimiter:
    """Rate limiter for the calls with one credential; a new token gets a new one."""

    def __init__(self, name: str, *, many: bool = False, force: bool = False) -> None:
        self.keys = [f"rate-limit:{{{name}}}:{part}" for part in ("state", "flying", "waiting")]
        self.many = many  # calls of a sync, which yield to others
        self.force = force  # a test of the credential is admitted despite earlier failures

    @contextmanager
    def acquire(self) -> Iterator[None]:
        """Wait for a turn and hold a slot during the call; raises Throttled or BadCredential if no call is allowed."""
        slot = secrets.token_hex(8)
        self._wait(slot)
        outcome, pause = "", 0.0
        try:
            yield
        except ThreeSixtyError as problem:
            outcome, pause = _outcome(problem), getattr(problem, "retry_after", None) or 0.0
            raise
        else:
            outcome = "answered"
        finally:
            self._leave(slot, outcome, pause)

    def _wait(self, slot: str) -> None:
        end, nap = time.monotonic() + MAX_WAIT, 0.01
        while time.monotonic() < end:
            word, seconds = self._enter(slot)
            match word:
                case "go":
                    return
                case "refused":
                    raise BadCredential(
                        gettext_stored("%(Service)s refused the API token a moment ago."), code="401", status=401
                    )
                case "open":
                    raise Throttled(
                        gettext_stored("Too many requests failed lately. Requests pause for a while."),
                        retry_after=seconds,
                    )
                case "pause" | "minute" if seconds > MAX_PAUSE:
                    raise Throttled(gettext_stored("%(Service)s asked us to wait."), retry_after=seconds)
            nap = min(0.2, nap * 1.3)
            time.sleep(uniform(nap / 2, nap) if seconds <= 0 else min(seconds, 1.0))
        raise Throttled(gettext_stored("Too many other requests are in progress."), retry_after=MAX_PAUSE)

    def _enter(self, slot: str) -> tuple[str, float]:
        limits = [
            settings.CALLS_AT_ONCE,
            int(self.many),
            HOLD_SECONDS,
            settings.CALLS_PER_MINUTE,
            TRUST_SECONDS,
            int(self.force),
            FURTHEST,
        ]
        try:
            word, seconds = _script(ENTER)(keys=self.keys, args=[slot, *limits])
        except redis.RedisError as problem:
            log.warning("rate_limit_unknown", problem=type(problem).__name__)
            return "go", 0.0
        return word.decode(), float(seconds)

    def _leave(self, slot: str, outcome: str, pause: float) -> None:
        limits = [settings.BREAKER_AFTER, settings.BREAKER_SECONDS, BREAK_MOST, pause]
        with suppress(redis.RedisError):  # the slot expires by itself
            if seconds := _script(LEAVE)(keys=self.keys, args=[slot, outcome, *limits]):
                log.warning("breaker_open", key=self.keys[0], seconds=seconds)


def _outcome(problem: ThreeSixtyError) -> str:
    """Outcome of a call as to the vendor's health; empty if the vendor was not reached."""
    if isinstance(problem, BadCredential):
        return "refused"
    if isinstance(problem, TransientError | OutcomeUnknown | MalformedResponse):
        return "failed"
    return "answered" if isinstance(problem, Rejected) and problem.status else ""


@cache
def _script(text: str) -> Any:
    client = redis.Redis.from_url(settings.BROKER_ADDRESS, socket_timeout=5, socket_connect_timeout=5)
    return client.register_script(text)
