"""Errors on their way out."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import structlog
from litestar import get
from litestar.exceptions import (
    HTTPException,
    ImproperlyConfiguredException,
    NotAuthorizedException,
    PermissionDeniedException,
    ServiceUnavailableException,
    TooManyRequestsException,
    ValidationException,
)
from litestar.params import FromQuery

from kernel.errors import (
    Conflict,
    DomainError,
    InvalidToken,
    Malformed,
    NotAuthenticated,
    NotFound,
    Overloaded,
    PermissionDenied,
    PreconditionFailed,
    RateLimited,
    Unavailable,
    ValidationFailed,
    Violation,
)
from kernel.problems import ProblemController, kinds, status_of
from tests.kernel.http.apps import application, problem_of, talking_to


class TeapotEmpty(Conflict):
    """There is no <tea> left.

    Fill it & try again.
    """


class Homeless(DomainError):
    """An error without a family."""


RAISED: dict[str, tuple[Exception, int, str]] = {
    "malformed": (Malformed("No."), 400, "malformed"),
    "homeless": (Homeless(), 400, "homeless"),
    "nobody": (NotAuthenticated(), 401, "not_authenticated"),
    "token": (InvalidToken(), 401, "invalid_token"),
    "denied": (PermissionDenied(), 403, "permission_denied"),
    "missing": (NotFound(), 404, "not_found"),
    "conflict": (TeapotEmpty("None left."), 409, "teapot_empty"),
    "stale": (PreconditionFailed(), 412, "precondition_failed"),
    "invalid": (ValidationFailed([Violation("/body/x", "too_long", "Too long.")]), 422, "validation_failed"),
    "limited": (RateLimited(7), 429, "rate_limited"),
    "down": (Unavailable(), 503, "unavailable"),
    "busy": (Overloaded(retry_after=3), 503, "overloaded"),
    "litestar-401": (NotAuthorizedException("secret"), 401, "not_authenticated"),
    "litestar-403": (PermissionDeniedException("secret"), 403, "permission_denied"),
    "litestar-429": (TooManyRequestsException("secret"), 429, "rate_limited"),
    "litestar-503": (ServiceUnavailableException("secret"), 503, "unavailable"),
    "litestar-418": (HTTPException("secret", status_code=418), 400, "malformed"),
    "litestar-422": (HTTPException("secret", status_code=422), 400, "malformed"),
    "litestar-400": (ValidationException("secret"), 400, "malformed"),
    "litestar-500": (ImproperlyConfiguredException("secret"), 500, "internal_error"),
    "bug": (KeyError("secret"), 500, "internal_error"),
    "bug-group": (ExceptionGroup("secret", [ValueError("secret")]), 500, "internal_error"),
    "group": (ExceptionGroup("secret", [NotFound()]), 404, "not_found"),
    "network": (ConnectionRefusedError("secret"), 503, "unavailable"),
    "file": (FileNotFoundError(2, "secret", "secret.txt"), 500, "internal_error"),
}


@get("/raise")
async def fail(what: FromQuery[str]) -> None:
    raise RAISED[what][0]


async def raised(what: str) -> Any:
    async with talking_to(application(fail)) as client:
        return await client.get("/raise", params={"what": what})


@contextmanager
def logged() -> Iterator[list[Any]]:
    """All that is logged meanwhile, whatever level another test has asked for."""
    lines: list[Any] = []

    def keep(_: Any, level: str, event: Any) -> Any:
        lines.append({**event, "level": level})
        raise structlog.DropEvent

    before = structlog.get_config()
    structlog.reset_defaults()
    structlog.configure(processors=[structlog.contextvars.merge_contextvars, keep])
    try:
        yield lines
    finally:
        structlog.configure(**before)


@pytest.mark.parametrize("what", RAISED)
async def test_every_error_becomes_a_problem_that_keeps_secrets(what: str) -> None:
    _, status, code = RAISED[what]
    answer = await raised(what)
    problem = problem_of(answer, status, code)
    assert "secret" not in answer.text
    assert problem["instance"] == "/raise"


async def test_a_caller_learns_how_to_sign_in() -> None:
    assert (await raised("nobody")).headers["www-authenticate"] == "Bearer"
    assert (await raised("litestar-401")).headers["www-authenticate"] == "Bearer"
    assert (await raised("token")).headers["www-authenticate"] == 'Bearer error="invalid_token"'


@pytest.mark.parametrize(
    ("what", "seconds"), [("limited", "7"), ("down", "1"), ("busy", "3"), ("litestar-503", "1"), ("network", "1")]
)
async def test_a_caller_learns_when_to_try_again(what: str, seconds: str) -> None:
    assert (await raised(what)).headers["retry-after"] == seconds


async def test_what_we_are_to_blame_for_is_logged_once_and_nothing_else_is() -> None:
    for what, (error, status, _) in RAISED.items():
        with logged() as lines:
            await raised(what)
        if status == 500:
            assert [(line["level"], line["exc_info"]) for line in lines] == [("error", error)]
        elif what in {"network", "litestar-503"}:
            assert [line["level"] for line in lines] == ["warning"]
        else:
            assert lines == [], what


async def test_the_log_and_the_answer_name_the_same_request() -> None:
    with logged() as lines:
        answer = await raised("bug")
    assert [line["request_id"] for line in lines] == [answer.headers["x-request-id"]]


def test_codes_are_stable_names() -> None:
    for kind in kinds():
        assert re.fullmatch(r"[a-z][a-z0-9_]*", kind.code()), kind
        assert 400 <= status_of(kind) < 600
        assert kind.title()
        assert not kind.title().endswith(".")


async def test_every_code_is_explained_to_people() -> None:
    async with talking_to(application(ProblemController)) as client:
        for kind in kinds():
            page = await client.get(f"/problems/{kind.code()}")
            assert page.status_code == 200, kind
            assert page.headers["content-type"] == "text/html; charset=utf-8"
            assert "default-src 'none'" in page.headers["content-security-policy"]
        page = await client.get("/problems/teapot_empty")
    assert "409" in page.text
    assert "There is no &lt;tea&gt; left" in page.text
    assert "Fill it &amp; try again." in page.text


@pytest.mark.parametrize("code", ["nonsense", "domain_error", "NotFound", "<script>", "%00"])
async def test_an_unknown_code_is_not_found(code: str) -> None:
    async with talking_to(application(ProblemController)) as client:
        problem_of(await client.get(f"/problems/{code}"), 404, "not_found")
