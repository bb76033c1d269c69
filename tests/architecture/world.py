"""Somebody of every kind, and something of every kind that is theirs: new ones for every request."""

import re
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeAlias
from uuid import UUID

import httpx

from kernel.db import new_id, utc_now
from kernel.mail.ledger import MailRow
from kernel.outbox import OutboxRow
from kernel.runtime import Runtime
from kernel.settings import KernelSettings
from kernel.vault import Vault
from modules.auth.keys import Keyring
from modules.auth.models import CredentialRow, PersonalTokenRow, SessionRow
from modules.auth.passwords import Passwords
from modules.auth.settings import AuthSettings
from modules.auth.tokens import AccessTokens, RefreshTokens, new_personal_token, personal_hash
from modules.notifications.models import AnnouncementRow, NotificationRow
from modules.users.models import ExportChunkRow, ExportRow, RoleRow, UserRow
from tests.running import PASSWORD, Person, bearer

LONG_AGO = timedelta(minutes=10)


class World:
    """A product with people in it. They are rows: signing hundreds of them up would take its time."""

    def __init__(self, http: httpx.AsyncClient, runtime: Runtime, settings: KernelSettings) -> None:
        vault = Vault(settings.secret_keys)
        self.http = http
        self.runtime = runtime
        self.vault = vault
        self._passwords = Passwords(AuthSettings(bcrypt_rounds=4))
        self._refresh_tokens = RefreshTokens(vault)
        self._access_tokens = AccessTokens(Keyring(vault), issuer=settings.public_url, ttl=timedelta(minutes=10))
        self._hash = ""

    async def person(self, actor: str) -> Person:
        """Somebody who may what the name of the kind says, signed in."""
        self._hash = self._hash or await self._passwords.hash(PASSWORD)
        user_id, session_id, now = new_id(), new_id(), utc_now()
        name = f"p{user_id.hex[-20:]}"
        email = f"{name}@example.org"
        user = UserRow(
            id=user_id,
            email=email,
            email_identity=email,
            username=name,
            name=name,
            is_active=actor != "deactivated",
            is_superuser=actor == "superuser",
            roles=[actor] if actor in {"admin", "moderator"} else [],
        )
        session = SessionRow(
            id=session_id,
            user_id=user_id,
            auth_time=now - LONG_AGO if actor == "stale owner" else now,
            rotated_at=now,
            expires_at=now + timedelta(days=1),
            absolute_expires_at=now + timedelta(days=1),
            ip="127.0.0.1",
            user_agent="a browser",
        )
        async with self.runtime.database.unit_of_work() as uow:
            uow.session.add_all([user, session, CredentialRow(user_id=user_id, password_hash=self._hash)])
            access_token = await self._access_tokens.issue(user_id, session_id, now, uow)
        tokens = {
            "access_token": access_token,
            "refresh_token": self._refresh_tokens.issue(session_id, 1),
            "session_id": str(session_id),
        }
        shown = await self._program(user_id) if actor == "owner's program" else access_token
        return Person(str(user_id), email, name, bearer(shown), tokens)

    async def _program(self, owner_id: UUID) -> str:
        """A personal access token with which one may what anybody signed in may."""
        token = new_personal_token()
        row = PersonalTokenRow(user_id=owner_id, name="a program", scopes=[], token_hash=personal_hash(token))
        async with self.runtime.database.unit_of_work() as uow:
            uow.session.add(row)
        return token

    async def path(self, template: str, owner: Person) -> str:
        """The address of things that belong to somebody."""
        names = re.findall(r"\{(\w+)\}", template)
        return template.format(**{name: await THINGS[name](self, owner) for name in names})

    async def create(self, owner: Person, path: str, body: object) -> str:
        """The id of what somebody has made by a POST."""
        answer = await self.http.post(path, json=body, headers=owner.headers)
        assert answer.status_code == 201, answer.text
        made: str = answer.json()["id"]
        return made


Thing: TypeAlias = Callable[[World, Person], Awaitable[str]]


async def user_id(_: World, owner: Person) -> str:
    return owner.id


async def username(_: World, owner: Person) -> str:
    return owner.username


async def post_id(world: World, owner: Person) -> str:
    """A draft."""
    return await world.create(owner, "/api/v1/posts", {"title": "A draft", "body": "x"})


async def comment_id(world: World, owner: Person) -> str:
    """On a post that all may read."""
    post = await world.create(owner, "/api/v1/posts", {"title": "T", "body": "x", "status": "published"})
    return await world.create(owner, f"/api/v1/posts/{post}/comments", {"body": "x"})


async def kind(_: World, __: Person) -> str:
    """Of a reaction."""
    return "like"


async def n(_: World, __: Person) -> str:
    """Of the present text of a post."""
    return "1"


async def slug(world: World, owner: Person) -> str:
    """Of a draft."""
    answer = await world.http.get(f"/api/v1/posts/{await post_id(world, owner)}", headers=owner.headers)
    named: str = answer.json()["slug"]
    return named


async def notification_id(world: World, owner: Person) -> str:
    row = NotificationRow(
        id=new_id(),
        recipient_id=UUID(owner.id),
        event_id=new_id(),
        type="welcome",
        target_kind="user",
        target_id=UUID(owner.id),
    )
    async with world.runtime.database.unit_of_work() as uow:
        uow.session.add(row)
    return str(row.id)


async def session_id(_: World, owner: Person) -> str:
    named: str = owner.tokens["session_id"]
    return named


async def outbox_id(world: World, _: Person) -> str:
    """Of an event that was given up."""
    row = OutboxRow(id=new_id(), topic="tests.given_up", subscriber="tests.nobody", payload={}, dead_at=utc_now())
    async with world.runtime.database.unit_of_work() as uow:
        uow.session.add(row)
    return str(row.id)


async def export_id(world: World, owner: Person) -> str:
    """Of an export that can be downloaded."""
    row = ExportRow(user_id=UUID(owner.id), state="ready", size=1, ready_at=utc_now())
    async with world.runtime.database.unit_of_work() as uow:
        uow.session.add(row)
        await uow.session.flush()
        uow.session.add(ExportChunkRow(export_id=row.id, number=0, data=b"x"))
    return str(row.id)


async def name(world: World, _: Person) -> str:
    """Of a role."""
    row = RoleRow(name=new_id().hex)
    async with world.runtime.database.unit_of_work() as uow:
        uow.session.add(row)
    return row.name


async def announcement_id(world: World, owner: Person) -> str:
    """Of one that has just begun."""
    row = AnnouncementRow(id=new_id(), author_id=UUID(owner.id), title="T", body="x", state="sending", total=1, done=0)
    async with world.runtime.database.unit_of_work() as uow:
        uow.session.add(row)
    return str(row.id)


async def delivery_id(world: World, owner: Person) -> str:
    """Of a mail that failed."""
    row = MailRow(
        id=new_id(), kind="tests.none", user_id=UUID(owner.id), recipient=owner.email, facts={}, state="failed"
    )
    async with world.runtime.database.unit_of_work() as uow:
        uow.session.add(row)
    return str(row.id)


async def token_id(world: World, owner: Person) -> str:
    row = PersonalTokenRow(
        id=new_id(),
        user_id=UUID(owner.id),
        name="a program",
        scopes=[],
        token_hash=personal_hash(new_personal_token()),
    )
    async with world.runtime.database.unit_of_work() as uow:
        uow.session.add(row)
    return str(row.id)


THINGS: dict[str, Thing] = {
    "announcement_id": announcement_id,
    "comment_id": comment_id,
    "export_id": export_id,
    "kind": kind,
    "name": name,
    "delivery_id": delivery_id,
    "notification_id": notification_id,
    "outbox_id": outbox_id,
    "n": n,
    "post_id": post_id,
    "session_id": session_id,
    "slug": slug,
    "token_id": token_id,
    "user_id": user_id,
    "username": username,
}
"""By the name of the path parameter: how something is made that belongs to ``owner``, and its text in the path."""
