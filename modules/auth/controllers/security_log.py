"""What happened to one's account."""

from litestar import Controller, Response, get
from litestar.di import NamedDependency

from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.pagination import Page
from kernel.security import Principal, in_person
from modules.auth.schemas import SecurityEvent
from modules.auth.services import SecurityLog


class SecurityLogController(Controller):
    """One's own security log."""

    @get("/events", operation_id="listSecurityEvents", guards=[in_person])
    async def show_all(
        self,
        request: HttpRequest,
        me: NamedDependency[Principal],
        security_log: NamedDependency[SecurityLog],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[SecurityEvent]]:
        """Your security log of the last six months: sign-ins, wrong passwords, changes of credentials."""
        return listing(request, await security_log.page(me.id, cursor=cursor, limit=limit))
