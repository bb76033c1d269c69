"""Who may see a post, and who may change it."""

from uuid import UUID

from kernel.errors import NotFound
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.posts.models import PostRow
from modules.posts.repositories import VISIBILITY, PostRecord, Visibility


def may_read(caller: Principal | None, row: Visibility | PostRecord | PostRow) -> bool:
    """Published posts are for all, the others for their author and those who may read any."""
    if row.status == "published":
        return True
    return caller is not None and (caller.id == row.author_id or caller.may("posts:read:any"))


def may_write(caller: Principal, row: Visibility | PostRow) -> bool:
    """Its author, and those who may write any."""
    return caller.id == row.author_id or caller.may("posts:write:any")


def require_readable(caller: Principal | None, found: Visibility | None) -> Visibility:
    """Of a post that the caller may read; raises `NotFound`."""
    if found is None or not may_read(caller, found):
        raise NotFound
    return found


async def visible_post(uow: UnitOfWork, caller: Principal, post_id: UUID) -> Visibility:
    """The same by id, within the transaction; raises `NotFound`."""
    found = await uow.run(VISIBILITY, post_id=post_id)
    return require_readable(caller, found[0] if found else None)
