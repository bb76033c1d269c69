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


class NotAuthenticated(DomainError):
    """Nobody is signed in.

    Send a token: `Authorization: Bearer <token>`.
    """


class PermissionDenied(DomainError):
    """The caller may not do this."""


class NotFound(DomainError):
    """There is no such thing, or not for this caller."""


class Conflict(DomainError):
    """The request collides with the present state."""


class PreconditionFailed(DomainError):
    """The resource has changed since it was read.

    `If-Match` named a version that is not the present one. Read the resource again and repeat the change on top of it.
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

    def __init__(self, retry_after: int = 1) -> None:
        super().__init__("Try again later.")
        self.headers = {"Retry-After": str(retry_after)}


class Unavailable(DomainError):
    """A part that this request needs does not answer; try again."""

    def __init__(self, detail: str = "Try again shortly.", retry_after: int = 1) -> None:
        super().__init__(detail)
        self.headers = {"Retry-After": str(retry_after)}
