"""Signing in and out."""

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from kernel.errors import Overloaded
from kernel.http.client import Client
from kernel.http.limiting import LIMITS
from kernel.limits import Limit
from kernel.security import TOKENLESS, Principal, public, signed_in
from modules.auth.contracts import InvalidCredentials, RefreshExpired, RefreshInvalid, RefreshReused
from modules.auth.schemas import Credentials, Logout, Refresh, TokenPair
from modules.auth.services import Refreshing, Sessions, SigningIn

REFRESHES = Limit("refresh", 3_000, 60)

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
        client: NamedDependency[Client],
        signing_in: NamedDependency[SigningIn],
    ) -> Response[TokenPair]:
        """Sign in: a session with its first pair of tokens."""
        return Response(await signing_in.log_in(data.email, data.password, client), headers=NO_STORE)

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
