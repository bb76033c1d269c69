"""The OAuth2 password grant: for clients that know no other way, such as the "Authorize" of Swagger UI."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Controller, Response, post
from litestar.di import NamedDependency
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIType, Operation, RequestBody, Schema

from kernel.errors import Overloaded, UnsupportedMediaType
from kernel.http.request import HttpRequest
from kernel.security import TOKENLESS, public
from modules.auth.contracts import EmailNotVerified, InvalidCredentials
from modules.auth.schemas import Credentials, MfaRequired, OAuthError, OAuthErrorCode, TokenPair
from modules.auth.services import SigningIn

FORM = "application/x-www-form-urlencoded"


def form_body() -> RequestBody:
    """RFC 6749, section 4.3.2."""
    schema = Schema(
        type=OpenAPIType.OBJECT,
        required=["grant_type", "username", "password"],
        properties={
            "grant_type": Schema(type=OpenAPIType.STRING, enum=["password"]),
            "username": Schema(
                type=OpenAPIType.STRING, description="The e-mail address.", examples=["ada@example.org"]
            ),
            "password": Schema(type=OpenAPIType.STRING, examples=["correct horse battery staple"]),
            "scope": Schema(type=OpenAPIType.STRING, description="Ignored: a sign-in may all that its person may."),
        },
    )
    return RequestBody(required=True, content={FORM: OpenAPIMediaType(schema=schema)})


@dataclass
class FormOperation(Operation):
    """An operation with a form; Litestar knows forms by a parameter only, which would read them less strictly."""

    def __post_init__(self) -> None:
        self.request_body = form_body()


class TokenController(Controller):
    """Signing in by form."""

    @post(
        "/token",
        operation_id="logInByForm",
        operation_class=FormOperation,
        status_code=200,
        guards=[public],
        opt={"problems": [Overloaded, UnsupportedMediaType], TOKENLESS: True},
        responses={
            400: ResponseSpec(OAuthError, generate_examples=False, description="The form or its contents are invalid.")
        },
    )
    async def log_in(self, request: HttpRequest, signing_in: NamedDependency[SigningIn]) -> Response[TokenPair]:
        """Sign in with the OAuth2 password grant. Refusals are 400 with `error` (RFC 6749, section 5.2)."""
        body = await request.body()
        if body and request.headers.get("content-type", "").partition(";")[0].strip().lower() != FORM:
            raise UnsupportedMediaType(f"Send `Content-Type: {FORM}`.")
        form = fields(body)
        if form is None or not form.get("grant_type"):
            return refuse("invalid_request")
        if form["grant_type"] != "password":
            return refuse("unsupported_grant_type")
        try:
            given = {"email": form.get("username"), "password": form.get("password")}
            credentials = msgspec.convert(given, Credentials)
        except msgspec.ValidationError:
            return refuse("invalid_request")
        try:
            pair = await signing_in.log_in(credentials.email, credentials.password)
        except InvalidCredentials:
            return refuse("invalid_grant")
        except EmailNotVerified as error:
            return refuse("invalid_grant", f"{error.title()}.")
        if isinstance(pair, MfaRequired):
            return refuse(
                "invalid_grant", "This account uses two-factor authentication: sign in at /api/v1/auth/login."
            )
        return Response(pair)


def fields(body: bytes) -> dict[str, str] | None:
    """A form in which nothing is given twice; None for what is none."""
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=20)
    except ValueError:
        return None
    return dict(pairs) if len(dict(pairs)) == len(pairs) else None


def refuse(
    error: OAuthErrorCode, description: str | msgspec.UnsetType = msgspec.UNSET
) -> Response[Any]:  # Any: a handler declares what it answers when all is well
    """RFC 6749, section 5.2."""
    return Response(OAuthError(error=error, error_description=description), status_code=400)
