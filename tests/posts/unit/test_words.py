"""What is made of a title and of a body."""

import re

import pytest

from modules.posts.services.posts import slug_from, unique
from modules.posts.services.presentation import excerpt_of


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("Hello, World!", "hello-world"),
        ("Füße & Ärger", "fusse-arger"),
        ("你好世界", "ni-hao-shi-jie"),
        ("😀🏳️‍🌈", "post"),
        ("---", "post"),
        (" ", "post"),
        ("&#99999999999;", "99999999999"),
        ("&#xD83D;", "post"),
        ("../../etc/passwd", "etc-passwd"),
    ],
)
def test_a_title_becomes_a_slug(title: str, slug: str) -> None:
    assert slug_from(title) == slug


@pytest.mark.parametrize(
    "title", ["a" * 200, "a " * 100, "日" * 200, "½" * 200, "\N{COMBINING ACUTE ACCENT}" * 200, "㍿" * 200]
)
def test_a_slug_is_short_and_plain_whatever_the_title(title: str) -> None:
    assert re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", slug_from(title))
    assert len(slug_from(title)) <= 100


@pytest.mark.parametrize(
    ("body", "excerpt"),
    [
        ("short", "short"),
        ("  two\n\n\tlines ", "two lines"),
        ("a" * 200, "a" * 200),
        ("a" * 201, "a" * 200 + "…"),
        (" " * 1_000 + "late", "late"),
        ("a" + " " * 1_000 + "b", "a b"),
        ("ab " * 1_000, ("ab " * 67)[:200].rstrip() + "…"),
        ("a " * 1_000, ("a " * 100).rstrip() + "…"),
        (" \n ", ""),
    ],
)
def test_an_excerpt_is_the_beginning_on_one_line(body: str, excerpt: str) -> None:
    assert excerpt_of(body) == excerpt


def test_tags_keep_their_order_and_lose_their_twins() -> None:
    assert unique(["b", "a", "b", "c", "a"]) == ["b", "a", "c"]
