"""Tokens that are derived, and so stored nowhere."""

import pytest

from kernel.db import new_id
from kernel.vault import Vault
from modules.auth.tokens import MailTokens, RefreshTokens

OLD, NEW, FOREIGN = (
    "an old key: 0123456789 0123456789",
    "a new key: 0123456789 0123456789",
    "a foreign key: 0123456789",
)
ID = new_id()


def test_a_refresh_token_names_its_session_and_generation() -> None:
    tokens = RefreshTokens(Vault([NEW]))
    assert tokens.read(tokens.issue(ID, 7)) == (ID, 7)


def test_a_refresh_token_is_always_the_same() -> None:
    assert RefreshTokens(Vault([NEW])).issue(ID, 7) == RefreshTokens(Vault([NEW, OLD])).issue(ID, 7)


def test_a_mail_token_names_its_mail() -> None:
    tokens = MailTokens(Vault([NEW]))
    assert tokens.read(tokens.issue(ID, "verify_email"), "verify_email") == ID


def test_a_mail_token_is_good_for_one_purpose() -> None:
    tokens = MailTokens(Vault([NEW]))
    assert tokens.read(tokens.issue(ID, "verify_email"), "reset_password") is None


def test_tokens_outlive_the_rotation_of_the_secret_key() -> None:
    rotating = Vault([NEW, OLD])
    assert RefreshTokens(rotating).read(RefreshTokens(Vault([OLD])).issue(ID, 1)) == (ID, 1)
    assert MailTokens(rotating).read(MailTokens(Vault([OLD])).issue(ID, "x"), "x") == ID


def test_tokens_of_another_installation_are_not_ours() -> None:
    assert RefreshTokens(Vault([NEW])).read(RefreshTokens(Vault([FOREIGN])).issue(ID, 1)) is None
    assert MailTokens(Vault([NEW])).read(MailTokens(Vault([FOREIGN])).issue(ID, "x"), "x") is None


@pytest.mark.parametrize("place", [0, 14, 35, 36, 37, 38, 39, 60, -1])
def test_no_character_of_a_refresh_token_can_be_another(place: int) -> None:
    tokens = RefreshTokens(Vault([NEW]))
    token = tokens.issue(ID, 1)
    changed = list(token)
    for other in "0aA-_.~ =!\uff11":
        changed[place] = other
        assert "".join(changed) == token or tokens.read("".join(changed)) is None


@pytest.mark.parametrize("generation", ["0", "01", "+1", "1_0", "-1", "1e3", "\u0661", "9999999999", "", " 1"])
def test_a_generation_has_one_spelling(generation: str) -> None:
    vault = Vault([NEW])
    mac = vault.sign("refresh token", f"{ID}.{generation}")
    assert RefreshTokens(vault).read(f"{ID}.{generation}.{mac}") is None
