"""The map of modules, for programs."""

from collections.abc import Sequence

from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from app.module_map import ModuleMap
from kernel.http.conditional import representation
from kernel.http.encoding import encode
from kernel.http.request import HttpRequest
from kernel.security import public
from kernel.versions import etag


def modules_route(modules: Sequence[ModuleMap]) -> HTTPRouteHandler:
    """``GET /api/v1/system/modules``."""
    body = encode(modules)
    tag = {"ETag": etag(body, 0)}

    @get("/api/v1/system/modules", operation_id="listModules", guards=[public], tags=["system"], sync_to_thread=False)
    def show_modules(request: HttpRequest) -> Response[Sequence[ModuleMap]]:
        """The map of modules: routes, tables, events, tasks, permissions."""
        return representation(request, body, headers=tag, public=True)

    return show_modules
