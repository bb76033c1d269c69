"""Who may call what: all of it, in one table."""

import re
from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar
from litestar.handlers import BaseRouteHandler
from litestar.routes import HTTPRoute, WebSocketRoute

from app.asgi import build
from app.documents import NOWHERE
from kernel.db import new_id
from kernel.security import Access, public

ANYONE, SIGNED_IN = "anyone", "anyone signed in"

TABLE = (("GET /", ANYONE),)


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
    rows = "\n".join(f"    {row}," for row in sorted(present - set(TABLE)))
    assert present - set(TABLE) == set(), f"think, and add to the table:\n{rows}"
    assert set(TABLE) - present == set()
    assert list(TABLE) == sorted(TABLE, key=by_path)


def by_path(row: tuple[str, str]) -> list[str]:
    return row[0].split()[::-1]


PROTECTED = [route for route, who in TABLE if who != public.who]


@pytest.mark.parametrize("route", PROTECTED)
async def test_nobody_gets_in_without_a_token(client: httpx.AsyncClient, route: str) -> None:
    method, path = route.split()
    answer = await client.request(method, re.sub(r"\{\w+\}", str(new_id()), path))
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
