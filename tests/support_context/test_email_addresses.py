"""The one address that a sender means, and the senders that leave it in doubt."""

import pytest

from support_context.email_addresses import LONGEST_ADDRESS, LONGEST_SENDER, address_in

JANE = "jane@example.com"


@pytest.mark.parametrize(
    ("sender", "expected"),
    [
        (JANE, JANE),
        (f"<{JANE}>", JANE),
        (f"Jane Doe <{JANE}>", JANE),
        (f"Jane Doe<{JANE}>", JANE),
        (f"Jané d'Arc-Doe Jr. <{JANE}>", JANE),
        (f'"Doe, Jane (Sales)" <{JANE}>', JANE),
        (f'"" <{JANE}>', JANE),
        ("o'hara+tag_1@sub-1.example.com", "o'hara+tag_1@sub-1.example.com"),
        ("jane@localhost", "jane@localhost"),
        ("用户@例え.jp", "用户@例え.jp"),
        (f"{'a' * (LONGEST_ADDRESS - 12)}@example.com", f"{'a' * (LONGEST_ADDRESS - 12)}@example.com"),
        (f"{'n' * (LONGEST_SENDER - 18)}<{JANE}>", JANE),
        (f"{'a' * (LONGEST_ADDRESS - 11)}@example.com", None),
        (f"{'n' * (LONGEST_SENDER - 17)}<{JANE}>", None),
        ("", None),
        ("Jane", None),
        ("+49 30 123456", None),
        ("@example.com", None),
        ("jane@", None),
        ("jane@@example.com", None),
        ("a@b@c", None),
        (".jane@example.com", None),
        ("jane.@example.com", None),
        ("ja..ne@example.com", None),
        ("jane@example..com", None),
        ("jane@.example.com", None),
        ("jane@example.com.", None),
        ("jane@-example.com", None),
        ("jane@example-.com", None),
        ("jane@exa_mple.com", None),
        ("jane@[192.0.2.1]", None),
        ('"jane doe"@example.com', None),
        ("ja ne@example.com", None),
        (f"{JANE} Doe", None),
        (f"{JANE}\n", None),
        (f"Jane\n<{JANE}>", None),
        (f"Jane\t<{JANE}>", None),
        (f"Jane <{JANE}> x", None),
        (f"Jane <{JANE}", None),
        (f"Jane {JANE}>", None),
        (f"Jane <<{JANE}>>", None),
        (f"Jane < {JANE} >", None),
        (f"Doe, Jane <{JANE}>", None),
        (f'"Jane" Doe" <{JANE}>', None),
        (f'"Jane\\" <{JANE}>', None),
        (f"Jane (at home) <{JANE}>", None),
        (f"friends: {JANE};", None),
        (f"mailto:{JANE}", None),
        (f"Jane \u202e<{JANE}>", None),
        (f"Jane\x00<{JANE}>", None),
        (f"{JANE};eve@evil.test", None),
        (f"=?utf-8?q?jane=40example.com?= <{JANE}>", JANE),  # an encoded name is only a name
    ],
)
def test_address_of_a_sender_is_taken_only_when_it_is_beyond_doubt(sender: str, expected: str | None) -> None:
    assert address_in(sender) == expected
