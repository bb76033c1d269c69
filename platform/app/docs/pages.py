"""Three user interfaces for one document. Each page is a frame: its script, a static file, does the rest."""

from html import escape

import msgspec
from litestar import Response, get
from litestar.handlers import HTTPRouteHandler

from app.assets import Assets
from app.docs.document import DOCUMENT, kept
from kernel.http.request import HttpRequest
from kernel.security import public


class DocsPage(msgspec.Struct, frozen=True, kw_only=True):
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
PAGES = (
    DocsPage(
        name="Swagger UI",
        paths=("/schema", "/schema/swagger"),
        styles=("swagger-ui.css", "reader.css"),
        scripts=("swagger-ui-bundle.js", "swagger.js"),
        permits="style-src 'self'",
    ),
    DocsPage(
        name="Redoc",
        paths=("/schema/redoc",),
        scripts=("redoc.standalone.js", "redoc.js"),
        permits="style-src 'self' 'unsafe-inline'; worker-src blob:",
    ),
    DocsPage(
        name="Scalar",
        paths=("/schema/scalar",),
        scripts=("standalone.js", "scalar.js"),
        permits="style-src 'self' 'unsafe-inline'",
    ),
)


def page_route(page: DocsPage, title: str, assets: Assets) -> HTTPRouteHandler:
    """Serves one page."""
    html = frame(page, title, assets).encode()
    policy = {"Content-Security-Policy": page.policy}

    @get(list(page.paths), guards=[public], include_in_schema=False)
    async def show(request: HttpRequest) -> Response[str]:
        return kept(request, html, "text/html; charset=utf-8", **policy)

    return show


def frame(page: DocsPage, title: str, assets: Assets) -> str:
    """The HTML: a frame with the files that fill it."""
    styles = "".join(f'<link rel="stylesheet" href="{assets.url(name)}">\n' for name in page.styles)
    scripts = "".join(
        f'<script src="{assets.url(name)}" data-document="{DOCUMENT}"></script>\n' for name in page.scripts
    )
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}: {page.name}</title>
<link rel="icon" href="data:,">
{styles}</head>
<body>
<main id="reader"></main>
<noscript>This page needs JavaScript; the document itself is at <a href="{DOCUMENT}">{DOCUMENT}</a>.</noscript>
{scripts}</body>
</html>
"""
