"""What is new, while it happens."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated
from urllib.parse import parse_qs
from uuid import UUID

from litestar import Response, get, post
from litestar.di import NamedDependency
from litestar.handlers import BaseRouteHandler, HTTPRouteHandler
from litestar.params import HeaderParameter, QueryParameter

from kernel.http.bulkhead import STREAM
from kernel.http.encoding import Encoded, encode
from kernel.http.request import HttpRequest
from kernel.http.streaming import EventStream
from kernel.idempotency import Once
from kernel.security import Connection, Principal, signed_in
from kernel.unit_of_work import UnitOfWork
from modules.notifications.contracts import InvalidTicket
from modules.notifications.schemas import StreamTicket
from modules.notifications.services import TICKET_LIFETIME, StreamHub, Streaming

TICKET = "ticket"
"""In the state of a request that came with one: the token that it stood for."""


def by_ticket(hub: StreamHub) -> Callable[[Connection, BaseRouteHandler], Awaitable[None]]:
    """A guard that comes before `signed_in`: whoever brings a ticket is whoever asked for it."""

    async def redeem(connection: Connection, _: BaseRouteHandler) -> None:
        tickets = parse_qs(connection.scope["query_string"].decode("latin-1")).get("ticket")
        if connection.scope["user"] is None and tickets:
            token = await hub.redeem(tickets[0])
            connection.scope["state"][TICKET] = token
            connection.scope["user"] = await hub.process.authenticate(token)

    return redeem


def streaming(hub: StreamHub) -> tuple[HTTPRouteHandler, ...]:
    """The handlers: functions of what lives as long as the process, since guards ask for no dependencies."""

    @get(
        "/stream",
        operation_id="streamNotifications",
        guards=[by_ticket(hub), signed_in],
        opt={STREAM: True, "problems": [InvalidTicket]},
        media_type="text/event-stream",
    )
    async def stream(
        request: HttpRequest,
        me: NamedDependency[Principal],
        streaming: NamedDependency[Streaming],
        ticket: Annotated[str | None, QueryParameter(description="A ticket, instead of a bearer token.")] = None,
        last_event_id: Annotated[
            str | None, QueryParameter(description="The same as the header, for a new `EventSource`.")
        ] = None,
        last_event: Annotated[
            str | None,
            HeaderParameter(
                name="Last-Event-ID", description="The id of the last event received; later ones are sent."
            ),
        ] = None,
    ) -> Response[str]:
        """Server-Sent Events: `event: notification` with the `id` of the notification, and itself as `data`.

        A grouped notification that replaces an unread one (the next of several followers, say) is sent as a new one,
        with the same `type` and `target`. The stream ends when its token does; reconnect with a new one. A person can
        have 20 streams: one more ends the oldest.
        """
        token = request.scope["state"].get(TICKET) or bearer(request)
        opened = await streaming.open(me.id, token, noted(last_event or last_event_id))
        return EventStream(opened.queue, hub.feeding(opened))

    @post("/stream-tickets", operation_id="createStreamTicket", guards=[signed_in])
    async def create_ticket(
        request: HttpRequest,
        me: NamedDependency[Principal],
        uow: NamedDependency[UnitOfWork],
        once: NamedDependency[Once],
    ) -> Response[StreamTicket]:
        """A ticket for a browser's `EventSource`, which cannot send headers. It opens one stream, within 30 seconds."""

        async def effect() -> Response[StreamTicket]:
            ticket = hub.issue(uow, bearer(request))
            issued = StreamTicket(ticket=ticket, expires_in=round(TICKET_LIFETIME.total_seconds()))
            headers = {"Location": f"/api/v1/notifications/stream?ticket={ticket}"}
            return Encoded(encode(issued), status_code=201, headers=headers)

        return await once(str(me.id), effect, secret=True)

    return stream, create_ticket


def bearer(request: HttpRequest) -> str:
    """The token of a request that is known to have one."""
    return request.headers["authorization"].partition(" ")[2].strip()


def noted(text: str | None) -> UUID | None:
    """An id; whatever else a client has kept tells nothing."""
    with suppress(ValueError):
        return None if text is None else UUID(text)
    return None
