"""When two e-mail addresses are the same person."""

import sys
from unicodedata import normalize

import pytest

from kernel.errors import ValidationFailed
from kernel.identity import identity


def wide(text: str) -> str:
    """In the full-width letters of an East Asian keyboard."""
    return "".join(chr(ord(char) + 0xFEE0) for char in text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ada@example.org", "ADA@EXAMPLE.ORG"),
        ("ada@example.org", f"{wide('ada')}@{wide('example')}.org"),
        ("kim@example.org", "\N{KELVIN SIGN}im@example.org"),
        ("strasse@example.org", "STRAẞE@example.org"),
        ("josé@example.org", "jose\N{COMBINING ACUTE ACCENT}@example.org"),
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@bücher.example", "ada@BÜCHER.example"),
        ("ada@books.bücher.example", "ada@books。bücher.example"),
    ],
)
def test_two_spellings_of_one_address_are_one_person(one: str, other: str) -> None:
    assert identity(one) == identity(other)


@pytest.mark.parametrize(
    "other",
    [
        "ada+news@example.org",
        "a.da@example.org",
        "ada@example.com",
        "ada@sub.example.org",
        "\N{CYRILLIC SMALL LETTER A}da@example.org",
    ],
)
def test_another_mailbox_is_another_person(other: str) -> None:
    assert identity(other) != identity("ada@example.org")


@pytest.mark.parametrize(
    "local", ["o'brien", "ada+news", "a.b-c_d", "!#$%&'*+-/=?^_`{|}~", "дарья", "नेहा", "😀", "a" * 240]
)
def test_whatever_can_be_a_mailbox_is_one(local: str) -> None:
    assert identity(f"{local}@example.org").endswith("@example.org")


@pytest.mark.parametrize(
    "address",
    [
        "ada@-example.org",
        "ada@example..org",
        "ada@example.org.",
        "ada@exa mple.org",
        "ada@[127.0.0.1]",
        f"ada@{'a' * 64}.org",
        "ada@example.org\N{FULLWIDTH COMMERCIAL AT}example.com",
        "ada\N{FULLWIDTH COMMERCIAL AT}example.com@example.org",
        '"ada"@example.org',
        "ada(comment)@example.org",
        "ada,bob@example.org",
        "ada\x01@example.org",
        "a\N{ZERO WIDTH SPACE}da@example.org",
        "\N{RIGHT-TO-LEFT OVERRIDE}ada@example.org",
        "=?utf-8?q?ada?=@example.org",
        "\N{SQUARE KIROMEETORU}" * 200 + "@example.org",
    ],
)
def test_what_no_mail_can_be_sent_to_is_refused_by_its_field(address: str) -> None:
    with pytest.raises(ValidationFailed) as refused:
        identity(address)
    assert [(each.pointer, each.code) for each in refused.value.violations] == [("/body/email", "invalid_format")]


def known(local: str) -> str | None:
    """The identity of a mailbox, if it can be one."""
    try:
        return identity(f"{local}@example.org")
    except ValidationFailed:
        return None


LETTERS = [
    char for char in map(chr, range(sys.maxunicode)) if char.isalpha() and normalize("NFKD", char).upper() != char
]


def test_an_identity_is_its_own_identity_for_every_letter_that_folds() -> None:
    identities = {char: known(char) for char in LETTERS}
    assert [char for char, same in identities.items() if same is not None and identity(same) != same] == []


def test_every_letter_and_its_capital_are_the_same_person_but_for_the_dotless_i() -> None:
    assert [char for char in LETTERS if known(char) != known(char.upper())] == ["\N{LATIN SMALL LETTER DOTLESS I}"]
