"""The second factor."""

from litestar import Controller, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from kernel.errors import InvalidToken, NotFound
from kernel.http.conditional import resource
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.security import TOKENLESS, Principal, in_person, public, signed_in_recently
from modules.auth.contracts import EmailNotVerified, InvalidCode, MfaAlreadyEnabled, MfaNotEnabled
from modules.auth.controllers.refresh_cookie import RefreshCookie
from modules.auth.schemas import MfaProof, MfaState, RecoveryCodes, TokenPair, TotpCode, TotpSecret
from modules.auth.services import Mfa, SigningIn


class MfaController(Controller):
    """Whether a sign-in asks for a code, and the code."""

    path = "/mfa"

    @get("", operation_id="showMfa", guards=[in_person])
    async def show(
        self, request: HttpRequest, me: NamedDependency[Principal], mfa: NamedDependency[Mfa]
    ) -> Response[MfaState]:
        """Whether signing in requires a code."""
        return resource(request, await mfa.state(me), version=1)

    @post("/totp", operation_id="enrolTotp", guards=[signed_in_recently], opt={"problems": [MfaAlreadyEnabled]})
    async def enrol(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        mfa: NamedDependency[Mfa],
        once: NamedDependency[Once],
    ) -> Response[TotpSecret]:
        """Get a secret for an authenticator app. Nothing changes until a code is confirmed."""

        async def effect() -> Response[TotpSecret]:
            headers = {"Location": "/api/v1/auth/mfa"}
            return resource(request, await mfa.enrol(me), version=1, status_code=201, headers=headers)

        return await once(str(me.id), effect, secret=True)

    @post(
        "/totp/confirm",
        operation_id="confirmTotp",
        status_code=200,
        guards=[in_person],
        opt={"problems": [InvalidCode, MfaAlreadyEnabled, MfaNotEnabled]},
    )
    async def confirm(
        self, data: JSONBody[TotpCode], me: NamedDependency[Principal], mfa: NamedDependency[Mfa]
    ) -> RecoveryCodes:
        """Switch two-factor authentication on with a code from the app."""
        return await mfa.confirm(me, data.code)

    @delete("/totp", operation_id="switchTotpOff", guards=[signed_in_recently], opt={"problems": [NotFound]})
    async def switch_off(self, me: NamedDependency[Principal], mfa: NamedDependency[Mfa]) -> None:
        """Switch two-factor authentication off."""
        await mfa.switch_off(me)

    @post(
        "/recovery-codes",
        operation_id="renewRecoveryCodes",
        status_code=200,
        guards=[signed_in_recently],
        opt={"problems": [MfaNotEnabled]},
    )
    async def renew_codes(self, me: NamedDependency[Principal], mfa: NamedDependency[Mfa]) -> RecoveryCodes:
        """Replace the recovery codes."""
        return await mfa.renew_codes(me)

    @post(
        "/verify",
        operation_id="verifyMfa",
        status_code=200,
        guards=[public],
        opt={"problems": [EmailNotVerified, InvalidCode, InvalidToken], TOKENLESS: True},
    )
    async def verify(
        self,
        data: JSONBody[MfaProof],
        signing_in: NamedDependency[SigningIn],
        refresh_cookie: NamedDependency[RefreshCookie],
    ) -> Response[TokenPair]:
        """Complete a sign-in with a code: returns tokens."""
        pair = await signing_in.verify(data.mfa_token, data.code)
        return refresh_cookie.answer(pair, in_cookie=data.cookie)
