"""What is said about the API as a whole."""

from collections.abc import Sequence

from litestar import Router
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, License, OAuthFlow, OAuthFlows, SecurityRequirement, SecurityScheme, Tag
from litestar.routes import BaseRoute
from litestar.types import ControllerRouterHandler


class Closed(Router):
    """Takes no routes: Litestar would hang pages of its own below ``/schema``, a 404 in HTML among them."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        """Ignored."""
        return []


def docs_config(
    title: str, version: str, description: str, *, tags: Sequence[Tag] = (), token_url: str | None = None
) -> OpenAPIConfig:
    """The frame of the OpenAPI document; its operations come from the handlers, its pages from `docs_routes`.

    A token is demanded by every operation that does not say otherwise. With ``token_url`` (an OAuth2 password
    grant) a reader of the pages may also sign in by name and password.
    """
    schemes = {
        "BearerToken": SecurityScheme(
            type="http",
            scheme="bearer",
            bearer_format="JWT",
            description="An access token, or a personal one (`qpat_...`), which is not taken where a person is needed.",
        )
    }
    if token_url is not None:
        flows = OAuthFlows(password=OAuthFlow(token_url=token_url, scopes={}))
        schemes["Password"] = SecurityScheme(type="oauth2", flows=flows)
    welcome: list[SecurityRequirement] = [{name: []} for name in schemes]
    return OpenAPIConfig(
        title=title,
        version=version,
        description=description,
        license=License(name="MIT", identifier="MIT"),
        tags=list(tags) or None,
        components=Components(security_schemes={**schemes}),
        security=welcome,
        use_handler_docstrings=True,
        render_plugins=[JsonRenderPlugin()],
        openapi_router=Closed("/schema", route_handlers=[]),
    )
