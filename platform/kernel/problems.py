"""The one place where errors become HTTP: RFC 9457 problem documents, and a page that explains each kind."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from html import escape
from typing import TypeAlias
from urllib.parse import quote

import msgspec
import structlog
from litestar import Controller, MediaType, Response, get
from litestar.exceptions import (
    HTTPException,
    InternalServerException,
    MethodNotAllowedException,
    ValidationException,
)
from litestar.params import FromPath
from litestar.types import ExceptionHandlersMap, Scope

from kernel.db.failures import to_domain_error
from kernel.errors import (
    BadGateway,
    ClientDisconnected,
    Conflict,
    DomainError,
    GatewayTimeout,
    HeadTooLong,
    InternalError,
    Malformed,
    MethodNotAllowed,
    NotAuthenticated,
    NotFound,
    PayloadTooLarge,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    RequestTimeout,
    Unavailable,
    UnsupportedMediaType,
    UriTooLong,
    ValidationFailed,
    Violation,
)
from kernel.http.request import HttpRequest
from kernel.security import public

log = structlog.get_logger()

Kind: TypeAlias = type[DomainError]

STATUSES: Mapping[Kind, int] = {
    Malformed: 400,
    NotAuthenticated: 401,
    PermissionDenied: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    RequestTimeout: 408,
    Conflict: 409,
    PreconditionFailed: 412,
    PayloadTooLarge: 413,
    UriTooLong: 414,
    UnsupportedMediaType: 415,
    ValidationFailed: 422,
    RateLimited: 429,
    HeadTooLong: 431,
    InternalError: 500,
    BadGateway: 502,
    Unavailable: 503,
    GatewayTimeout: 504,
}
"""Families and their status; a kind that belongs to none is a bad request."""

LONGEST_INSTANCE = 1000

REFUSALS: Mapping[int, Callable[[], DomainError]] = {
    STATUSES[family]: family
    for family in (
        NotAuthenticated,
        PermissionDenied,
        NotFound,
        PayloadTooLarge,
        UnsupportedMediaType,
        RateLimited,
        Unavailable,
    )
}
"""What the framework may say by status alone."""


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """An RFC 9457 problem document. Programs look at `code`, people at `title` and `detail`; `type` explains it."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: str
    request_id: str
    errors: tuple[Violation, ...] | msgspec.UnsetType = msgspec.UNSET


def status_of(kind: Kind) -> int:
    """The HTTP status of every problem of this kind."""
    return next((STATUSES[family] for family in kind.__mro__ if family in STATUSES), 400)


def kinds(family: Kind = DomainError) -> Iterator[Kind]:
    """Every kind of problem that has been defined below ``family``."""
    for kind in family.__subclasses__():
        yield kind
        yield from kinds(kind)


def allow(methods: Iterable[str]) -> str:
    """The one spelling of ``Allow``, for OPTIONS and for 405; who knows GET knows HEAD (RFC 9110, section 9.3.2)."""
    known = {*methods, "OPTIONS"}
    return ", ".join(sorted(known | {"HEAD"} if "GET" in known else known))


def describe(error: DomainError, scope: Scope) -> Problem:
    """The document for one occurrence. Of the request it names the path, and nothing else."""
    return Problem(
        type=f"/problems/{error.code()}",
        title=error.title(),
        status=status_of(type(error)),
        detail=str(error) or f"{error.title()}.",
        instance=quote((scope.get("raw_path") or scope["path"].encode())[:LONGEST_INSTANCE], safe="/%:@!$&'()*+,;=~"),
        code=error.code(),
        request_id=str(scope.get("state", {}).get("request_id", "")),
        errors=error.violations if isinstance(error, ValidationFailed) else msgspec.UNSET,
    )


def problem(error: DomainError, scope: Scope) -> Response[bytes]:
    """``error`` as ``application/problem+json``."""
    return Response(
        msgspec.json.encode(describe(error, scope)),
        status_code=status_of(type(error)),
        media_type="application/problem+json",
        headers=error.headers,
    )


def respond(request: HttpRequest, error: Exception) -> Response[bytes]:
    """The answer to whatever was raised; what we are to blame for is logged, once."""
    refusal = understood(error)
    if isinstance(refusal, InternalError):
        log.error("request failed", exc_info=error, method=request.scope["method"], path=request.scope["path"])
    elif refusal is not error and isinstance(refusal, Unavailable):
        log.warning("dependency unavailable", cause=type(error).__name__, path=request.scope["path"])
    return problem(refusal, request.scope)


exception_handlers: ExceptionHandlersMap = {Exception: respond}


def understood(error: Exception) -> DomainError:
    """The domain's word for an error of the framework, of the database, or of our own making."""
    match error:
        case DomainError():
            return error
        case ExceptionGroup():  # of Litestar, where the end of a dependency fails
            return understood(error.exceptions[0])
        case ValidationException():
            return refused_parameters(error)
        case MethodNotAllowedException():
            return MethodNotAllowed(allow((error.headers or {}).get("allow", "").replace(",", " ").split()))
        case InternalServerException(detail="client disconnected prematurely"):
            return ClientDisconnected()
        case HTTPException(status_code=status) if status in REFUSALS:
            return REFUSALS[status]()
        case HTTPException(status_code=status) if status < 500:
            return Malformed()
        case _:
            return to_domain_error(error) or InternalError()


def refused_parameters(error: ValidationException) -> DomainError:
    """What Litestar itself refuses: a header or a cookie, and a path parameter, which makes the path unknown."""
    refused = [each for each in error.extra or () if isinstance(each, dict)]
    if any(each.get("source") == "path" for each in refused):
        return NotFound()
    places = {(place_of(each), str(each.get("key", "")).partition(".")[0]) for each in refused}
    violations = [Violation(f"/{source}/{name}", "invalid", "The value is invalid.") for source, name in sorted(places)]
    return ValidationFailed(violations) if violations else Malformed("A parameter is missing or invalid.")


def place_of(refused: dict[str, object]) -> str:
    """``query``, ``header`` or ``cookie``: Litestar says it as text or as a member of an enum."""
    source = refused.get("source", "header")
    return str(source.value if isinstance(source, Enum) else source)


PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{code}</title>
<h1><code>{code}</code></h1>
{kinds}
</html>
"""


class ProblemController(Controller):
    """What the `type` of a problem document leads to."""

    path = "/problems"
    guards = [public]  # noqa: RUF012 - as Litestar wants it
    include_in_schema = False

    @get("/{code:str}", media_type=MediaType.HTML, sync_to_thread=False)
    def explain(self, code: FromPath[str]) -> Response[str]:
        """A page for people."""
        meanings = [kind for kind in kinds() if kind.code() == code]
        if not meanings:
            raise NotFound("There is no problem with this code.")
        return Response(PAGE.format(code=escape(code), kinds="\n".join(map(explanation, meanings))))


def explanation(kind: Kind) -> str:
    """Title, status and the rest of the docstring, as HTML."""
    _, _, rest = (kind.__doc__ or "").strip().partition("\n")
    paragraphs = "".join(f"<p>{escape(' '.join(part.split()))}</p>" for part in rest.split("\n\n") if part.strip())
    return f"<h2>{status_of(kind)}: {escape(kind.title())}</h2>{paragraphs}"
