"""Another e-mail address: the new one confirms, the old one is told."""

from litestar.di import NamedDependency

from kernel.errors import NotFound
from kernel.http.client import Client
from kernel.identity import identity
from kernel.mail import post
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import InvalidMailToken, SecurityNoticed
from modules.auth.services.components import Components
from modules.auth.services.mail_links import MailLinks
from modules.auth.services.security_log import SecurityLog
from modules.users import Accounts, Users


class EmailChange:
    """Changes the address of an account, inside one transaction."""

    def __init__(
        self, uow: UnitOfWork, accounts: Accounts, users: Users, components: Components, client: Client
    ) -> None:
        self._uow = uow
        self._accounts = accounts
        self._users = users
        self._client = client
        self._links = MailLinks(uow, components)
        self._log = SecurityLog(uow)

    async def ask(self, me: Principal, address: str) -> None:
        """A mail to the new address, unless somebody has it; raises `ValidationFailed` for what can be nobody's."""
        identity(address, "/body/new_email")
        await self._links.ask("confirm_email", address, me.id)

    async def confirm(self, token: str) -> None:
        """From now on it is theirs; raises `InvalidMailToken`, or `EmailTaken` if somebody was quicker."""
        row = await self._links.use("confirm_email", token)
        before = await self._users.find(row.user_id)
        if before is None or not before.is_active:
            raise InvalidMailToken
        try:
            await self._accounts.change_email(row.user_id, row.email)
        except NotFound:
            raise InvalidMailToken from None
        await self._links.retire(row.user_id, "verify_email", "reset_password", "confirm_email")
        self._log.note(row.user_id, "email_changed", self._client)
        await post(self._uow, "auth.email_changed", user_id=row.user_id, recipient=before.email)
        await self._uow.publish(SecurityNoticed(user_id=row.user_id, kind="email_changed"))


def provide_email_change(
    uow: NamedDependency[UnitOfWork],
    accounts: NamedDependency[Accounts],
    users: NamedDependency[Users],
    components: NamedDependency[Components],
    client: NamedDependency[Client],
) -> EmailChange:
    """Dependency provider."""
    return EmailChange(uow, accounts, users, components, client)
