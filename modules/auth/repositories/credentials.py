"""Queries about credentials."""

from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from modules.auth.models import CredentialRow


class CredentialRepository(SQLAlchemyAsyncRepository[CredentialRow]):
    """Credentials as a collection."""

    model_type = CredentialRow

    async def of(self, user_id: UUID) -> CredentialRow | None:
        """Somebody's, as it is committed now."""
        return await self.get_one_or_none(user_id=user_id, execution_options={"populate_existing": True})

    async def put(self, user_id: UUID, password_hash: str) -> None:
        """The password of somebody from now on, whether they had one or not."""
        row = insert(CredentialRow).values(user_id=user_id, password_hash=password_hash)
        await self.session.execute(
            row.on_conflict_do_update(
                index_elements=["user_id"], set_={"password_hash": password_hash, "updated_at": func.now()}
            ).execution_options(synchronize_session=False)
        )

    async def hold(self, user_id: UUID, password_hash: str) -> bool:
        """Whether this is still the hash of their password; it is until the transaction ends."""
        held = await self.session.scalar(
            select(CredentialRow.id)
            .where(CredentialRow.user_id == user_id, CredentialRow.password_hash == password_hash)
            .with_for_update(read=True)
        )
        return held is not None

    async def renew(self, credential: CredentialRow, password_hash: str) -> bool:
        """Another hash of the same password; whether the one before was still there."""
        renewed = await self.session.scalar(
            update(CredentialRow)
            .where(CredentialRow.id == credential.id, CredentialRow.password_hash == credential.password_hash)
            .values(password_hash=password_hash)
            .returning(CredentialRow.id)
            .execution_options(synchronize_session=False)
        )
        return renewed is not None
