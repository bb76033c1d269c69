"""Sending: at least once, with a fixed ``Message-ID``. Exactly once does not exist over SMTP."""

from collections.abc import Mapping
from contextlib import AbstractContextManager

import msgspec

from kernel.db import utc_now
from kernel.errors import DomainError
from kernel.mail.ledger import Mail, MailQueued, MailRow
from kernel.mail.letters import Compose, to_message
from kernel.mail.transports import MailRefused, Transport
from kernel.telemetry import CURRENT, NOTHING
from kernel.text import reason
from kernel.unit_of_work import UnitOfWork


class MailDeferred(DomainError):
    """The mail could not be handed over yet.

    It stays queued and is tried again.
    """

    persists = True


class MailDelivery:
    """The kernel's own subscriber: writes the letter of a queued mail and hands it over."""

    def __init__(self, letters: Mapping[str, Compose], transport: Transport, *, sender: str, domain: str) -> None:
        self._letters = letters
        self._transport = transport
        self._sender = sender
        self._domain = domain

    async def send(self, event: MailQueued, uow: UnitOfWork) -> None:
        """Send one mail unless it is sent; raises `MailDeferred`, with the reason kept in the ledger."""
        row = await uow.session.get(MailRow, event.mail_id)
        if row is None or row.state != "queued":
            return
        mail = msgspec.convert(row, Mail, from_attributes=True)
        letter = await self._letters[mail.kind](mail, uow)
        row.attempts += 1
        if letter is None:
            row.state = "dropped"
            return
        try:
            with sending(mail.kind):
                await self._transport(to_message(letter, mail, sender=self._sender, domain=self._domain))
        except MailRefused as error:
            row.state, row.last_error = "failed", reason(error)
        except Exception as error:
            row.last_error = reason(error)
            raise MailDeferred(row.last_error) from error
        else:
            row.state, row.sent_at = "sent", utc_now()

    async def give_up(self, event: MailQueued, uow: UnitOfWork) -> None:
        """After the last attempt: what will not be sent any more must not look as if it would."""
        row = await uow.session.get(MailRow, event.mail_id)
        if row is not None and row.state == "queued":
            row.state = "failed"


def sending(kind: str) -> AbstractContextManager[object]:
    """A step of the current trace: which letter, never whose."""
    trace = CURRENT.get()
    return NOTHING if trace is None else trace.step("send mail", "client", {"quire.mail.kind": kind})
