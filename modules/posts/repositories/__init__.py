"""Queries of the posts module."""

from modules.posts.repositories.posts import Order, Position, PostFilters, PostRepository, place_of

__all__ = ["Order", "Position", "PostFilters", "PostRepository", "place_of"]
