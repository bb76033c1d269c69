"""The pages for people: what runs here, and in development the mails it would have sent."""

from app.pages.html import open_html
from app.pages.routes import pages

__all__ = ["open_html", "pages"]
