"""A small application with a real document, for the pages to show."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import msgspec
import uvicorn
from litestar import Litestar, get, post
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from app.docs import docs_config, docs_routes


class Leaf(msgspec.Struct, frozen=True):
    """A folded sheet."""

    title: str
    pages: int


@get("/leaves/{number:int}", summary="Look a leaf up", tags=["leaves"], operation_id="getLeaf")
async def look_up(number: FromPath[int]) -> Leaf:
    """Counted from one."""
    return Leaf("A", number)


@post("/leaves", summary="Bind a leaf", tags=["leaves"], operation_id="bindLeaf", security=[{"BearerToken": []}])
async def bind(data: JSONBody[Leaf]) -> Leaf:
    """Nothing gets lost."""
    return data


def small_api(*routes: ControllerRouterHandler) -> Litestar:
    """Two operations and the pages about them."""
    config = docs_config("Leaves & <Sheets>", "1.2.3", "A *small* API.", token_url="/token")
    return Litestar([look_up, bind, *docs_routes(config), *routes], openapi_config=config)


def client_of(app: Litestar) -> httpx.AsyncClient:
    """Speaks to the application without a server."""
    transport = httpx.ASGITransport(app)  # type: ignore[arg-type]  # Litestar's ASGI types are narrower than httpx's
    return httpx.AsyncClient(transport=transport, base_url="http://test")


@contextmanager
def served(app: Litestar) -> Iterator[str]:
    """The application on a free port of this machine, in a thread; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", timeout_graceful_shutdown=1))
    thread = threading.Thread(target=lambda: asyncio.run(server.serve()))
    thread.start()
    try:
        deadline = time.monotonic() + 10
        while not server.started:
            assert time.monotonic() < deadline, "the server does not start"
            time.sleep(0.02)
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()
