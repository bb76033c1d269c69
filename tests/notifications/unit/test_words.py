"""What a notification says, in the names of now."""

import pytest

from kernel.db import new_id
from modules.notifications.models import NotificationRow
from modules.notifications.schemas import Target, TargetKind, Type
from modules.notifications.services.presentation import to_target
from modules.notifications.services.words import words
from modules.posts import Post
from modules.posts.contracts import Status
from modules.users import User
from tests.callers import person
from tests.notifications.delivering import somebodys_post

ANN = person("Ann")
POST = somebodys_post("Folding")
SCRIPT = "<script>alert('&amp;')</script>"


@pytest.mark.parametrize(
    ("kind", "actor", "post", "title", "body"),
    [
        ("welcome", None, None, "Welcome to Quire", "Write your first post, or follow somebody."),
        ("new_follower", ANN, None, "Ann follows you", ""),
        ("new_follower", None, None, "Somebody follows you", ""),
        ("post_published", ANN, POST, "Ann published a post", "Folding"),
        ("post_published", None, POST, "Somebody published a post", "Folding"),
        ("post_published", ANN, None, "Ann published a post", ""),
        ("new_follower", person(SCRIPT), None, f"{SCRIPT} follows you", ""),
    ],
)
def test_a_type_has_its_words(kind: Type, actor: User | None, post: Post | None, title: str, body: str) -> None:
    assert words(kind, actor=actor, post=post, count=1, detail=None) == (title, body)


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
def test_a_post_that_went_away_is_not_quoted(status: Status) -> None:
    hidden = Post(id=POST.id, slug=POST.slug, title="Secret", author_id=POST.author_id, status=status)
    said = words("post_published", actor=ANN, post=hidden, count=1, detail=None)
    assert said == ("Ann published a post", "")


@pytest.mark.parametrize(("kind", "place"), [("post", "/api/v1/posts"), ("user", "/api/v1/users")])
def test_a_target_has_an_address(kind: TargetKind, place: str) -> None:
    target_id = new_id()
    row = NotificationRow(target_kind=kind, target_id=target_id)
    assert to_target(row) == Target(kind=kind, id=target_id, url=f"{place}/{target_id}")
