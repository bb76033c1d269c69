"""Posts that people keep in mind for themselves."""

from uuid import UUID

from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.posts.repositories import BookmarkRepository
from modules.posts.services.visibility import visible_post


class BookmarkService:
    """Keeping posts in mind, inside one transaction."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._bookmarks = BookmarkRepository(session=uow.session)

    async def keep(self, me: Principal, post_id: UUID) -> None:
        """From now on, or since it was kept first; raises `NotFound`."""
        await visible_post(self._uow, me, post_id)
        await self._bookmarks.insert_if_absent(me.id, post_id)

    async def let_go(self, me: Principal, post_id: UUID) -> None:
        """Not any more; raises `NotFound`."""
        await visible_post(self._uow, me, post_id)
        await self._bookmarks.delete_if_present(me.id, post_id)
