"""Rules of the posts module."""

from litestar.di import NamedDependency

from kernel.cache import Cache
from kernel.reads import Reader
from kernel.unit_of_work import UnitOfWork
from modules.posts.services.bookmarks import BookmarkService
from modules.posts.services.comments import CommentReads, CommentService
from modules.posts.services.discovery import FOLLOWED, Discovery
from modules.posts.services.facade import provide_posts
from modules.posts.services.personal_data import erase, export
from modules.posts.services.posts import RESTORABLE, PostService
from modules.posts.services.reactions import ReactionService
from modules.posts.services.reading import PostReads
from modules.posts.services.revisions import RevisionReads
from modules.posts.services.scheduling import publish_due
from modules.posts.services.states import Act
from modules.posts.services.viewing import ViewerReads
from modules.users import Directory


def provide_post_service(uow: NamedDependency[UnitOfWork], directory: NamedDependency[Directory]) -> PostService:
    """The whole service, for this module's own controllers."""
    return PostService(uow, directory)


def provide_post_reads(
    reader: NamedDependency[Reader], cache: NamedDependency[Cache], directory: NamedDependency[Directory]
) -> PostReads:
    """What is read, for this module's own controllers."""
    return PostReads(reader, cache, directory)


def provide_reaction_service(uow: NamedDependency[UnitOfWork]) -> ReactionService:
    """For this module's own controllers."""
    return ReactionService(uow)


def provide_bookmark_service(uow: NamedDependency[UnitOfWork]) -> BookmarkService:
    """For this module's own controllers."""
    return BookmarkService(uow)


def provide_comment_service(uow: NamedDependency[UnitOfWork], directory: NamedDependency[Directory]) -> CommentService:
    """For this module's own controllers."""
    return CommentService(uow, directory)


def provide_comment_reads(reader: NamedDependency[Reader], directory: NamedDependency[Directory]) -> CommentReads:
    """For this module's own controllers."""
    return CommentReads(reader, directory)


def provide_discovery(reader: NamedDependency[Reader], directory: NamedDependency[Directory]) -> Discovery:
    """For this module's own controllers."""
    return Discovery(reader, directory)


def provide_viewer_reads(reader: NamedDependency[Reader], directory: NamedDependency[Directory]) -> ViewerReads:
    """For this module's own controllers."""
    return ViewerReads(reader, directory)


def provide_revision_reads(reader: NamedDependency[Reader], directory: NamedDependency[Directory]) -> RevisionReads:
    """What posts said before, for this module's own controllers."""
    return RevisionReads(reader, directory)


__all__ = [
    "FOLLOWED",
    "RESTORABLE",
    "Act",
    "BookmarkService",
    "CommentReads",
    "CommentService",
    "Discovery",
    "PostReads",
    "PostService",
    "ReactionService",
    "RevisionReads",
    "ViewerReads",
    "erase",
    "export",
    "provide_bookmark_service",
    "provide_comment_reads",
    "provide_comment_service",
    "provide_discovery",
    "provide_post_reads",
    "provide_post_service",
    "provide_posts",
    "provide_reaction_service",
    "provide_revision_reads",
    "provide_viewer_reads",
    "publish_due",
]
