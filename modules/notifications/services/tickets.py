"""Tickets for streams: a browser's ``EventSource`` can send no header, and a token in an address would be written down.

A ticket opens one stream, within seconds. What it stands for is the token of whoever asked for it, which is encrypted
and goes when the ticket is used: the stream ends when that token does.
"""

import secrets
from datetime import timedelta
from hashlib import sha256

from kernel.db import utc_now
from kernel.unit_of_work import UnitOfWork
from kernel.vault import Vault
from modules.notifications.contracts import InvalidTicket
from modules.notifications.models import StreamTicketRow
from modules.notifications.repositories import StreamTicketRepository

TICKET_LIFETIME = timedelta(seconds=30)


class Tickets:
    """Given out and taken back, each once."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def issue(self, uow: UnitOfWork, token: str) -> str:
        """A ticket that stands for ``token``."""
        ticket = secrets.token_urlsafe(32)
        uow.session.add(
            StreamTicketRow(
                digest=sha256(ticket.encode()).hexdigest(),
                token=self._vault.encrypt(token.encode()),
                expires_at=utc_now() + TICKET_LIFETIME,
            )
        )
        return ticket

    async def redeem(self, uow: UnitOfWork, ticket: str) -> str:
        """The token; raises `InvalidTicket` the second time."""
        digest = sha256(ticket.encode(errors="replace")).hexdigest()
        encrypted = await StreamTicketRepository(session=uow.session).take(digest, utc_now())
        if encrypted is None:
            raise InvalidTicket
        return self._vault.decrypt(encrypted).decode()
