"""Signing in and out."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from kernel.errors import Overloaded, ValidationFailed, Violation
from kernel.http.limiting import LIMITS
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.limits import Limit as RateLimit
from kernel.pagination import Page
from kernel.security import TOKENLESS, Principal, in_person, public
from modules.auth.contracts import (
    CrossSiteRequest,
    EmailNotVerified,
    InvalidCode,
    InvalidCredentials,
    RefreshExpired,
    RefreshInvalid,
    RefreshReused,
)
from modules.auth.controllers.refresh_cookie import RefreshCookie
from modules.auth.schemas import Credentials, Logout, MfaRequired, Proof, Refresh, Session, TokenPair
from modules.auth.services import Refreshing, Sessions, SigningIn

REFRESHES = RateLimit("refresh", 3_000, 60)


class SessionController(Controller):
    """Signing in and out."""

    @post(
        "/login",
        operation_id="logIn",
        status_code=200,
        guards=[public],
        opt={"problems": [EmailNotVerified, InvalidCredentials, Overloaded], TOKENLESS: True},
    )
    async def log_in(
        self,
        data: JSONBody[Credentials],
        signing_in: NamedDependency[SigningIn],
        refresh_cookie: NamedDependency[RefreshCookie],
    ) -> Response[TokenPair | MfaRequired]:
        """Sign in: returns tokens, or an `mfa_token` if two-factor authentication is on."""
        pair = await signing_in.log_in(data.email, data.password)
        if isinstance(pair, MfaRequired):
            return Response(pair)
        answer: Response[Any] = refresh_cookie.answer(pair, in_cookie=data.cookie)  # Any: either of the two
        return answer

    @post(
        "/refresh",
        operation_id="refresh",
        status_code=200,
        guards=[public],
        opt={
            "problems": [RefreshInvalid, RefreshExpired, RefreshReused, CrossSiteRequest],
            TOKENLESS: True,
            LIMITS: [REFRESHES],
        },
    )
    async def refresh(
        self,
        request: HttpRequest,
        refreshing: NamedDependency[Refreshing],
        refresh_cookie: NamedDependency[RefreshCookie],
        data: JSONBody[Refresh | None] = None,
    ) -> Response[TokenPair]:
        """Get new tokens. Each refresh token works once; a lost response can be requested again for 10 seconds.

        Without a token in the body, the one in the cookie is used; this needs the header `X-Requested-With`.
        """
        if data is not None and data.refresh_token is not msgspec.UNSET:
            return Response(await refreshing.refresh(data.refresh_token))
        if data is not None and not refresh_cookie.is_kept(request):
            raise ValidationFailed([Violation("/body/refresh_token", "required", "This field is required.")])
        return refresh_cookie.answer(await refreshing.refresh(refresh_cookie.token(request)), in_cookie=True)

    @post("/logout", operation_id="logOut", status_code=204, guards=[in_person])
    async def log_out(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        sessions: NamedDependency[Sessions],
        refresh_cookie: NamedDependency[RefreshCookie],
        data: JSONBody[Logout | None] = None,
    ) -> Response[None]:
        """End this session, all others, or all."""
        scope = (data or Logout()).scope
        await sessions.log_out(me, scope)
        answer: Response[None] = Response(None, status_code=204)
        return answer if scope == "others" else refresh_cookie.forget(request, answer)

    @post(
        "/reauthenticate",
        operation_id="reauthenticate",
        status_code=200,
        guards=[in_person],
        opt={"problems": [InvalidCredentials, InvalidCode, Overloaded]},
    )
    async def prove_again(
        self,
        request: HttpRequest,
        data: JSONBody[Proof],
        me: NamedDependency[Principal],
        signing_in: NamedDependency[SigningIn],
        refresh_cookie: NamedDependency[RefreshCookie],
    ) -> Response[TokenPair]:
        """Confirm your identity, for actions that require a sign-in within the last five minutes."""
        pair = await signing_in.prove_again(me, data)
        return refresh_cookie.answer(pair, in_cookie=refresh_cookie.is_kept(request))

    @get("/sessions", operation_id="listSessions", guards=[in_person])
    async def show_sessions(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        sessions: NamedDependency[Sessions],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[Session]]:
        """Your active sessions, newest first."""
        return listing(request, await sessions.page(me, cursor=cursor, limit=limit))

    @delete("/sessions/{session_id:uuid}", operation_id="endSession", guards=[in_person])
    async def end_session(
        self, session_id: FromPath[UUID], me: NamedDependency[Principal], sessions: NamedDependency[Sessions]
    ) -> None:
        """End one session."""
        await sessions.end(me, session_id)

    @delete("/sessions", operation_id="endOtherSessions", guards=[in_person])
    async def end_other_sessions(self, me: NamedDependency[Principal], sessions: NamedDependency[Sessions]) -> None:
        """End all other sessions."""
        await sessions.log_out(me, "others")
