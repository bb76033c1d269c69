"""What readers feel about posts, in one of five ways or several."""

from uuid import UUID

from kernel.db import utc_now
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.posts.cache_entities import COUNTS, post
from modules.posts.contracts import Reaction, ReactionAdded
from modules.posts.repositories import ReactionRepository
from modules.posts.services.visibility import visible_post


class ReactionService:
    """Reacting to posts and taking it back, inside one transaction; the rows are counted when it commits."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._uow = uow
        self._reactions = ReactionRepository(session=uow.session)

    async def react(self, me: Principal, post_id: UUID, kind: Reaction) -> None:
        """React, or go on reacting; the world hears of the first time alone. Raises `NotFound`."""
        visibility = await visible_post(self._uow, me, post_id)
        counts, is_first = await self._reactions.begin(post_id, me.id, kind, utc_now())
        if counts:
            self._uow.changes(post(post_id), COUNTS)
        if is_first:
            event = ReactionAdded(post_id=post_id, post_author_id=visibility.author_id, user_id=me.id, kind=kind)
            await self._uow.publish(event)

    async def withdraw(self, me: Principal, post_id: UUID, kind: Reaction) -> None:
        """Take it back, if there is anything; raises `NotFound`."""
        await visible_post(self._uow, me, post_id)
        if await self._reactions.withdraw(post_id, me.id, kind, utc_now()):
            self._uow.changes(post(post_id), COUNTS)
