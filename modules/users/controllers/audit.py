"""The audit log, for administrators."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import FromQuery, QueryParameter

from kernel.audit import AuditFilters
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, From, Limit, To, listing
from kernel.http.request import HttpRequest
from kernel.pagination import Page
from kernel.security import requires
from modules.users.schemas import AuditedAct
from modules.users.services import AuditLog


class AuditController(Controller):
    """Who did what to whom, from where."""

    @get("/audit-log", operation_id="listAuditLog", guards=[requires("audit:read:any")])
    async def show_all(
        self,
        request: HttpRequest,
        audit_log: NamedDependency[AuditLog],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        act: Annotated[
            str | None,
            QueryParameter(
                min_length=1, max_length=60, description="The name of an action, such as `users.deactivated`."
            ),
        ] = None,
        actor_id: FromQuery[UUID | None] = None,
        subject_id: FromQuery[UUID | None] = None,
        created_from: From = None,
        created_to: To = None,
    ) -> Response[Page[AuditedAct]]:
        """Administrative and security-related actions, newest first."""
        filters = AuditFilters(
            act=act, actor_id=actor_id, subject_id=subject_id, created_from=created_from, created_to=created_to
        )
        return listing(request, await audit_log.page(filters, cursor=cursor, limit=limit))
