"""How far the right of an administrator goes: nobody does to others, or gives them, what is beyond themselves."""

from collections.abc import Collection, Iterable

from sqlalchemy.ext.asyncio import AsyncSession

from kernel.errors import PermissionDenied, ValidationFailed, Violation
from kernel.security import Permissions, Principal
from modules.users.models import UserRow
from modules.users.repositories import RoleRepository
from modules.users.roles import built_in, permissions_of


class Authority:
    """What roles allow, held against what a caller may."""

    def __init__(self, session: AsyncSession, declared: Permissions) -> None:
        self._roles = RoleRepository(session=session)
        self._declared = declared

    async def refuse_above(self, me: Principal, row: UserRow) -> None:
        """Raise `PermissionDenied` where somebody may more than the caller: a superuser, or a holder of more roles."""
        if row.is_superuser and not me.is_superuser:
            raise PermissionDenied
        self.refuse_beyond(me, await self._allowed(row.roles))

    async def hold_roles(self, roles: Collection[str]) -> None:
        """None of these is deleted meanwhile. It comes first: who deletes a role locks its holders after it."""
        if roles:
            await self._roles.hold(roles)

    async def refuse_roles(self, me: Principal, roles: Collection[str]) -> None:
        """Raise `ValidationFailed` for roles that there are not, `PermissionDenied` for those beyond the caller."""
        known = {*built_in(self._declared), *(row.name for row in await self._roles.by_names(roles))}
        refuse_unknown("roles", roles, known)
        self.refuse_beyond(me, await self._allowed(roles))

    def refuse_permissions(self, me: Principal, permissions: Collection[str]) -> None:
        """The same for permissions."""
        refuse_unknown("permissions", permissions, self._declared.meanings)
        self.refuse_beyond(me, permissions)

    def refuse_beyond(self, me: Principal, permissions: Iterable[str]) -> None:
        """Raise `PermissionDenied` unless the caller holds them all."""
        if not all(map(me.may, permissions)):
            raise PermissionDenied

    async def _allowed(self, roles: Collection[str]) -> frozenset[str]:
        rows = await self._roles.by_names(roles) if roles else ()
        return permissions_of(roles, (each for row in rows for each in row.permissions), self._declared)


def refuse_unknown(field: str, given: Collection[str], known: Collection[str]) -> None:
    """Raise `ValidationFailed` for every name that means nothing."""
    wrong = [
        Violation(f"/body/{field}/{place}", "unknown_name", "This name does not exist.")
        for place, name in enumerate(given)
        if name not in known
    ]
    if wrong:
        raise ValidationFailed(wrong)


def unique(names: list[str]) -> list[str]:
    """Each once, in the order given."""
    return list(dict.fromkeys(names))
