"""The page that the link at the end of a mail leads to."""

from litestar import MediaType, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromQuery

from kernel.http.form_pages import FormPage
from kernel.security import TOKENLESS, public

QUESTION = FormPage(
    title="No more mails like this",
    text="Your other mails, and what you see when you are signed in, stay as they are.",
    button="Unsubscribe",
    action="/api/v1/notifications/unsubscribe",
    done="Done. You will get no more mails like this.",
    token_in="query",  # noqa: S106 - no secret
)


@get("/unsubscribe", guards=[public], include_in_schema=False, sync_to_thread=False)
def unsubscribe_page(token: FromQuery[str] = "") -> Response[str]:
    """Asks once more: whoever opens it has not unsubscribed yet."""
    return QUESTION.response()


@get(
    "/unsubscribe",
    operation_id="openUnsubscribePage",
    guards=[public],
    media_type=MediaType.HTML,
    opt={TOKENLESS: True},
    sync_to_thread=False,
)
def one_click_page(token: FromQuery[str] = "") -> Response[str]:
    """A page that asks for confirmation, for mail programs that open the address in a browser. It changes nothing."""
    return QUESTION.response()


pages: tuple[HTTPRouteHandler, ...] = (unsubscribe_page,)
