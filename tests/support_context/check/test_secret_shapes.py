import pytest

from support_context.check.secret_shapes import is_card_number, secrets_in
from support_context.facts import Facts, Json

BCRYPT = "$2b$12$" + "C6UzMDM.H6dfI/f/IKcEeO" + "7ZmMSbcmGCMyBGbCbYhjTuQv6pXPS1u"


@pytest.mark.parametrize(
    ("value", "what"),
    [
        pytest.param(BCRYPT, "a password hash (bcrypt)", id="bcrypt"),
        pytest.param("$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA", "a password hash (argon2)", id="argon2"),
        pytest.param("pbkdf2_sha256$600000$salt$hash", "a password hash (PBKDF2)", id="as Django stores it"),
        pytest.param("scrypt:32768:8:1$salt$hash", "a password hash (scrypt)", id="as Werkzeug stores it"),
        pytest.param("$6$salt$" + "x" * 86, "a password hash (crypt)", id="SHA-512 crypt"),
        pytest.param("{SSHA}" + "A" * 32, "a password hash (LDAP)", id="LDAP"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.sig", "a JSON Web Token", id="JWT"),
        pytest.param("-----BEGIN RSA PRIVATE KEY-----\nMII", "a private key", id="PEM"),
        pytest.param("AKIA" + "A" * 16, "a key of AWS", id="AWS"),
        pytest.param("sk_live_" + "a" * 24, "a key of Stripe", id="Stripe"),
        pytest.param("ghp_" + "a" * 36, "a token of GitHub", id="GitHub"),
        pytest.param("xoxb-" + "1" * 12, "a token of Slack", id="Slack"),
        pytest.param("cct_" + "a" * 40, "a token of this service", id="ours"),
        pytest.param("sent with Bearer abcdefghijklmnop1234", "a bearer token", id="a header in a text"),
        pytest.param("postgres://app:hunter2@db/app", "a URL with a password", id="a connection string"),
        pytest.param("4111 1111 1111 1111", "a card number", id="Visa with spaces"),
        pytest.param("paid with 5555-5555-5555-4444.", "a card number", id="Mastercard within a text"),
        pytest.param(378282246310005, "a card number", id="American Express as a number"),
    ],
)
def test_value_with_the_shape_of_a_secret_is_found_by_its_place_wherever_it_stands(value: Json, what: str) -> None:
    assert list(secrets_in(Facts({"a": {"list": ["x", {"note": value}]}}))) == [f"/a/list/1/note looks like {what}"]


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("password", "a password"),
        ("passwordHash", "a password"),
        ("user_password_digest", "a password"),
        ("apiKey", "a key"),
        ("access-token", "a token"),
        ("token", "a token"),
        ("client_secret", "a secret"),
        ("totp", "a secret"),
        ("sessionId", "a session"),
        ("cvv", "a card's code"),
        ("SSN", "an identity number"),
    ],
)
def test_field_with_the_name_of_a_secret_is_found_whatever_it_holds(name: str, what: str) -> None:
    assert list(secrets_in(Facts({"user": {name: "abc"}}))) == [f"/user/{name} looks like {what}"]
    assert list(secrets_in(Facts({name: ["abc"]}))) == [f"/{name}/0 looks like {what}"]


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(
            {"password_set": True, "has_password": True, "password": None, "token": ""}, id="whether there is one"
        ),
        pytest.param({"tokens_used": 12, "tokens": 3, "secretary": "Ann", "key": "main", "keys": 4}, id="other words"),
        pytest.param({"password": False}, id="a boolean"),
        pytest.param({"order": "4111111111111112", "imei": "490154203237518"}, id="digits that no card has"),
        pytest.param({"at": 1732492800000, "at_us": 1732492800000000}, id="times"),
        pytest.param({"line_items": [{"variant_id": 39407471657124}]}, id="an id of Shopify"),
        pytest.param({"variant": 39407471657124, "order_number": "30569309025904"}, id="ids of 14 digits"),
        pytest.param({"customerId": 4111111111111111, "ids": ["378282246310005"]}, id="ids with the digits of a card"),
        pytest.param({"phone": "+4111111111111111"}, id="a telephone number"),
        pytest.param(
            {"id": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}, id="a hash that is an id"
        ),
        pytest.param({"uuid": "4b4a1b1e-4111-4111-8111-111111111111"}, id="a UUID"),
        pytest.param({"amount": 4111111111111111.5, "url": "https://admin.example.com/a:b@c"}, id="look-alikes"),
        pytest.param({"iban": "DE89370400440532013000"}, id="a bank account, which is for the owner to weigh"),
    ],
)
def test_nothing_is_found_in_what_support_may_see(facts: dict[str, Json]) -> None:
    assert list(secrets_in(Facts(facts))) == []


@pytest.mark.parametrize(
    ("digits", "expected"),
    [
        ("4111111111111111", True),
        ("4111111111111112", False),
        ("411111111111111", False),
        ("30569309025904", True),
        ("6011111111111117", True),
        ("3530111333300000", True),
        ("1111111111111117", False),
    ],
)
def test_card_number_needs_form_and_check_digit(digits: str, expected: bool) -> None:
    assert is_card_number(digits) is expected
