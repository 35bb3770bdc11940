"""Which form of the identifier is read from instructions, and which answers are held to it."""

import pytest

from app.domain.outcomes import Outcome, StepFailed
from app.domain.reading.extraction import accept
from app.domain.reading.forms import in_words, is_placeholder
from app.domain.tickets import Email

ACCOUNT = "starts with acct_"
ORDER = "If the body contains `Order #` followed by a number, use that order number."


@pytest.mark.parametrize(
    ("instructions", "form"),
    [
        ("Look for the account ID after `Account ID:` in the body. It starts with acct_.", ACCOUNT),
        ("The account ID starts with acct_.", ACCOUNT),
        ("Use the ID that begins with `acct_`.", ACCOUNT),
        ("Find the ID in the subject or the body. It starts with acct_.", ACCOUNT),
        ("Use the account ID. IDs start with acct_. Never use the sender's address.", ACCOUNT),
        (ORDER, "is a number"),
        (f"{ORDER} Otherwise, if the body has an `acct_` account ID, use that.", "is a number, or starts with acct_"),
        (f"{ORDER} Otherwise, use the sender's email address.", "is a number, or is the sender's address"),
        ("Use the sender's address.", "is the sender's address"),
        ("Use the customer number, nine digits.", "is a number of 9 digits"),
        ("Use the customer number (6-8 digits).", "is a number of 6 to 8 digits"),
        # what is not beyond doubt
        ("", None),
        ("Use the order number.", None),
        ("Use the account ID, e.g. acct_12ab34cd.", None),
        ("IDs look like acct_12345.", None),
        ("It starts with acct_ or cus_.", None),
        ("It starts with A or B and eight digits.", None),
        ("It usually starts with acct_.", None),
        ("Use the customer number, nine digits, sometimes with a letter.", None),
        ("Older accounts have a number. The ID starts with acct_.", None),
        ("The ID starts with acct_. If there is none, use the workspace name.", None),
        ("Use the workspace name if there is no account ID. It starts with acct_.", None),
        ("If the email names a workspace, use its name. The account ID starts with acct_.", None),
        ("Use the workspace name. Be quick. It starts with acct_.", None),
        ("Use the account ID, which starts with acct_, or the sender's address.", None),
        ("Never use the sender's address.", None),
        ("Do not use IDs that start with test_.", None),
        ("Use the email address in the body.", None),
        ("It does not always start with acct_.", None),
        # digits beside letters: the whole may be meant, or the digits alone
        ("Use the customer number, KD- and six digits, e.g. KD-123456.", None),
        ("Use the customer number: KD followed by six digits, such as KD123456.", None),
        ("Use the customer number, two letters and six digits.", None),
        ("Look for `INV-` followed by a number and use it.", None),
        ("Use the order number, #D- plus five digits.", None),
        ("Use the well-known customer number, nine digits.", "is a number of 9 digits"),
    ],
)
def test_form_is_read_only_where_it_is_beyond_doubt(instructions: str, form: str | None) -> None:
    assert in_words(instructions) == form


@pytest.mark.parametrize(
    ("instructions", "said", "sent"),
    [
        pytest.param("It starts with acct_.", "acct_12ab34cd", True, id="with its beginning"),
        pytest.param("It starts with ACCT_.", "acct_12ab34cd", True, id="in another case"),
        pytest.param("It starts with acct_.", "10482", False, id="without its beginning"),
        pytest.param("It starts with acct_.", "jane@example.com", False, id="something else"),
        pytest.param(ORDER, "10482", True, id="a number"),
        pytest.param(ORDER, "2026-17", True, id="a number in parts"),
        pytest.param(ORDER, "acct_12ab34cd", False, id="no number"),
        pytest.param("Use the sender's address.", "jane@example.com", True, id="the sender"),
        pytest.param("Use the sender's address.", "bob@example.com", False, id="somebody else"),
        pytest.param("Use the number of five digits.", "10482", True, id="five digits"),
        pytest.param("Use the number of five digits.", "417720", False, id="six digits"),
        pytest.param(f"{ORDER} Otherwise, use the sender's address.", "jane@example.com", True, id="the alternative"),
        pytest.param(f"{ORDER} Otherwise, use the sender's address.", "bob@example.com", False, id="no alternative"),
        pytest.param("Use the ID.", "acct_12ab34cd", True, id="no form"),
    ],
)
def test_answer_without_the_form_is_not_grounded(instructions: str, said: str, sent: bool) -> None:
    email = Email.of("", "acct_12ab34cd 10482 2026-17 bob@example.com, 417720", "Jane <jane@example.com>")
    if sent:
        assert accept(said, email, instructions) == said
        return
    with pytest.raises(StepFailed) as failure:
        accept(said, email, instructions)
    assert failure.value.outcome is Outcome.NOT_GROUNDED


PLACEHOLDERS = [
    "acct_xxxxxxxx",
    "acct_XXXXXXXX",
    "XXXX",
    "xxxx-xxxx",
    "YOUR-ID",
    "your_account_id",
    "yourid",
    "ORD-xxxx",
    "id-here",
]


@pytest.mark.parametrize("value", PLACEHOLDERS)
def test_placeholder_is_never_sent(value: str) -> None:
    with pytest.raises(StepFailed) as failure:
        accept(value, Email.of("", f"My ID is {value}", ""), "")
    assert failure.value.outcome is Outcome.NOT_GROUNDED


@pytest.mark.parametrize(
    "value", ["acct_12ab34cd", "xx12", "foxxx1", "10482", "max@xxx.example", "acct_00000000", "yourte", "0000"]
)
def test_what_could_be_somebodys_is_no_placeholder(value: str) -> None:
    assert not is_placeholder(value)
