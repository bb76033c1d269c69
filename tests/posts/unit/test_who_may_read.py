"""Who sees what is not published."""

from typing import get_args

import pytest

from kernel.db import new_id, utc_now
from kernel.security import Principal
from modules.posts.contracts import Status
from modules.posts.models import PostRow
from modules.posts.services.visibility import may_read

AUTHOR = new_id()


def principal(*permissions: str, is_author: bool = False, is_superuser: bool = False) -> Principal:
    return Principal(
        id=AUTHOR if is_author else new_id(),
        session_id=new_id(),
        auth_time=utc_now(),
        permissions=frozenset(permissions),
        is_superuser=is_superuser,
    )


READERS = [
    ("the author", principal(is_author=True), True),
    ("a holder of posts:read:any", principal("posts:read:any"), True),
    ("a superuser", principal(is_superuser=True), True),
    ("a holder of posts:write:any alone", principal("posts:write:any"), False),
    ("somebody else", principal(), False),
    ("nobody", None, False),
]


@pytest.mark.parametrize(("caller", "sees_all"), [pytest.param(who, sees, id=name) for name, who, sees in READERS])
@pytest.mark.parametrize("status", get_args(Status))
def test_only_published_posts_are_for_all(caller: Principal | None, sees_all: bool, status: Status) -> None:
    row = PostRow(author_id=AUTHOR, status=status)
    assert may_read(caller, row) == (sees_all or status == "published")
