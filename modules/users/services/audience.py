"""Everybody, page by page."""

from uuid import UUID

from kernel.unit_of_work import UnitOfWork
from modules.users.contracts import Audience
from modules.users.repositories import RoleRepository, UserRepository
from modules.users.roles import ADMIN, MODERATOR


class AudienceService(Audience):
    """Those who are active, as this transaction sees them."""

    def __init__(self, uow: UnitOfWork) -> None:
        self._users = UserRepository(session=uow.session)
        self._roles = RoleRepository(session=uow.session)

    async def count(self, role: str | None, *, up_to: UUID) -> int | None:
        if role is not None and role not in {ADMIN, MODERATOR} and not await self._roles.by_names([role]):
            return None
        return await self._users.count_active(role, up_to=up_to)

    async def page(self, role: str | None, *, after: UUID | None, up_to: UUID, limit: int) -> list[UUID]:
        return await self._users.active_ids(role, after=after, up_to=up_to, limit=limit)
