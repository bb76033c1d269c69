"""Tickets for streams."""

from datetime import datetime

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete

from kernel.db import first_id_of
from modules.notifications.models import StreamTicketRow


class StreamTicketRepository(SQLAlchemyAsyncRepository[StreamTicketRow]):
    """Tickets as a collection."""

    model_type = StreamTicketRow

    async def take(self, digest: str, now: datetime) -> bytes | None:
        """The token behind a ticket that is still good; nobody gets it a second time."""
        taken = await self.session.scalars(
            delete(StreamTicketRow)
            .where(StreamTicketRow.digest == digest, StreamTicketRow.expires_at > now)
            .returning(StreamTicketRow.token)
            .execution_options(synchronize_session=False)
        )
        return taken.one_or_none()

    async def forget(self, *, before: datetime) -> None:
        """Delete what was given out before then."""
        await self.session.execute(
            delete(StreamTicketRow)
            .where(StreamTicketRow.id < first_id_of(before))
            .execution_options(synchronize_session=False)
        )
