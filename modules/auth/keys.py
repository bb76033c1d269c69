"""Signing keys: Ed25519, in PostgreSQL, the private halves encrypted. The next one is published before it signs."""

import time
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

import msgspec
from cryptography.fernet import InvalidToken
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from kernel.batching import Batch
from kernel.db import new_id
from kernel.reads import Query, Reader
from kernel.settings import SettingsError
from kernel.unit_of_work import UnitOfWork
from kernel.vault import Vault
from modules.auth.models import SigningKeyRow

PAUSE = 1.0
"""Seconds between two looks for a key that is not known."""

FRESH = 5.0
"""Seconds after which a process looks again which keys there are."""


class StoredKey(msgspec.Struct, frozen=True):
    """A key as it is stored."""

    id: UUID
    private_key: bytes
    signs_since: datetime | None


STORED_KEYS = Query(select(SigningKeyRow.id, SigningKeyRow.private_key, SigningKeyRow.signs_since), StoredKey)


class Keyring:
    """The keys of this installation, kept in the process for some seconds. A ``kid`` only ever picks from them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys: dict[UUID, Ed25519PrivateKey] = {}
        self._signing: UUID | None = None
        self._has_next = False
        self._asked = -FRESH  # by those who verify
        self._loaded = -FRESH  # by those who sign
        self._stored = Batch(self._look_up)

    async def signing(self, uow: UnitOfWork) -> tuple[UUID, Ed25519PrivateKey]:
        """The key that signs now and its ``kid``; the first ones are made here, once, whoever asks first."""
        if time.monotonic() - self._loaded >= FRESH:
            await self._load(uow)
        if self._signing is None or not self._has_next:
            await lock(uow.session)
            await self._load(uow)
        if not self._has_next:
            self.add(uow.session, signs=False)
        if self._signing is None:
            first = self.add(uow.session, signs=True)
            await uow.session.flush()  # whoever looks again in this transaction finds it
            return first
        return self._signing, self._keys[self._signing]

    def add(self, session: AsyncSession, *, signs: bool) -> tuple[UUID, Ed25519PrivateKey]:
        """A new key, which is known as soon as it is committed."""
        key = Ed25519PrivateKey.generate()
        stored = self._vault.encrypt(key.private_bytes_raw())
        row = SigningKeyRow(id=new_id(), private_key=stored, signs_since=func.now() if signs else None)
        session.add(row)
        self._asked = self._loaded = -FRESH
        return row.id, key

    async def verifying(self, kid: UUID, reader: Reader) -> Ed25519PublicKey | None:
        """The public half, or nothing for a key that is not ours. Invented ones cost a query a second at most."""
        if kid not in self._keys:
            await self._look(reader, PAUSE)
        key = self._keys.get(kid)
        return None if key is None else key.public_key()

    async def keep_up(self, reader: Reader) -> None:
        """Look again which keys there are, every few seconds."""
        await self._look(reader, FRESH)

    async def _look(self, reader: Reader, age: float) -> None:
        """If what is known is so old. Whoever comes while somebody looks waits for what is found."""
        if time.monotonic() - self._asked >= age:
            await self._stored.get({reader})

    async def _look_up(self, readers: Collection[Reader]) -> Mapping[Reader, None]:
        """For `Batch`: nobody looks again, one after the other, after somebody who looked in vain."""
        for reader in readers:
            self._learn(await reader.all(STORED_KEYS))
            self._asked = time.monotonic()
        return {}

    def knows(self, kid: UUID) -> bool:
        """Whether the key was there when somebody last looked."""
        return kid in self._keys

    async def published(self, reader: Reader, uow: UnitOfWork) -> dict[UUID, Ed25519PublicKey]:
        """All public halves, also of the key that will sign next; the first ones are made by whoever asks first."""
        await self.keep_up(reader)
        if not self._keys:
            await self.signing(uow)
            await self._load(uow)
            self._loaded = -FRESH  # nothing is signed by what is not committed yet
        return {kid: key.public_key() for kid, key in sorted(self._keys.items())}

    async def _load(self, uow: UnitOfWork) -> None:
        self._learn(await uow.run(STORED_KEYS))
        self._loaded = time.monotonic()

    def _learn(self, stored: Iterable[StoredKey]) -> None:
        keys = {key.id: key for key in stored}
        self._keys = {kid: self._keys.get(kid) or self._decrypted(key) for kid, key in keys.items()}
        self._signing = signing_of(keys.values())
        self._has_next = any(key.signs_since is None for key in keys.values())

    def _decrypted(self, key: StoredKey) -> Ed25519PrivateKey:
        try:
            return Ed25519PrivateKey.from_private_bytes(self._vault.decrypt(key.private_key))
        except InvalidToken:
            raise SettingsError("QUIRE_SECRET_KEY is not the one that encrypted what is in this database") from None


def signing_of(keys: Iterable[StoredKey | SigningKeyRow]) -> UUID | None:
    """The one that signs, if there is one yet."""
    signing = [(key.signs_since, key.id) for key in keys if key.signs_since is not None]
    return max(signing)[1] if signing else None


async def lock(session: AsyncSession) -> None:
    """Until the transaction ends, nobody else makes or moves keys."""
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('auth.signing_keys'))"))
