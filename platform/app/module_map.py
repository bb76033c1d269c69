"""What a module is made of, for people: the page at ``/``, ``quire modules`` and ``/api/v1/system/modules``."""

import msgspec


class ModuleMap(msgspec.Struct, frozen=True, kw_only=True):
    """One module at a glance; a route is written ``GET /api/v1/posts/{id}``."""

    name: str
    prefix: str
    routes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    events_out: tuple[str, ...] = ()
    events_in: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()
