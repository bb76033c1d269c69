"""Queries of the posts module."""

from modules.posts.repositories.posts import PostRepository
from modules.posts.repositories.reading import (
    BY_ID,
    BY_SLUG,
    Order,
    Position,
    PostFilters,
    PostRecord,
    page_query,
    place_of,
    total_query,
)

__all__ = [
    "BY_ID",
    "BY_SLUG",
    "Order",
    "Position",
    "PostFilters",
    "PostRecord",
    "PostRepository",
    "page_query",
    "place_of",
    "total_query",
]
