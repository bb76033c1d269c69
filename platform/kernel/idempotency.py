"""``Idempotency-Key``: a POST that creates happens once, however often its answer gets lost.

After draft-ietf-httpapi-idempotency-key-header-07. The answer is kept in the transaction of the effect: there is no
moment at which one exists without the other.
"""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeVar

import msgspec
from litestar import Response
from sqlalchemy import (
    LargeBinary,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    and_,
    bindparam,
    column,
    delete,
    func,
    select,
    values,
)
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from kernel.db import first_id_of, new_id, utc_now
from kernel.errors import Conflict, ValidationFailed, Violation
from kernel.http.encoding import Encoded
from kernel.http.request import HttpRequest
from kernel.outbox import FORGOTTEN_AT_ONCE, Base, Written
from kernel.reads import Query
from kernel.unit_of_work import UnitOfWork
from kernel.vault import Vault

T = TypeVar("T")

KEY = re.compile(r"[\x21-\x7e]{1,255}")


class IdempotencyKeyReused(ValidationFailed):
    """This Idempotency-Key was used for a different request."""

    def __init__(self) -> None:
        super().__init__([Violation("/header/Idempotency-Key", "reused", "This key was used for a different request.")])


class IdempotencyInFlight(Conflict):
    """A request with this Idempotency-Key is still in progress."""


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


class Before(msgspec.Struct, frozen=True):
    """Whether a key is nobody else's at the moment, and the answer that was given under it, if any."""

    is_free: bool
    fingerprint: str | None
    status: int
    headers: str
    body: bytes


OWNER, NAME = bindparam("owner", type_=String()), bindparam("key", type_=String())
ROW = IdempotencyRow.__table__

BEFORE = Query(
    select(
        func.pg_try_advisory_xact_lock(func.hashtextextended(OWNER + NAME, 0)).label("is_free"),
        ROW.c.fingerprint,
        func.coalesce(ROW.c.status, 0).label("status"),
        func.coalesce(ROW.c.headers.cast(Text), "").label("headers"),
        func.coalesce(ROW.c.body, b"").label("body"),
    ).select_from(
        values(column("n", SmallInteger), name="one")
        .data([(1,)])
        .outerjoin(ROW, and_(ROW.c.owner == OWNER, ROW.c.key == NAME))
    ),
    Before,
)
"""It may look at the rows before it gets the lock, and miss what a twin commits in between: `KEEP` notices."""

KEEP = Query(
    insert(IdempotencyRow)
    .values(
        {
            **{name: bindparam(name, type_=ROW.c[name].type) for name in ("id", "owner", "key", "fingerprint")},
            **{name: bindparam(name, type_=ROW.c[name].type) for name in ("status", "body")},
            "headers": bindparam("headers", type_=Text()).cast(JSONB),
            "created_at": func.now(),
            "updated_at": func.now(),
        }
    )
    .on_conflict_do_nothing()
    .returning(IdempotencyRow.id),
    Written,
)


class Once:
    """Runs the effect of one request, unless it has run before."""

    def __init__(self, request: HttpRequest, uow: UnitOfWork, vault: Vault) -> None:
        self._request = request
        self._uow = uow
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
                [Violation("/header/Idempotency-Key", "invalid_format", "Expected 1 to 255 visible ASCII characters.")]
            )
        owner = sha256(owner.encode()).hexdigest()
        fingerprint = await self._fingerprint()
        (before,) = await self._uow.run(BEFORE, owner=owner, key=key)
        if not before.is_free:
            raise IdempotencyInFlight
        if before.fingerprint is None:
            answer = await effect()
            await self._keep(answer, owner=owner, key=key, fingerprint=fingerprint, secret=secret)
            return answer
        if before.fingerprint != fingerprint:
            raise IdempotencyKeyReused
        body, headers = before.body, msgspec.json.decode(before.headers, type=dict[str, str])
        if secret:
            body = self._vault.decrypt(body)
            headers = {name: self._vault.decrypt(each.encode()).decode() for name, each in headers.items()}
        return Encoded(body, status_code=before.status, headers={**headers, "Idempotency-Replayed": "true"})

    # Any: of any resource
    async def _keep(self, answer: Response[Any], *, owner: str, key: str, fingerprint: str, secret: bool) -> None:
        """An answer whose bytes are final; raises `IdempotencyInFlight` if a twin has just ended."""
        body, headers = answer.content, dict(answer.headers)
        if secret:
            body = self._vault.encrypt(body)
            headers = {name: self._vault.encrypt(each.encode()).decode() for name, each in headers.items()}
        kept = await self._uow.run(
            KEEP,
            id=new_id(),
            owner=owner,
            key=key,
            fingerprint=fingerprint,
            status=answer.status_code or 200,
            headers=msgspec.json.encode(headers).decode(),
            body=body,
        )
        if not kept:
            raise IdempotencyInFlight

    async def _fingerprint(self) -> str:
        """Keyed: the request may hold a password, and a plain hash of it could be guessed at."""
        body = await self._request.body()
        message = f"{self._request.method} {self._request.url.path} {sha256(body).hexdigest()}"
        return self._vault.sign("idempotency", message)


async def forget_old_answers(session: AsyncSession, *, older_than: timedelta) -> bool:
    """Delete answers that were given long ago, as many as fit into one statement's time; whether there were any."""
    given = select(IdempotencyRow.id).where(IdempotencyRow.id < first_id_of(utc_now() - older_than))
    old = given.order_by(IdempotencyRow.id).limit(FORGOTTEN_AT_ONCE)
    deleted = await session.execute(
        delete(IdempotencyRow)
        .where(IdempotencyRow.id.in_(old))
        .returning(IdempotencyRow.id)
        .execution_options(synchronize_session=False)
    )
    return deleted.first() is not None
