"""What administrators do to the accounts of others. Every act is in the audit log, in the same transaction."""

from typing import Any
from uuid import UUID

import msgspec

from kernel import audit
from kernel.db import utc_now
from kernel.errors import NotFound, PermissionDenied
from kernel.http.client import Client
from kernel.security import Permissions, Principal
from kernel.unit_of_work import UnitOfWork
from kernel.versions import IfMatch, Versioned
from modules.users.cache_entities import person, popularity, username_of
from modules.users.contracts import (
    AccountOpened,
    FollowsToRecount,
    LastSuperuser,
    NewUser,
    RolesChanged,
    User,
    UserActivated,
    UserDeactivated,
    UserDeletionRequested,
)
from modules.users.models import UserRow
from modules.users.repositories import UserRepository
from modules.users.schemas import ChangeProfile, GiveRoles, OpenAccount
from modules.users.services.authority import Authority, unique
from modules.users.services.profiles import UserService, to_user

GIVE_ROLES = "roles:write:any"


class AdministrationService:
    """Accounts of others, inside one transaction."""

    def __init__(self, uow: UnitOfWork, permissions: Permissions) -> None:
        self._uow = uow
        self._people = UserService(uow)
        self._users = UserRepository(session=uow.session)
        self._authority = Authority(uow.session, permissions)

    async def open(self, me: Principal, form: OpenAccount, client: Client) -> Versioned[User]:
        """An account whose person sets a password by mail; raises what `Accounts.create` does."""
        if form.roles:
            if not me.may(GIVE_ROLES):
                raise PermissionDenied
            await self._authority.hold_roles(form.roles)
            await self._authority.refuse_roles(me, form.roles)
        user = await self._people.create(NewUser(email=form.email, name=form.name, username=form.username))
        row = await self._users.get(user.id)
        row.roles = unique(form.roles)
        await self._uow.session.flush()
        self._enter("users.account_opened", me, user.id, client, roles=row.roles)
        await self._uow.publish(AccountOpened(user_id=user.id))
        return Versioned(to_user(row), row.version)

    async def change(
        self, me: Principal, user_id: UUID, form: ChangeProfile, if_match: IfMatch, client: Client
    ) -> Versioned[User]:
        """Apply what was sent; raises `UsernameTaken` and what all acts on others raise."""
        await self._to_manage(me, user_id)
        changed = await self._people.change(user_id, form, if_match)
        fields = sorted(name for name, value in msgspec.structs.asdict(form).items() if value is not msgspec.UNSET)
        self._enter("users.profile_changed", me, user_id, client, fields=fields)
        return changed

    async def give_roles(
        self, me: Principal, user_id: UUID, form: GiveRoles, if_match: IfMatch, client: Client
    ) -> Versioned[User]:
        """All roles of somebody, from now on; raises `ValidationFailed` for one that there is not."""
        await self._authority.hold_roles(form.roles)
        row = await self._to_manage(me, user_id)
        if_match.check(row.version)
        await self._authority.refuse_roles(me, form.roles)
        before, row.roles = row.roles, unique(form.roles)
        if set(before) != set(row.roles):
            await self._uow.session.flush()
            self._uow.changes(person(user_id))
            self._enter("users.roles_changed", me, user_id, client, before=before, after=row.roles)
            await self._uow.publish(RolesChanged(user_id=user_id))
        return Versioned(to_user(row), row.version)

    async def activate(self, me: Principal, user_id: UUID, client: Client) -> None:
        """Let somebody in again; a deletion that is not carried out yet is called off."""
        row = await self._to_manage(me, user_id, leaving_too=True)
        if row.is_active and row.deletion_requested_at is None:
            return
        row.is_active, row.deletion_requested_at = True, None
        await self._settle(row)
        self._enter("users.activated", me, user_id, client)
        await self._uow.publish(UserActivated(user_id=user_id), FollowsToRecount(user_id=user_id))

    async def deactivate(self, me: Principal, user_id: UUID, client: Client) -> None:
        """Shut somebody out, everywhere and at once; raises `LastSuperuser`."""
        row = await self._to_end(me, user_id)
        if not row.is_active:
            return
        row.is_active = False
        await self._settle(row)
        self._enter("users.deactivated", me, user_id, client)
        await self._uow.publish(UserDeactivated(user_id=user_id))

    async def delete(self, me: Principal, user_id: UUID, if_match: IfMatch, client: Client) -> None:
        """Shut somebody out and have them erased after the time of grace; raises `LastSuperuser`."""
        row = await self._to_end(me, user_id)
        if_match.check(row.version)
        row.is_active, row.deletion_requested_at = False, utc_now()
        await self._settle(row)
        self._enter("users.deletion_requested", me, user_id, client)
        await self._uow.publish(UserDeletionRequested(user_id=user_id), FollowsToRecount(user_id=user_id))

    async def _to_end(self, me: Principal, user_id: UUID) -> UserRow:
        superusers = await self._users.lock_superusers_with(user_id)  # first: all must lock in the same order
        row = await self._to_manage(me, user_id)
        keep_one_of(superusers, user_id)
        return row

    async def _to_manage(self, me: Principal, user_id: UUID, *, leaving_too: bool = False) -> UserRow:
        """The row, locked; raises `NotFound`, and `PermissionDenied` for somebody who may more than the caller."""
        row = await self._users.to_edit(user_id)
        if row is None or (row.deletion_requested_at is not None and not leaving_too):
            raise NotFound
        await self._authority.refuse_above(me, row)
        return row

    async def _settle(self, row: UserRow) -> None:
        await self._uow.session.flush()
        self._uow.changes(person(row.id), popularity(row.id), username_of(row.username))

    def _enter(self, act: str, me: Principal, user_id: UUID, client: Client, **facts: Any) -> None:  # Any: JSON
        audit.record(self._uow, act, actor=me, subject_id=user_id, ip=client.ip, facts=facts)


def keep_one_of(superusers: set[UUID], user_id: UUID) -> None:
    """Raise `LastSuperuser` if nobody would be left without this person."""
    if superusers == {user_id}:
        raise LastSuperuser
