"""A secret shows itself to nobody who does not ask for it."""

import json
import pickle
import traceback

import pytest

from support_context.secrets import Secret

CANARY = "canary-0123456789"


def test_secret_is_shown_by_nothing_but_reveal() -> None:
    secret = Secret(CANARY)

    assert secret.reveal() == CANARY
    assert CANARY not in f"{secret} {secret!r} {[secret]} {vars(type(secret))}"


def test_secret_neither_pickles_nor_becomes_json() -> None:
    with pytest.raises(TypeError):
        pickle.dumps(Secret(CANARY))
    with pytest.raises(TypeError):
        json.dumps({"token": Secret(CANARY)})


def test_secret_in_an_exception_is_hidden() -> None:
    assert CANARY not in "".join(traceback.format_exception(ValueError(Secret(CANARY))))


def test_equal_secrets_are_equal_and_hash_alike() -> None:
    assert Secret(CANARY) == Secret(CANARY)
    assert Secret(CANARY) != Secret(f"{CANARY}x")
    assert Secret(CANARY) != CANARY
    assert len({Secret(CANARY), Secret(CANARY)}) == 1
