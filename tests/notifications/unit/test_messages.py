"""What a notification says, in the names of now."""

from typing import get_args, get_type_hints

import pytest

from kernel.db import new_id
from modules.auth import SecurityNoticed
from modules.notifications.models import NotificationRow
from modules.notifications.schemas import Target, TargetKind, Type
from modules.notifications.services.messages import message
from modules.notifications.services.presentation import to_target
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
        ("new_comment", ANN, POST, "Ann commented on your post", "Folding"),
        ("comment_reply", ANN, POST, "Ann replied to your comment", "Folding"),
        ("new_reaction", ANN, POST, "Ann reacted to your post", "Folding"),
        ("security_alert", None, None, "Something happened to your account", ""),
        ("new_follower", person(SCRIPT), None, f"{SCRIPT} follows you", ""),
    ],
)
def test_a_type_has_its_words(kind: Type, actor: User | None, post: Post | None, title: str, body: str) -> None:
    assert message(kind, actor=actor, post=post, count=1, detail=None) == (title, body)


@pytest.mark.parametrize(
    ("kind", "count", "title"),
    [
        ("new_follower", 2, "Ann and 1 other follow you"),
        ("new_follower", 4, "Ann and 3 others follow you"),
        ("new_reaction", 4, "Ann and 3 others reacted to your post"),
    ],
)
def test_the_last_one_is_named_and_the_others_are_counted(kind: Type, count: int, title: str) -> None:
    assert message(kind, actor=ANN, post=None, count=count, detail=None)[0] == title


def test_every_kind_of_alert_has_its_words() -> None:
    kinds = get_args(get_type_hints(SecurityNoticed)["kind"])
    said = {message("security_alert", actor=None, post=None, count=1, detail=kind)[0] for kind in kinds}
    assert len(said - {"Something happened to your account"}) == len(kinds)


@pytest.mark.parametrize("status", ["draft", "scheduled", "archived"])
def test_a_post_that_went_away_is_not_quoted(status: Status) -> None:
    hidden = Post(id=POST.id, slug=POST.slug, title="Secret", author_id=POST.author_id, status=status)
    said = message("post_published", actor=ANN, post=hidden, count=1, detail=None)
    assert said == ("Ann published a post", "")


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("post", "/api/v1/posts/{target}"),
        ("user", "/api/v1/users/{target}"),
        ("session", "/api/v1/auth/sessions/{target}"),
        ("comment", "/api/v1/posts/{post}/comments"),
    ],
)
def test_a_target_has_an_address(kind: TargetKind, place: str) -> None:
    target_id, post_id = new_id(), new_id()
    row = NotificationRow(target_kind=kind, target_id=target_id, post_id=post_id)
    assert to_target(row) == Target(kind=kind, id=target_id, url=place.format(target=target_id, post=post_id))


def test_an_announcement_says_what_it_was_given() -> None:
    said = ("Away on Sunday", "From 6 to 7.")
    assert message("announcement", actor=None, post=None, count=1, detail=None, said=said) == said
    assert message("announcement", actor=None, post=None, count=1, detail=None) == ("An announcement", "")
