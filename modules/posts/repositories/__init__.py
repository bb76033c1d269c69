"""Queries of the posts module."""

from modules.posts.repositories.posts import PostFilters, PostRepository, place_of

__all__ = ["PostFilters", "PostRepository", "place_of"]
