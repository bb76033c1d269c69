"""The pages that links in mails lead to."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from kernel.http.pages import page
from kernel.security import public


@get("/verify-email", guards=[public], include_in_schema=False, sync_to_thread=False)
def verify_email_page(token: FromQuery[str] = "") -> Response[str]:
    """Where the link in the verification mail leads."""
    return page(
        "Confirm your e-mail address",
        "One click, and we know that it is yours.",
        "Confirm",
        action="/api/v1/auth/email/verify",
        done="Thank you, the address is confirmed.",
    )


pages: tuple[HTTPRouteHandler, ...] = (verify_email_page,)
