"""Commenting over HTTP, in as few words as a test can bear."""

from typing import Any

import httpx

from tests.callers import Caller
from tests.posts.writing import POSTS

COMMENTS = f"{POSTS}/comments"


async def comment(http: httpx.AsyncClient, who: Caller, post_id: str, body: str = "Ah", **fields: Any) -> Any:
    """A new comment, or with ``parent_id`` a reply."""  # Any: JSON
    address = f"{POSTS}/{post_id}/comments"
    answer = await http.post(address, json={"body": body, **fields}, headers=who.headers)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def read(http: httpx.AsyncClient, post_id: str, limit: int = 100) -> list[tuple[str, bool]]:
    """Texts in the order of reading, and whether each is a reply; page by page."""
    found: list[tuple[str, bool]] = []
    parameters: dict[str, str | int] = {"limit": limit}
    while True:
        answer = await http.get(f"{POSTS}/{post_id}/comments", params=parameters)
        assert answer.status_code == 200, answer.text
        found += [(each["body"], each["parent_id"] is not None) for each in answer.json()["items"]]
        if (cursor := answer.json()["next_cursor"]) is None:
            return found
        parameters["cursor"] = cursor


async def counted(http: httpx.AsyncClient, post_id: str) -> int:
    """As the post and as the list have it."""
    shown: int = (await http.get(f"{POSTS}/{post_id}")).json()["comments_count"]
    listed = {item["id"]: item["comments_count"] for item in (await http.get(POSTS)).json()["items"]}
    assert listed[post_id] == shown
    return shown
