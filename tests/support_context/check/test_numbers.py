"""Numbers that a card may show wrongly, and those that it may not."""

import pytest

from support_context.check.numbers import bare_amounts, unix_times
from support_context.facts import Facts, Json


@pytest.mark.parametrize(
    ("facts", "places"),
    [
        pytest.param({"amount": 58800, "currency": "usd"}, ["/amount"], id="beside a currency"),
        pytest.param({"currency": "EUR", "plan": {"price": 4900}}, ["/plan/price"], id="below one"),
        pytest.param({"items": [{"total": 12900, "currency": "EUR"}]}, ["/items/0/total"], id="in a list"),
        pytest.param({"balance": -1250, "currency": "usd"}, ["/balance"], id="negative"),
        pytest.param({"mrr": 120000}, ["/mrr"], id="large, without a currency"),
        pytest.param({"monthlyRevenue": 5000}, ["/monthlyRevenue"], id="camel case"),
        pytest.param({"amount_cents": 58800, "unitAmount": 58800, "currency": "usd"}, [], id="the unit is named"),
        pytest.param({"amount": "588.00", "price": 49.9, "currency": "usd"}, [], id="with decimals"),
        pytest.param({"mrr": 120, "total_paid": 99}, [], id="small"),
        pytest.param({"total_orders": 5800, "credit_count": 1000, "tax_rate": 1900}, [], id="no money"),
        pytest.param({"paid_at": 1714060800, "currency": "usd"}, [], id="a time"),
        pytest.param({"paid": True, "currency": "usd"}, [], id="a boolean"),
        pytest.param({"id": 58800, "seats": 120000}, [], id="no word of money"),
    ],
)
def test_amount_that_may_count_cents_is_found(facts: dict[str, Json], places: list[str]) -> None:
    assert list(bare_amounts(Facts(facts))) == places


@pytest.mark.parametrize(
    ("facts", "places"),
    [
        pytest.param({"created": 1714060800}, ["/created"], id="seconds"),
        pytest.param({"plan": {"current_period_end": 1767225600}}, ["/plan/current_period_end"], id="deep"),
        pytest.param({"lastSeen": 1714060800000}, ["/lastSeen"], id="milliseconds"),
        pytest.param({"updated_at": "1714060800"}, ["/updated_at"], id="as text"),
        pytest.param({"ts": 1714060800123456}, ["/ts"], id="microseconds"),
        pytest.param({"created": "2024-04-25", "expires_at": "2026-12-01T09:30:00Z", "end": None}, [], id="dates"),
        pytest.param({"id": 1714060800, "phone": 1714060800, "orders": 1714060800}, [], id="no time by its name"),
        pytest.param({"started": 12, "date": 20240425, "renewed": True}, [], id="no time by its size"),
    ],
)
def test_time_that_is_a_number_is_found(facts: dict[str, Json], places: list[str]) -> None:
    assert list(unix_times(Facts(facts))) == places
