"""What PostgreSQL keeps when a run ends without facts, and which results are run again."""

from typing import Any

import pytest

from app.domain.claims import Stored, Taken, Underway
from app.domain.outcomes import endpoint_was_asked
from app.domain.tickets import Email
from tests.support.stores import RESULT, Stores, submission

FACTS = RESULT | {"status": "ok", "reason": None, "identified_by": "ai", "identity": "match"}
FAILED = RESULT | {
    "status": "fetch_error",
    "reason": "timeout",
    "message": "It was slow.",
    "created_at": "2026-11-25T00:00:00Z",
}
ENDINGS = [
    # status, reason, whether it is run again with the same text and with another
    ("ok", None, False, False),
    ("ok", "no_data", False, False),
    ("fetch_error", "timeout", False, False),
    ("fetch_error", "circuit_open", True, True),
    ("no_identifier", "not_found", False, True),
    ("no_identifier", "not_grounded", False, True),
    ("no_identifier", "enumeration_limit", False, True),
    ("no_identifier", "ai_unavailable", True, True),
    ("no_identifier", "ai_misconfigured", True, True),
    ("no_identifier", "interrupted", True, True),
    ("skipped_credits", None, True, True),
    ("disabled", "not_enabled", True, True),
]


async def ended(stores: Stores, result: dict[str, Any], **about: Any) -> dict[str, Any] | None:
    """Run a ticket to this result; return what is shown instead of it, if anything is."""
    [submitted] = await stores.tickets.submit([submission(**about)], take=True)
    claimed = submitted.claimed if isinstance(submitted, Taken) else await stores.take()
    shown = await stores.runs.finish(claimed, result, refund=False)
    assert shown is not None
    return None if shown is result else shown


async def test_facts_stay_and_the_failed_try_is_kept_beside_them_until_one_succeeds(stores: Stores) -> None:
    await stores.turn_on()
    assert await ended(stores, FACTS) is None
    kept = await ended(stores, FAILED, refresh=True)
    found = await stores.tickets.find("t_1", "prj_1")

    attempt = {"status": "fetch_error", "reason": "timeout", "message": "It was slow.", "at": FAILED["created_at"]}
    assert kept == FACTS | {"last_attempt": attempt}
    assert found == Stored(kept)
    assert await ended(stores, FACTS | {"summary": "new"}, refresh=True) is None
    assert await stores.tickets.find("t_1", "prj_1") == Stored(FACTS | {"summary": "new"})


async def test_failed_try_replaces_a_result_without_facts(stores: Stores) -> None:
    await stores.turn_on()
    await ended(stores, FAILED)

    assert await ended(stores, FAILED | {"reason": "dns_error"}, refresh=True) is None
    assert await stores.tickets.find("t_1", "prj_1") == Stored(FAILED | {"reason": "dns_error"})


@pytest.mark.parametrize(("status", "reason", "same_text", "other_text"), ENDINGS)
async def test_result_is_run_again_unless_it_is_final(
    stores: Stores, status: str, reason: str | None, same_text: bool, other_text: bool
) -> None:
    await stores.turn_on()
    again = []
    for number, digest in enumerate((b"same", b"other")):
        ticket_id = f"t_{number}"
        await ended(stores, RESULT | {"status": status, "reason": reason}, ticket_id=ticket_id, email_digest=b"same")
        [submitted] = await stores.tickets.submit([submission(ticket_id=ticket_id, email_digest=digest)])
        again.append(isinstance(submitted, Underway))
        if isinstance(submitted, Underway):  # a caller waits for it: what is there is no answer
            assert submitted.previous is None

    assert again == [same_text, other_text]
    assert endpoint_was_asked(status, reason) is (not other_text)


async def test_refresh_without_an_email_brings_the_customer_of_the_last_result(stores: Stores) -> None:
    await stores.turn_on()
    await ended(stores, FACTS, email_digest=b"same")
    [taken] = await stores.tickets.submit(
        [submission(email=None, refresh=True, given_identifier="acct_12ab34cd")], take=True
    )

    assert isinstance(taken, Taken)
    assert taken.claimed.given is not None
    assert (taken.claimed.given.identifier, taken.claimed.given.identity) == ("acct_12ab34cd", "match")
    assert taken.claimed.email == Email("", "", "")


async def test_customer_whom_an_agent_names_is_compared_with_the_sender_of_the_look_up(stores: Stores) -> None:
    await stores.turn_on()
    by_hand = submission(email=Email("", "", "eve@evil.test"), refresh=True, given_identifier="acct_1")
    [taken] = await stores.tickets.submit([by_hand], take=True)

    assert isinstance(taken, Taken)
    assert taken.claimed.given is not None
    assert (taken.claimed.given.identified_by, taken.claimed.given.identity) == ("agent", None)
    assert taken.claimed.email.sender == "eve@evil.test"
