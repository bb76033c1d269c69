"""Queries about signing keys."""

from collections.abc import Sequence

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import select

from modules.auth.models import SigningKeyRow


class SigningKeyRepository(SQLAlchemyAsyncRepository[SigningKeyRow]):
    """Signing keys as a collection."""

    model_type = SigningKeyRow

    async def all(self) -> Sequence[SigningKeyRow]:
        """Oldest first."""
        statement = select(SigningKeyRow).order_by(SigningKeyRow.id).execution_options(populate_existing=True)
        return (await self.session.scalars(statement)).all()
