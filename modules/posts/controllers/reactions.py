"""Reacting to posts."""

from uuid import UUID

from litestar import Controller, delete, put
from litestar.di import NamedDependency
from litestar.params import FromPath

from kernel.security import Principal, signed_in
from modules.posts.contracts import Reaction
from modules.posts.services import ReactionService


class ReactionController(Controller):
    """Reactions to posts."""

    path = "/{post_id:uuid}/reactions/{kind:str}"
    guards = (signed_in,)

    @put(operation_id="react", status_code=204)
    async def react(
        self,
        post_id: FromPath[UUID],
        kind: FromPath[Reaction],
        me: NamedDependency[Principal],
        reaction_service: NamedDependency[ReactionService],
    ) -> None:
        """React to a post; repeating it changes nothing."""
        await reaction_service.react(me, post_id, kind)

    @delete(operation_id="withdrawReaction", status_code=204)
    async def withdraw(
        self,
        post_id: FromPath[UUID],
        kind: FromPath[Reaction],
        me: NamedDependency[Principal],
        reaction_service: NamedDependency[ReactionService],
    ) -> None:
        """Withdraw a reaction, if there is one."""
        await reaction_service.withdraw(me, post_id, kind)
