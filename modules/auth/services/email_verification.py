"""Whether an address is theirs: a mail asks, and its link answers."""

from litestar.di import NamedDependency

from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import InvalidMailToken
from modules.auth.services.components import Components
from modules.auth.services.mail_links import MailLinks
from modules.users import Accounts, User


class EmailVerification:
    """Asks people to confirm their address."""

    def __init__(self, uow: UnitOfWork, accounts: Accounts, components: Components) -> None:
        self._accounts = accounts
        self._ttl = components.settings.verification_ttl
        self._links = MailLinks(uow, components)

    async def ask(self, user: User) -> None:
        """Send a link; those of earlier mails are good for nothing from now on."""
        await self._links.send("verify_email", user_id=user.id, recipient=user.email, ttl=self._ttl)

    async def ask_again(self, address: str) -> None:
        """The same for whoever has this address and has not confirmed it, if there is somebody."""
        await self._links.ask("verify_email", address)

    async def confirm(self, token: str) -> None:
        """The address is theirs; raises `InvalidMailToken`."""
        row = await self._links.use("verify_email", token)
        if not await self._accounts.verify_email(row.user_id, row.email):
            raise InvalidMailToken


def provide_email_verification(
    uow: NamedDependency[UnitOfWork], accounts: NamedDependency[Accounts], components: NamedDependency[Components]
) -> EmailVerification:
    """Dependency provider."""
    return EmailVerification(uow, accounts, components)
