"""Signed-in callers of a module that is mounted without auth: their token says who they are, and is believed."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime
from typing import Any

import msgspec

from kernel.db import new_id, utc_now
from kernel.errors import InvalidToken
from kernel.security import Authenticator, Principal
from modules.users import User
from tests.running import bearer


class Caller(msgspec.Struct, frozen=True):
    """Somebody, and the headers that prove it."""

    user: User
    headers: dict[str, str]


def person(name: str, **facts: Any) -> User:  # Any: fields of `User`
    """Somebody of that name, who may otherwise be anybody."""
    now = utc_now()
    known = {"id": new_id(), "username": name.lower(), "email": f"{name.lower()}@example.org", "bio": "", **facts}
    state = {"is_active": True, "is_superuser": False, "email_verified": True, "roles": []}
    return msgspec.convert({"name": name, "created_at": now, "updated_at": now, **state, **known}, User)


def caller(name: str, *permissions: str, is_superuser: bool = False) -> Caller:
    """Somebody who is signed in."""
    return signed_in(person(name, is_superuser=is_superuser), *permissions)


def signed_in(user: User, *permissions: str, auth_time: datetime | None = None) -> Caller:
    """The same for somebody whom there is; without ``auth_time``, just now."""
    principal = Principal(
        id=user.id,
        session_id=new_id(),
        auth_time=auth_time or utc_now(),
        permissions=frozenset(permissions),
        is_superuser=user.is_superuser,
    )
    token = urlsafe_b64encode(msgspec.json.encode(principal)).decode()
    return Caller(user, bearer(token))


def credulous(*_: object) -> Authenticator:
    """An authenticator that believes every word of a token made by `caller`."""

    async def believe(token: str) -> Principal:
        try:
            return msgspec.json.decode(urlsafe_b64decode(token), type=Principal)
        except ValueError:
            raise InvalidToken from None

    return believe
