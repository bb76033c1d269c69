"""What a feature module hands over so that it can be mounted: data, and nothing that happens by itself."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler
from saq import CronJob

from kernel.broadcast import Broadcast
from kernel.cache import Cache
from kernel.demo import Seed
from kernel.jobs import Context, Poller
from kernel.mail import Compose
from kernel.reads import Reader
from kernel.security import Authenticator, Permissions
from kernel.unit_of_work import Database, Erase, Export, Subscriber

Provider: TypeAlias = Callable[..., Any]  # Any: a provider may need and make anything


@dataclass(frozen=True, slots=True)
class Process:
    """What a part of a module that lives as long as the web process works with."""

    database: Database
    broadcast: Broadcast
    authenticate: Authenticator


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A vertical slice. ``name`` is the URL prefix, the PostgreSQL schema, the migration branch and the tag at once."""

    name: str
    version: int = 1
    controllers: Sequence[ControllerRouterHandler] = ()
    root_controllers: Sequence[ControllerRouterHandler] = ()
    """What has to live outside the prefix: well-known addresses, pages that mails link to."""
    dependencies: Mapping[str, Provider] = field(default_factory=dict[str, Provider])
    authenticator: Callable[[Reader, Cache, Permissions, Database], Authenticator] | None = None
    """One module of an application proves who is calling."""
    begin: Callable[[Process], None] | None = None
    """Called when an application is made, for what lives as long as it does; it starts nothing by itself."""
    subscribers: Sequence[Subscriber[Any]] = ()  # Any: every subscriber knows its own event type
    schedule: Sequence[CronJob[Context]] = ()
    pollers: Sequence[Poller] = ()
    seed: Seed | None = None
    """Demo data; modules that are listed later find the people in it."""
    letters: Mapping[str, Compose] = field(default_factory=dict[str, Compose])
    """Kinds of mail, named ``<module>.<kind>``, and who writes them."""
    permissions: Mapping[str, str] = field(default_factory=dict[str, str])
    """``resource:action[:any]`` and what it allows."""
    export: Export | None = None
    erase: Erase | None = None

    @property
    def prefix(self) -> str:
        """Where its routes begin."""
        return f"/api/v{self.version}/{self.name}"

    def router(self) -> Router:
        """All routes under the prefix, tagged and with the module's own dependencies."""
        return Router(
            path=self.prefix, route_handlers=list(self.controllers), dependencies=self.providers(), tags=[self.name]
        )

    def root_router(self) -> Router:
        """The routes outside the prefix."""
        return Router(
            path="/", route_handlers=list(self.root_controllers), dependencies=self.providers(), tags=[self.name]
        )

    def providers(self) -> dict[str, Provide]:
        """What handlers may ask for by name."""
        return {name: Provide(make, sync_to_thread=False) for name, make in self.dependencies.items()}
