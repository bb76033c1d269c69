"""Who may call what: all of it, in one table."""

import re
from collections.abc import Iterator

import httpx
from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute

from app.asgi import build
from app.documents import NOWHERE
from kernel.db import new_id
from kernel.security import Access
from tests.running import running

ANYONE, SIGNED_IN = "anyone", "anyone signed in"

TABLE = (
    ("GET /", ANYONE),
    ("POST /api/v1/auth/email/verify", ANYONE),
    ("POST /api/v1/auth/login", ANYONE),
    ("POST /api/v1/auth/logout", SIGNED_IN),
    ("POST /api/v1/auth/refresh", ANYONE),
    ("POST /api/v1/auth/register", ANYONE),
    ("GET /api/v1/notifications", SIGNED_IN),
    ("GET /api/v1/notifications/unread-count", SIGNED_IN),
    ("POST /api/v1/notifications/{notification_id}/read", SIGNED_IN),
    ("POST /api/v1/notifications/{notification_id}/unread", SIGNED_IN),
    ("GET /api/v1/posts", ANYONE),
    ("POST /api/v1/posts", SIGNED_IN),
    ("GET /api/v1/posts/by-slug/{slug}", ANYONE),
    ("GET /api/v1/posts/{post_id}", ANYONE),
    ("PATCH /api/v1/posts/{post_id}", SIGNED_IN),
    ("PUT /api/v1/posts/{post_id}", SIGNED_IN),
    ("POST /api/v1/posts/{post_id}/archive", SIGNED_IN),
    ("POST /api/v1/posts/{post_id}/publish", SIGNED_IN),
    ("POST /api/v1/posts/{post_id}/unpublish", SIGNED_IN),
    ("GET /api/v1/system/modules", ANYONE),
    ("GET /api/v1/users/by-username/{username}", ANYONE),
    ("GET /api/v1/users/me", SIGNED_IN),
    ("PATCH /api/v1/users/me", SIGNED_IN),
    ("PUT /api/v1/users/me", SIGNED_IN),
    ("GET /api/v1/users/{user_id}", ANYONE),
    ("DELETE /api/v1/users/{user_id}/follow", SIGNED_IN),
    ("PUT /api/v1/users/{user_id}/follow", SIGNED_IN),
    ("GET /assets/{digest}/{name}", ANYONE),
    ("GET /dev/mailbox", ANYONE),
    ("GET /dev/mailbox/{name}", ANYONE),
    ("GET /health/live", ANYONE),
    ("GET /health/ready", ANYONE),
    ("GET /problems/{code}", ANYONE),
    ("GET /schema", ANYONE),
    ("GET /schema/assets/{digest}/{name}", ANYONE),
    ("GET /schema/openapi.json", ANYONE),
    ("GET /schema/openapi.yaml", ANYONE),
    ("GET /schema/redoc", ANYONE),
    ("GET /schema/scalar", ANYONE),
    ("GET /schema/swagger", ANYONE),
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


HANDLERS = dict(handlers(build({**NOWHERE, "QUIRE_ENV": "development"})))  # with the pages of a desk


def test_every_handler_names_exactly_one_access() -> None:
    assert {route: accesses(handler) for route, handler in HANDLERS.items() if len(accesses(handler)) != 1} == {}


def test_the_table_lists_every_route_and_who_may_call_it() -> None:
    present = {(route, accesses(handler)[0].who) for route, handler in HANDLERS.items()}
    new = "".join(f"\n{row}" for row in sorted(present - set(TABLE), key=by_path))
    assert present - set(TABLE) == set(), f"not in the table of {__name__}:{new}"
    assert set(TABLE) - present == set()


def test_the_table_is_in_order() -> None:
    assert list(TABLE) == sorted(TABLE, key=by_path)


def by_path(row: tuple[str, str]) -> list[str]:
    return row[0].split()[::-1]


async def test_nobody_gets_in_without_a_token(env: dict[str, str]) -> None:
    answers: dict[str, httpx.Response] = {}
    protected = [route for route, who in TABLE if who != ANYONE]
    async with running(build(env)) as client:
        for route in protected:
            method, path = route.split()
            answers[route] = await client.request(method, re.sub(r"\{\w+\}", str(new_id()), path))
    assert {route: answer.status_code for route, answer in answers.items()} == dict.fromkeys(protected, 401)
    assert {answer.headers["WWW-Authenticate"] for answer in answers.values()} == {"Bearer"}
