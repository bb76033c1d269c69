"""Roles, and what they allow."""

from collections.abc import Collection
from uuid import UUID

import msgspec

from kernel import audit
from kernel.errors import NotFound
from kernel.http.client import Client
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.security import Permissions, Principal
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch, Versioned
from modules.users.cache_entities import person
from modules.users.contracts import BuiltInRole, RolesChanged, RoleTaken
from modules.users.models import RoleRow
from modules.users.repositories import RoleRepository
from modules.users.roles import ADMIN, MODERATOR, built_in
from modules.users.schemas import ChangeRole, MakeRole, PermissionMeaning, Role
from modules.users.services.authority import Authority, unique

DESCRIPTIONS = {ADMIN: "Everything that is not reserved for superusers.", MODERATOR: "Moderates what others write."}


class RoleService:
    """Roles that administrators make, inside one transaction, beside those that there always are."""

    def __init__(self, uow: UnitOfWork, permissions: Permissions) -> None:
        self._uow = uow
        self._declared = permissions
        self._roles = RoleRepository(session=uow.session)
        self._authority = Authority(uow.session, permissions)

    def permissions(self, cursor: str | None, limit: int) -> Page[PermissionMeaning]:
        """Everything that a role can allow, by name; raises `InvalidCursor`."""
        after: str = "" if cursor is None else decode_cursor(cursor, "permissions", str)[0]
        names = sorted(name for name in self._declared.meanings if name > after)
        meanings = [PermissionMeaning(name=name, description=self._declared.meanings[name]) for name in names[:limit]]
        return Page(
            items=tuple(meanings),
            next_cursor=encode_cursor("permissions", meanings[-1].name) if len(names) > limit else None,
        )

    async def page(self, cursor: str | None, limit: int) -> Page[Role]:
        """Roles in the order of their names; raises `InvalidCursor`."""
        after: str = "" if cursor is None else decode_cursor(cursor, "roles", str)[0]
        rows = await self._roles.page(after=after, limit=limit + 1)
        found = [to_role(row) for row in rows] + [role for role in self._built_in() if role.name > after]
        found.sort(key=lambda role: role.name)
        more = len(found) > limit
        return Page(
            items=tuple(found[:limit]), next_cursor=encode_cursor("roles", found[limit - 1].name) if more else None
        )

    async def find(self, name: str) -> Versioned[Role]:
        """One of them; raises `NotFound`."""
        built_in = next((role for role in self._built_in() if role.name == name), None)
        if built_in is not None:
            return Versioned(built_in, 1)
        row = await self._roles.get_one_or_none(name=name)
        if row is None:
            raise NotFound
        return Versioned(to_role(row), row.version)

    async def make(self, me: Principal, form: MakeRole, client: Client) -> Versioned[Role]:
        """A new role; raises `RoleTaken`, and `PermissionDenied` if it allows what the caller may not."""
        self._authority.refuse_permissions(me, form.permissions)
        permissions = unique(form.permissions)
        taken = form.name in built_in(self._declared)
        row = None if taken else await self._roles.insert_unless_taken(form.name, form.description, permissions)
        if row is None:
            raise RoleTaken
        self._enter("users.role_made", me, client, role=form.name, permissions=permissions)
        return Versioned(to_role(row), row.version)

    async def change(
        self, me: Principal, name: str, form: ChangeRole, if_match: IfMatch, client: Client
    ) -> Versioned[Role]:
        """Apply what was sent; raises what `make` does, and `BuiltInRole`."""
        row = await self._to_edit(me, name, if_match)
        if form.permissions is not msgspec.UNSET:
            self._authority.refuse_permissions(me, form.permissions)
            row.permissions = unique(form.permissions)
        if form.description is not msgspec.UNSET:
            row.description = form.description
        await self._uow.session.flush()
        self._enter("users.role_changed", me, client, role=name, permissions=row.permissions)
        return Versioned(to_role(row), row.version)

    async def delete(self, me: Principal, name: str, if_match: IfMatch, client: Client) -> None:
        """Take it from all who hold it; raises `BuiltInRole`, and `PermissionDenied` if it is beyond the caller."""
        row = await self._to_edit(me, name, if_match)
        await self._uow.session.delete(row)
        await self._uow.session.flush()
        await self._tell(await self._roles.take_from_everybody(name))
        self._enter("users.role_deleted", me, client, role=name)

    async def _to_edit(self, me: Principal, name: str, if_match: IfMatch) -> RoleRow:
        if name in built_in(self._declared):
            raise BuiltInRole
        row = await self._roles.to_edit(name)
        if row is None:
            raise NotFound
        if_match.check(row.version)
        self._authority.refuse_beyond(me, row.permissions)
        return row

    async def _tell(self, holders: Collection[UUID]) -> None:
        self._uow.changes(*map(person, holders))
        await self._uow.publish(*(RolesChanged(user_id=user_id) for user_id in holders))

    def _built_in(self) -> list[Role]:
        return [
            Role(name=name, description=DESCRIPTIONS[name], permissions=sorted(permissions), is_built_in=True)
            for name, permissions in built_in(self._declared).items()
        ]

    def _enter(self, act: str, me: Principal, client: Client, **facts: object) -> None:
        audit.record(self._uow, act, actor=me, subject_id=None, ip=client.ip, facts=facts)


def to_role(row: RoleRow) -> Role:
    """The single place where a row becomes a role as it is read."""
    return Role(name=row.name, description=row.description, permissions=row.permissions, is_built_in=False)
