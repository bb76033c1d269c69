"""The posts module as others see it, without a database. Published by the team that owns posts."""

from uuid import UUID

from modules.posts import Post, Posts


class FakePosts(Posts):
    """Knows the posts that it was given; ``posts`` may be changed."""

    def __init__(self, *posts: Post) -> None:
        self.posts = {post.id: post for post in posts}

    async def find_many(self, post_ids: set[UUID]) -> dict[UUID, Post]:
        return {post_id: self.posts[post_id] for post_id in post_ids if post_id in self.posts}
