"""What a failing database means to a caller. Decided by SQLSTATE, never by text, which may hold values."""

from collections.abc import Iterator

from asyncpg import DataError, InterfaceError, InternalClientError, InvalidCachedStatementError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from kernel.errors import Conflict, DomainError, PreconditionFailed, Unavailable, ValidationFailed, Violation

CONFLICTS = {"23505", "23503", "23P01"}
"""Unique, foreign key and exclusion constraints."""

COLLISIONS = {"40001", "40P01"}
"""Serialization failure, deadlock."""

TRANSIENT = {*COLLISIONS, "55P03", "57014"}
"""The same, and lock timeout, statement timeout."""

UNDONE = (*COLLISIONS, "08", "57P0")
"""Collisions, and a connection that was lost or cut."""

UNAVAILABLE = ("08", "53", "57P0")
"""Connection lost, out of resources, shutting down or starting up."""


def is_undone(error: BaseException) -> bool:
    """Whether all of a transaction is undone through no fault of its own, so that it may be tried again from the start.

    It collided with another one, its connection was lost before COMMIT was sent, or a migration has changed a table
    under a prepared statement. (A connection that is lost later is `Unavailable`, see `UnitOfWork.commit`.)
    """
    causes = list(chain(error))
    return not any(isinstance(cause, DomainError) for cause in causes) and any(
        isinstance(cause, InvalidCachedStatementError | InternalClientError)
        or (isinstance(cause, DBAPIError) and cause.connection_invalidated)
        or str(getattr(cause, "sqlstate", None)).startswith(UNDONE)
        for cause in causes
    )


def lacks_schema(error: BaseException) -> bool:
    """Whether a table or a column is not there: the database is not migrated, or not to this code."""
    return any(getattr(cause, "sqlstate", None) in {"42P01", "42703"} for cause in chain(error))


def to_domain_error(error: BaseException) -> DomainError | None:
    """The domain's word for a failure of the database; None if it is no such failure, or our own mistake."""
    causes = list(chain(error))
    state = next((state for cause in causes if isinstance(state := getattr(cause, "sqlstate", None), str)), None)
    if state is not None:
        return by_sqlstate(state)
    for cause in causes:
        match cause:
            case StaleDataError():
                return PreconditionFailed()
            case DataError():
                return unstorable()
            case PoolTimeout() | InterfaceError() | InternalClientError():  # the last: closed while nobody listened
                return Unavailable()
            case OSError(filename=None):  # names no file, so it comes from the network; timeouts are among them
                return Unavailable()
    return None


def chain(error: BaseException | None) -> Iterator[BaseException]:
    """An error and what it wraps: SQLAlchemy keeps the driver's in ``orig``, the others in ``__cause__``."""
    while error is not None:
        yield error
        wrapped = getattr(error, "orig", None)
        error = wrapped if isinstance(wrapped, BaseException) else error.__cause__


def by_sqlstate(state: str) -> DomainError | None:
    """https://www.postgresql.org/docs/current/errcodes-appendix.html."""
    if state in CONFLICTS:
        return Conflict()
    if state.startswith("22"):
        return unstorable()
    if state in TRANSIENT or state.startswith(UNAVAILABLE):
        return Unavailable()
    return None


def unstorable() -> ValidationFailed:
    """A value that passed every check but does not fit the column: a bound is missing in a schema."""
    return ValidationFailed([Violation("/body", "invalid", "A value cannot be stored.")])
