"""Whether an address is theirs: a mail asks, and its link answers."""

from datetime import timedelta

from litestar.di import NamedDependency

from kernel.db import utc_now
from kernel.mail import post
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import InvalidMailToken
from modules.auth.models import MailTokenRow
from modules.auth.repositories import MailTokenRepository
from modules.auth.services.tools import Tools
from modules.users import Accounts, User

VERIFY_EMAIL = "verify_email"


class EmailVerification:
    """Asks newcomers to confirm their address."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts, tools: Tools) -> None:
        self._uow = uow
        self._accounts = accounts
        self._tools = tools
        self._mail_tokens = MailTokenRepository(session=uow.session)

    async def ask(self, user: User) -> None:
        """Send a link; those of earlier mails are good for nothing from now on."""
        await self._mail_tokens.retire(user.id, VERIFY_EMAIL)
        mail_id = await post(self._uow, f"auth.{VERIFY_EMAIL}", user_id=user.id, recipient=user.email)
        expires_at = utc_now() + timedelta(seconds=self._tools.settings.verification_ttl)
        self._uow.session.add(
            MailTokenRow(id=mail_id, user_id=user.id, purpose=VERIFY_EMAIL, email=user.email, expires_at=expires_at)
        )

    async def confirm(self, token: str) -> None:
        """The address is theirs; raises `InvalidMailToken`."""
        mail_id = self._tools.mail_tokens.read(token, VERIFY_EMAIL)
        row = None if mail_id is None else await self._mail_tokens.use(mail_id, VERIFY_EMAIL, utc_now())
        if row is None or not await self._accounts.verify_email(row.user_id, row.email):
            raise InvalidMailToken


def provide_email_verification(
    uow: NamedDependency[UnitOfWork], accounts: NamedDependency[Accounts], tools: NamedDependency[Tools]
) -> EmailVerification:
    """Dependency provider."""
    return EmailVerification(uow, accounts, tools)
