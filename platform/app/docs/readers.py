"""Three user interfaces for one document. Each page is a frame: its script, a static file, does the rest."""

from html import escape

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from app.assets import Assets
from app.docs.document import DOCUMENT, kept
from kernel.http.request import HttpRequest
from kernel.security import public


class Reader(msgspec.Struct, frozen=True, kw_only=True):
    """One user interface: where it lives, its files in the order of loading, and what it needs beyond them."""

    name: str
    paths: tuple[str, ...]
    styles: tuple[str, ...] = ("reader.css",)
    scripts: tuple[str, ...]
    permits: str

    @property
    def policy(self) -> str:
        """Its content security policy: this server alone, and no script in the page."""
        return (
            "default-src 'none'; script-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; "
            f"form-action 'none'; frame-ancestors 'none'; {self.permits}"
        )


# Redoc and Scalar bring their styles in their scripts, as <style> elements.
READERS = (
    Reader(
        name="Swagger UI",
        paths=("/schema", "/schema/swagger"),
        styles=("swagger-ui.css", "reader.css"),
        scripts=("swagger-ui-bundle.js", "swagger.js"),
        permits="style-src 'self'",
    ),
    Reader(
        name="Redoc",
        paths=("/schema/redoc",),
        scripts=("redoc.standalone.js", "redoc.js"),
        permits="style-src 'self' 'unsafe-inline'; worker-src blob:",
    ),
    Reader(
        name="Scalar",
        paths=("/schema/scalar",),
        scripts=("standalone.js", "scalar.js"),
        permits="style-src 'self' 'unsafe-inline'",
    ),
)


def reader_route(reader: Reader, title: str, assets: Assets) -> HTTPRouteHandler:
    """The page of one reader."""
    page = frame(reader, title, assets).encode()
    policy = {"Content-Security-Policy": reader.policy}

    @get(list(reader.paths), guards=[public], include_in_schema=False)
    async def show(request: HttpRequest) -> Response[str]:
        return kept(request, page, "text/html; charset=utf-8", **policy)

    return show


def frame(reader: Reader, title: str, assets: Assets) -> str:
    """An empty page with the reader's files."""
    styles = "".join(f'<link rel="stylesheet" href="{assets.url(name)}">\n' for name in reader.styles)
    scripts = "".join(
        f'<script src="{assets.url(name)}" data-document="{DOCUMENT}"></script>\n' for name in reader.scripts
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}: {reader.name}</title>
<link rel="icon" href="data:,">
{styles}</head>
<body>
<main id="reader"></main>
<noscript>This page needs JavaScript; the document itself is at <a href="{DOCUMENT}">{DOCUMENT}</a>.</noscript>
{scripts}</body>
</html>
"""
