"""Queries about devices."""

from datetime import timedelta
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import Boolean, delete, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert

from modules.auth.models import DeviceRow


class DeviceRepository(SQLAlchemyAsyncRepository[DeviceRow]):
    """Devices as a collection."""

    model_type = DeviceRow

    async def meet(self, user_id: UUID, fingerprint: str) -> bool:
        """Remember a device; whether it is new to somebody who is known by others."""
        # xmax is set where a row was there before; the subquery sees what was there before.
        others = exists(select(DeviceRow.id).where(DeviceRow.user_id == user_id))
        row = await self.session.execute(
            insert(DeviceRow)
            .values(user_id=user_id, fingerprint=fingerprint, seen_at=func.now())
            .on_conflict_do_update(index_elements=["user_id", "fingerprint"], set_={"seen_at": func.now()})
            .returning(literal_column("xmax = 0", Boolean), others)
        )
        is_new, has_others = row.tuples().one()
        return is_new and has_others

    async def forget_unseen(self, age: timedelta) -> None:
        """Delete those that were not used for so long."""
        await self.session.execute(
            delete(DeviceRow).where(DeviceRow.seen_at < func.now() - age).execution_options(synchronize_session=False)
        )
