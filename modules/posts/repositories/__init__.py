"""Queries of the posts module."""

from modules.posts.repositories.bookmarks import BookmarkRepository
from modules.posts.repositories.comments import COMMENT, CommentRecord, CommentRepository, comments_query
from modules.posts.repositories.feed import feed_query
from modules.posts.repositories.posts import PostRepository
from modules.posts.repositories.reactions import ReactionRepository
from modules.posts.repositories.reading import (
    BY_ID,
    BY_SLUG,
    NAMED,
    VISIBILITY,
    Order,
    Position,
    PostFilters,
    PostRecord,
    SummaryRecord,
    Visibility,
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
from modules.posts.repositories.search import BEGIN, END, FoundRecord, search_query
from modules.posts.repositories.tags import tags_query
from modules.posts.repositories.viewing import VIEWER_STATES, BookmarkRecord, ViewerRecord, bookmarks_query
from modules.posts.repositories.writing import Edit, edit, insert_unless_taken, publish_due

__all__ = [
    "BEGIN",
    "BY_ID",
    "BY_SLUG",
    "COMMENT",
    "END",
    "NAMED",
    "TEXT",
    "VIEWER_STATES",
    "VISIBILITY",
    "BookmarkRecord",
    "BookmarkRepository",
    "CommentRecord",
    "CommentRepository",
    "Edit",
    "FoundRecord",
    "FullRevisionRecord",
    "Order",
    "Position",
    "PostFilters",
    "PostRecord",
    "PostRepository",
    "ReactionRepository",
    "RevisionRecord",
    "RevisionRepository",
    "SummaryRecord",
    "ViewerRecord",
    "Visibility",
    "bookmarks_query",
    "comments_query",
    "edit",
    "feed_query",
    "insert_unless_taken",
    "own_query",
    "page_query",
    "place_of",
    "publish_due",
    "revisions_query",
    "search_query",
    "tags_query",
    "total_query",
]
