"""Queries about personal access tokens."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import ARRAY, String, any_, bindparam, delete, func, or_, select, update

from kernel.reads import Query
from modules.auth.models import PersonalTokenRow


class LivingPersonalToken(msgspec.Struct, frozen=True):
    """A token that is neither revoked nor expired."""

    id: UUID
    user_id: UUID
    token_hash: str
    scopes: list[str]
    last_used_at: datetime | None


LIVING_PERSONAL_TOKENS = Query(
    select(
        PersonalTokenRow.id,
        PersonalTokenRow.user_id,
        PersonalTokenRow.token_hash,
        PersonalTokenRow.scopes,
        PersonalTokenRow.last_used_at,
    ).where(
        PersonalTokenRow.token_hash == any_(bindparam("hashes", type_=ARRAY(String))),
        or_(PersonalTokenRow.expires_at.is_(None), PersonalTokenRow.expires_at > func.now()),
    ),
    LivingPersonalToken,
)


class PersonalTokenRepository(SQLAlchemyAsyncRepository[PersonalTokenRow]):
    """Personal access tokens as a collection."""

    model_type = PersonalTokenRow

    async def page(self, user_id: UUID, *, after: UUID | None, limit: int) -> Sequence[PersonalTokenRow]:
        """One page of somebody's tokens, newest first."""
        statement = select(PersonalTokenRow).where(PersonalTokenRow.user_id == user_id)
        if after is not None:
            statement = statement.where(PersonalTokenRow.id < after)
        return (await self.session.scalars(statement.order_by(PersonalTokenRow.id.desc()).limit(limit))).all()

    async def revoke(self, user_id: UUID, token_id: UUID) -> bool:
        """Delete one of somebody's tokens; whether there was one."""
        revoked = await self.session.scalar(
            delete(PersonalTokenRow)
            .where(PersonalTokenRow.id == token_id, PersonalTokenRow.user_id == user_id)
            .returning(PersonalTokenRow.id)
            .execution_options(synchronize_session=False)
        )
        return revoked is not None

    async def note_use(self, token_id: UUID, *, every: timedelta) -> None:
        """It is used, unless that was noted so short ago."""
        used = PersonalTokenRow.last_used_at
        await self.session.execute(
            update(PersonalTokenRow)
            .where(PersonalTokenRow.id == token_id, or_(used.is_(None), used < func.now() - every))
            .values(last_used_at=func.now())
            .execution_options(synchronize_session=False)
        )

    async def forget_expired(self, age: timedelta) -> None:
        """Delete those that expired so long ago."""
        await self.session.execute(
            delete(PersonalTokenRow)
            .where(PersonalTokenRow.expires_at < func.now() - age)
            .execution_options(synchronize_session=False)
        )
