"""Pages and cursors."""

import base64
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any
from uuid import UUID

import pytest
from litestar import Response, get
from litestar.params import FromQuery

from kernel.errors import InvalidCursor
from kernel.http.pagination import (
    DEFAULT_LIMIT,
    Cursor,
    IncludeTotal,
    Limit,
    listing,
    next_address,
)
from kernel.http.request import HttpRequest
from kernel.pagination import CHECKSUM, Key, Page, decode_cursor, encode_cursor
from tests.kernel.http.apps import application, talking_to

ID = UUID("0192f0c1-9a3e-7cc0-8f5e-3f1f5a0d7b11")
NOON = datetime(2026, 1, 31, 12, tzinfo=UTC)


@get("/numbers")
async def numbers(
    request: HttpRequest,
    limit: Limit = DEFAULT_LIMIT,
    cursor: Cursor = None,
    include_total: IncludeTotal = False,
    q: FromQuery[str] = "",
) -> Response[Page[int]]:
    start = decode_cursor(cursor, "numbers", int)[0] + 1 if cursor else 0
    items = tuple(range(start, min(start + limit, 50)))
    following = encode_cursor("numbers", items[-1]) if items and items[-1] < 49 else None
    page = (
        Page(items=items, next_cursor=following, total=50)
        if include_total
        else Page(items=items, next_cursor=following)
    )
    return listing(request, page, public=True)


async def ask(address: str, **options: Any) -> Any:
    async with talking_to(application(numbers)) as client:
        return await client.get(address, **options)


async def test_a_walk_along_the_links_meets_every_item_once() -> None:
    seen: list[int] = []
    async with talking_to(application(numbers)) as client:
        answer = await client.get("/numbers", params={"limit": "7", "q": "é &=+/?#%"})
        while True:
            seen += answer.json()["items"]
            if "next" not in answer.links:
                break
            url = answer.links["next"]["url"]
            assert url.startswith("/numbers?")
            answer = await client.get(url)
            assert answer.request.url.params["q"] == "é &=+/?#%"
    assert seen == list(range(50))
    assert answer.json()["next_cursor"] is None


@pytest.mark.parametrize(
    ("query", "link"),
    [
        ("q=é".encode(), "q=%C3%A9&cursor=c"),
        (b"q=%C3%A9+x&cursor=b", "q=%C3%A9+x&cursor=c"),
        (b"q=%ff", "q=%FF&cursor=c"),
        (b"q=", "q=&cursor=c"),
    ],
)
def test_the_link_asks_for_what_was_asked_for(query: bytes, link: str) -> None:
    assert next_address("/numbers", query, "c") == f"/numbers?{link}"


async def test_the_link_and_the_body_name_the_same_cursor() -> None:
    answer = await ask("/numbers?limit=5")
    assert f"cursor={answer.json()['next_cursor']}>" in answer.headers["link"]


async def test_a_total_is_there_only_when_asked_for() -> None:
    assert "total" not in (await ask("/numbers")).json()
    assert (await ask("/numbers?include_total=true")).json()["total"] == 50


async def test_a_list_is_conditional_too() -> None:
    first = await ask("/numbers")
    assert len(first.json()["items"]) == DEFAULT_LIMIT
    assert (await ask("/numbers", headers={"If-None-Match": first.headers["etag"]})).status_code == 304


@pytest.mark.parametrize(
    "keys",
    [
        (NOON, ID),
        (ID,),
        (7, ID),
        ("é\u2028 \"'", NOON, 0),
        (-(2**31), 2**31 - 1),
        ("",),
        (NOON.replace(microsecond=1), ID),
    ],
)
def test_a_cursor_brings_back_the_keys(keys: tuple[Key, ...]) -> None:
    text = encode_cursor("a list", *keys)
    assert text.replace("-", "").replace("_", "").isalnum()
    assert decode_cursor(text, "a list", *map(type, keys)) == keys


def made_of(text: str | bytes) -> str:
    """What somebody could forge who has read how it is done."""
    body = text.encode() if isinstance(text, str) else text
    checksum = blake2b(body, digest_size=CHECKSUM, key=b"a list").digest()
    return base64.urlsafe_b64encode(body + checksum).decode().rstrip("=")


GOOD = encode_cursor("a list", NOON, ID)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "\x00",
        "\ud800",
        "====",
        GOOD + "=",
        GOOD + "A",
        GOOD[:-1],
        GOOD + "\n",
        " " + GOOD,
        GOOD[:5] + "\n" + GOOD[5:],
        encode_cursor("a list", ID, NOON),
        encode_cursor("a list", NOON),
        encode_cursor("a list", NOON, ID, 1),
        encode_cursor("a list", 1, ID),
        encode_cursor("another", NOON, ID),
        made_of("[]"),
        made_of("null"),
        made_of("{}"),
        made_of("["),
        made_of(b"\xff"),
        made_of("[" * 50_000),
        made_of(f'["2026-01-31T12:00:00","{ID}"]'),
        made_of(f'["0001-01-01T00:00:00Z","{ID}"]'),
        made_of(f'["9999-12-31T23:59:59Z","{ID}"]'),
        made_of(f'["2026-01-31T12:00:00Z","{str(ID).upper()}"]'),
        made_of(f'["2026-01-31T12:00:00Z", "{ID}"]'),
        made_of('["2026-01-31T12:00:00Z",null]'),
    ],
    ids=lambda text: repr(text[:20]),
)
def test_any_other_text_is_no_cursor(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(text, "a list", datetime, UUID)


@pytest.mark.parametrize(
    "text", ["[1.0]", '["1"]', "[true]", "[99999999999999999999]", "[1e3]", "[2147483648]", "[-2147483649]"]
)
def test_a_number_in_a_cursor_is_one_that_fits_into_a_column(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(made_of(text), "a list", int)


@pytest.mark.parametrize("text", ['["a\\u0000"]', '["\\ud800"]', '["' + "x" * 2000 + '"]'])
def test_text_in_a_cursor_is_such_as_can_be_stored(text: str) -> None:
    with pytest.raises(InvalidCursor):
        decode_cursor(made_of(text), "a list", str)
