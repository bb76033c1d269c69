"""Queries about second factors."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from modules.auth.models import RecoveryCodeRow, TotpRow


class TotpRepository(SQLAlchemyAsyncRepository[TotpRow]):
    """Authenticator apps as a collection; everybody has one at most."""

    model_type = TotpRow

    async def enrol(self, user_id: UUID, secret: bytes) -> bool:
        """Remember a secret until it is confirmed, instead of one that was not; whether none is confirmed yet."""
        enrolled = await self.session.scalar(
            insert(TotpRow)
            .values(user_id=user_id, secret=secret)
            .on_conflict_do_update(
                index_elements=["user_id"],
                set_={"secret": secret, "updated_at": func.now()},
                where=TotpRow.confirmed_at.is_(None),
            )
            .returning(TotpRow.id)
        )
        return enrolled is not None

    async def confirm(self, row: TotpRow, step: int) -> bool:
        """From now on codes are asked for; whether this very call did it, and the secret is still this one."""
        confirmed = await self.session.scalar(
            update(TotpRow)
            .where(TotpRow.id == row.id, TotpRow.secret == row.secret, TotpRow.confirmed_at.is_(None))
            .values(confirmed_at=func.now(), last_step=step)
            .returning(TotpRow.id)
            .execution_options(synchronize_session=False)
        )
        return confirmed is not None

    async def advance(self, row_id: UUID, step: int) -> bool:
        """Use up the code of a time step, and those before; whether it was still good: the database lets one win."""
        used = await self.session.scalar(
            update(TotpRow)
            .where(TotpRow.id == row_id, TotpRow.last_step < step)
            .values(last_step=step)
            .returning(TotpRow.id)
            .execution_options(synchronize_session=False)
        )
        return used is not None

    async def remove(self, user_id: UUID) -> bool:
        """Codes are not asked for any more; whether they were."""
        removed = await self.session.scalar(
            delete(TotpRow)
            .where(TotpRow.user_id == user_id, TotpRow.confirmed_at.is_not(None))
            .returning(TotpRow.id)
            .execution_options(synchronize_session=False)
        )
        return removed is not None

    async def to_change(self, *, after: UUID | None, limit: int) -> Sequence[TotpRow]:
        """Some rows in the order of their ids, locked until the transaction ends."""
        statement = select(TotpRow).order_by(TotpRow.id).limit(limit).with_for_update()
        if after is not None:
            statement = statement.where(TotpRow.id > after)
        return (await self.session.scalars(statement)).all()

    async def forget_unconfirmed(self, age: timedelta) -> None:
        """Delete secrets that nobody has confirmed for so long."""
        await self.session.execute(
            delete(TotpRow)
            .where(TotpRow.confirmed_at.is_(None), TotpRow.updated_at < func.now() - age)
            .execution_options(synchronize_session=False)
        )


class RecoveryCodeRepository(SQLAlchemyAsyncRepository[RecoveryCodeRow]):
    """Recovery codes that are not used, as a collection."""

    model_type = RecoveryCodeRow

    async def replace(self, user_id: UUID, hashes: Iterable[str]) -> None:
        """These, and none of those before."""
        await self.forget(user_id)
        await self.add_many([RecoveryCodeRow(user_id=user_id, code_hash=each) for each in hashes])

    async def use(self, user_id: UUID, code_hash: str) -> bool:
        """Use a code up; whether it was one that is not used: the database lets one win."""
        used = await self.session.scalar(
            delete(RecoveryCodeRow)
            .where(RecoveryCodeRow.user_id == user_id, RecoveryCodeRow.code_hash == code_hash)
            .returning(RecoveryCodeRow.id)
            .execution_options(synchronize_session=False)
        )
        return used is not None

    async def forget(self, user_id: UUID) -> None:
        """All of somebody's."""
        await self.session.execute(
            delete(RecoveryCodeRow)
            .where(RecoveryCodeRow.user_id == user_id)
            .execution_options(synchronize_session=False)
        )
