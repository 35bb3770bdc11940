"""Webhooks as the Python client reads them: signed by somebody else's library, and every forgery refused."""

import json
import time
from datetime import UTC, datetime

import pytest
from customer_context_client import WebhookRefused, read_event
from customer_context_client.webhooks import TOLERANCE_SECONDS
from standardwebhooks import Webhook

from app.domain.webhooks.event_kinds import Event
from app.web.webhooks.examples import message_of

OLD, NEW, OTHER = (f"whsec_{'ABC'[i] * 43}=" for i in range(3))
BODY = message_of(Event.CREDITS_LOW)


def signed(*secrets: str, body: bytes = BODY, at: float | None = None) -> dict[str, str]:
    now = datetime.fromtimestamp(time.time() if at is None else at, tz=UTC)
    return {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": " ".join(Webhook(secret).sign("msg_1", now, body.decode()) for secret in secrets),
    }


@pytest.mark.parametrize("event", Event)
def test_every_event_is_read_when_it_is_signed(event: Event) -> None:
    body = message_of(event)

    read = read_event(body, signed(NEW, body=body), NEW)

    assert read["type"] == event
    assert read == json.loads(body)
    if read["type"] == "credits.low":  # typed by its type
        assert read["data"]["percent"] == 80


@pytest.mark.parametrize(
    ("signers", "known"),
    [
        pytest.param((NEW,), [NEW], id="one"),
        pytest.param((NEW, OLD), [OLD], id="the receiver has the old one yet"),
        pytest.param((OLD,), [NEW, OLD], id="the service has the old one yet"),
    ],
)
def test_secrets_may_be_rotated(signers: tuple[str, ...], known: list[str]) -> None:
    assert read_event(BODY, signed(*signers), known)["type"] == "credits.low"


NOW = 1_764_000_000.0


@pytest.mark.parametrize(
    ("headers", "body", "why"),
    [
        pytest.param(signed(OTHER, at=NOW), BODY, "no signature", id="another secret"),
        pytest.param(signed(NEW, at=NOW), BODY + b" ", "no signature", id="another body"),
        pytest.param(signed(NEW, at=NOW) | {"Webhook-Id": "msg_2"}, BODY, "no signature", id="another id"),
        pytest.param(signed(NEW, at=NOW - TOLERANCE_SECONDS - 1), BODY, "not of these", id="an old copy"),
        pytest.param(signed(NEW, at=NOW + TOLERANCE_SECONDS + 1), BODY, "not of these", id="of the future"),
        pytest.param(signed(NEW, at=NOW) | {"Webhook-Timestamp": "now"}, BODY, "not of these", id="no time"),
        pytest.param(signed(NEW, at=NOW) | {"Webhook-Timestamp": "١٢"}, BODY, "not of these", id="other digits"),
        pytest.param({}, BODY, "'webhook-id' is missing", id="no headers"),
        pytest.param(
            signed(NEW, at=NOW) | {"Webhook-Signature": signed(NEW, at=NOW)["Webhook-Signature"].replace("v1,", "v2,")},
            BODY,
            "no signature",
            id="another scheme",
        ),
        pytest.param(signed(NEW, at=NOW) | {"Webhook-Signature": "v1,é"}, BODY, "no signature", id="no signature"),
    ],
)
def test_what_is_not_the_services_is_refused_in_words(headers: dict[str, str], body: bytes, why: str) -> None:
    with pytest.raises(WebhookRefused, match=why):
        read_event(body, headers, NEW, now=NOW)


def test_a_time_at_the_edge_is_taken() -> None:
    for at in (NOW - TOLERANCE_SECONDS, NOW + TOLERANCE_SECONDS):
        assert read_event(BODY, signed(NEW, at=at), NEW, now=NOW)["type"] == "credits.low"


def test_a_secret_that_is_none_is_the_callers_mistake_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match="whsec_ and base64") as raised:
        read_event(BODY, signed(NEW), "whsec_canary!")
    assert "canary" not in str(raised.value)
