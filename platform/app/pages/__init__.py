"""The pages for people: what runs here, and in development the mails it would have sent."""

from app.pages.routes import pages

__all__ = ["pages"]
