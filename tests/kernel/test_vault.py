import pytest
from cryptography.fernet import InvalidToken

from kernel.vault import Vault

OLD, NEW = "an old key of at least 32 bytes: 0123456789", "a new key of at least 32 bytes: 9876543210"

before, during, after = Vault([OLD]), Vault([NEW, OLD]), Vault([NEW])


def test_what_the_old_key_made_is_read_and_verified_while_keys_rotate() -> None:
    assert during.decrypt(before.encrypt(b"secret")) == b"secret"
    assert during.verify("use", "message", before.sign("use", "message"))


def test_the_new_key_makes_everything_while_keys_rotate() -> None:
    assert after.decrypt(during.encrypt(b"secret")) == b"secret"
    assert during.sign("use", "message") == after.sign("use", "message")


def test_the_old_key_is_worth_nothing_after_the_rotation() -> None:
    assert not after.verify("use", "message", before.sign("use", "message"))
    with pytest.raises(InvalidToken):
        after.decrypt(before.encrypt(b"secret"))


def test_what_the_old_key_encrypted_is_encrypted_again_by_the_new_one() -> None:
    assert (before.is_rotating, during.is_rotating) == (False, True)
    renewed = during.renewed(before.encrypt(b"secret"))
    assert renewed is not None
    assert after.decrypt(renewed) == b"secret"
    assert during.renewed(renewed) is None, "that is done"
    assert after.renewed(before.encrypt(b"secret")) is None, "nobody can read it any more"


def test_a_signature_is_good_for_its_purpose_and_its_message_alone() -> None:
    mac = before.sign("use", "message")
    assert before.verify("use", "message", mac)
    assert not before.verify("other use", "message", mac)
    assert not before.verify("use", "other message", mac)


def test_no_purpose_and_message_can_be_shifted_into_one_another() -> None:
    assert before.sign("use", "message") != before.sign("use m", "essage")
    assert before.sign("at rest", "message") != before.sign("sign at rest", "message")


@pytest.mark.parametrize("change", [lambda mac: mac[:-1], lambda mac: f"{mac}=", lambda mac: mac[:-1] + "?", str.lower])
def test_a_signature_that_was_touched_is_refused(change: type[str]) -> None:
    assert not before.verify("use", "message", change(before.sign("use", "message")))


@pytest.mark.parametrize("mac", ["", "é", "\udce4", "\x00", "=" * 10_000])
def test_what_is_no_signature_is_refused(mac: str) -> None:
    assert not before.verify("use", "message", mac)


def test_what_was_encrypted_and_touched_is_refused() -> None:
    stored = bytearray(before.encrypt(b"secret"))
    stored[20] ^= 1
    with pytest.raises(InvalidToken):
        before.decrypt(bytes(stored))


def test_neither_secret_nor_key_shows_in_what_is_stored() -> None:
    stored = before.encrypt(b"secret")
    assert stored != before.encrypt(b"secret")
    assert b"secret" not in stored
    assert len(before.sign("use", "message")) == 43
