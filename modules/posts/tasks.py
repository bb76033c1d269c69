"""Background work of the posts module."""

from kernel.db import utc_now
from kernel.jobs import Context
from modules.posts.repositories import PostRepository
from modules.posts.services import RESTORABLE


async def forget_deleted_posts(ctx: Context) -> None:
    """Delete for good what nobody can bring back any more; safe to run twice."""
    there_may_be_more = True
    while there_may_be_more:
        async with ctx["database"].unit_of_work() as uow:
            posts = PostRepository(session=uow.session)
            there_may_be_more = await posts.forget_deleted(before=utc_now() - RESTORABLE)
