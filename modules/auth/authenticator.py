"""Who is calling: a verified token, remembered; the state of its session, at most half a second old.

The state comes from PostgreSQL and never from Redis, so a revocation holds within a second whatever Redis does. All
look-ups of one turn of the event loop share one query; in between nothing is asked at all.
"""

import math
import time
from collections.abc import Awaitable, Collection, Mapping
from datetime import timedelta
from uuid import UUID

from kernel.batching import Batch
from kernel.db import utc_now
from kernel.errors import InvalidToken
from kernel.reads import Reader
from kernel.security import Principal
from kernel.unit_of_work import Database
from modules.auth.repositories import (
    ALIVE,
    LIVING_PERSONAL_TOKENS,
    LivingPersonalToken,
    PersonalTokenRepository,
)
from modules.auth.session_cache import SessionCache, State
from modules.auth.tokens import PERSONAL, AccessClaims, AccessTokens, personal_hash
from modules.users import Directory

REMEMBERED = 20_000
"""Tokens that a process need not verify again."""

USE_NOTED = timedelta(minutes=5)
"""How often it is noted that a personal token is used, at most."""


class SessionAuthenticator:
    """Turns access tokens into callers."""

    def __init__(self, tokens: AccessTokens, cache: SessionCache, reader: Reader, directory: Directory) -> None:
        self._tokens = tokens
        self._cache = cache
        self._reader = reader
        self._directory = directory
        self._claims: dict[str, AccessClaims] = {}

    async def __call__(self, token: str) -> Principal:
        """The caller; raises `InvalidToken`."""
        claims = self._claims.get(token)
        if claims is None:
            claims = await self._verify(token)
        if claims.expires_at <= time.time():
            raise InvalidToken
        state = self._cache.fresh(claims.session_id) or await self._ask(claims)
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
        session = (await self._reader.by_id(ALIVE, {claims.session_id})).get(claims.session_id)
        caller = (await self._directory.find_callers({claims.user_id})).get(claims.user_id)
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
        self._cache.remember(claims.session_id, state)
        return state


class PersonalTokenAuthenticator:
    """Turns personal tokens into callers: programs, who may some of what their owners may at this moment."""

    def __init__(self, cache: SessionCache, reader: Reader, directory: Directory, database: Database) -> None:
        self._cache = cache
        self._reader = reader
        self._database = database
        self._tokens = Batch(self._living)
        self._directory = directory
        self._noted: dict[UUID, float] = {}

    async def __call__(self, token: str) -> Principal:
        """The caller; raises `InvalidToken`."""
        token_hash = personal_hash(token)
        if token_hash is None:
            raise InvalidToken
        state = self._cache.fresh(token_hash) or await self._ask(token_hash)
        if state.principal is None:
            raise InvalidToken
        return state.principal

    async def _ask(self, token_hash: str) -> State:
        asked_at = time.monotonic()
        token = (await self._tokens.get({token_hash})).get(token_hash)
        caller = None if token is None else (await self._directory.find_callers({token.user_id})).get(token.user_id)
        principal = None
        if token is not None and caller is not None and caller.is_active:
            scopes = frozenset(token.scopes)
            allowed = scopes if caller.is_superuser else scopes & caller.permissions
            principal = Principal(id=caller.id, permissions=allowed)
            await self._note_use(token)
        state = State(asked_at, principal)
        self._cache.remember(token_hash, state)
        return state

    async def _note_use(self, token: LivingPersonalToken) -> None:
        """Seldom: a token that is used all the time costs one statement in some minutes."""
        now = time.monotonic()
        known = token.last_used_at is not None and utc_now() - token.last_used_at < USE_NOTED
        if known or now - self._noted.get(token.id, -math.inf) < USE_NOTED.total_seconds():
            return
        if len(self._noted) >= REMEMBERED:
            self._noted.clear()
        self._noted[token.id] = now
        async with self._database.unit_of_work() as uow:
            await PersonalTokenRepository(session=uow.session).note_use(token.id, every=USE_NOTED)

    async def _living(self, hashes: Collection[str]) -> Mapping[str, LivingPersonalToken]:
        found = await self._reader.all(LIVING_PERSONAL_TOKENS, hashes=list(hashes))
        return {token.token_hash: token for token in found}


class TokenAuthenticator:
    """Knows both kinds of bearer token by how they look."""

    def __init__(self, people: SessionAuthenticator, programs: PersonalTokenAuthenticator) -> None:
        self._people = people
        self._programs = programs

    def __call__(self, token: str) -> Awaitable[Principal]:
        """The caller; raises `InvalidToken`."""
        return self._programs(token) if token.startswith(PERSONAL) else self._people(token)
