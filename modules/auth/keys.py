"""Signing keys: Ed25519, in PostgreSQL, the private halves encrypted."""

import asyncio
import time
from collections.abc import Iterable
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from kernel.db import new_id
from kernel.reads import Query, Reader
from kernel.vault import Vault
from modules.auth.models import SigningKeyRow

PAUSE = 1.0
"""Seconds between two looks for a key that is not known."""


class SigningKey(msgspec.Struct, frozen=True):
    """A key as it is stored."""

    id: UUID
    private_key: bytes


SIGNING_KEYS = Query(select(SigningKeyRow.id, SigningKeyRow.private_key), SigningKey)


class Keyring:
    """The keys of this installation, kept in the process once they are read. A ``kid`` only ever picks from them."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._keys: dict[UUID, Ed25519PrivateKey] = {}
        self._asked = -PAUSE
        self._looking = asyncio.Lock()

    async def signing(self, session: AsyncSession) -> tuple[UUID, Ed25519PrivateKey]:
        """The newest key and its ``kid``; the first one ever is made here, once, whoever asks first."""
        if not self._keys:
            await self._load(session)
        if not self._keys:
            await session.execute(text("SELECT pg_advisory_xact_lock(hashtext('auth.signing_keys'))"))
            await self._load(session)
        if not self._keys:
            key = Ed25519PrivateKey.generate()
            row = SigningKeyRow(id=new_id(), private_key=self._vault.encrypt(key.private_bytes_raw()))
            session.add(row)
            return row.id, key
        kid = max(self._keys)
        return kid, self._keys[kid]

    async def verifying(self, kid: UUID, reader: Reader) -> Ed25519PublicKey | None:
        """The public half, or nothing for a key that is not ours. Invented ones cost a query a second at most."""
        if kid not in self._keys:
            async with self._looking:  # whoever comes while somebody looks waits for what is found
                if kid not in self._keys and time.monotonic() - self._asked >= PAUSE:
                    self._learn((key.id, key.private_key) for key in await reader.all(SIGNING_KEYS))
                    self._asked = time.monotonic()
        key = self._keys.get(kid)
        return None if key is None else key.public_key()

    async def _load(self, session: AsyncSession) -> None:
        rows = await session.execute(select(SigningKeyRow.id, SigningKeyRow.private_key))
        self._learn(rows.tuples())

    def _learn(self, rows: Iterable[tuple[UUID, bytes]]) -> None:
        self._keys = {kid: Ed25519PrivateKey.from_private_bytes(self._vault.decrypt(stored)) for kid, stored in rows}
