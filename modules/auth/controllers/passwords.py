"""Passwords and addresses that are changed, forgotten or confirmed."""

from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from kernel.errors import Overloaded, ValidationFailed
from kernel.http.client import Client
from kernel.http.limiting import LIMITS, RequestLimiter
from kernel.http.request import HttpRequest
from kernel.identity import identity
from kernel.limits import Limit
from kernel.security import TOKENLESS, Principal, in_person, public, signed_in_recently
from modules.auth.contracts import InvalidMailToken, WrongPassword
from modules.auth.controllers.refresh_cookie import RefreshCookie
from modules.auth.schemas import Accepted, Address, ChangePassword, MailToken, NewAddress, ResetPassword, TokenPair
from modules.auth.services import EmailChange, EmailVerification, PasswordChange
from modules.users import EmailTaken

MAILS = Limit("mail", 10, 3_600)
"""To one address, asked for from one network."""

TOKENS = Limit("mail token", 100, 3_600)
"""Tried from one network: each costs a hash at most."""


class PasswordController(Controller):
    """The caller's password, and that of who has none to sign in with."""

    path = "/password"

    @post("/forgot", operation_id="forgetPassword", status_code=202, guards=[public], opt={TOKENLESS: True})
    async def forget(
        self,
        data: JSONBody[Address],
        client: NamedDependency[Client],
        limiter: NamedDependency[RequestLimiter],
        password_change: NamedDependency[PasswordChange],
    ) -> Accepted:
        """Request a mail with a link to reset the password. The response is the same for any address."""
        await limiter.take(MAILS, counted_as(data.email), client.network)
        await password_change.forget(data.email)
        return Accepted()

    @post(
        "/reset",
        operation_id="resetPassword",
        status_code=204,
        guards=[public],
        opt={"problems": [InvalidMailToken, Overloaded], TOKENLESS: True, LIMITS: [TOKENS]},
    )
    async def reset(self, data: JSONBody[ResetPassword], password_change: NamedDependency[PasswordChange]) -> None:
        """Set a new password with the token from the mail; all sessions end."""
        await password_change.reset(data.token, data.password)

    @post(
        "/change",
        operation_id="changePassword",
        status_code=200,
        guards=[in_person],
        opt={"problems": [WrongPassword, Overloaded]},
    )
    async def change(
        self,
        request: HttpRequest,
        data: JSONBody[ChangePassword],
        me: NamedDependency[Principal],
        password_change: NamedDependency[PasswordChange],
        refresh_cookie: NamedDependency[RefreshCookie],
    ) -> Response[TokenPair]:
        """Change your password; all other sessions end."""
        pair = await password_change.change(me, data.current_password, data.new_password)
        return refresh_cookie.answer(pair, in_cookie=refresh_cookie.is_kept(request))


class EmailController(Controller):
    """Addresses: whose they are, and which one is used."""

    path = "/email"

    @post(
        "/verify",
        operation_id="verifyEmail",
        status_code=204,
        guards=[public],
        opt={"problems": [InvalidMailToken], TOKENLESS: True},
    )
    async def verify(self, data: JSONBody[MailToken], email_verification: NamedDependency[EmailVerification]) -> None:
        """Confirm an address with the token from the mail. (POST only, since mail scanners open links.)"""
        await email_verification.confirm(data.token)

    @post("/verify/resend", operation_id="resendVerification", status_code=202, guards=[public], opt={TOKENLESS: True})
    async def resend(
        self,
        data: JSONBody[Address],
        client: NamedDependency[Client],
        limiter: NamedDependency[RequestLimiter],
        email_verification: NamedDependency[EmailVerification],
    ) -> Accepted:
        """Request the confirmation mail again. The response is the same for any address."""
        await limiter.take(MAILS, counted_as(data.email), client.network)
        await email_verification.ask_again(data.email)
        return Accepted()

    @post("/change", operation_id="changeEmail", status_code=202, guards=[signed_in_recently])
    async def change(
        self,
        data: JSONBody[NewAddress],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        limiter: NamedDependency[RequestLimiter],
        email_change: NamedDependency[EmailChange],
    ) -> Accepted:
        """Request a mail to a new address to confirm it. The response is the same if the address is taken."""
        await limiter.take(MAILS, counted_as(data.new_email), client.network)
        await email_change.ask(me, data.new_email)
        return Accepted()

    @post(
        "/change/confirm",
        operation_id="confirmEmailChange",
        status_code=204,
        guards=[public],
        opt={"problems": [InvalidMailToken, EmailTaken], TOKENLESS: True},
    )
    async def confirm_change(self, data: JSONBody[MailToken], email_change: NamedDependency[EmailChange]) -> None:
        """Switch to the new address with the token from the mail. The old address is notified."""
        await email_change.confirm(data.token)


def counted_as(address: str) -> str:
    """By what mails to somebody are counted, however the address is spelled; what cannot be one is counted as it is."""
    try:
        return identity(address)
    except ValidationFailed:
        return address
