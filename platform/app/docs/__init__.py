"""The documentation of the API, without the internet: nothing in it comes from, or calls, another server."""

from app.docs.config import docs_config
from app.docs.routes import docs_routes

__all__ = ["docs_config", "docs_routes"]
