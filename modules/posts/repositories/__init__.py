"""Queries of the posts module."""

from modules.posts.repositories.posts import PostRepository, RevisionRepository
from modules.posts.repositories.reading import (
    BY_ID,
    BY_SLUG,
    Order,
    Position,
    PostFilters,
    PostRecord,
    SummaryRecord,
    own_query,
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
    "RevisionRepository",
    "SummaryRecord",
    "own_query",
    "page_query",
    "place_of",
    "total_query",
]
