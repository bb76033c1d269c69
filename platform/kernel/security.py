"""Who is calling, as far as every module needs to know. How it was proven is the authenticator's business."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import msgspec
from litestar.connection import ASGIConnection, Request
from litestar.handlers import BaseRouteHandler

from kernel.errors import NotAuthenticated, PermissionDenied, ReauthenticationRequired

RECENTLY = timedelta(minutes=5)
"""How old the proof may be that a sensitive act asks for."""


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """An authenticated caller, and when they last proved who they are: never, where a program acts for them."""

    id: UUID
    session_id: UUID | None = None
    """The sign-in; None for a personal access token."""
    auth_time: datetime | None = None
    permissions: frozenset[str] = frozenset()
    is_superuser: bool = False

    def may(self, permission: str) -> bool:
        """Whether the caller holds ``resource:action[:any]``; a superuser holds all."""
        return self.is_superuser or permission in self.permissions

    def signed_in_within(self, age: timedelta, now: datetime) -> bool:
        """Whether the last proof is fresh enough for a sensitive act."""
        return self.auth_time is not None and now - self.auth_time <= age


class Permissions(msgspec.Struct, frozen=True):
    """Every permission that the modules of this product declare, and what it allows."""

    meanings: Mapping[str, str] = {}


Authenticator: TypeAlias = Callable[[str], Awaitable[Principal]]
"""Turns a bearer token into the caller; raises `InvalidToken`."""

# Any: the handler's user, auth and state types are of no interest to a guard.
Connection: TypeAlias = ASGIConnection[Any, Any, Any, Any]


class Access(msgspec.Struct, frozen=True):
    """A guard that says who may call a handler. Every handler names exactly one, so the table of all is complete."""

    who: str
    permission: str | None = None
    superuser: bool = False
    recently: bool = False
    in_person: bool = False
    """Not by a personal access token, which does not prove who holds it; ``recently`` implies it."""
    proof: Callable[[Connection], Awaitable[None]] | None = None
    """Shown in another way than by a token; raises what is to be answered without it."""

    async def __call__(self, connection: Connection, _: BaseRouteHandler) -> None:
        """Raise `NotAuthenticated` or `PermissionDenied`. (A coroutine, or Litestar would call it in a thread.)"""
        caller: Principal | None = connection.scope.get("user")
        if self == public:  # not `is`: Litestar copies guards
            return
        if self.proof is not None:
            await self.proof(connection)
            return
        if caller is None:
            raise NotAuthenticated
        if self.permission is not None and not caller.may(self.permission):
            raise PermissionDenied
        if self.superuser and not caller.is_superuser:
            raise PermissionDenied
        if (self.in_person or self.recently) and caller.session_id is None:
            raise PermissionDenied("A personal access token may not do this.")
        if self.recently and not caller.signed_in_within(RECENTLY, datetime.now(UTC)):
            raise ReauthenticationRequired


public = Access("anyone")
signed_in = Access("anyone signed in")
in_person = Access("anyone signed in in person", in_person=True)
signed_in_recently = Access("anyone who has just signed in", recently=True)
superusers = Access("superusers", superuser=True)


def requires(permission: str) -> Access:
    """A guard for holders of one permission."""
    return Access(f"holders of {permission}", permission)


def provide_me(request: Request[Any, Any, Any]) -> Principal:  # Any: see `Connection`
    """The signed-in caller; raises `NotAuthenticated`."""
    caller = provide_caller(request)
    if caller is None:
        raise NotAuthenticated
    return caller


def provide_caller(request: Request[Any, Any, Any]) -> Principal | None:  # Any: see `Connection`
    """The caller, or nobody."""
    caller: Principal | None = request.scope.get("user")
    return caller


TOKENLESS = "tokenless"
"""Option of handlers that look at no token: with an expired one, a client must still be able to get a new one."""


async def identify(request: Request[Any, Any, Any], authenticate: Authenticator) -> None:  # Any: see `Connection`
    """Find out who is calling. No token is fine here, guards decide; raises `InvalidToken` for a bad one."""
    for name, value in request.scope["headers"]:
        if name == b"authorization":
            scheme, _, token = value.decode("latin-1").partition(" ")
            if scheme.lower() == "bearer":
                request.scope["user"] = await authenticate(token.strip())
            return
