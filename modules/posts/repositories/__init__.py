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
from modules.posts.repositories.writing import Edit, edit, insert_unless_taken

__all__ = [
    "BY_ID",
    "BY_SLUG",
    "Edit",
    "Order",
    "Position",
    "PostFilters",
    "PostRecord",
    "PostRepository",
    "RevisionRepository",
    "SummaryRecord",
    "edit",
    "insert_unless_taken",
    "own_query",
    "page_query",
    "place_of",
    "total_query",
]
