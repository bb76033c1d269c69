"""Entry point of the web process: ``uvicorn --factory app.asgi:create``."""

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from app.docs import docs_config, docs_routes
from app.documents import module_map
from app.jobs import jobs_router
from app.pages import pages
from app.registry import chosen, modules
from app.system import OutboxController, modules_route
from app.version import running_version
from kernel.application import create_app
from kernel.http.edge import Application
from kernel.mail import folder_of
from kernel.settings import KernelSettings
from kernel.telemetry import configure_logging, open_recorder

if TYPE_CHECKING:
    from kernel.telemetry.recording import Recorder

DESCRIPTION = "Accounts, content and notifications: four modules, one binding."


def create() -> Application:
    """The whole application, configured from the environment; raises `SettingsError`."""
    configure_logging(KernelSettings.from_env(os.environ))
    return build(os.environ, open_recorder(os.environ))


def build(env: Mapping[str, str], recorder: "Recorder | None" = None) -> Application:
    """The whole application; nothing is opened before it starts."""
    settings = KernelSettings.from_env(env)
    product = modules(settings, env)
    version = running_version(env)
    openapi = docs_config("Quire", version.version, DESCRIPTION, token_url="/api/v1/auth/token")  # noqa: S106 - no secret
    auth = next(module for module in product if module.name == "auth")
    maps = [module_map(module) for module in product]
    in_folder = settings.env == "development" and settings.mail_url.startswith("file:")
    mailbox = folder_of(settings.mail_url) if in_folder else None
    return create_app(
        settings,
        product,
        served=chosen(product, env),
        routes=[*docs_routes(openapi), *pages(maps, version, mailbox=mailbox), modules_route(maps)],
        signed_in_routes=[OutboxController, jobs_router(settings, auth.providers())],
        openapi=openapi,
        recorder=recorder,
    )
