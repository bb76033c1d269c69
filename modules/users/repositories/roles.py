"""Roles that administrators made."""

from collections.abc import Collection, Sequence
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from kernel.db import new_id, utc_now
from modules.users.models import RoleRow, UserRow


class RoleRepository(SQLAlchemyAsyncRepository[RoleRow]):
    """Roles as a collection."""

    model_type = RoleRow

    async def insert_unless_taken(self, name: str, description: str, permissions: Sequence[str]) -> RoleRow | None:
        """The new row, or nothing if there is a role of this name."""
        now = utc_now()
        row: RoleRow | None = await self.session.scalar(
            insert(RoleRow)
            .values(
                id=new_id(),
                name=name,
                description=description,
                permissions=list(permissions),
                version=1,
                created_at=now,
                updated_at=now,
            )
            .on_conflict_do_nothing()
            .returning(RoleRow)
        )
        return row

    async def to_edit(self, name: str) -> RoleRow | None:
        """The row, locked until the transaction ends."""
        return await self.get_one_or_none(name=name, with_for_update=True)

    async def hold(self, names: Collection[str]) -> None:
        """None of these is deleted until the transaction ends."""
        await self.session.execute(
            select(RoleRow.id).where(RoleRow.name.in_(names)).with_for_update(read=True, key_share=True)
        )

    async def by_names(self, names: Collection[str]) -> Sequence[RoleRow]:
        """Any number of roles with a single query."""
        return await self.get_many(RoleRow.name.in_(names))

    async def page(self, *, after: str, limit: int) -> Sequence[RoleRow]:
        """Roles in the order of their names, which are ASCII."""
        name = RoleRow.name.collate("C")
        found = await self.session.scalars(select(RoleRow).where(name > after).order_by(name).limit(limit))
        return found.all()

    async def take_from_everybody(self, name: str) -> list[UUID]:
        """Whose it was."""
        statement = (
            update(UserRow)
            .where(UserRow.roles.contains([name]))
            .values(roles=func.array_remove(UserRow.roles, name), version=UserRow.version + 1)
            .returning(UserRow.id)
            .execution_options(synchronize_session=False)
        )
        return list((await self.session.scalars(statement)).all())
