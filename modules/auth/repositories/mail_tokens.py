"""Queries about tokens in mails."""

from datetime import datetime, timedelta
from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import delete, func, select, update

from modules.auth.models import MailTokenRow


class MailTokenRepository(SQLAlchemyAsyncRepository[MailTokenRow]):
    """Tokens in mails as a collection."""

    model_type = MailTokenRow

    async def retire(self, user_id: UUID, purpose: str) -> None:
        """A newer mail makes the links of older ones useless."""
        await self.session.execute(
            update(MailTokenRow)
            .where(MailTokenRow.user_id == user_id, MailTokenRow.purpose == purpose, MailTokenRow.used_at.is_(None))
            .values(used_at=func.now())
            .execution_options(synchronize_session=False)
        )

    async def find_good(self, mail_id: UUID, purpose: str, now: datetime) -> MailTokenRow | None:
        """The token, as long as it could be used."""
        row: MailTokenRow | None = await self.session.scalar(
            select(MailTokenRow).where(
                MailTokenRow.id == mail_id,
                MailTokenRow.purpose == purpose,
                MailTokenRow.used_at.is_(None),
                MailTokenRow.expires_at > now,
            )
        )
        return row

    async def use(self, mail_id: UUID, purpose: str, now: datetime) -> MailTokenRow | None:
        """The token, used up by this very call; nothing if it was used before, replaced or is too old."""
        row: MailTokenRow | None = await self.session.scalar(
            update(MailTokenRow)
            .where(
                MailTokenRow.id == mail_id,
                MailTokenRow.purpose == purpose,
                MailTokenRow.used_at.is_(None),
                MailTokenRow.expires_at > now,
            )
            .values(used_at=now)
            .returning(MailTokenRow)
            .execution_options(synchronize_session=False)
        )
        return row

    async def forget_ended(self, age: timedelta) -> None:
        """Delete those that expired so long ago."""
        await self.session.execute(
            delete(MailTokenRow)
            .where(MailTokenRow.expires_at < func.now() - age)
            .execution_options(synchronize_session=False)
        )
