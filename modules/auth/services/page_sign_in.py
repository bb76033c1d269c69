"""Signing in on a page of this server."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from litestar.di import NamedDependency

from kernel.db import utc_now
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import SignedIn, SignIn
from modules.auth.models import SessionRow
from modules.auth.repositories import SessionRepository
from modules.auth.schemas import MfaRequired
from modules.auth.services.components import Components
from modules.auth.services.signing_in import SigningIn


class PageSignIn(SignIn):
    """The same sign-in as everywhere, but for what comes of it."""

    def __init__(self, uow: UnitOfWork, signing_in: SigningIn, components: Components) -> None:
        self._uow = uow
        self._signing_in = signing_in
        self._components = components
        self._sessions = SessionRepository(session=uow.session)

    async def sign_in(self, email: str, password: str, *, lasting: timedelta, code: str = "") -> SignedIn:
        pair = await self._signing_in.log_in(email, password)
        if isinstance(pair, MfaRequired):
            pair = await self._signing_in.verify(pair.mfa_token, code)
        row = await self._sessions.get(pair.session_id)
        access_tokens = self._components.access_tokens
        token = await access_tokens.issue(row.user_id, row.id, utc_now(), self._uow, ttl=lasting)
        return SignedIn(user_id=row.user_id, access_token=token)

    async def sign_out(self, user_id: UUID, session_id: UUID) -> None:
        await self._sessions.revoke(SessionRow.user_id == user_id, SessionRow.id == session_id, reason="logout")
        self._uow.after_commit(partial(self._components.session_cache.forget, user_id))


def provide_sign_in(
    uow: NamedDependency[UnitOfWork], signing_in: NamedDependency[SigningIn], components: NamedDependency[Components]
) -> SignIn:
    """Dependency provider."""
    return PageSignIn(uow, signing_in, components)
