"""How a page is made: escaped, without a script, with one stylesheet from this server."""

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import MediaType, Response

from app.assets import Assets

POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Html:
    """The templates, and the address of what they look like."""

    def __init__(self, assets: Assets) -> None:
        folder = Path(__file__).parent / "templates"
        self._templates = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.globals["asset"] = assets.url

    def page(self, template: str, **values: object) -> Response[str]:
        """One page, never stored: it may hold a token."""
        return Response(
            self._templates.get_template(template).render(values),
            media_type=MediaType.HTML,
            headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"},
        )
