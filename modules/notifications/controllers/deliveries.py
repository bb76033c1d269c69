"""E-mails and what became of them."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, QueryParameter

from kernel.http.client import Client
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.mail import MailFilters, MailState, NotFailed
from kernel.pagination import Page
from kernel.security import Principal, requires
from modules.notifications.schemas import Delivery
from modules.notifications.services import DeliveryService


class DeliveryController(Controller):
    """Mails of all modules. Addresses are personal: to see them takes a permission of its own."""

    path = "/deliveries"

    @get(operation_id="listDeliveries", guards=[requires("deliveries:read:any")])
    async def show_all(
        self,
        request: HttpRequest,
        delivery_service: NamedDependency[DeliveryService],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        in_state: Annotated[
            MailState | None, QueryParameter(name="state", description="Only those in this state.")
        ] = None,
        kind: Annotated[
            str | None, QueryParameter(min_length=1, max_length=100, description="Only those of this kind.")
        ] = None,
        user_id: FromQuery[UUID | None] = None,
    ) -> Response[Page[Delivery]]:
        """E-mails, newest first: queued, sent, dropped or failed, with the last error."""
        filters = MailFilters(state=in_state, kind=kind, user_id=user_id)
        return listing(request, await delivery_service.page(filters, cursor=cursor, limit=limit))

    @post(
        "/{delivery_id:uuid}/retry",
        operation_id="retryDelivery",
        status_code=202,
        guards=[requires("deliveries:write:any")],
        opt={"problems": [NotFailed]},
    )
    async def retry(
        self,
        delivery_id: FromPath[UUID],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        delivery_service: NamedDependency[DeliveryService],
    ) -> Delivery:
        """Send a failed mail again; repeating it changes nothing."""
        return await delivery_service.retry(me, delivery_id, client)
