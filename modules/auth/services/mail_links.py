"""Links in mails: each is good once, for a while, for one purpose, and for the address it was sent to."""

from datetime import timedelta
from typing import Literal, TypeAlias
from uuid import UUID

from kernel.db import utc_now
from kernel.mail import post
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import InvalidMailToken, MailAsked
from modules.auth.models import MailTokenRow
from modules.auth.repositories import MailTokenRepository
from modules.auth.services.components import Components

Purpose: TypeAlias = Literal["verify_email", "reset_password", "confirm_email"]


class MailLinks:
    """Sends links and takes their tokens back, inside one transaction."""

    def __init__(self, uow: UnitOfWork, components: Components) -> None:
        self._uow = uow
        self._components = components
        self._rows = MailTokenRepository(session=uow.session)

    async def ask(self, purpose: Purpose, address: str, user_id: UUID | None = None) -> None:
        """A mail may be due: that is found out after the answer, which therefore says nothing about accounts."""
        sealed = self._components.vault.encrypt(address.encode()).decode()
        await self._uow.publish(MailAsked(purpose=purpose, address=sealed, user_id=user_id))

    async def send(
        self, purpose: Purpose, *, user_id: UUID, recipient: str, ttl: float, kind: str | None = None
    ) -> None:
        """Post a link that is good for ``ttl`` seconds; those of earlier mails are good for nothing from now on."""
        await self._rows.retire(user_id, purpose)
        mail_id = await post(self._uow, f"auth.{kind or purpose}", user_id=user_id, recipient=recipient)
        expires_at = utc_now() + timedelta(seconds=ttl)
        self._uow.session.add(
            MailTokenRow(id=mail_id, user_id=user_id, purpose=purpose, email=recipient, expires_at=expires_at)
        )

    async def look_at(self, purpose: Purpose, token: str) -> MailTokenRow:
        """Whose token it is, while it is good; raises `InvalidMailToken`."""
        mail_id = self._components.mail_tokens.read(token, purpose)
        row = None if mail_id is None else await self._rows.find_good(mail_id, purpose, utc_now())
        if row is None:
            raise InvalidMailToken
        return row

    async def use(self, purpose: Purpose, token: str) -> MailTokenRow:
        """Whose token it was: it is used up by this very call; raises `InvalidMailToken`."""
        mail_id = self._components.mail_tokens.read(token, purpose)
        row = None if mail_id is None else await self._rows.use(mail_id, purpose, utc_now())
        if row is None:
            raise InvalidMailToken
        return row

    async def retire(self, user_id: UUID, *purposes: Purpose) -> None:
        """Links that were sent so far are good for nothing."""
        for purpose in purposes:
            await self._rows.retire(user_id, purpose)
