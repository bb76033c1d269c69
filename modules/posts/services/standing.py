"""Whether somebody may see a post: asked before anything is hung on it."""

from uuid import UUID

from kernel.errors import NotFound
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.posts.repositories import STANDING, Standing
from modules.posts.services.presentation import may_read


def readable(caller: Principal | None, standing: Standing | None) -> Standing:
    """Of a post that the caller may read; raises `NotFound`."""
    if standing is None or not may_read(caller, standing):
        raise NotFound
    return standing


async def standing_of(uow: UnitOfWork, caller: Principal, post_id: UUID) -> Standing:
    """The same by id, within the transaction; raises `NotFound`."""
    found = await uow.run(STANDING, post_id=post_id)
    return readable(caller, found[0] if found else None)
