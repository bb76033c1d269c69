"""Who is calling: a verified token, remembered; the state of its session, at most half a second old.

The state comes from PostgreSQL and never from Redis, so a revocation holds within a second whatever Redis does. All
look-ups of one turn of the event loop share one query; in between nothing is asked at all.
"""

import time
from collections.abc import Collection, Mapping
from uuid import UUID

from kernel.batching import Batch
from kernel.errors import InvalidToken
from kernel.reads import Reader
from kernel.security import Principal
from modules.auth.known_sessions import KnownSessions, State
from modules.auth.repositories import ALIVE, LivingSession
from modules.auth.tokens import AccessClaims, AccessTokens
from modules.users import Caller, Directory

REMEMBERED = 20_000
"""Tokens that a process need not verify again."""


class SessionAuthenticator:
    """Turns access tokens into callers."""

    def __init__(self, tokens: AccessTokens, known: KnownSessions, reader: Reader, directory: Directory) -> None:
        self._tokens = tokens
        self._known = known
        self._reader = reader
        self._directory = directory
        self._sessions = Batch(self._living)
        self._callers = Batch(self._people)
        self._claims: dict[str, AccessClaims] = {}

    async def __call__(self, token: str) -> Principal:
        """The caller; raises `InvalidToken`."""
        claims = self._claims.get(token)
        if claims is None:
            claims = await self._verify(token)
        if claims.expires_at <= time.time():
            raise InvalidToken
        state = self._known.fresh(claims.session_id) or await self._ask(claims)
        if state.principal is None:
            raise InvalidToken
        return state.principal

    async def _verify(self, token: str) -> AccessClaims:
        claims = await self._tokens.read(token, self._reader)
        if len(self._claims) >= REMEMBERED:
            self._claims.clear()
        self._claims[token] = claims
        return claims

    async def _ask(self, claims: AccessClaims) -> State:
        if not await self._tokens.still_trusts(claims.key_id, self._reader):
            raise InvalidToken
        asked_at = time.monotonic()
        session = (await self._sessions.get({claims.session_id})).get(claims.session_id)
        caller = (await self._callers.get({claims.user_id})).get(claims.user_id)
        principal = None
        if session is not None and caller is not None and caller.is_active and session.user_id == caller.id:
            principal = Principal(
                id=caller.id,
                session_id=session.id,
                auth_time=session.auth_time,
                permissions=caller.permissions,
                is_superuser=caller.is_superuser,
            )
        state = State(asked_at, principal)
        self._known.remember(claims.session_id, state)
        return state

    async def _living(self, session_ids: Collection[UUID]) -> Mapping[UUID, LivingSession]:
        return {session.id: session for session in await self._reader.all(ALIVE, ids=list(session_ids))}

    async def _people(self, user_ids: Collection[UUID]) -> Mapping[UUID, Caller]:
        return await self._directory.find_callers(set(user_ids))
