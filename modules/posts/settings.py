"""Configuration of the posts module."""

from typing import Literal

from kernel.settings import Settings


class PostSettings(Settings, frozen=True, kw_only=True):
    """What becomes of posts whose author is gone."""

    prefix = "POSTS"

    on_erasure: Literal["keep", "purge"] = "keep"
    """``keep`` leaves what is public, by nobody; all else of a person goes either way."""
