"""The front page."""

from collections.abc import Sequence

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from app.module_map import ModuleMap
from app.pages.html import Html
from app.version import Version
from kernel.http.conditional import resource
from kernel.http.request import HttpRequest
from kernel.security import public


def home(modules: Sequence[ModuleMap], version: Version, html: Html, *, mailbox: bool) -> HTTPRouteHandler:
    """What runs here, where to go next, and the map of modules."""

    @get("/", guards=[public], include_in_schema=False)
    async def show() -> Response[str]:
        return html.page("home.html", modules=modules, version=version, mailbox=mailbox)

    return show


def version_route(version: Version) -> HTTPRouteHandler:
    """The same for machines."""

    @get("/version", guards=[public], include_in_schema=False)
    async def show(request: HttpRequest) -> Response[Version]:
        return resource(request, version, version=0, public=True)

    return show
