"""How a page is made: escaped, with one stylesheet from this server, and no script but where a policy allows one."""

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

    def page(self, template: str, *, policy: str = POLICY, status_code: int = 200, **values: object) -> Response[str]:
        """One page."""
        return Response(
            self._templates.get_template(template).render(values),
            status_code=status_code,
            media_type=MediaType.HTML,
            headers={"Content-Security-Policy": policy},
        )


def open_assets() -> Assets:
    """What the pages look like."""
    return Assets("/assets", Path(__file__).parent / "static")


def open_html() -> Html:
    """The templates, for whoever makes a page."""
    return Html(open_assets())
