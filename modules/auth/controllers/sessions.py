"""Signing in and out."""

from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody

from kernel.errors import Overloaded, PermissionDenied
from kernel.http.limiting import LIMITS
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.limits import Limit as RateLimit
from kernel.pages import Page
from kernel.security import TOKENLESS, Principal, public, signed_in
from modules.auth.contracts import InvalidCredentials, RefreshExpired, RefreshInvalid, RefreshReused
from modules.auth.schemas import Credentials, Logout, Proof, Refresh, Session, TokenPair
from modules.auth.services import Refreshing, Sessions, SigningIn

REFRESHES = RateLimit("refresh", 3_000, 60)

NO_STORE = {"Cache-Control": "no-store"}


class SessionController(Controller):
    """Signing in and out."""

    @post(
        "/login",
        operation_id="logIn",
        status_code=200,
        guards=[public],
        opt={"problems": [InvalidCredentials, Overloaded], TOKENLESS: True},
    )
    async def log_in(
        self,
        data: JSONBody[Credentials],
        signing_in: NamedDependency[SigningIn],
    ) -> Response[TokenPair]:
        """Sign in: a session with its first pair of tokens."""
        return Response(await signing_in.log_in(data.email, data.password), headers=NO_STORE)

    @post(
        "/refresh",
        operation_id="refresh",
        status_code=200,
        guards=[public],
        opt={"problems": [RefreshInvalid, RefreshExpired, RefreshReused], TOKENLESS: True, LIMITS: [REFRESHES]},
    )
    async def refresh(self, data: JSONBody[Refresh], refreshing: NamedDependency[Refreshing]) -> Response[TokenPair]:
        """The next pair of tokens. Each refresh token is good once; a lost answer can be asked for again for 10 s."""
        return Response(await refreshing.refresh(data.refresh_token), headers=NO_STORE)

    @post("/logout", operation_id="logOut", status_code=204, guards=[signed_in])
    async def log_out(
        self,
        me: NamedDependency[Principal],
        sessions: NamedDependency[Sessions],
        data: JSONBody[Logout | None] = None,
    ) -> None:
        """Sign out here, everywhere else, or everywhere."""
        await sessions.log_out(me, (data or Logout()).scope)

    @post(
        "/reauthenticate",
        operation_id="reauthenticate",
        status_code=200,
        guards=[signed_in],
        opt={"problems": [InvalidCredentials, PermissionDenied, Overloaded]},
    )
    async def prove_again(
        self, data: JSONBody[Proof], me: NamedDependency[Principal], signing_in: NamedDependency[SigningIn]
    ) -> Response[TokenPair]:
        """Say once more who you are, for what asks for a sign-in of the last five minutes."""
        return Response(await signing_in.prove_again(me, data.password), headers=NO_STORE)

    @get("/sessions", operation_id="listSessions", guards=[signed_in])
    async def show_sessions(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        sessions: NamedDependency[Sessions],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[Session]]:
        """One's own sessions that have not ended, newest first."""
        return listing(request, await sessions.page(me, cursor=cursor, limit=limit))

    @delete("/sessions/{session_id:uuid}", operation_id="endSession", guards=[signed_in])
    async def end_session(
        self, session_id: FromPath[UUID], me: NamedDependency[Principal], sessions: NamedDependency[Sessions]
    ) -> None:
        """Sign one device out."""
        await sessions.end(me, session_id)

    @delete("/sessions", operation_id="endOtherSessions", guards=[signed_in])
    async def end_other_sessions(self, me: NamedDependency[Principal], sessions: NamedDependency[Sessions]) -> None:
        """Sign all other devices out."""
        await sessions.log_out(me, "others")
