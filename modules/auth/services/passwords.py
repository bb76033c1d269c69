"""Another password: by the one before, or by a mail for who has forgotten it or never had one."""

from litestar.di import NamedDependency

from kernel.errors import InvalidToken, PermissionDenied, ValidationFailed
from kernel.http.client import Client
from kernel.http.limiting import RequestLimiter
from kernel.mail import post
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import InvalidMailToken, SecurityNoticed, WrongPassword
from modules.auth.password_rules import password_violations
from modules.auth.repositories import CredentialRepository, SessionRepository
from modules.auth.schemas import TokenPair
from modules.auth.services.components import Components
from modules.auth.services.mail_links import MailLinks
from modules.auth.services.security_log import SecurityLog
from modules.auth.services.sessions import Sessions
from modules.users import Accounts, User, Users


class PasswordChange:
    """Changes passwords, inside one transaction."""

    def __init__(
        self,
        uow: UnitOfWork,
        accounts: Accounts,
        users: Users,
        components: Components,
        limiter: RequestLimiter,
        client: Client,
    ) -> None:
        self._uow = uow
        self._accounts = accounts
        self._users = users
        self._components = components
        self._limiter = limiter
        self._client = client
        self._links = MailLinks(uow, components)
        self._sessions = Sessions(uow, components)
        self._rows = SessionRepository(session=uow.session)
        self._credentials = CredentialRepository(session=uow.session)
        self._log = SecurityLog(uow)

    async def forget(self, address: str) -> None:
        """A mail with a link to whoever has this address, if there is somebody."""
        await self._links.ask("reset_password", address)

    async def reset(self, token: str, password: str) -> None:
        """With the token out of a mail; raises `InvalidMailToken` or `ValidationFailed`, which uses no token up.

        Whoever reads the mail owns the address, and may be the only one who is signed in from now on.
        """
        row = await self._links.look_at("reset_password", token)
        user = await self._users.find(row.user_id)
        if user is None or not user.is_active:
            raise InvalidMailToken
        refuse_weak_password(password, user, "/body/password")
        await self._uow.pause()
        hashed = await self._components.passwords.hash(password)
        await self._links.use("reset_password", token)
        await self._credentials.put(user.id, hashed)
        if not await self._accounts.verify_email(row.user_id, row.email):
            raise InvalidMailToken
        await self._sessions.end_all(user.id, reason="password_reset")
        self._log.note(user.id, "password_reset", self._client)
        await self._tell(user)

    async def change(self, me: Principal, current: str, password: str) -> TokenPair:
        """The tokens of this session, the only one that is left; raises `WrongPassword` or `ValidationFailed`."""
        if me.session_id is None:
            raise PermissionDenied("A personal access token may not do this.")
        credential = await self._credentials.of(me.id)
        user = await self._users.find(me.id)
        if user is None:
            raise InvalidToken
        refuse_weak_password(password, user, "/body/new_password")
        await self._uow.pause()
        stored = None if credential is None else credential.password_hash
        async with self._components.throttle.attempt(self._limiter, str(me.id), self._client):
            if not await self._components.passwords.verify(current, stored):
                self._log.note(me.id, "password_change_failed", self._client, session_id=me.session_id)
                raise WrongPassword
        hashed = await self._components.passwords.hash(password)
        row = await self._rows.prove_again(me.session_id)
        if row is None:
            raise InvalidToken
        await self._credentials.put(me.id, hashed)
        await self._sessions.end_all(me.id, reason="password_changed", but=row.id)
        await self._links.retire(me.id, "reset_password")
        self._log.note(me.id, "password_changed", self._client, session_id=row.id)
        await self._tell(user)
        return await self._sessions.pair(row)

    async def _tell(self, user: User) -> None:
        await post(self._uow, "auth.password_changed", user_id=user.id, recipient=user.email)
        await self._uow.publish(SecurityNoticed(user_id=user.id, kind="password_changed"))


def refuse_weak_password(password: str, user: User, pointer: str) -> None:
    """Raise `ValidationFailed` for a password that is guessed first."""
    if found := list(password_violations(password, email=user.email, name=user.name, pointer=pointer)):
        raise ValidationFailed(found)


def provide_password_change(
    uow: NamedDependency[UnitOfWork],
    accounts: NamedDependency[Accounts],
    users: NamedDependency[Users],
    components: NamedDependency[Components],
    limiter: NamedDependency[RequestLimiter],
    client: NamedDependency[Client],
) -> PasswordChange:
    """Dependency provider."""
    return PasswordChange(uow, accounts, users, components, limiter, client)
