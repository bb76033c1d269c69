"""How a personal access token looks."""

import re
from binascii import crc32

import pytest

from modules.auth.tokens import new_personal_token, personal_hash


def test_a_token_is_known_by_its_prefix_and_its_checksum() -> None:
    token = new_personal_token()
    assert re.fullmatch("qpat_[0-9A-Za-z]{36}", token)
    alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    number = 0
    for character in token[-6:]:
        number = number * 62 + alphabet.index(character)
    assert number == crc32(token[5:-6].encode())


def test_no_two_are_the_same() -> None:
    assert len({new_personal_token() for _ in range(1000)}) == 1000


def test_what_is_stored_is_not_what_is_shown() -> None:
    token = new_personal_token()
    assert personal_hash(token) == personal_hash(token) != personal_hash(new_personal_token())
    assert re.fullmatch("[0-9a-f]{64}", personal_hash(token) or "")


@pytest.mark.parametrize("place", range(5, 41))
def test_every_slip_of_the_pen_is_noticed(place: int) -> None:
    token = new_personal_token()
    other = "A" if token[place] != "A" else "B"
    assert personal_hash(f"{token[:place]}{other}{token[place + 1 :]}") is None


@pytest.mark.parametrize("spoil", ["{} ", "{}\n", " {}", "{}{}", "{}x", "qpat_", "", "qpat_" + "0" * 36])
def test_what_is_no_token_has_no_hash(spoil: str) -> None:
    token = new_personal_token()
    assert personal_hash(spoil.format(token, token)) is None
