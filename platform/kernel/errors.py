"""Domain errors: what a rule can answer instead of a value. Pure, so that contracts may use them.

A leaf class names one problem: its code is the class name in snake_case, its title the first line of its docstring, and
the rest of the docstring is what ``GET /problems/<code>`` tells a person. Which HTTP status a family has is written in
``kernel.problems`` alone.
"""

import re
from collections.abc import Mapping, Sequence
from typing import ClassVar

import msgspec


class Violation(msgspec.Struct, frozen=True):
    """One field that breaks one rule; ``pointer`` is ``/body/<field>`` or ``/query/<name>`` (RFC 6901)."""

    pointer: str
    code: str
    message: str


class DomainError(Exception):
    """A rule said no. ``str(error)`` may be shown to the caller: no secret, no echo of what was sent."""

    persists: ClassVar[bool] = False
    """Whether what was written before the error is committed with it (a revoked session, a counted failure)."""

    headers: Mapping[str, str] = {}

    @classmethod
    def code(cls) -> str:
        """The stable name of the problem."""
        return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", cls.__name__).lower()

    @classmethod
    def title(cls) -> str:
        """One sentence for people, the same for every occurrence."""
        return (cls.__doc__ or cls.__name__).strip().splitlines()[0].rstrip(".")


class Malformed(DomainError):
    """The request cannot be understood."""


class MalformedBody(Malformed):
    """The body is not the JSON that was announced.

    It has to be one JSON text in UTF-8 (RFC 8259), nested at most 64 deep, with no name twice in an object and every
    number within the range of a double. `NaN` and `Infinity` are not JSON.
    """


class InvalidCursor(Malformed):
    """The cursor does not come from this list.

    A cursor is opaque: take it from `next_cursor` or from the `Link` header of the page before, unchanged.
    """


class InvalidHost(Malformed):
    """The request does not name this server.

    Exactly one `Host` header is needed (RFC 9112, section 3.2), with a name that this server answers to:
    the one of `QUIRE_PUBLIC_URL` or one of `QUIRE_HTTP_ALLOWED_HOSTS`.
    """


class ClientDisconnected(Malformed):
    """The connection ended before the request did."""


class NotAuthenticated(DomainError):
    """Nobody is signed in.

    Send a token: `Authorization: Bearer <token>`.
    """

    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}


class InvalidToken(NotAuthenticated):
    """The token is not valid, or not any more.

    It may have expired, its session may have ended, or it was never issued here. Sign in again or refresh it.
    """

    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class PermissionDenied(DomainError):
    """The caller may not do this."""


class ReauthenticationRequired(PermissionDenied):
    """This act needs a sign-in of the last five minutes.

    Prove again who you are, `POST /api/v1/auth/reauthenticate`, and repeat the request with the new access token.
    """


class NotFound(DomainError):
    """There is no such thing, or not for this caller."""


class MethodNotAllowed(DomainError):
    """The resource does not know this method; `Allow` lists those that it knows."""

    def __init__(self, allow: str) -> None:
        super().__init__(f"Use one of {allow}.")
        self.headers = {"Allow": allow}


class Conflict(DomainError):
    """The request collides with the present state."""


class PreconditionFailed(DomainError):
    """The resource has changed since it was read.

    `If-Match` named a version that is not the present one. Read the resource again and repeat the change on top of it.
    """


class PayloadTooLarge(DomainError):
    """The body is larger than one mebibyte."""


class UriTooLong(DomainError):
    """The address of the request is longer than eight kibibytes."""


class HeadTooLong(DomainError):
    """The headers of the request are too long.

    All of them together may have 64 kibibytes; a proxy in front of this server may take less.
    """


class RequestTimeout(DomainError):
    """The request did not arrive in time.

    Its head, and then its body, have fifteen seconds each.
    """

    headers: Mapping[str, str] = {"Connection": "close"}


class UnsupportedMediaType(DomainError):
    """The body is of a kind that is not taken here.

    Send JSON in UTF-8, not compressed, and say so: `Content-Type: application/json`.
    """


class ValidationFailed(DomainError):
    """The request breaks the rules of its fields.

    `errors` lists every field that does, each with a JSON pointer, a stable code and a message.
    """

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{violation.pointer}: {violation.message}" for violation in violations))
        self.violations = tuple(violations)


class RateLimited(DomainError):
    """Too many requests; wait before the next one."""

    def __init__(self, retry_after: int = 1, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("Try again later.")
        self.headers = {"Retry-After": str(retry_after), **(headers or {})}


class Unavailable(DomainError):
    """A part that this request needs does not answer; try again."""

    def __init__(self, detail: str = "Try again shortly.", retry_after: int = 1) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(retry_after)}


class Overloaded(Unavailable):
    """The server has more to do than it can; try again."""


class BadGateway(DomainError):
    """No instance of the server answers; try again.

    The proxy in front of the server says so. What was not answered may have been done: repeat a `POST` with its
    `Idempotency-Key` alone.
    """


class GatewayTimeout(DomainError):
    """The server did not answer in time; try again.

    The proxy in front of the server says so. What was not answered may have been done: repeat a `POST` with its
    `Idempotency-Key` alone.
    """


class InternalError(DomainError):
    """Something went wrong on this side, and was recorded.

    Nothing about the request has to be changed. Who reports it should name the `request_id`.
    """
