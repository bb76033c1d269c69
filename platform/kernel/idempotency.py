"""``Idempotency-Key``: a POST that creates happens once, however often its answer gets lost.

After draft-ietf-httpapi-idempotency-key-header-07. The answer is kept in the transaction of the effect: there is no
moment at which one exists without the other.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeVar

from litestar import Response
from sqlalchemy import LargeBinary, SmallInteger, String, UniqueConstraint, delete, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import utc_now
from kernel.errors import Conflict, ValidationFailed, Violation
from kernel.http.encoding import Encoded
from kernel.http.request import HttpRequest
from kernel.outbox import FORGOTTEN_AT_ONCE, Base
from kernel.unit_of_work import UnitOfWork
from kernel.vault import Vault

T = TypeVar("T")

KEY = re.compile(r"[\x21-\x7e]{1,255}")


class IdempotencyKeyReused(ValidationFailed):
    """This Idempotency-Key belongs to another request."""

    def __init__(self) -> None:
        super().__init__([Violation("/header/Idempotency-Key", "reused", "belongs to another request")])


class IdempotencyInFlight(Conflict):
    """A request with this Idempotency-Key is still running."""


class IdempotencyRow(Base):
    """An answer that was given, kept for a day."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (UniqueConstraint("owner", "key"),)

    owner: Mapped[str] = mapped_column(String(64))
    key: Mapped[str] = mapped_column(String(255))
    fingerprint: Mapped[str] = mapped_column(String(43))
    status: Mapped[int] = mapped_column(SmallInteger)
    headers: Mapped[dict[str, str]] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Once:
    """Runs the effect of one request, unless it has run before."""

    def __init__(self, request: HttpRequest, uow: UnitOfWork, vault: Vault) -> None:
        self._request = request
        self._session = uow.session
        self._vault = vault

    async def __call__(
        self, owner: str, effect: Callable[[], Awaitable[Response[T]]], *, secret: bool = False
    ) -> Response[T]:
        """The answer of ``effect``, or the one given before; ``owner`` says whose key it is.

        An answer with something ``secret`` in it, which is shown once, is kept encrypted. Raises
        `IdempotencyKeyReused` or `IdempotencyInFlight`. What fails is not kept.
        """
        key = self._request.headers.get("idempotency-key")
        if key is None:
            return await effect()
        if KEY.fullmatch(key) is None:
            raise ValidationFailed(
                [Violation("/header/Idempotency-Key", "invalid_format", "is not 1 to 255 visible ASCII")]
            )
        owner = sha256(owner.encode()).hexdigest()
        fingerprint = await self._fingerprint()
        if not await self._session.scalar(
            select(func.pg_try_advisory_xact_lock(func.hashtextextended(owner + key, 0)))
        ):
            raise IdempotencyInFlight
        row = await self._session.scalar(select(IdempotencyRow).filter_by(owner=owner, key=key))
        if row is None:
            answer = await effect()
            row = kept(answer, owner=owner, key=key, fingerprint=fingerprint)
            if secret:
                row.body = self._vault.encrypt(row.body)
                row.headers = {name: self._vault.encrypt(each.encode()).decode() for name, each in row.headers.items()}
            self._session.add(row)
            return answer
        if row.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        body, headers = row.body, row.headers
        if secret:
            body = self._vault.decrypt(body)
            headers = {name: self._vault.decrypt(each.encode()).decode() for name, each in headers.items()}
        return Encoded(body, status_code=row.status, headers={**headers, "Idempotency-Replayed": "true"})

    async def _fingerprint(self) -> str:
        """Keyed: the request may hold a password, and a plain hash of it could be guessed at."""
        body = await self._request.body()
        message = f"{self._request.method} {self._request.url.path} {sha256(body).hexdigest()}"
        return self._vault.sign("idempotency", message)


def kept(answer: Response[Any], *, owner: str, key: str, fingerprint: str) -> IdempotencyRow:  # Any: of any resource
    """An answer whose bytes are final, as a row."""
    return IdempotencyRow(
        owner=owner,
        key=key,
        fingerprint=fingerprint,
        status=answer.status_code or 200,
        headers=dict(answer.headers),
        body=answer.content,
    )


async def forget_old_answers(session: AsyncSession, *, older_than: timedelta) -> bool:
    """Delete answers that were given long ago, as many as fit into one statement's time; whether there were any."""
    old = select(IdempotencyRow.id).where(IdempotencyRow.created_at < utc_now() - older_than).limit(FORGOTTEN_AT_ONCE)
    deleted = await session.execute(
        delete(IdempotencyRow)
        .where(IdempotencyRow.id.in_(old))
        .returning(IdempotencyRow.id)
        .execution_options(synchronize_session=False)
    )
    return deleted.first() is not None
