"""Queries about credentials."""

from advanced_alchemy.repository import SQLAlchemyAsyncRepository

from modules.auth.models import CredentialRow


class CredentialRepository(SQLAlchemyAsyncRepository[CredentialRow]):
    """Credentials as a collection."""

    model_type = CredentialRow
