"""Queries about credentials."""

from uuid import UUID

from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert

from modules.auth.models import CredentialRow


class CredentialRepository(SQLAlchemyAsyncRepository[CredentialRow]):
    """Credentials as a collection."""

    model_type = CredentialRow

    async def put(self, user_id: UUID, password_hash: str) -> None:
        """The password of somebody from now on, whether they had one or not."""
        row = insert(CredentialRow).values(user_id=user_id, password_hash=password_hash)
        await self.session.execute(
            row.on_conflict_do_update(
                index_elements=["user_id"], set_={"password_hash": password_hash, "updated_at": func.now()}
            ).execution_options(synchronize_session=False)
        )

    async def renew(self, credential: CredentialRow, password_hash: str) -> None:
        """Another hash of the same password, unless there is another password by now."""
        await self.session.execute(
            update(CredentialRow)
            .where(CredentialRow.id == credential.id, CredentialRow.password_hash == credential.password_hash)
            .values(password_hash=password_hash)
            .execution_options(synchronize_session=False)
        )
