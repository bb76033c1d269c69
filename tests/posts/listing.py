"""Lists of posts over HTTP, in as few words as a test can bear."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from kernel.runtime import Runtime
from tests.callers import Caller
from tests.posts.writing import POSTS, alter, publish

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NOBODY = UUID("01990000-0000-7000-8000-000000000000")


def ids(page: httpx.Response) -> list[str]:
    assert page.status_code == 200, page.text
    return [each["id"] for each in page.json()["items"]]


async def listed(http: httpx.AsyncClient, **parameters: Any) -> list[str]:  # Any: whatever a query can hold
    return ids(await http.get(POSTS, params=parameters))


async def walk(http: httpx.AsyncClient, **parameters: Any) -> list[str]:  # Any: whatever a query can hold
    """Every id of a list, by the cursors of its pages."""
    found: list[str] = []
    while True:
        page = await http.get(POSTS, params=parameters)
        found += ids(page)
        if page.json()["next_cursor"] is None:
            return found
        assert len(page.json()["items"]) == parameters["limit"]
        assert page.json()["next_cursor"] != parameters.get("cursor"), "the cursor leads nowhere"
        parameters["cursor"] = page.json()["next_cursor"]


async def published(http: httpx.AsyncClient, author: Caller, count: int) -> list[str]:
    """The ids of new posts, oldest first."""
    return [(await publish(http, author, title=f"Post {n}"))["id"] for n in range(count)]


async def at(runtime: Runtime, post_id: str, moment: datetime) -> None:
    await alter(runtime, post_id, published_at=moment)
