"""The page that the link at the end of a mail leads to."""

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from kernel.http.form_pages import FormPage
from kernel.security import public


@get("/unsubscribe", guards=[public], include_in_schema=False, sync_to_thread=False)
def unsubscribe_page(token: FromQuery[str] = "") -> Response[str]:
    """Asks once more: whoever opens it has not unsubscribed yet."""
    return FormPage(
        title="No more mails like this",
        text="Your other mails, and what you see when you are signed in, stay as they are.",
        button="Unsubscribe",
        action="/api/v1/notifications/unsubscribe",
        done="Done. You will get no more mails like this.",
        token_in="query",  # noqa: S106 - no secret
    ).response()


pages: tuple[HTTPRouteHandler, ...] = (unsubscribe_page,)
