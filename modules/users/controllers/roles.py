"""Roles and permissions, for administrators."""

from typing import Annotated, TypeAlias

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import JSONBody, PathParameter

from kernel.errors import PermissionDenied
from kernel.http.client import Client
from kernel.http.conditional import resource
from kernel.http.pagination import DEFAULT_LIMIT, Cursor, Limit, listing
from kernel.http.request import HttpRequest
from kernel.idempotency import Once
from kernel.pagination import Page
from kernel.security import Principal, requires
from kernel.versions import IfMatch
from modules.users.contracts import BuiltInRole, RoleTaken
from modules.users.schemas import ChangeRole, MakeRole, PermissionMeaning, Role
from modules.users.services import RoleService

Name: TypeAlias = Annotated[str, PathParameter(max_length=100, description="The name of a role.")]

READ, WRITE = requires("roles:read:any"), requires("roles:write:any")
BEYOND = {"problems": [PermissionDenied, BuiltInRole]}
"""What keeps a role from being changed."""


class RoleController(Controller):
    """What people may do. Nobody makes, changes or deletes a role that allows what they may not do themselves: 403."""

    @get("/roles", operation_id="listRoles", guards=[READ])
    async def show_all(
        self,
        request: HttpRequest,
        role_service: NamedDependency[RoleService],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[Role]]:
        """All roles by name, including those built in."""
        return listing(request, await role_service.page(cursor, limit))

    @post("/roles", operation_id="makeRole", guards=[WRITE], opt={"problems": [PermissionDenied, RoleTaken]})
    async def make(
        self,
        request: HttpRequest,
        data: JSONBody[MakeRole],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        once: NamedDependency[Once],
        role_service: NamedDependency[RoleService],
    ) -> Response[Role]:
        """Create a role."""

        async def effect() -> Response[Role]:
            made = await role_service.make(me, data, client)
            headers = {"Location": f"/api/v1/users/roles/{made.value.name}"}
            return resource(request, made.value, version=made.version, status_code=201, headers=headers)

        return await once(str(me.id), effect)

    @get("/roles/{name:str}", operation_id="getRole", guards=[READ])
    async def show(
        self, request: HttpRequest, name: Name, role_service: NamedDependency[RoleService]
    ) -> Response[Role]:
        """A role and its permissions."""
        role = await role_service.find(name)
        return resource(request, role.value, version=role.version)

    @patch("/roles/{name:str}", operation_id="changeRole", guards=[WRITE], opt=BEYOND)
    async def change(
        self,
        request: HttpRequest,
        name: Name,
        data: JSONBody[ChangeRole],
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        if_match: NamedDependency[IfMatch],
        role_service: NamedDependency[RoleService],
    ) -> Response[Role]:
        """Change the given fields of a role, effective within a second."""
        changed = await role_service.change(me, name, data, if_match, client)
        return resource(request, changed.value, version=changed.version)

    @delete("/roles/{name:str}", operation_id="deleteRole", status_code=204, guards=[WRITE], opt=BEYOND)
    async def remove(
        self,
        name: Name,
        me: NamedDependency[Principal],
        client: NamedDependency[Client],
        if_match: NamedDependency[IfMatch],
        role_service: NamedDependency[RoleService],
    ) -> None:
        """Delete a role, and revoke it from everybody who has it."""
        await role_service.delete(me, name, if_match, client)

    @get("/permissions", operation_id="listPermissions", guards=[READ])
    async def permissions(
        self,
        request: HttpRequest,
        role_service: NamedDependency[RoleService],
        limit: Limit = DEFAULT_LIMIT,
        cursor: Cursor = None,
    ) -> Response[Page[PermissionMeaning]]:
        """All permissions by name, as the modules declare them."""
        return listing(request, role_service.permissions(cursor, limit))
