"""The keys of this installation, as an operator sees them, and as they are published."""

from datetime import timedelta
from uuid import UUID

from sqlalchemy import func

from kernel.audit import record
from kernel.db import utc_now
from kernel.errors import NotFound
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import KeyInUse, SigningKey, SigningKeys
from modules.auth.keys import FRESH, Keyring, lock, signing_of
from modules.auth.models import SigningKeyRow
from modules.auth.repositories import SigningKeyRepository


class SigningKeyService(SigningKeys):
    """Inside one transaction."""

    def __init__(self, uow: UnitOfWork, keyring: Keyring) -> None:
        self._uow = uow
        self._keyring = keyring
        self._keys = SigningKeyRepository(session=uow.session)

    async def find_all(self) -> list[SigningKey]:
        await self._keyring.signing(self._uow)
        await self._uow.session.flush()
        rows = await self._keys.all()
        signing = signing_of(rows)
        return [to_signing_key(row, signing) for row in rows]

    async def rotate(self) -> SigningKey:
        await self._keyring.signing(self._uow)
        await lock(self._uow.session)
        coming = next(row for row in await self._keys.all() if row.signs_since is None)
        coming.signs_since = func.clock_timestamp()
        self._keyring.add(self._uow.session, signs=False)
        await self._uow.session.flush()
        await self._uow.session.refresh(coming)
        record(self._uow, "auth.key_rotated", actor=None, subject_id=coming.id)
        return to_signing_key(coming, coming.id)

    async def retire(self, key_id: UUID) -> None:
        await lock(self._uow.session)
        rows = await self._keys.all()
        row = next((each for each in rows if each.id == key_id), None)
        if row is None:
            raise NotFound(f"There is no key {key_id}.")
        signing = next((each for each in rows if each.id == signing_of(rows)), row)
        if row.signs_since is None or row is signing or is_news(signing):
            raise KeyInUse
        await self._uow.session.delete(row)
        record(self._uow, "auth.key_retired", actor=None, subject_id=key_id)


def is_news(signing: SigningKeyRow) -> bool:
    """Whether processes may still sign with the one before."""
    return signing.signs_since is not None and utc_now() - signing.signs_since < timedelta(seconds=2 * FRESH)


def to_signing_key(row: SigningKeyRow, signing: UUID | None) -> SigningKey:
    """The single place where a row becomes something that an operator sees."""
    return SigningKey(
        id=row.id,
        state="next" if row.signs_since is None else "signing" if row.id == signing else "previous",
        created_at=row.created_at,
        signs_since=row.signs_since,
    )
