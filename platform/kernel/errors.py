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
    """The request is malformed."""


class MalformedBody(Malformed):
    """The body is not valid JSON.

    It must be a single JSON text in UTF-8 (RFC 8259), nested at most 64 levels deep, with no duplicate names in an
    object and every number within the range of a double. `NaN` and `Infinity` are not JSON.
    """


class InvalidCursor(Malformed):
    """The cursor does not belong to this list.

    A cursor is opaque: take it unchanged from `next_cursor` or the `Link` header of the previous page.
    """


class InvalidHost(Malformed):
    """The request is not addressed to this server.

    It needs exactly one `Host` header (RFC 9112, section 3.2), with a name that this server answers to: the host of
    `QUIRE_PUBLIC_URL` or one of `QUIRE_HTTP_ALLOWED_HOSTS`.
    """


class ClientDisconnected(Malformed):
    """The connection closed before the request was complete."""


class NotAuthenticated(DomainError):
    """Authentication is required.

    Send a token: `Authorization: Bearer <token>`.
    """

    headers: Mapping[str, str] = {"WWW-Authenticate": "Bearer"}


class InvalidToken(NotAuthenticated):
    """The token is invalid or no longer valid.

    It may have expired, its session may have ended, or it was never issued here. Refresh it or sign in again.
    """

    headers: Mapping[str, str] = {"WWW-Authenticate": 'Bearer error="invalid_token"'}


class PermissionDenied(DomainError):
    """You do not have permission to do this."""


class ReauthenticationRequired(PermissionDenied):
    """This action requires a sign-in within the last five minutes.

    Confirm who you are with `POST /api/v1/auth/reauthenticate`, then repeat the request with the new access token.
    """


class NotFound(DomainError):
    """The resource does not exist, or you may not see it."""


class MethodNotAllowed(DomainError):
    """The resource does not support this method; `Allow` lists those it does."""

    def __init__(self, allow: str) -> None:
        super().__init__(f"Use one of: {allow}.")
        self.headers = {"Allow": allow}


class Conflict(DomainError):
    """The request conflicts with the current state of the resource."""


class PreconditionFailed(DomainError):
    """The resource has changed since it was read.

    `If-Match` named a version that is not the current one. Read the resource again and apply the change to that.
    """


class PayloadTooLarge(DomainError):
    """The body is larger than one mebibyte."""


class UriTooLong(DomainError):
    """The URL is longer than eight kibibytes."""


class HeadTooLong(DomainError):
    """The request headers are too long.

    Together they may take up 64 kibibytes; a proxy in front of this server may allow less.
    """


class RequestTimeout(DomainError):
    """The request did not arrive in time.

    Its headers and then its body may take fifteen seconds each.
    """

    headers: Mapping[str, str] = {"Connection": "close"}


class UnsupportedMediaType(DomainError):
    """The media type of the body is not supported.

    Send uncompressed JSON in UTF-8 with `Content-Type: application/json`.
    """


class ValidationFailed(DomainError):
    """The request contains invalid values.

    `errors` lists every invalid field with a JSON pointer, a stable code and a message.
    """

    def __init__(self, violations: Sequence[Violation]) -> None:
        super().__init__("; ".join(f"{violation.pointer}: {violation.message}" for violation in violations))
        self.violations = tuple(violations)


class RateLimited(DomainError):
    """Too many requests; slow down."""

    def __init__(self, retry_after: int = 1, headers: Mapping[str, str] | None = None) -> None:
        super().__init__("Try again later.")
        self.headers = {"Retry-After": str(retry_after), **(headers or {})}


class Unavailable(DomainError):
    """A service that this request depends on is not responding; try again."""

    def __init__(self, detail: str = "Try again shortly.", retry_after: int = 1) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(retry_after)}


class Overloaded(Unavailable):
    """The server is overloaded; try again."""


class BadGateway(DomainError):
    """The server cannot be reached; try again.

    Reported by the proxy in front of the server. The request may have been carried out: repeat a `POST` only with its
    `Idempotency-Key`.
    """


class GatewayTimeout(DomainError):
    """The server did not answer in time; try again.

    Reported by the proxy in front of the server. The request may have been carried out: repeat a `POST` only with its
    `Idempotency-Key`.
    """


class InternalError(DomainError):
    """An unexpected error occurred; it has been logged.

    Nothing is wrong with the request. Please quote the `request_id` when you report it.
    """
