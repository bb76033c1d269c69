"""Queries of the posts module."""

from modules.posts.repositories.bookmarks import BookmarkRepository
from modules.posts.repositories.comments import COMMENT, CommentRecord, CommentRepository, comments_query
from modules.posts.repositories.posts import PostRepository
from modules.posts.repositories.reactions import ReactionRepository
from modules.posts.repositories.reading import (
    BY_ID,
    BY_SLUG,
    STANDING,
    Order,
    Position,
    PostFilters,
    PostRecord,
    Standing,
    SummaryRecord,
    own_query,
    page_query,
    place_of,
    total_query,
)
from modules.posts.repositories.revisions import (
    TEXT,
    FullRevisionRecord,
    RevisionRecord,
    RevisionRepository,
    revisions_query,
)
from modules.posts.repositories.viewing import VIEWER_STATES, BookmarkRecord, ViewerRecord, bookmarks_query
from modules.posts.repositories.writing import Edit, edit, insert_unless_taken, publish_due

__all__ = [
    "BY_ID",
    "BY_SLUG",
    "COMMENT",
    "STANDING",
    "TEXT",
    "VIEWER_STATES",
    "BookmarkRecord",
    "BookmarkRepository",
    "CommentRecord",
    "CommentRepository",
    "Edit",
    "FullRevisionRecord",
    "Order",
    "Position",
    "PostFilters",
    "PostRecord",
    "PostRepository",
    "ReactionRepository",
    "RevisionRecord",
    "RevisionRepository",
    "Standing",
    "SummaryRecord",
    "ViewerRecord",
    "bookmarks_query",
    "comments_query",
    "edit",
    "insert_unless_taken",
    "own_query",
    "page_query",
    "place_of",
    "publish_due",
    "revisions_query",
    "total_query",
]
