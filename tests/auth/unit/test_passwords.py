"""Passwords: what counts, what is too weak, and what it costs."""

import asyncio
from collections.abc import Iterator
from threading import Event

import bcrypt
import pytest

from kernel.errors import Overloaded
from modules.auth.password_rules import password_violations
from modules.auth.passwords import Passwords, prehash
from modules.auth.settings import AuthSettings

SETTINGS = AuthSettings(bcrypt_rounds=4, hash_threads=1, hash_queue=64)


@pytest.fixture(scope="module")
def passwords() -> Passwords:
    return Passwords(SETTINGS)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("x" * 255 + "y", "x" * 255 + "z"),
        ("😀" * 256, "😀" * 255 + "😁"),
        ("a\0b", "a\0c"),
        ("secret", "secret "),
        ("secret", "Secret"),
        ("", "\0"),
        ("é", "e\u0301"),
    ],
)
async def test_every_character_counts(passwords: Passwords, one: str, other: str) -> None:
    assert await passwords.verify(one, await passwords.hash(one))
    assert not await passwords.verify(other, await passwords.hash(one))


def test_what_bcrypt_gets_is_short_and_without_nul() -> None:
    assert {(len(prehash(text)), b"\0" in prehash(text)) for text in ("", "\0", "😀" * 256)} == {(44, False)}


async def test_a_hash_has_the_configured_cost_and_a_salt_of_its_own(passwords: Passwords) -> None:
    hashes = {await passwords.hash("secret") for _ in range(3)}
    assert (len(hashes), {each[:7] for each in hashes}) == (3, {"$2b$04$"})


async def test_a_password_of_nobody_matches_nothing(passwords: Passwords) -> None:
    assert not await passwords.verify("", None)
    assert not await passwords.verify("secret", None)


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[Event]:
    """As long as it is not set, bcrypt does not come to an end."""
    go_on = Event()
    monkeypatch.setattr(bcrypt, "checkpw", lambda *_: go_on.wait(10))
    yield go_on
    go_on.set()


async def test_sixty_four_may_wait_and_the_next_is_turned_away_at_once(held: Event) -> None:
    passwords = Passwords(SETTINGS)
    waiting = [asyncio.create_task(passwords.verify("secret", "$2b$04$x")) for _ in range(65)]
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await passwords.verify("secret", "$2b$04$x")
    held.set()
    assert await asyncio.gather(*waiting) == [True] * 65


async def test_who_gives_up_waiting_makes_room(held: Event) -> None:
    passwords = Passwords(SETTINGS)
    waiting = [asyncio.create_task(passwords.verify("secret", "$2b$04$x")) for _ in range(65)]
    await asyncio.sleep(0)
    waiting[-1].cancel()
    await asyncio.gather(waiting[-1], return_exceptions=True)
    waiting[-1] = asyncio.create_task(passwords.verify("secret", "$2b$04$x"))
    await asyncio.sleep(0)
    held.set()
    assert await asyncio.gather(*waiting) == [True] * 65


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("1234567890", "too_common"),
        ("QWERTYUIOP", "too_common"),
        ("ada.lovelace", "too_similar"),
        ("ADA.LOVELACE@EXAMPLE.ORG", "too_similar"),
        ("augusta ada king", "too_similar"),
    ],
)
def test_what_is_guessed_first_is_refused(password: str, code: str) -> None:
    found = password_violations(password, email="Ada.Lovelace@example.org", name="Augusta Ada King")
    assert [(each.pointer, each.code) for each in found] == [("/body/password", code)]


@pytest.mark.parametrize("password", ["aaaaaaaaab", "ada.lovelace1", "example.org", "          ", "😀" * 10])
def test_there_are_no_rules_of_composition(password: str) -> None:
    assert not list(password_violations(password, email="Ada.Lovelace@example.org", name="Augusta Ada King"))


async def test_a_hash_of_another_cost_is_known_and_costs_as_much(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = await Passwords(AuthSettings(bcrypt_rounds=4)).hash("secret")
    costs: list[int] = []
    check, hashpw = bcrypt.checkpw, bcrypt.hashpw

    def counting_check(password: bytes, hashed: bytes) -> bool:
        costs.append(int(hashed[4:6]))
        return check(password, hashed)

    def counting_hash(password: bytes, salt: bytes) -> bytes:
        costs.append(int(salt[4:6]))
        return hashpw(password, salt)

    passwords = Passwords(AuthSettings(bcrypt_rounds=7))
    monkeypatch.setattr(bcrypt, "checkpw", counting_check)
    monkeypatch.setattr(bcrypt, "hashpw", counting_hash)
    assert passwords.is_outdated(cheap)
    for password, right in (("secret", True), ("wrong", False)):
        costs.clear()
        assert await passwords.verify(password, cheap) is right
        assert sum(2**cost for cost in costs) == 2**7
    costs.clear()
    assert not await passwords.verify("secret", None)
    assert sum(2**cost for cost in costs) == 2**7
    assert not passwords.is_outdated(await passwords.hash("secret"))
