"""What the posts facade promises, kept by the real one and by the fake."""

import msgspec
import pytest

from kernel.db import new_id
from kernel.unit_of_work import UnitOfWork
from modules.posts import Post, Posts, provide_posts
from modules.posts.models import PostRow
from modules.posts.repositories import NAMED
from tests.posts.fakes import FakePosts
from tests.statements import statements


@pytest.fixture
def folding() -> Post:
    return Post(id=new_id(), slug="folding", title="Folding", author_id=new_id(), status="draft")


@pytest.fixture
def sewing() -> Post:
    return Post(id=new_id(), slug="sewing", title="Sewing", author_id=new_id(), status="published")


@pytest.fixture(params=["real", "fake"])
async def posts(request: pytest.FixtureRequest, uow: UnitOfWork, folding: Post, sewing: Post) -> Posts:
    if request.param == "fake":
        return FakePosts(folding, sewing)
    for post in (folding, sewing):
        uow.session.add(PostRow(**msgspec.structs.asdict(post), body="words", tags=[]))
    await uow.session.flush()
    return provide_posts(uow)


async def test_unknown_ids_are_absent_from_a_batch(posts: Posts, folding: Post) -> None:
    assert await posts.find_many({folding.id, new_id()}) == {folding.id: folding}


async def test_a_batch_holds_posts_of_every_status(posts: Posts, folding: Post, sewing: Post) -> None:
    assert await posts.find_many({folding.id, sewing.id}) == {folding.id: folding, sewing.id: sewing}


async def test_for_names_no_bodies_are_read(uow: UnitOfWork, folding: Post) -> None:
    with statements() as sent:
        await provide_posts(uow).find_many({folding.id})
    assert not any("body" in statement for statement in (*sent, NAMED.prepared({})[0]))


async def test_no_ids_find_no_posts(posts: Posts) -> None:
    assert await posts.find_many(set()) == {}
