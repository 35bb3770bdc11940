"""What a sealed token gives away: nothing, and nothing to another project."""

import os

import pytest

from app.adapters.vault import Vault
from app.domain.projects import TokenUnreadable
from support_context.secrets import Secret

OLD, NEW = b"o" * 32, b"n" * 32
TOKEN = Secret("canary-token-0123456789!~")


def test_a_token_opens_for_its_project() -> None:
    vault = Vault([OLD])
    sealed = vault.seal("prj_1", TOKEN)
    assert vault.open("prj_1", sealed) == TOKEN
    assert TOKEN.reveal().encode() not in sealed


def test_no_two_ciphertexts_of_a_token_are_alike() -> None:
    vault = Vault([OLD])
    assert vault.seal("prj_1", TOKEN) != vault.seal("prj_1", TOKEN)


def test_a_token_does_not_open_when_moved_to_another_project() -> None:
    vault = Vault([OLD])
    with pytest.raises(TokenUnreadable):
        vault.open("prj_2", vault.seal("prj_1", TOKEN))


def test_an_old_token_opens_and_a_new_one_takes_the_first_key_when_a_key_was_added() -> None:
    rotated = Vault([NEW, OLD])
    assert rotated.open("prj_1", Vault([OLD]).seal("prj_1", TOKEN)) == TOKEN
    assert Vault([NEW]).open("prj_1", rotated.seal("prj_1", TOKEN)) == TOKEN


def test_a_token_does_not_open_when_its_key_is_gone() -> None:
    with pytest.raises(TokenUnreadable):
        Vault([NEW]).open("prj_1", Vault([OLD]).seal("prj_1", TOKEN))


def test_no_changed_byte_goes_unnoticed() -> None:
    vault = Vault([NEW, OLD])
    sealed = vault.seal("prj_1", TOKEN)
    for index in range(len(sealed)):
        changed = bytearray(sealed)
        changed[index] ^= 1
        with pytest.raises(TokenUnreadable):
            vault.open("prj_1", bytes(changed))


def test_no_cut_ciphertext_opens() -> None:
    vault = Vault([OLD])
    sealed = vault.seal("prj_1", TOKEN)
    for length in range(len(sealed)):
        with pytest.raises(TokenUnreadable) as unreadable:
            vault.open("prj_1", sealed[:length])
        assert unreadable.value.args == ()


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([], id="no key"),
        pytest.param([b"k" * 31], id="one byte short"),
        pytest.param([OLD, b"k" * 33], id="one byte long"),
    ],
)
def test_a_ring_is_refused_when_a_key_has_the_wrong_size(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Vault(keys)


def test_a_random_key_works() -> None:
    vault = Vault([os.urandom(32)])
    assert vault.open("ünï", vault.seal("ünï", Secret("x"))) == Secret("x")
