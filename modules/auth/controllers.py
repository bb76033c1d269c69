"""HTTP surface of the auth module, mounted at ``/api/v1/auth``."""

import msgspec
from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from kernel.errors import Overloaded
from kernel.http.client import Client
from kernel.http.conditional import resource
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.security import TOKENLESS, Principal, public, signed_in
from modules.auth.contracts import InvalidCredentials, InvalidMailToken, RefreshExpired, RefreshInvalid, RefreshReused
from modules.auth.schemas import Credentials, Logout, MailToken, Refresh, Register, TokenPair
from modules.auth.services import AuthService
from modules.users import EmailTaken, NewUser, User, UsernameTaken

NO_STORE = {"Cache-Control": "no-store"}


class RegistrationController(Controller):
    """Becoming somebody."""

    guards = (public,)

    @post(
        "/register", operation_id="register", opt={"problems": [EmailTaken, UsernameTaken, Overloaded], TOKENLESS: True}
    )
    async def register(
        self,
        request: HttpRequest,
        data: JSONBody[Register],
        once: NamedDependency[Once],
        auth_service: NamedDependency[AuthService],
    ) -> Response[User]:
        """Sign up. A mail asks to confirm the address; nothing waits for that."""
        username = None if data.username is msgspec.UNSET else data.username
        person = NewUser(email=data.email, name=data.name, username=username)

        async def effect() -> Response[User]:
            user = await auth_service.enrol(person, data.password)
            headers = {"Location": f"/api/v1/users/{user.id}"}
            return resource(request, user, version=1, status_code=201, headers=headers)

        return await once(f"sign-up {data.email}", effect)

    @post(
        "/email/verify",
        operation_id="verifyEmail",
        status_code=204,
        opt={"problems": [InvalidMailToken], TOKENLESS: True},
    )
    async def verify_email(self, data: JSONBody[MailToken], auth_service: NamedDependency[AuthService]) -> None:
        """Confirm an address with the token out of the mail. (POST only: scanners of mails open links.)"""
        await auth_service.verify_email(data.token)


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
        auth_service: NamedDependency[AuthService],
    ) -> Response[TokenPair]:
        """Sign in: a session with its first pair of tokens."""
        return Response(await auth_service.log_in(data.email, data.password, client), headers=NO_STORE)

    @post(
        "/refresh",
        operation_id="refresh",
        status_code=200,
        guards=[public],
        opt={"problems": [RefreshInvalid, RefreshExpired, RefreshReused], TOKENLESS: True},
    )
    async def refresh(self, data: JSONBody[Refresh], auth_service: NamedDependency[AuthService]) -> Response[TokenPair]:
        """The next pair of tokens. Each refresh token is good once; a lost answer can be asked for again for 10 s."""
        return Response(await auth_service.refresh(data.refresh_token), headers=NO_STORE)

    @post("/logout", operation_id="logOut", status_code=204, guards=[signed_in])
    async def log_out(
        self,
        me: NamedDependency[Principal],
        auth_service: NamedDependency[AuthService],
        data: JSONBody[Logout | None] = None,
    ) -> None:
        """Sign out here, everywhere else, or everywhere."""
        await auth_service.log_out(me, (data or Logout()).scope)
