"""All pages together."""

from collections.abc import Sequence
from pathlib import Path

from litestar.handlers import HTTPRouteHandler

from app.module_map import ModuleMap
from app.pages.home import home, version_route
from app.pages.html import open_assets, open_html
from app.pages.mailbox import mailbox_routes
from app.version import Version


def pages(modules: Sequence[ModuleMap], version: Version, *, mailbox: Path | None = None) -> Sequence[HTTPRouteHandler]:
    """``/``, ``/version`` and their files; ``/dev/mailbox`` too where mail goes into a folder."""
    html = open_html()
    letters = mailbox_routes(mailbox, html) if mailbox else ()
    return [
        home(modules, version, html, mailbox=bool(letters)),
        version_route(version),
        *letters,
        open_assets().route(),
    ]
