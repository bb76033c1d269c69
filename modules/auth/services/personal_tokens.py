"""Tokens for programs, which act for a person with some of their permissions."""

from functools import partial
from uuid import UUID

import msgspec
from litestar.di import NamedDependency

from kernel.db import utc_now
from kernel.errors import InvalidToken, NotFound, PermissionDenied, ValidationFailed, Violation
from kernel.http.client import Client
from kernel.mail import post
from kernel.pagination import Page, decode_cursor, encode_cursor
from kernel.security import Permissions, Principal
from kernel.unit_of_work import UnitOfWork
from modules.auth.contracts import SecurityNoticed
from modules.auth.models import PersonalTokenRow
from modules.auth.repositories import PersonalTokenRepository
from modules.auth.schemas import CreatePersonalToken, NewPersonalToken, PersonalToken
from modules.auth.services.components import Components
from modules.auth.services.security_log import SecurityLog
from modules.auth.tokens import new_personal_token, personal_hash
from modules.users import Users


def to_personal_token(row: PersonalTokenRow) -> PersonalToken:
    """The single place where a row becomes something that its owner sees."""
    return msgspec.convert(row, PersonalToken, from_attributes=True)


class PersonalTokens:
    """The tokens of a caller, inside one transaction."""

    def __init__(
        self, uow: UnitOfWork, users: Users, components: Components, permissions: Permissions, client: Client
    ) -> None:
        self._uow = uow
        self._users = users
        self._components = components
        self._permissions = permissions
        self._client = client
        self._log = SecurityLog(uow)
        self._tokens = PersonalTokenRepository(session=uow.session)

    async def create(self, me: Principal, form: CreatePersonalToken) -> NewPersonalToken:
        """A new token, shown once; raises `PermissionDenied` for a scope that is no permission of the caller."""
        if not all(scope in self._permissions.meanings and me.may(scope) for scope in form.scopes):
            raise PermissionDenied("A token may not do more than its owner.")
        if form.expires_at is not None and form.expires_at <= utc_now():
            raise ValidationFailed([Violation("/body/expires_at", "not_in_future", "Expected a time in the future.")])
        user = await self._users.find(me.id)
        if user is None:
            raise InvalidToken
        token = new_personal_token()
        row = await self._tokens.add(
            PersonalTokenRow(
                user_id=me.id,
                name=form.name,
                scopes=sorted(set(form.scopes)),
                token_hash=personal_hash(token),
                expires_at=form.expires_at,
            )
        )
        self._log.note(me.id, "token_created", self._client, session_id=me.session_id)
        await post(self._uow, "auth.token_created", user_id=me.id, recipient=user.email)
        await self._uow.publish(SecurityNoticed(user_id=me.id, kind="token_created", session_id=me.session_id))
        return NewPersonalToken(**msgspec.structs.asdict(to_personal_token(row)), token=token)

    async def find(self, me: Principal, token_id: UUID) -> PersonalToken:
        """One of the caller's; raises `NotFound`."""
        row = await self._tokens.get_one_or_none(id=token_id, user_id=me.id)
        if row is None:
            raise NotFound
        return to_personal_token(row)

    async def page(self, me: Principal, *, cursor: str | None, limit: int) -> Page[PersonalToken]:
        """Newest first, expired ones included for a while; raises `InvalidCursor`."""
        after = None if cursor is None else decode_cursor(cursor, "personal tokens", UUID)[0]
        rows = await self._tokens.page(me.id, after=after, limit=limit + 1)
        shown = rows[:limit]
        return Page(
            items=tuple(map(to_personal_token, shown)),
            next_cursor=encode_cursor("personal tokens", shown[-1].id) if len(rows) > limit else None,
        )

    async def revoke(self, me: Principal, token_id: UUID) -> None:
        """It is refused from now on; raises `NotFound`."""
        if not await self._tokens.revoke(me.id, token_id):
            raise NotFound
        self._log.note(me.id, "token_revoked", self._client, session_id=me.session_id)
        self._uow.after_commit(partial(self._components.session_cache.forget, me.id))


def provide_personal_tokens(
    uow: NamedDependency[UnitOfWork],
    users: NamedDependency[Users],
    components: NamedDependency[Components],
    permissions: NamedDependency[Permissions],
    client: NamedDependency[Client],
) -> PersonalTokens:
    """Dependency provider."""
    return PersonalTokens(uow, users, components, permissions, client)
