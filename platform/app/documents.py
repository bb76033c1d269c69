"""What the product says about itself: its OpenAPI document and the map of its modules."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec
from sqlalchemy import Table
from sqlalchemy.orm import registry as Registry

from app.environment import PLACEHOLDERS
from app.module_map import ModuleMap
from app.registry import modules
from kernel.db import Entity
from kernel.events import Event, topic
from kernel.http.openapi import document_problems
from kernel.module import Module
from kernel.settings import KernelSettings, SettingsError

# Describing opens nothing, so any address will do.
SAMPLE_ENV = {
    **PLACEHOLDERS,
    "QUIRE_MAIL_URL": "file:mail",
    "QUIRE_SECRET_KEY": "only for describing; nothing is ever signed with it",
    "QUIRE_ENV": "test",
}


def module_maps() -> Sequence[ModuleMap]:
    """The whole product at a glance."""
    return [module_map(module) for module in modules(KernelSettings.from_env(SAMPLE_ENV), SAMPLE_ENV)]


def module_map(module: Module) -> ModuleMap:
    """One module at a glance."""
    routes = {
        f"{method} {route.path_format}"
        for router in (module.router(), module.root_router())
        for route in router.routes
        for method in getattr(route, "methods", ())
        if method != "OPTIONS"
    }
    tables = {str(table.name) for table in tables_of(Entity.registry) if table.schema == module.name}
    events = {topic(event) for event in Event.__subclasses__()}
    return ModuleMap(
        name=module.name,
        prefix=module.prefix,
        routes=tuple(sorted(routes, key=lambda route: route.split()[::-1])),
        tables=tuple(sorted(tables)),
        events_out=tuple(sorted(event for event in events if event.startswith(f"{module.name}."))),
        events_in=tuple(sorted({topic(subscriber.event) for subscriber in module.subscribers})),
        tasks=tuple(job.function.__name__ for job in module.schedule),
        permissions=tuple(sorted(module.permissions)),
    )


def tables_of(registry: Registry) -> Iterator[Table]:
    """Every mapped table."""
    for mapper in registry.mappers:
        if isinstance(mapper.local_table, Table):
            yield mapper.local_table


def openapi(module: str | None = None) -> bytes:
    """The OpenAPI document, or the part of it that one module serves."""
    from app.asgi import build  # here, because the page at / shows `module_map`

    app = build(SAMPLE_ENV)
    document_problems(app)  # it never starts
    document = app.openapi_schema.to_schema()
    if module is not None:
        document["paths"] = {path: item for path, item in document["paths"].items() if is_of(module, item)}
        if not document["paths"]:
            raise SettingsError(f"--module: there is no module {module}")
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def is_of(module: str, item: Mapping[str, Mapping[str, Sequence[str]]]) -> bool:
    """Whether the operations of a path belong to a module."""
    return any(module in operation["tags"] for operation in item.values())
