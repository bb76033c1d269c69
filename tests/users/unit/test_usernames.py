"""Usernames that are made from names."""

import re
import sys
from itertools import islice

import pytest

from modules.users.services import usernames

VALID = re.compile("[a-z0-9_]{3,30}")


@pytest.mark.parametrize(
    ("name", "username"),
    [
        ("Ada Lovelace", "ada_lovelace"),
        ("José Ñandú", "jose_nandu"),
        ("Дарья", "daria"),
        ("李", "li_"),
        ("😀", "user"),
        ("_", "user"),
        ("X" * 100, "x" * 25),
    ],
)
def test_the_first_one_recalls_the_name(name: str, username: str) -> None:
    assert next(usernames(name)) == username


@pytest.mark.parametrize("name", ["Ada", "李", "😀", "X" * 100, "a b" * 33, "\N{COMBINING ACUTE ACCENT}", " "])
def test_all_of_them_are_valid(name: str) -> None:
    assert [each for each in islice(usernames(name), 25) if VALID.fullmatch(each) is None] == []


@pytest.mark.parametrize("name", ["Ada", "😀", "X" * 100])
def test_no_two_of_them_are_the_same(name: str) -> None:
    assert len(set(islice(usernames(name), 25))) == 25


def test_any_letter_makes_a_valid_one() -> None:
    letters = [char for char in map(chr, range(0, sys.maxunicode, 37)) if not "\ud800" <= char <= "\udfff"]
    assert [char for char in letters if VALID.fullmatch(next(usernames(char))) is None] == []
