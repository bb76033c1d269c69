"""Switching the second factor on and off, which its owner is told of."""

from typing import Literal

from litestar.di import NamedDependency

from kernel.errors import InvalidToken, NotFound
from kernel.http.client import Client
from kernel.http.limiting import RequestLimiter
from kernel.mail import post
from kernel.security import Principal
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import MfaAlreadyEnabled, MfaNotEnabled, SecurityNoticed
from modules.auth.repositories import RecoveryCodeRepository, TotpRepository
from modules.auth.schemas import MfaState, RecoveryCodes, TotpSecret
from modules.auth.services.components import Components
from modules.auth.services.second_factor import SecondFactor, hashed, new_recovery_code, plain
from modules.auth.services.security_log import SecurityLog
from modules.auth.totp import enrolment, new_secret
from modules.users import User, Users

RECOVERY_CODES = 10


class Mfa:
    """The second factor of a caller, inside one transaction."""

    def __init__(
        self, uow: UnitOfWork, users: Users, components: Components, limiter: RequestLimiter, client: Client
    ) -> None:
        self._uow = uow
        self._users = users
        self._components = components
        self._client = client
        self._factor = SecondFactor(uow, components, limiter, client)
        self._log = SecurityLog(uow)
        self._apps = TotpRepository(session=uow.session)
        self._codes = RecoveryCodeRepository(session=uow.session)

    async def state(self, me: Principal) -> MfaState:
        """Whether it is on, and how many codes are left for when the app is lost."""
        app = await self._apps.get_one_or_none(user_id=me.id)
        enabled_at = None if app is None else app.confirmed_at
        left = await self._codes.count(user_id=me.id)
        return MfaState(enabled=enabled_at is not None, enabled_at=enabled_at, recovery_codes_left=left)

    async def enrol(self, me: Principal) -> TotpSecret:
        """A secret for an app, which counts once it is confirmed; raises `MfaAlreadyEnabled`."""
        secret = new_secret()
        if not await self._apps.enrol(me.id, self._components.vault.encrypt(secret.encode())):
            raise MfaAlreadyEnabled
        user = await self._user(me)
        return enrolment(secret, account=user.email, issuer=self._components.issuer)

    async def confirm(self, me: Principal, code: str) -> RecoveryCodes:
        """Codes are asked for from now on; raises `InvalidCode`, `MfaNotEnabled` or `MfaAlreadyEnabled`."""
        app = await self._apps.get_one_or_none(user_id=me.id)
        if app is None:
            raise MfaNotEnabled
        if app.confirmed_at is not None:
            raise MfaAlreadyEnabled
        await self._factor.confirm(app, code, session_id=me.session_id)
        await self._tell(me, "mfa_enabled")
        return await self._new_codes(me)

    async def switch_off(self, me: Principal) -> None:
        """A password is enough from now on; raises `NotFound` where it was already."""
        if not await self._apps.remove(me.id):
            raise NotFound
        await self._codes.forget(me.id)
        await self._tell(me, "mfa_disabled")

    async def renew_codes(self, me: Principal) -> RecoveryCodes:
        """New recovery codes, and those before are good for nothing; raises `MfaNotEnabled`."""
        if not await self._factor.is_on(me.id):
            raise MfaNotEnabled
        self._log.note(me.id, "recovery_codes_renewed", self._client, session_id=me.session_id)
        return await self._new_codes(me)

    async def _new_codes(self, me: Principal) -> RecoveryCodes:
        codes = tuple(new_recovery_code() for _ in range(RECOVERY_CODES))
        await self._codes.replace(me.id, (hashed(me.id, plain(code)) for code in codes))
        return RecoveryCodes(recovery_codes=codes)

    async def _tell(self, me: Principal, kind: Literal["mfa_enabled", "mfa_disabled"]) -> None:
        user = await self._user(me)
        self._log.note(me.id, kind, self._client, session_id=me.session_id)
        await post(self._uow, f"auth.{kind}", user_id=me.id, recipient=user.email)
        await self._uow.publish(SecurityNoticed(user_id=me.id, kind=kind, session_id=me.session_id))

    async def _user(self, me: Principal) -> User:
        user = await self._users.find(me.id)
        if user is None:
            raise InvalidToken
        return user


def provide_mfa(
    uow: NamedDependency[UnitOfWork],
    users: NamedDependency[Users],
    components: NamedDependency[Components],
    limiter: NamedDependency[RequestLimiter],
    client: NamedDependency[Client],
) -> Mfa:
    """Dependency provider."""
    return Mfa(uow, users, components, limiter, client)
