"""The pages that the links in auth's mails lead to, for as long as no front end has its own."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from kernel.http.form_pages import FormPage
from kernel.security import public

FIELDS = (
    '<label>New password<input type="password" name="password" autocomplete="new-password" '
    'minlength="10" maxlength="256" required></label>'
)


@get("/verify-email", guards=[public], include_in_schema=False, sync_to_thread=False)
def verify_email_page(token: FromQuery[str] = "") -> Response[str]:
    """Where the link in the verification mail leads."""
    return FormPage(
        title="Confirm your e-mail address",
        text="One click, and we know that it is yours.",
        button="Confirm",
        action="/api/v1/auth/email/verify",
        done="Thank you, the address is confirmed.",
    ).response()


@get("/confirm-email", guards=[public], include_in_schema=False, sync_to_thread=False)
def confirm_email_page(token: FromQuery[str] = "") -> Response[str]:
    """Where the link to a new address leads."""
    return FormPage(
        title="Use this e-mail address",
        text="One click, and your account has its new address.",
        button="Use it",
        action="/api/v1/auth/email/change/confirm",
        done="Thank you, your account has its new address.",
    ).response()


@get("/reset-password", guards=[public], include_in_schema=False, sync_to_thread=False)
def reset_password_page(token: FromQuery[str] = "") -> Response[str]:
    """Where the link in a mail leads that somebody asked for who has forgotten their password, or never had one."""
    return FormPage(
        title="Choose a new password",
        text="At least ten characters; every one counts. All your devices will be signed out.",
        button="Save",
        action="/api/v1/auth/password/reset",
        done="The password is saved. You can sign in with it now.",
        fields=FIELDS,
    ).response()


pages: tuple[HTTPRouteHandler, ...] = (verify_email_page, confirm_email_page, reset_password_page)
