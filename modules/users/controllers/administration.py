"""Accounts of others, for administrators."""

from typing import Annotated
from uuid import UUID

from litestar import Controller, Response, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from kernel.errors import PermissionDenied
from kernel.http.client import Client
from kernel.http.conditional import resource
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, From, IncludeTotal, Limit, To, listing
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.pagination import Page
from kernel.security import Principal, requires
from kernel.versions import IfMatch
from modules.users.contracts import EmailTaken, LastSuperuser, User, UsernameTaken
from modules.users.repositories import Sort, UserFilters
from modules.users.schemas import ChangeProfile, GiveRoles, OpenAccount
from modules.users.services import AdministrationService, UserLists

READ, WRITE, ROLES = requires("users:read:any"), requires("users:write:any"), requires("roles:write:any")


class AdministrationController(Controller):
    """Nobody does anything to somebody who may more than they do: 403. To a superuser, only superusers do."""

    opt = {"problems": [PermissionDenied]}  # noqa: RUF012 - as Litestar wants it

    @get(operation_id="listUsers", guards=[READ])
    async def show_all(
        self,
        request: HttpRequest,
        user_lists: NamedDependency[UserLists],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
        q: Annotated[
            str | None,
            QueryParameter(
                min_length=1, max_length=200, description="Text contained in the e-mail address, username or name."
            ),
        ] = None,
        role: Annotated[
            str | None, QueryParameter(min_length=1, max_length=100, description="Holders of this role.")
        ] = None,
        is_superuser: FromQuery[bool | None] = None,
        is_active: FromQuery[bool | None] = None,
        created_from: From = None,
        created_to: To = None,
        sort: FromQuery[Sort] = "-created_at",
        include_total: IncludeTotal = False,
    ) -> Response[Page[User]]:
        """All accounts with private fields, newest first, except those that are to be erased."""
        filters = UserFilters(
            q=q,
            role=role,
            is_superuser=is_superuser,
            is_active=is_active,
            created_from=created_from,
            created_to=created_to,
        )
        page = await user_lists.page(filters, sort, cursor=cursor, limit=limit, include_total=include_total)
        return listing(request, page)

    @post(operation_id="openAccount", guards=[WRITE], opt={"problems": [PermissionDenied, EmailTaken, UsernameTaken]})
    async def open(
        self,
        request: HttpRequest,
        data: JSONBody[OpenAccount],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        once: NamedDependency[Once],
        administration_service: NamedDependency[AdministrationService],
    ) -> Response[User]:
        """Create an account; its owner gets a mail to set a password. Granting roles also needs `roles:write:any`."""

        async def effect() -> Response[User]:
            opened = await administration_service.open(me, data, client)
            headers = {"Location": f"/api/v1/users/{opened.value.id}"}
            return resource(request, opened.value, version=opened.version, status_code=201, headers=headers)

        return await once(str(me.id), effect)

    @patch(
        "/{user_id:uuid}",
        operation_id="changeUser",
        guards=[WRITE],
        opt={"problems": [PermissionDenied, UsernameTaken]},
    )
    async def change(
        self,
        request: HttpRequest,
        user_id: FromPath[UUID],
        data: JSONBody[ChangeProfile],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        if_match: NamedDependency[IfMatch],
        administration_service: NamedDependency[AdministrationService],
    ) -> Response[User]:
        """Change what is given, keep the rest."""
        changed = await administration_service.change(me, user_id, data, if_match, client)
        return resource(request, changed.value, version=changed.version)

    @delete(
        "/{user_id:uuid}",
        operation_id="deleteUser",
        status_code=204,
        guards=[WRITE],
        opt={"problems": [PermissionDenied, LastSuperuser]},
    )
    async def remove(
        self,
        user_id: FromPath[UUID],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        if_match: NamedDependency[IfMatch],
        administration_service: NamedDependency[AdministrationService],
    ) -> None:
        """Delete an account: it is gone at once, and erased after 30 days. Activating it before then restores it."""
        await administration_service.delete(me, user_id, if_match, client)

    @post("/{user_id:uuid}/activate", operation_id="activateUser", status_code=204, guards=[WRITE])
    async def activate(
        self,
        user_id: FromPath[UUID],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        administration_service: NamedDependency[AdministrationService],
    ) -> None:
        """Unlock an account, and cancel its deletion."""
        await administration_service.activate(me, user_id, client)

    @post(
        "/{user_id:uuid}/deactivate",
        operation_id="deactivateUser",
        status_code=204,
        guards=[WRITE],
        opt={"problems": [PermissionDenied, LastSuperuser]},
    )
    async def deactivate(
        self,
        user_id: FromPath[UUID],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        administration_service: NamedDependency[AdministrationService],
    ) -> None:
        """Lock an account: its owner is signed out everywhere within a second."""
        await administration_service.deactivate(me, user_id, client)

    @put("/{user_id:uuid}/roles", operation_id="giveRoles", guards=[ROLES])
    async def give_roles(
        self,
        request: HttpRequest,
        user_id: FromPath[UUID],
        data: JSONBody[GiveRoles],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        if_match: NamedDependency[IfMatch],
        administration_service: NamedDependency[AdministrationService],
    ) -> Response[User]:
        """Replace all roles of a person, effective within a second. You cannot grant rights that you do not have."""
        changed = await administration_service.give_roles(me, user_id, data, if_match, client)
        return resource(request, changed.value, version=changed.version)
