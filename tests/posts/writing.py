"""Writing posts over HTTP, in as few words as a test can bear."""

from typing import Any
from uuid import UUID

import httpx
from sqlalchemy import update

from kernel.runtime import Runtime
from modules.posts.models import PostRow
from tests.callers import Caller

POSTS = "/api/v1/posts"


async def write(http: httpx.AsyncClient, author: Caller, **fields: Any) -> dict[str, Any]:  # Any: JSON
    """A new post; a draft, unless ``status`` says otherwise."""
    answer = await http.post(POSTS, json={"title": "Hi", "body": "there", **fields}, headers=author.headers)
    assert answer.status_code == 201, answer.text
    written: dict[str, Any] = answer.json()  # Any: JSON
    return written


async def publish(http: httpx.AsyncClient, author: Caller, **fields: Any) -> dict[str, Any]:  # Any: JSON
    """A new post that is public at once."""
    return await write(http, author, status="published", **fields)


async def alter(runtime: Runtime, post_id: str, **columns: object) -> None:
    """Bring a post into a state that the API does not lead to yet."""
    async with runtime.database.unit_of_work() as uow:
        change = update(PostRow).where(PostRow.id == UUID(post_id)).values(columns)
        await uow.session.execute(change.execution_options(synchronize_session=False))
