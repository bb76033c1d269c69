"""The map of modules, for programs."""

from collections.abc import Sequence

from litestar import get
from litestar.handlers import HTTPRouteHandler

from app.module_map import ModuleMap
from kernel.security import public


def modules_route(modules: Sequence[ModuleMap]) -> HTTPRouteHandler:
    """``GET /api/v1/system/modules``."""

    @get("/api/v1/system/modules", operation_id="listModules", guards=[public], tags=["system"], sync_to_thread=False)
    def show_modules() -> Sequence[ModuleMap]:
        """The map of modules: routes, tables, events, tasks, permissions."""
        return modules

    return show_modules
