"""Who may call what: all of it, in one table, and every cell of it tried with a real request.

A row is the route, who may call it, and how it is called by those who may; a plain GET without anything of anybody's in
its path needs no `Call`. What a path names is made by `tests.architecture.world`.
"""

from collections.abc import AsyncGenerator, Iterator

import pytest
from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute

from app.asgi import build
from app.documents import SAMPLE_ENV
from kernel.db import new_id
from kernel.module import Module
from kernel.runtime import open_runtime
from kernel.security import Access
from kernel.settings import KernelSettings
from tests.architecture.cells import (
    ACTORS,
    ANYONE,
    HOLDERS,
    IN_PERSON,
    RECENTLY,
    SCRAPERS,
    SIGNED_IN,
    SUPERUSERS,
    Call,
    expected,
)
from tests.architecture.world import World
from tests.running import PASSWORD, Person, running, wipe


async def credentials(world: World, caller: Person | None) -> object:
    """Of somebody who may sign in, whoever asks."""
    return {"email": (await world.person("owner")).email, "password": PASSWORD}


async def oauth_form(world: World, caller: Person | None) -> object:
    return {"grant_type": "password", "username": (await world.person("owner")).email, "password": PASSWORD}


async def refresh_token(world: World, caller: Person | None) -> object:
    return {"refresh_token": (await world.person("owner")).tokens["refresh_token"]}


async def newcomer(world: World, caller: Person | None) -> object:
    return {"email": f"{new_id().hex}@example.org", "password": PASSWORD, "name": "New"}


async def somebody(world: World, caller: Person | None) -> object:
    return {"email": f"{new_id().hex}@example.org", "name": "New", "roles": ["moderator"]}


async def role(world: World, caller: Person | None) -> object:
    return {"name": new_id().hex, "permissions": ["posts:read:any"]}


async def profile(world: World, caller: Person | None) -> object:
    return {"name": "N", "bio": "", "username": caller.username if caller else "nobody"}


CHANGED_PASSWORD = {"current_password": "not the right one", "new_password": "another correct horse"}

WORDS = {"title": "T", "body": "x"}
A_POST = {"title": "T", "body": "x", "tags": []}
NO_JOB = "/jobs/api/queues/quire/jobs/none"

TABLE: tuple[tuple[str, str] | tuple[str, str, Call], ...] = (
    ("GET /", ANYONE),
    ("GET /.well-known/jwks.json", ANYONE),
    ("POST /api/v1/auth/email/change", RECENTLY, Call(status=202, body={"new_email": "new@example.org"})),
    ("POST /api/v1/auth/email/change/confirm", ANYONE, Call(status=400, body={"token": "x"})),
    ("POST /api/v1/auth/email/verify", ANYONE, Call(status=400, body={"token": "x"})),
    ("POST /api/v1/auth/email/verify/resend", ANYONE, Call(status=202, body={"email": "a@example.org"})),
    ("GET /api/v1/auth/events", IN_PERSON),
    ("POST /api/v1/auth/login", ANYONE, Call(body=credentials)),
    ("POST /api/v1/auth/logout", IN_PERSON, Call(status=204)),
    ("GET /api/v1/auth/mfa", IN_PERSON),
    ("POST /api/v1/auth/mfa/recovery-codes", RECENTLY, Call(status=409)),
    ("DELETE /api/v1/auth/mfa/totp", RECENTLY, Call(status=404)),
    ("POST /api/v1/auth/mfa/totp", RECENTLY, Call(status=201)),
    ("POST /api/v1/auth/mfa/totp/confirm", IN_PERSON, Call(status=409, body={"code": "123456"})),
    ("POST /api/v1/auth/mfa/verify", ANYONE, Call(status=401, body={"mfa_token": "x", "code": "123456"})),
    ("POST /api/v1/auth/password/change", IN_PERSON, Call(status=400, body=CHANGED_PASSWORD)),
    ("POST /api/v1/auth/password/forgot", ANYONE, Call(status=202, body={"email": "a@example.org"})),
    ("POST /api/v1/auth/password/reset", ANYONE, Call(status=400, body={"token": "x", "password": PASSWORD})),
    ("POST /api/v1/auth/reauthenticate", IN_PERSON, Call(body={"password": PASSWORD})),
    ("POST /api/v1/auth/refresh", ANYONE, Call(body=refresh_token)),
    ("POST /api/v1/auth/register", ANYONE, Call(status=201, body=newcomer)),
    ("DELETE /api/v1/auth/sessions", IN_PERSON, Call(status=204)),
    ("GET /api/v1/auth/sessions", IN_PERSON),
    ("DELETE /api/v1/auth/sessions/{session_id}", IN_PERSON, Call(status=204, others=404)),
    ("POST /api/v1/auth/token", ANYONE, Call(body=oauth_form, form=True)),
    ("GET /api/v1/auth/tokens", IN_PERSON),
    ("POST /api/v1/auth/tokens", RECENTLY, Call(status=201, body={"name": "a program", "scopes": []})),
    ("DELETE /api/v1/auth/tokens/{token_id}", IN_PERSON, Call(status=204, others=404)),
    ("GET /api/v1/auth/tokens/{token_id}", IN_PERSON, Call(others=404)),
    ("GET /api/v1/notifications", SIGNED_IN),
    ("POST /api/v1/notifications/announcements", f"{HOLDERS}announcements:write:any", Call(status=202, body=WORDS)),
    ("GET /api/v1/notifications/announcements/{announcement_id}", f"{HOLDERS}announcements:write:any", Call()),
    ("POST /api/v1/notifications/announcements/{announcement_id}/cancel", f"{HOLDERS}announcements:write:any", Call()),
    ("GET /api/v1/notifications/deliveries", f"{HOLDERS}deliveries:read:any"),
    (
        "POST /api/v1/notifications/deliveries/{delivery_id}/retry",
        f"{HOLDERS}deliveries:write:any",
        Call(status=202),
    ),
    ("GET /api/v1/notifications/preferences", SIGNED_IN),
    ("PATCH /api/v1/notifications/preferences", SIGNED_IN, Call(body={"digest": "daily"})),
    ("POST /api/v1/notifications/read-all", SIGNED_IN, Call(status=204)),
    ("GET /api/v1/notifications/stream", SIGNED_IN, Call(stream=True)),
    ("POST /api/v1/notifications/stream-tickets", SIGNED_IN, Call(status=201)),
    ("GET /api/v1/notifications/unread-count", SIGNED_IN),
    ("GET /api/v1/notifications/unsubscribe", ANYONE),
    (
        "POST /api/v1/notifications/unsubscribe",
        ANYONE,
        Call(status=400, path="/api/v1/notifications/unsubscribe?token=x"),
    ),
    ("DELETE /api/v1/notifications/{notification_id}", SIGNED_IN, Call(status=204, others=404)),
    ("POST /api/v1/notifications/{notification_id}/archive", SIGNED_IN, Call(status=204, others=404)),
    ("POST /api/v1/notifications/{notification_id}/read", SIGNED_IN, Call(status=204, others=404)),
    ("POST /api/v1/notifications/{notification_id}/unread", SIGNED_IN, Call(status=204, others=404)),
    ("GET /api/v1/posts", ANYONE),
    ("POST /api/v1/posts", SIGNED_IN, Call(status=201, body={"title": "T", "body": "x"})),
    ("GET /api/v1/posts/bookmarks", SIGNED_IN),
    ("GET /api/v1/posts/by-slug/{slug}", ANYONE, Call(others=404, unless="posts:read:any")),
    (
        "DELETE /api/v1/posts/comments/{comment_id}",
        SIGNED_IN,
        Call(status=204, others=403, unless="comments:write:any"),
    ),
    ("GET /api/v1/posts/comments/{comment_id}", ANYONE, Call()),
    (
        "PATCH /api/v1/posts/comments/{comment_id}",
        SIGNED_IN,
        Call(body={"body": "x"}, others=403, unless="comments:write:any"),
    ),
    ("GET /api/v1/posts/feed", SIGNED_IN),
    ("GET /api/v1/posts/mine", SIGNED_IN),
    ("GET /api/v1/posts/search", ANYONE, Call(path="/api/v1/posts/search?q=quire")),
    ("GET /api/v1/posts/tags", ANYONE),
    ("GET /api/v1/posts/viewer-state", SIGNED_IN, Call(path=f"/api/v1/posts/viewer-state?ids={new_id()}")),
    ("DELETE /api/v1/posts/{post_id}", SIGNED_IN, Call(status=204, others=404, unless="posts:write:any")),
    ("GET /api/v1/posts/{post_id}", ANYONE, Call(others=404, unless="posts:read:any")),
    ("PATCH /api/v1/posts/{post_id}", SIGNED_IN, Call(body={"title": "T"}, others=404, unless="posts:write:any")),
    (
        "PUT /api/v1/posts/{post_id}",
        SIGNED_IN,
        Call(body=A_POST, others=404, unless="posts:write:any"),
    ),
    ("POST /api/v1/posts/{post_id}/archive", SIGNED_IN, Call(others=404, unless="posts:write:any")),
    ("DELETE /api/v1/posts/{post_id}/bookmark", SIGNED_IN, Call(status=204, others=404, unless="posts:read:any")),
    ("PUT /api/v1/posts/{post_id}/bookmark", SIGNED_IN, Call(status=204, others=404, unless="posts:read:any")),
    ("GET /api/v1/posts/{post_id}/comments", ANYONE, Call(others=404, unless="posts:read:any")),
    (
        "POST /api/v1/posts/{post_id}/comments",
        SIGNED_IN,
        Call(status=201, body={"body": "x"}, others=404, unless="posts:read:any"),
    ),
    ("POST /api/v1/posts/{post_id}/publish", SIGNED_IN, Call(others=404, unless="posts:write:any")),
    (
        "DELETE /api/v1/posts/{post_id}/reactions/{kind}",
        SIGNED_IN,
        Call(status=204, others=404, unless="posts:read:any"),
    ),
    ("PUT /api/v1/posts/{post_id}/reactions/{kind}", SIGNED_IN, Call(status=204, others=404, unless="posts:read:any")),
    ("POST /api/v1/posts/{post_id}/restore", SIGNED_IN, Call(status=409, others=404, unless="posts:write:any")),
    ("GET /api/v1/posts/{post_id}/revisions", SIGNED_IN, Call(others=404, unless="posts:read:any")),
    (
        "GET /api/v1/posts/{post_id}/revisions/{n}",
        SIGNED_IN,
        Call(others=404, unless="posts:read:any"),
    ),
    (
        "POST /api/v1/posts/{post_id}/revisions/{n}/restore",
        SIGNED_IN,
        Call(others=404, unless="posts:write:any"),
    ),
    ("DELETE /api/v1/posts/{post_id}/schedule", SIGNED_IN, Call(status=409, others=404, unless="posts:write:any")),
    (
        "PUT /api/v1/posts/{post_id}/schedule",
        SIGNED_IN,
        Call(body={"scheduled_for": "2099-12-31T12:00:00Z"}, others=404, unless="posts:write:any"),
    ),
    ("POST /api/v1/posts/{post_id}/unpublish", SIGNED_IN, Call(status=409, others=404, unless="posts:write:any")),
    ("GET /api/v1/system/modules", ANYONE),
    ("GET /api/v1/system/outbox", SUPERUSERS),
    ("POST /api/v1/system/outbox/{outbox_id}/replay", SUPERUSERS, Call()),
    ("GET /api/v1/users", f"{HOLDERS}users:read:any"),
    ("POST /api/v1/users", f"{HOLDERS}users:write:any", Call(status=201, body=somebody)),
    ("GET /api/v1/users/audit-log", f"{HOLDERS}audit:read:any"),
    ("GET /api/v1/users/by-username/{username}", ANYONE, Call()),
    ("DELETE /api/v1/users/me", RECENTLY, Call(status=202)),
    ("GET /api/v1/users/me", SIGNED_IN),
    ("PATCH /api/v1/users/me", SIGNED_IN, Call(body={"bio": "x"})),
    ("PUT /api/v1/users/me", SIGNED_IN, Call(body=profile)),
    ("POST /api/v1/users/me/export", IN_PERSON, Call(status=202)),
    ("GET /api/v1/users/me/exports/{export_id}", IN_PERSON, Call(others=404)),
    ("GET /api/v1/users/me/exports/{export_id}/archive", IN_PERSON, Call(others=404)),
    ("GET /api/v1/users/permissions", f"{HOLDERS}roles:read:any"),
    ("GET /api/v1/users/roles", f"{HOLDERS}roles:read:any"),
    ("POST /api/v1/users/roles", f"{HOLDERS}roles:write:any", Call(status=201, body=role)),
    ("DELETE /api/v1/users/roles/{name}", f"{HOLDERS}roles:write:any", Call(status=204)),
    ("GET /api/v1/users/roles/{name}", f"{HOLDERS}roles:read:any", Call()),
    ("PATCH /api/v1/users/roles/{name}", f"{HOLDERS}roles:write:any", Call(body={})),
    ("GET /api/v1/users/viewer-state", SIGNED_IN, Call(path=f"/api/v1/users/viewer-state?ids={new_id()}")),
    ("DELETE /api/v1/users/{user_id}", f"{HOLDERS}users:write:any", Call(status=204)),
    ("GET /api/v1/users/{user_id}", ANYONE, Call()),
    ("PATCH /api/v1/users/{user_id}", f"{HOLDERS}users:write:any", Call(body={"bio": "x"})),
    ("POST /api/v1/users/{user_id}/activate", f"{HOLDERS}users:write:any", Call(status=204)),
    ("POST /api/v1/users/{user_id}/deactivate", f"{HOLDERS}users:write:any", Call(status=204)),
    ("DELETE /api/v1/users/{user_id}/follow", SIGNED_IN, Call(status=409, others=204)),
    ("PUT /api/v1/users/{user_id}/follow", SIGNED_IN, Call(status=409, others=204)),
    ("GET /api/v1/users/{user_id}/followers", ANYONE, Call()),
    ("GET /api/v1/users/{user_id}/following", ANYONE, Call()),
    ("PUT /api/v1/users/{user_id}/roles", f"{HOLDERS}roles:write:any", Call(body={"roles": ["moderator"]})),
    ("GET /assets/{digest}/{name}", ANYONE, Call(status=404, path="/assets/0/none.css")),
    ("GET /confirm-email", ANYONE),
    ("GET /dev/mailbox", ANYONE),
    ("GET /dev/mailbox/{name}", ANYONE, Call(status=404, path="/dev/mailbox/none.eml")),
    ("GET /health/live", ANYONE),
    ("GET /health/ready", ANYONE),
    ("GET /jobs", SUPERUSERS),
    ("GET /jobs/api/queues", SUPERUSERS),
    ("GET /jobs/api/queues/{queue}", SUPERUSERS, Call(path="/jobs/api/queues/quire")),
    ("GET /jobs/api/queues/{queue}/jobs/{key}", SUPERUSERS, Call(status=404, path=NO_JOB)),
    ("POST /jobs/api/queues/{queue}/jobs/{key}/abort", SUPERUSERS, Call(status=404, path=f"{NO_JOB}/abort")),
    ("POST /jobs/api/queues/{queue}/jobs/{key}/retry", SUPERUSERS, Call(status=404, path=f"{NO_JOB}/retry")),
    ("GET /jobs/queues/{queue}", SUPERUSERS, Call(path="/jobs/queues/quire")),
    ("GET /jobs/queues/{queue}/jobs/{key}", SUPERUSERS, Call(path="/jobs/queues/quire/jobs/none")),
    ("POST /jobs/sign-in", ANYONE, Call(status=403, body=credentials)),  # from a page of this server alone
    ("POST /jobs/sign-out", SUPERUSERS, Call(status=204)),
    ("GET /jobs/static/{name}", SUPERUSERS, Call(path="/jobs/static/app.js")),
    ("GET /metrics", SCRAPERS),
    ("GET /problems/{code}", ANYONE, Call(path="/problems/not_found")),
    ("GET /reset-password", ANYONE),
    ("GET /schema", ANYONE),
    ("GET /schema/assets/{digest}/{name}", ANYONE, Call(status=404, path="/schema/assets/0/none.css")),
    ("GET /schema/openapi.json", ANYONE),
    ("GET /schema/openapi.yaml", ANYONE),
    ("GET /schema/redoc", ANYONE),
    ("GET /schema/scalar", ANYONE),
    ("GET /schema/swagger", ANYONE),
    ("GET /unsubscribe", ANYONE),
    ("GET /verify-email", ANYONE),
    ("GET /version", ANYONE),
)
"""By path, then by method. Who adds a line has thought about it."""


def handlers(app: Litestar) -> Iterator[tuple[str, BaseRouteHandler]]:
    """Every handler of the product with its address."""
    for route in app.routes:
        match route:
            case HTTPRoute():
                for method, (handler, _) in route.route_handler_map.items():
                    if method != "OPTIONS":  # made by Litestar, never reached: the edge answers
                        yield f"{method} {route.path_format}", handler
            case WebSocketRoute():
                yield f"WS {route.path_format}", route.route_handler
            case _:
                yield f"ASGI {route.path_format}", route.route_handler


def accesses(handler: BaseRouteHandler) -> list[Access]:
    return [guard for guard in handler.resolve_guards() if isinstance(guard, Access)]


HANDLERS = dict(handlers(build({**SAMPLE_ENV, "QUIRE_ENV": "development"})))  # with the pages of development


def test_every_handler_names_exactly_one_access() -> None:
    assert {route: accesses(handler) for route, handler in HANDLERS.items() if len(accesses(handler)) != 1} == {}


ROWS = {row[0]: (row[1], row[2] if len(row) == 3 else None) for row in TABLE}


def test_the_table_lists_every_route_and_who_may_call_it() -> None:
    present = {(route, accesses(handler)[0].who) for route, handler in HANDLERS.items()}
    listed = {(route, who) for route, (who, _) in ROWS.items()}
    new = "".join(f"\n{row}" for row in sorted(present - listed, key=by_path))
    assert present - listed == set(), f"not in the table of {__name__}:{new}"
    assert listed - present == set()


def test_the_table_is_in_order_and_names_every_route_once() -> None:
    routes = [(row[0],) for row in TABLE]
    assert routes == sorted(set(routes), key=by_path)


def by_path(row: tuple[str, ...]) -> list[str]:
    return row[0].split()[::-1]


def test_every_row_that_needs_it_says_how_it_is_called() -> None:
    plain = {route for route in ROWS if route.startswith("GET ") and "{" not in route}
    assert {route for route, (_, call) in ROWS.items() if call is None} - plain == set(), "a Call is missing"


@pytest.fixture(scope="module")
async def world(env: dict[str, str], settings: KernelSettings, product: tuple[Module, ...]) -> AsyncGenerator[World]:
    """One for all cells: nobody in it is met twice."""
    runtime = open_runtime(settings, product)
    async with running(build({**env, "QUIRE_ENV": "development", "QUIRE_HTTP_RATE_LIMITS": "off"})) as http:
        yield World(http, runtime, settings)
    await wipe(runtime)
    await runtime.close()


@pytest.mark.parametrize("route", ROWS)
async def test_every_cell_answers_as_declared(world: World, route: str) -> None:
    who, given = ROWS[route]
    call = given or Call()
    declared = {actor: expected(actor, who, call, handler=HANDLERS[route]) for actor in ACTORS}
    assert {actor: await status(world, route, call, actor) for actor in ACTORS} == declared


async def status(world: World, route: str, call: Call, actor: str) -> int:
    """What a new caller of this kind gets for something of a new owner."""
    method, template = route.split()
    owner = await world.person(actor if "owner" in actor else "owner")
    caller = owner if "owner" in actor else None if actor == "anonymous" else await world.person(actor)
    path = call.path or await world.path(template, owner)
    body = await call.body(world, caller) if callable(call.body) else call.body
    sent = {"data" if call.form else "json": body}
    headers = caller.headers if caller else {}
    answer = await world.http.request("HEAD" if call.stream else method, path, headers=headers, **sent)
    assert answer.status_code != 401 or answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert answer.headers["Cache-Control"] == "no-store" or ROWS[route][0] == ANYONE
    return answer.status_code
