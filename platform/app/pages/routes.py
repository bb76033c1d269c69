"""All pages together."""

from collections.abc import Sequence
from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from app.assets import Assets
from app.module_map import ModuleMap
from app.pages.home import home, version_route
from app.pages.html import Html
from app.pages.mailbox import mailbox_routes
from app.version import Version


def pages(modules: Sequence[ModuleMap], version: Version, *, mailbox: Path | None = None) -> Sequence[HTTPRouteHandler]:
    """``/``, ``/version`` and their files; ``/dev/mailbox`` too where mail goes into a folder."""
    assets = Assets("/assets", Path(__file__).parent / "static")
    html = Html(assets)
    letters = mailbox_routes(mailbox, html) if mailbox else ()
    return [home(modules, version, html, mailbox=bool(letters)), version_route(version), *letters, assets.route()]
