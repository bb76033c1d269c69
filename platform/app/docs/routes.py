"""Everything below ``/schema``."""

from collections.abc import Sequence
from pathlib import Path

from litestar.handlers import HTTPRouteHandler
from litestar.openapi import OpenAPIConfig

from app.assets import Assets
from app.docs.document import document_routes
from app.docs.pages import PAGES, page_route


def docs_routes(config: OpenAPIConfig) -> Sequence[HTTPRouteHandler]:
    """The document, the pages to read it with, and their files; each answers itself, without a redirect."""
    assets = Assets("/schema/assets", Path(__file__).parent / "assets")
    return [*document_routes(), *(page_route(page, config.title, assets) for page in PAGES), assets.route()]
