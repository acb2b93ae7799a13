"""All requests of this server, and the handling of one call from parameters to response."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from django.db import DatabaseError, connections, transaction

from qxportal.engine.http import failures, idempotency, listings, protocol, races, redirects, request_log
from qxportal.engine.http.api_responses import ApiResponse, OutputFormat, failure, success
from qxportal.engine.http.arguments import Arguments, check
from qxportal.engine.http.authentication import authenticate
from qxportal.engine.http.errors import Later, Problem, UnknownRequest
from qxportal.engine.http.faults import MAINTENANCE, ActiveFault, next_fault
from qxportal.engine.http.list_faults import distorted
from qxportal.engine.http.listings import StreamedListing
from qxportal.engine.http.request_parsing import Incoming, Way
from qxportal.engine.http.snapshot_reads import some_time_ago
from qxportal.engine.models import Fault, LoggedCall, User
from qxportal.engine.requests import (
    assessments,
    brands,
    comparisons,
    editions,
    evaluators,
    group_reports,
    imports,
    letters,
    library,
    links,
    mailings,
    nominations,
    persons,
    progress,
    report_access,
    reports,
    responses,
    schedules,
    surveys,
    thresholds,
    users,
)
from qxportal.threesixty.catalogue import KNOWN, RequestSpec, version_number

log = logging.getLogger(__name__)

Handler = Callable[[User, Arguments], object]

HANDLERS: Mapping[str, Handler] = {
    **assessments.HANDLERS,
    **brands.HANDLERS,
    **comparisons.HANDLERS,
    **editions.HANDLERS,
    **evaluators.HANDLERS,
    **group_reports.HANDLERS,
    **imports.HANDLERS,
    **letters.HANDLERS,
    **library.HANDLERS,
    **links.HANDLERS,
    **mailings.HANDLERS,
    **nominations.HANDLERS,
    **persons.HANDLERS,
    **progress.HANDLERS,
    **report_access.HANDLERS,
    **reports.HANDLERS,
    **responses.HANDLERS,
    **schedules.HANDLERS,
    **surveys.HANDLERS,
    **thresholds.HANDLERS,
    **users.HANDLERS,
}
NAMES: Mapping[str, str] = {alias: name for name in HANDLERS for alias in (name, *KNOWN[name].aliases)}


@dataclass(frozen=True)
class Reply:
    """A response, and the injected fault for its transmission."""

    answer: ApiResponse
    fault: ActiveFault | None = None


@dataclass
class RequestContext:
    """The state of one call while it is handled."""

    incoming: Incoming
    format: OutputFormat = field(default_factory=OutputFormat)
    name: str = ""
    version: str = ""
    spec: RequestSpec | None = None
    user: User | None = None
    fault: ActiveFault | None = None
    executed: bool = False
    flooding: bool = False  # whether too many calls from its address were refused lately


def handle(incoming: Incoming) -> Reply:
    """Handle one call; every outcome is a response."""
    context = RequestContext(incoming)
    late = False
    try:
        answer = _answer(context)
    except LateExecution:
        late = True
        answer = _failed(context, _failure())
    except Problem as problem:
        answer = _failed(context, problem)
    except Exception as error:
        full = races.no_room(error)
        if full is None:
            log.exception("A call failed")
        answer = _failed(context, full or _failure())
    call = _record(context, answer)
    if late and call:
        _execute_later(context, call)
    return Reply(answer, context.fault)


def refuse(way: Way, problem: Problem) -> Reply:
    """Respond to a call whose parameters could not be read."""
    context = RequestContext(Incoming({}, way=way))
    answer = _failed(context, problem)
    _record(context, answer)
    return Reply(answer)


class LateExecution(Exception):
    """The call is answered with an error now and executed afterwards."""


def _answer(context: RequestContext) -> ApiResponse:
    incoming = context.incoming
    context.format = protocol.provisional_format(incoming)
    if moved := redirects.before_signing_in(incoming):
        return moved
    context.name = protocol.word(incoming, "Request")
    spoken = protocol.protocol(incoming)
    context.version = spoken.version
    context.spec = spec = _find(context.name, context.version)
    context.format = protocol.response_format(incoming, spec, spoken)
    context.user = authenticate(incoming, by_password=spoken.oldest)
    if moved := redirects.after_signing_in(incoming, context.user):
        return moved
    context.fault = fault = next_fault(context.user, spec)
    if fault and (instead := _instead(context, fault)):
        return instead
    kind = fault.kind if fault else None
    if fault and kind == Fault.Kind.STALE and spec.name not in reports.GIVING:
        with some_time_ago(fault.seconds):
            result = _read_whole(_execute(context, spec, context.user))
    else:
        result = _execute(context, spec, context.user)
    if kind == Fault.Kind.ERROR_AFTER:
        raise _failure()
    if fault and kind in (Fault.Kind.DOUBLE, Fault.Kind.SHRINK):
        result = distorted(fault.kind, result, fault.chance)
    return (
        listings.answer(result, context.format)
        if isinstance(result, StreamedListing)
        else success(result, context.format)
    )


def _instead(context: RequestContext, fault: ActiveFault) -> ApiResponse | None:
    """Apply a fault before the request runs: wait, raise, or return a response in place of running it."""
    match fault.kind:
        case Fault.Kind.DELAY:
            time.sleep(fault.seconds)
        case Fault.Kind.TOO_MANY:
            return _throttled(context, fault, Problem(429, "ESRV429", "Too many calls. Try again later."))
        case Fault.Kind.BUSY:
            return _throttled(context, fault, Problem(503, "ESRV503", "The service is busy. Try again later."))
        case Fault.Kind.DOWN:
            raise Problem(503, "ESRV503", "The service is not available.")
        case Fault.Kind.ERROR_BEFORE:
            raise _failure()
        case Fault.Kind.MAINTENANCE:
            return ApiResponse(200, MAINTENANCE, "text/html; charset=utf-8")
        case Fault.Kind.LATE:
            raise LateExecution
    return None


def _throttled(context: RequestContext, fault: ActiveFault, problem: Problem) -> ApiResponse:
    refused = _failed(context, problem)
    return replace(refused, headers={**refused.headers, "Retry-After": str(round(fault.seconds))})


def _read_whole(result: object) -> object:
    """Read a streamed list's rows now, while the past snapshot is active."""
    return StreamedListing(result.name, list(result.rows)) if isinstance(result, StreamedListing) else result


def _execute(context: RequestContext, spec: RequestSpec, user: User) -> object:
    arguments = replace(check(spec, context.incoming), version=context.version, format=context.format.name)
    handler = HANDLERS[spec.name]

    def work() -> object:
        if not spec.mutates:
            return handler(user, arguments)
        with transaction.atomic(using="engine"):
            return idempotency.once(user, spec.name, arguments, lambda: handler(user, arguments))

    result = races.with_reasons(work)
    context.executed = True
    return result


def _execute_later(context: RequestContext, call: LoggedCall) -> None:
    spec, user, fault = context.spec, context.user, context.fault
    if spec is None or user is None or fault is None:
        return

    def run() -> None:
        try:
            _execute(context, spec, user)
            LoggedCall.objects.filter(pk=call.pk).update(executed=True)
        except Problem as problem:
            log.info("A late call was refused: %s", problem.message)
        except Exception:
            log.exception("A late call failed")
        finally:
            connections.close_all()

    timer = threading.Timer(fault.seconds, run)
    timer.daemon = True
    timer.start()


def _failure() -> Problem:
    return Problem(500, "ESRV500", "An unknown error occurred. Try the request later.")


def _failed(context: RequestContext, problem: Problem) -> ApiResponse:
    if context.user is None and (wait := _wait(context.incoming.way.address)):
        context.flooding, problem = True, Later(wait)
    return failure(problem, context.spec.name if context.spec else context.name, context.format)


def _wait(address: str) -> int:
    """Count a refused call without sign-in; returns the seconds to wait, or 0 if counting fails."""
    try:
        return failures.count_refused(address)
    except DatabaseError as problem:
        log.error("A refused call was not counted: %s", type(problem).__name__)
        return 0


def _record(context: RequestContext, answer: ApiResponse) -> LoggedCall | None:
    """Log the call, unless its address was told to wait; a failure to log does not affect the response."""
    if context.flooding:
        return None
    try:
        return _noted(context, answer)
    except DatabaseError as problem:
        log.error("A call was not noted: %s", type(problem).__name__)
        return None


def _noted(context: RequestContext, answer: ApiResponse) -> LoggedCall:
    if context.user is None:
        return request_log.record_stranger(
            request_name=context.spec.name if context.spec else context.name,
            user_name=str(context.incoming.values.get("User", "")),
            code=answer.status,
            error=answer.code,
        )
    return request_log.record(
        spec=context.spec,
        user_name=context.user.user_name,
        values=context.incoming.values,
        file=context.incoming.file,
        code=answer.status,
        error=answer.code,
        executed=context.executed,
    )


def _find(name: str, version: str) -> RequestSpec:
    if name not in NAMES:
        raise UnknownRequest("There is no such request.")
    spec = KNOWN[NAMES[name]]
    if version_number(version) < version_number(spec.since):
        raise UnknownRequest(f"{spec.name} exists since version {spec.since}.")
    return spec
