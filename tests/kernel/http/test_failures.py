"""What failures of the database mean; made by hand, as the driver and SQLAlchemy make them."""

import socket
from typing import Any

import asyncpg
import pytest
from advanced_alchemy.exceptions import RepositoryError
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm.exc import StaleDataError

from kernel.db.failures import is_undone, to_domain_error
from kernel.errors import Conflict, DomainError, PreconditionFailed, Unavailable, ValidationFailed

STATES: dict[str, type[DomainError] | None] = {
    "23505": Conflict,
    "23503": Conflict,
    "23P01": Conflict,
    "22001": ValidationFailed,
    "22003": ValidationFailed,
    "22021": ValidationFailed,
    "22P05": ValidationFailed,
    "08003": Unavailable,
    "08006": Unavailable,
    "53300": Unavailable,
    "53200": Unavailable,
    "57P01": Unavailable,
    "57P03": Unavailable,
    "57014": Unavailable,
    "40001": Unavailable,
    "40P01": Unavailable,
    "55P03": Unavailable,
    "42P01": None,
    "42601": None,
    "23502": None,
    "23514": None,
    "XX000": None,
}


def of_driver(state: str) -> asyncpg.PostgresError:
    return asyncpg.PostgresError.new({"C": state, "M": "the password is hunter2"})


def of_sqlalchemy(state: str) -> DBAPIError:
    """As SQLAlchemy does: the adapter's error has the state, the driver's is its cause."""
    adapted: Any = Exception("adapted")
    adapted.sqlstate = adapted.pgcode = state
    adapted.__cause__ = of_driver(state)
    return IntegrityError("INSERT INTO t VALUES ($1)", ("hunter2",), adapted)


def of_advanced_alchemy(state: str) -> RepositoryError:
    error = RepositoryError(detail="hunter2")
    error.__cause__ = of_sqlalchemy(state)
    return error


@pytest.mark.parametrize("make", [of_driver, of_sqlalchemy, of_advanced_alchemy])
@pytest.mark.parametrize(("state", "expected"), STATES.items())
def test_the_sqlstate_decides_however_it_is_wrapped(state: str, expected: type[DomainError] | None, make: Any) -> None:
    error = to_domain_error(make(state))
    assert type(error) is (type(None) if expected is None else expected)
    assert "hunter2" not in str(error)
    if expected is Unavailable:
        assert isinstance(error, Unavailable)
        assert error.headers["Retry-After"]


@pytest.mark.parametrize(
    "error",
    [
        PoolTimeout("QueuePool limit"),
        OperationalError("SELECT 1", (), ConnectionRefusedError()),
        asyncpg.InterfaceError("connection is closed"),
        asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"),
        asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation"),
        asyncpg.CannotConnectNowError("the database system is starting up"),
        ConnectionRefusedError(111, "refused"),
        ConnectionResetError(),
        BrokenPipeError(),
        socket.gaierror(-2, "Name or service not known"),
        OSError("Multiple exceptions: [Errno 111] Connect call failed"),
        TimeoutError(),
    ],
    ids=repr,
)
def test_a_database_that_cannot_be_reached_is_unavailable(error: Exception) -> None:
    assert isinstance(to_domain_error(error), Unavailable)


def test_a_connection_that_was_closed_unheard_has_done_nothing_and_is_tried_again() -> None:
    assert is_undone(asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"))


def test_a_row_that_changed_meanwhile_is_a_failed_precondition() -> None:
    assert isinstance(to_domain_error(StaleDataError("UPDATE expected to update 1 row")), PreconditionFailed)


def test_a_value_that_the_driver_refuses_is_invalid() -> None:
    error = asyncpg.DataError("invalid input for query argument $1: hunter2")
    assert isinstance(to_domain_error(error), ValidationFailed)


@pytest.mark.parametrize(
    "error",
    [KeyError("x"), FileNotFoundError(2, "no", "x.txt"), ZeroDivisionError(), RepositoryError(detail="x")],
    ids=repr,
)
def test_anything_else_is_our_own_mistake(error: Exception) -> None:
    assert to_domain_error(error) is None
