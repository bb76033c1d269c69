"""The second proof: a code out of an app, or one on paper for when that is lost. Each is good once."""

import time
from base64 import b32encode
from hashlib import sha256
from secrets import token_bytes
from uuid import UUID

from cryptography.fernet import InvalidToken

from kernel.http.client import Client
from kernel.http.limiting import RequestLimiter
from kernel.limits import Limit
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import InvalidCode
from modules.auth.models import TotpRow
from modules.auth.repositories import RecoveryCodeRepository, TotpRepository
from modules.auth.services.components import Components
from modules.auth.services.security_log import SecurityLog
from modules.auth.totp import matching_step

CODE_TRIES = Limit("code", 30, 3_600)
"""On one account, from wherever: who tries codes is signed in, or knows the password."""


class SecondFactor:
    """Looks at codes, inside one transaction."""

    def __init__(self, uow: UnitOfWork, components: Components, limiter: RequestLimiter, client: Client) -> None:
        self._components = components
        self._limiter = limiter
        self._client = client
        self._log = SecurityLog(uow)
        self._apps = TotpRepository(session=uow.session)
        self._codes = RecoveryCodeRepository(session=uow.session)

    async def is_on(self, user_id: UUID) -> bool:
        """Whether a password is not enough."""
        return await self._confirmed(user_id) is not None

    async def check(self, user_id: UUID, code: str, *, session_id: UUID | None = None) -> None:
        """Use up a code of either kind; raises `InvalidCode` if it is wrong or used, or `RateLimited`."""
        async with self._components.throttle.attempt(self._limiter, f"code {user_id}", self._client):
            await self._limiter.take(CODE_TRIES, str(user_id), announced=False)
            if not await self._use(user_id, plain(code), session_id):
                self._log.note(user_id, "mfa_failed", self._client, session_id=session_id)
                raise InvalidCode
            await self._limiter.give_back(CODE_TRIES, str(user_id))

    async def confirm(self, app: TotpRow, code: str, *, session_id: UUID | None) -> None:
        """The first code of an app, which begins to count with it; raises what `check` does."""
        async with self._components.throttle.attempt(self._limiter, f"code {app.user_id}", self._client):
            step = self._step(app, plain(code))
            if step is None or not await self._apps.confirm(app, step):
                self._log.note(app.user_id, "mfa_failed", self._client, session_id=session_id)
                raise InvalidCode

    async def _use(self, user_id: UUID, code: str, session_id: UUID | None) -> bool:
        app = await self._confirmed(user_id)
        if app is None:
            return False
        if len(code) == 6:
            step = self._step(app, code)
            return step is not None and await self._apps.advance(app.id, step)
        if not await self._codes.use(user_id, hashed(user_id, code)):
            return False
        self._log.note(user_id, "recovery_code_used", self._client, session_id=session_id)
        return True

    async def _confirmed(self, user_id: UUID) -> TotpRow | None:
        app = await self._apps.get_one_or_none(user_id=user_id)
        return app if app is not None and app.confirmed_at is not None else None

    def _step(self, app: TotpRow, code: str) -> int | None:
        try:
            secret = self._components.vault.decrypt(app.secret).decode()
        except InvalidToken:  # the key that encrypted it is gone; recovery codes still help
            return None
        return matching_step(secret, code, time.time())


def plain(code: str) -> str:
    """A code without what makes it easier to read."""
    return "".join(code.split()).replace("-", "").lower()


def new_recovery_code() -> str:
    """80 bits: too many to be guessed, even by who has the hash."""
    text = b32encode(token_bytes(10)).decode().lower()
    return "-".join(text[place : place + 4] for place in range(0, 16, 4))


def hashed(user_id: UUID, code: str) -> str:
    """How a recovery code is stored: without a key, so that it survives the loss of one, unlike the app's secret."""
    return sha256(f"{user_id} {code}".encode()).hexdigest()
