"""What auth does when people are shut out or leave, and when a mail may be due."""

from collections.abc import Callable

from cryptography.fernet import InvalidToken

from kernel.errors import ValidationFailed
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import MailAsked
from modules.auth.services import Components, MailLinks, Sessions
from modules.users import AccountOpened, Accounts, UserDeactivated, UserDeletionRequested, Users


class SignOuts:
    """Ends all sessions of somebody in the transaction of what ends them: with that, or not at all."""

    def __init__(self, components: Components) -> None:
        self._components = components

    async def sign_out_deactivated(self, event: UserDeactivated, uow: UnitOfWork) -> None:
        """Who is shut out is signed out everywhere."""
        await Sessions(uow, self._components).end_all(event.user_id, reason="deactivated")

    async def sign_out_leaving(self, event: UserDeletionRequested, uow: UnitOfWork) -> None:
        """Who asks to be erased is, too; a new sign-in takes it back."""
        await Sessions(uow, self._components).end_all(event.user_id, reason="leaving")


class MailRequests:
    """Finds out after the answer whether a mail is due: asking takes the same time whoever is asked about."""

    def __init__(
        self,
        components: Components,
        accounts_of: Callable[[UnitOfWork], Accounts],
        users_of: Callable[[UnitOfWork], Users],
    ) -> None:
        self._components = components
        self._accounts_of = accounts_of
        self._users_of = users_of

    async def send_what_is_due(self, event: MailAsked, uow: UnitOfWork) -> None:
        """To the owner of an address who can use the link, or to the address that somebody wants to use."""
        settings = self._components.settings
        try:
            address = self._components.vault.decrypt(event.address.encode()).decode()
            owner = await self._accounts_of(uow).find_by_email(address)
        except (InvalidToken, ValidationFailed):  # sealed with a key that is gone, or nobody's
            return
        links = MailLinks(uow, self._components)
        match event.purpose:
            case "confirm_email" if owner is None and event.user_id is not None:
                await links.send(
                    "confirm_email", user_id=event.user_id, recipient=address, ttl=settings.verification_ttl
                )
            case "verify_email" if owner is not None and owner.is_active and not owner.email_verified:
                await links.send("verify_email", user_id=owner.id, recipient=owner.email, ttl=settings.verification_ttl)
            case "reset_password" if owner is not None and owner.is_active:
                await links.send("reset_password", user_id=owner.id, recipient=owner.email, ttl=settings.reset_ttl)
            case _:
                return

    async def invite(self, event: AccountOpened, uow: UnitOfWork) -> None:
        """For whom an administrator made an account: a link to a first password."""
        user = await self._users_of(uow).find(event.user_id)
        if user is not None:
            ttl = self._components.settings.invitation_ttl
            links = MailLinks(uow, self._components)
            await links.send("reset_password", user_id=user.id, recipient=user.email, ttl=ttl, kind="set_password")
