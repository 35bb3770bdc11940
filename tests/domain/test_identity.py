"""Who counts as the customer: the exact, verified address on file, and nobody who only looks like it."""

from typing import Any

import pytest

from app.domain.configuration import IdentityPolicy
from app.domain.identity import identity_of, is_withheld, warning
from app.domain.outcomes import Identity
from support_context.facts import Facts

MATCH, MISMATCH, UNKNOWN = Identity
JANE = "jane@example.com"
RECORD: dict[str, Any] = {
    "email": JANE,
    "upper": "JANE@EXAMPLE.COM",
    "users": ["ann@example.com", JANE],
    "mixed": [None, 7, {"email": JANE}, [JANE], JANE],
    "strangers": ["ann@example.com", "bob@example.com"],
    "no_strings": [None, 7, {"email": JANE}, [JANE]],
    "account": {"contacts": [{"email": JANE}], "a/b": JANE, "m~n": JANE},
    "null": None,
    "number": 7,
    "yes": True,
    "blank": "",
    "blanks": ["", ""],
    "none": [],
    "spaced": f" {JANE}",
    "named": f"Jane <{JANE}>",
    "domain": "example.com",
    "plus": "jane+work@example.com",
    "dots": "j.a.n.e@example.com",
    "kelvin": "\u212aate@example.com",
    "cyrillic": "j\u0430ne@example.com",
    "dotless": "j\u0131m@example.com",
    "full_width": "\uff4aane@example.com",
    "nfc": "j\u00f6rg@example.com",
    "nfd": "jo\u0308rg@example.com",
    "upper_umlaut": "J\u00d6RG@example.com",
    "sharp": "stra\u00dfe@example.com",
    "hidden": "ja\u200bne@example.com",
}


@pytest.mark.parametrize(
    ("match_path", "sender", "verified", "expected"),
    [
        pytest.param("/email", JANE, True, MATCH, id="verified, the same"),
        pytest.param("/email", "Jane@Example.COM", True, MATCH, id="ASCII case aside"),
        pytest.param("/upper", JANE, True, MATCH, id="ASCII case aside, on file"),
        pytest.param("/email", f"Jane <{JANE}>", True, MATCH, id="with a name"),
        pytest.param("/email", f'"Doe, Jane" <{JANE}>', True, MATCH, id="with a quoted name"),
        pytest.param("/email", f"  {JANE} ", True, MATCH, id="spaces around"),
        pytest.param("/users", JANE, True, MATCH, id="one of several"),
        pytest.param("/mixed", JANE, True, MATCH, id="the one string of a mixed array"),
        pytest.param("/users/1", JANE, True, MATCH, id="a place in an array"),
        pytest.param("/account/contacts/0/email", JANE, True, MATCH, id="deep"),
        pytest.param("/account/a~1b", JANE, True, MATCH, id="escaped slash"),
        pytest.param("/account/m~0n", JANE, True, MATCH, id="escaped tilde"),
        pytest.param("/nfc", "j\u00f6rg@example.com", True, MATCH, id="other letters, byte for byte"),
        pytest.param("/plus", "jane+work@example.com", True, MATCH, id="with its plus"),
        pytest.param("/email", JANE, False, UNKNOWN, id="the same, not verified"),
        pytest.param("/email", JANE, None, UNKNOWN, id="the same, no verdict"),
        pytest.param("/users", JANE, None, UNKNOWN, id="one of several, no verdict"),
        pytest.param("/email", "eve@example.com", True, MISMATCH, id="another"),
        pytest.param("/email", "eve@example.com", False, MISMATCH, id="another, not verified"),
        pytest.param("/email", "eve@example.com", None, MISMATCH, id="another, no verdict"),
        pytest.param("/strangers", JANE, True, MISMATCH, id="none of several"),
        pytest.param("/email", "jane+work@example.com", True, MISMATCH, id="no plus tricks"),
        pytest.param("/plus", JANE, True, MISMATCH, id="no plus tricks, on file"),
        pytest.param("/dots", JANE, True, MISMATCH, id="no dot tricks"),
        pytest.param("/email", "jane@example.co", True, MISMATCH, id="a beginning"),
        pytest.param("/email", "jane@example.com.evil.test", True, MISMATCH, id="an ending"),
        pytest.param("/email", "xjane@example.com", True, MISMATCH, id="a longer mailbox"),
        pytest.param("/domain", JANE, True, MISMATCH, id="its domain only"),
        pytest.param("/spaced", JANE, True, MISMATCH, id="a space on file"),
        pytest.param("/named", JANE, True, MISMATCH, id="a name on file"),
        pytest.param("/kelvin", "kate@example.com", True, MISMATCH, id="Kelvin sign"),
        pytest.param("/cyrillic", JANE, True, MISMATCH, id="Cyrillic letter on file"),
        pytest.param("/email", "j\u0430ne@example.com", True, MISMATCH, id="Cyrillic letter in the sender"),
        pytest.param("/dotless", "jim@example.com", True, MISMATCH, id="dotless i"),
        pytest.param("/email", "\uff4aane@example.com", True, MISMATCH, id="full-width letter"),
        pytest.param("/full_width", JANE, True, MISMATCH, id="full-width letter on file"),
        pytest.param("/nfd", "j\u00f6rg@example.com", True, MISMATCH, id="another spelling of an umlaut"),
        pytest.param("/upper_umlaut", "j\u00f6rg@example.com", True, MISMATCH, id="no case of other letters"),
        pytest.param("/sharp", "strasse@example.com", True, MISMATCH, id="no folding of sharp s"),
        pytest.param("/hidden", JANE, True, MISMATCH, id="a hidden character on file"),
        pytest.param("/email", "ja\u200bne@example.com", True, UNKNOWN, id="a hidden character in the sender"),
        pytest.param("/email", "", True, UNKNOWN, id="no sender"),
        pytest.param("/email", f'"{JANE}" <eve@evil.test>', True, UNKNOWN, id="their address as a name"),
        pytest.param("/email", f"{JANE} <eve@evil.test>", True, UNKNOWN, id="their address as an unquoted name"),
        pytest.param("/email", f"eve@evil.test, {JANE}", True, UNKNOWN, id="two senders"),
        pytest.param("/email", f"<eve@evil.test> <{JANE}>", True, UNKNOWN, id="two addresses in brackets"),
        pytest.param("/email", f"{JANE} (eve@evil.test)", True, UNKNOWN, id="a comment"),
        pytest.param(None, JANE, True, UNKNOWN, id="no path"),
        pytest.param("", JANE, True, UNKNOWN, id="the whole record"),
        pytest.param("/missing", JANE, True, UNKNOWN, id="no value there"),
        pytest.param("/account", JANE, True, UNKNOWN, id="an object there"),
        pytest.param("/null", JANE, True, UNKNOWN, id="null there"),
        pytest.param("/number", JANE, True, UNKNOWN, id="a number there"),
        pytest.param("/yes", JANE, True, UNKNOWN, id="true there"),
        pytest.param("/blank", JANE, True, UNKNOWN, id="an empty string there"),
        pytest.param("/blanks", JANE, True, UNKNOWN, id="empty strings there"),
        pytest.param("/none", JANE, True, UNKNOWN, id="an empty array there"),
        pytest.param("/no_strings", JANE, True, UNKNOWN, id="an array without strings"),
        pytest.param("email", JANE, True, UNKNOWN, id="no pointer"),
        pytest.param("/users/-", JANE, True, UNKNOWN, id="the element after the last"),
        pytest.param("/users/01", JANE, True, UNKNOWN, id="a leading zero"),
    ],
)
def test_identity_of_a_sender(match_path: str | None, sender: str, verified: bool | None, expected: Identity) -> None:
    assert identity_of(Facts(RECORD), match_path, sender, verified) is expected


def test_identity_is_unknown_when_there_is_no_record() -> None:
    assert identity_of(Facts({}), "/email", JANE, True) is UNKNOWN


@pytest.mark.parametrize(
    ("policy", "identity", "withheld", "warned"),
    [
        (IdentityPolicy.SHOW, MATCH, False, False),
        (IdentityPolicy.SHOW, MISMATCH, False, True),
        (IdentityPolicy.SHOW, UNKNOWN, False, False),
        (IdentityPolicy.REQUIRE_MATCH, MATCH, False, False),
        (IdentityPolicy.REQUIRE_MATCH, MISMATCH, True, True),
        (IdentityPolicy.REQUIRE_MATCH, UNKNOWN, True, True),
    ],
)
def test_policy_decides_what_is_withheld_and_warned_of(
    policy: IdentityPolicy, identity: Identity, withheld: bool, warned: bool
) -> None:
    assert is_withheld(identity, policy) is withheld
    assert bool(warning(identity, policy)) is warned
    assert "\n" not in warning(identity, policy)
