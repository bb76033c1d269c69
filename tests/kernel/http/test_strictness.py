"""Ids in paths, and queries."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
import pytest
from litestar import get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromHeader, FromPath, FromQuery, PathParameter, QueryParameter

from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit
from kernel.pagination import decode_cursor
from tests.kernel.http.apps import application, pointers, problem_of, talking_to

ID = "0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11"


async def provide_paging(limit: Limit = DEFAULT_LIMIT, cursor: Cursor = None) -> tuple[int, str | None]:
    return limit, cursor


@get("/things", dependencies={"paging": Provide(provide_paging)})
async def things(
    paging: NamedDependency[tuple[int, str | None]],
    q: Annotated[str | None, QueryParameter(min_length=1, max_length=5)] = None,
    unread: FromQuery[bool | None] = None,
    since: FromQuery[datetime | None] = None,
    ids: FromQuery[list[UUID] | None] = None,
    kind: Annotated[Literal["a", "b"] | None, QueryParameter(name="type")] = None,
) -> dict[str, Any]:
    if paging[1] is not None:
        decode_cursor(paging[1], "things", datetime, UUID)
    return {"limit": paging[0], "q": q, "unread": unread, "ids": ids, "type": kind}


@get("/needs")
async def needs(token: FromQuery[str]) -> dict[str, str]:
    return {"token": token}


@get("/page", opt={"any_query": True})
async def page(limit: Limit = DEFAULT_LIMIT) -> dict[str, int]:
    return {"limit": limit}


@get("/users/{user_id:uuid}/posts/{post_id:uuid}")
async def show(user_id: FromPath[UUID], post_id: FromPath[UUID]) -> list[UUID]:
    return [user_id, post_id]


@get("/by-name/{name:str}")
async def by_name(name: Annotated[str, PathParameter(pattern="^[a-z]+$", max_length=5)]) -> dict[str, str]:
    return {"name": name}


@get("/header")
async def header(x_number: FromHeader[Annotated[int, msgspec.Meta(ge=1)]]) -> int:
    return x_number


@post("/plain")
async def plain() -> None: ...


APP = application(things, needs, page, show, by_name, header, plain)


async def ask(address: str, method: str = "GET", headers: dict[str, str] | None = None) -> Any:
    async with talking_to(APP) as client:
        return await client.request(method, address, headers=headers)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", {"limit": 20}),
        ("limit=1&q=%C3%A9+%26", {"limit": 1, "q": "é &"}),
        ("limit=100&unread=true", {"limit": 100, "unread": True}),
        ("unread=false&type=b", {"unread": False, "type": "b"}),
        (f"ids={ID}&ids={ID}", {"ids": [ID, ID]}),
        ("q=null", {"q": "null"}),
        ("q=1e5", {"q": "1e5"}),
        ("q=100%", {"q": "100%"}),
        ("since=2026-01-31T12:00:00Z", {}),
        ("since=2026-01-31T12:00:00%2B02:00", {}),
        ("&&limit=5&", {"limit": 5}),
    ],
)
async def test_a_clean_query_arrives(query: str, expected: dict[str, Any]) -> None:
    answer = await ask(f"/things?{query}")
    assert answer.status_code == 200, answer.text
    assert expected.items() <= answer.json().items()


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("nonsense=1", {"/query/nonsense": "unknown_parameter"}),
        ("LIMIT=1", {"/query/LIMIT": "unknown_parameter"}),
        ("limit", {"/query/limit": "invalid_type"}),
        ("limit=", {"/query/limit": "invalid_type"}),
        ("limit=0", {"/query/limit": "too_small"}),
        ("limit=101", {"/query/limit": "too_large"}),
        ("limit=-1", {"/query/limit": "too_small"}),
        ("limit=%2B1", {"/query/limit": "invalid_type"}),
        ("limit=+1", {"/query/limit": "invalid_type"}),
        ("limit=1_0", {"/query/limit": "invalid_type"}),
        ("limit=1.0", {"/query/limit": "invalid_type"}),
        ("limit=1e1", {"/query/limit": "invalid_type"}),
        ("limit=0x10", {"/query/limit": "invalid_type"}),
        ("limit=%D9%A1", {"/query/limit": "invalid_type"}),
        ("limit=1%0A", {"/query/limit": "invalid_type"}),
        ("limit=99999999999999999999", {"/query/limit": "invalid_type"}),
        ("limit=" + "9" * 5000, {"/query/limit": "invalid_type"}),
        ("limit=null", {"/query/limit": "invalid_type"}),
        ("limit=1&limit=2", {"/query/limit": "repeated"}),
        ("unread=1", {"/query/unread": "invalid_type"}),
        ("unread=True", {"/query/unread": "invalid_type"}),
        ("unread=yes", {"/query/unread": "invalid_type"}),
        ("unread=null", {"/query/unread": "invalid_type"}),
        ("q=", {"/query/q": "too_short"}),
        ("q=abcdef", {"/query/q": "too_long"}),
        ("q=a%00", {"/query/q": "invalid_characters"}),
        ("q=%ff", {"/query/q": "invalid_characters"}),
        ("q=%ED%A0%80", {"/query/q": "invalid_characters"}),
        ("%ff=1", {"/query": "unknown_parameter"}),
        ("%00=1", {"/query": "unknown_parameter"}),
        ("x" * 200 + "=1", {"/query": "unknown_parameter"}),
        ("a/b~=1", {"/query/a~1b~0": "unknown_parameter"}),
        ("since=2026-01-31T12:00:00", {"/query/since": "invalid_format"}),
        ("since=2026-01-31T12:00:00+02:00", {"/query/since": "invalid_format"}),
        ("since=1999-01-31T12:00:00Z", {"/query/since": "out_of_range"}),
        ("type=c", {"/query/type": "invalid_choice"}),
        ("kind=a", {"/query/kind": "unknown_parameter"}),
        (f"ids={ID}&ids=x&ids={ID.upper()}", {"/query/ids/1": "invalid_format", "/query/ids/2": "invalid_format"}),
        (
            "limit=0&q=&unread=2&a=1&b=2&a=3&limit=",
            {
                "/query/limit": "repeated",
                "/query/q": "too_short",
                "/query/unread": "invalid_type",
                "/query/a": "unknown_parameter",
                "/query/b": "unknown_parameter",
            },
        ),
        ("cursor=a&cursor=b&x=1", {"/query/cursor": "repeated", "/query/x": "unknown_parameter"}),
    ],
)
async def test_everything_wrong_in_a_query_is_named(query: str, expected: dict[str, str]) -> None:
    problem = problem_of(await ask(f"/things?{query}"), 422, "validation_failed")
    assert pointers(problem) == expected


@pytest.mark.parametrize("cursor", ["", "x", "%00", "%ff", "a" * 3000, "e30", "null", "%F0%9F%98%80"])
async def test_whatever_is_wrong_with_a_cursor_is_an_invalid_cursor(cursor: str) -> None:
    problem_of(await ask(f"/things?cursor={cursor}"), 400, "invalid_cursor")


async def test_a_missing_parameter_is_named() -> None:
    assert pointers(problem_of(await ask("/needs"), 422, "validation_failed")) == {"/query/token": "required"}
    assert (await ask("/needs?token=")).json() == {"token": ""}


async def test_pages_may_be_linked_to_with_any_parameter() -> None:
    assert (await ask("/page?utm_source=mail&limit=3")).json() == {"limit": 3}
    problem_of(await ask("/page?utm_source=mail&limit=x"), 422, "validation_failed")


async def test_a_route_without_parameters_takes_none() -> None:
    assert (await ask("/plain", "POST")).status_code == 201
    problem_of(await ask("/plain?x=1", "POST"), 422, "validation_failed")


@pytest.mark.parametrize(
    "text",
    [
        ID.upper(),
        ID.replace("-", ""),
        f"%7B{ID}%7D",
        f"urn:uuid:{ID}",
        f"{ID}%0A",
        f"%20{ID}",
        ID.replace("-7", "-4", 1),
        "0192f0c1-9a3e-7cc0-0f5e-3f1f5a0d7b11",
        "00000000-0000-0000-0000-000000000000",
        "1",
        "me",
        "..",
        "%00",
        "%ff",
        "%D9%A1",
        ID[:-1],
        ID + "0",
        "x" * 5000,
    ],
)
async def test_anything_else_in_the_place_of_an_id_is_not_found(text: str) -> None:
    problem_of(await ask(f"/users/{text}/posts/{ID}"), 404, "not_found")
    problem_of(await ask(f"/users/{ID}/posts/{text}"), 404, "not_found")


async def test_a_canonical_id_is_found() -> None:
    assert (await ask(f"/users/{ID}/posts/{ID}")).json() == [ID, ID]


@pytest.mark.parametrize("name", ["ADA", "toolong", "a-b", "%C3%A9"])
async def test_a_path_parameter_that_breaks_a_rule_is_not_found(name: str) -> None:
    assert (await ask("/by-name/ada")).json() == {"name": "ada"}
    problem_of(await ask(f"/by-name/{name}"), 404, "not_found")


@pytest.mark.parametrize("headers", [{}, {"x-number": "0"}, {"x-number": "secret"}])
async def test_a_header_that_breaks_a_rule_is_named_without_its_value(headers: dict[str, str]) -> None:
    answer = await ask("/header", headers=headers)
    problem_of(answer, 400, "malformed")
    assert "secret" not in answer.text
