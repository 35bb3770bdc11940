import pytest

from app.domain.rows.display import read_display
from app.domain.rows.judging import without_model
from support_context.facts import Facts

GUIDE = "Show Plan; Status (Active or Inactive); Seats; Monthly revenue."
CASES = "If it's an account, show Plan and Status. If it's an order, show Item, Amount, and Fulfillment status."
ACCOUNT = Facts({"type": "account", "plan": "pro", "active": True, "seats": 12, "monthly_revenue_usd": 1200.0})
ORDER = Facts({"type": "order", "item": "Desk", "amount": "$12.00", "fulfillment_status": "shipped", "status": "paid"})
NESTED = Facts(
    {
        "account": {"planName": "Pro", "status": "ACTIVE", "subscription": {"seat_count": 3, "mrr": 99}},
        "tags": ["vip", "eu"],
        "orders": [{"amount": 5}],
        "links": [{"label": "Plan", "url": "https://x.example"}],
    }
)


@pytest.mark.parametrize(
    ("instructions", "facts", "rows"),
    [
        pytest.param(
            GUIDE,
            ACCOUNT,
            [
                "Plan=pro /plan",
                "Status=Active /active",
                "Seats=12 /seats",
                "Monthly revenue=1200.0 USD /monthly_revenue_usd",
            ],
            id="guide",
        ),
        pytest.param(
            GUIDE,
            NESTED,
            ["Plan=Pro /account/planName", "Status=Active /account/status", "Seats=3 /account/subscription/seat_count"],
            id="guide-nested",
        ),
        pytest.param(CASES, ACCOUNT, ["Plan=pro /plan"], id="case-of-an-account"),
        pytest.param(
            CASES,
            ORDER,
            ["Item=Desk /item", "Amount=$12.00 /amount", "Fulfillment status=shipped /fulfillment_status"],
            id="case-of-an-order",
        ),
        pytest.param(
            CASES,
            Facts({"item": "Desk", "amount": 1}),
            ["Item=Desk /item", "Amount=1 /amount"],
            id="case-by-its-labels",
        ),
        pytest.param(
            "If it has an order_id, show Item. Otherwise show Plan.",
            Facts({"order_id": 7, "item": "Desk", "plan": "x"}),
            ["Item=Desk /item"],
            id="case-by-a-key",
        ),
        pytest.param("If it's an order, show Item. Otherwise show Plan.", ACCOUNT, ["Plan=pro /plan"], id="otherwise"),
        pytest.param(
            "If it's an account:\n- Plan\n- Seats\nIf it's an order:\n- Item",
            ACCOUNT,
            ["Plan=pro /plan", "Seats=12 /seats"],
            id="bullets",
        ),
        pytest.param(
            "Show tags, mrr and amount",
            NESTED,
            ["Tags=vip, eu /tags", "Mrr=99 /account/subscription/mrr", "Amount=5 /orders/0/amount"],
            id="lists",
        ),
        pytest.param(
            'Display the plan as "Tier" and their seats', ACCOUNT, ["Tier=pro /plan", "Seats=12 /seats"], id="renamed"
        ),
        pytest.param(
            "Show the data with labels Plan, Seats.", ACCOUNT, ["Plan=pro /plan", "Seats=12 /seats"], id="with-labels"
        ),
        pytest.param("Plan: the tier they pay for", ACCOUNT, ["Plan=pro /plan"], id="explained"),
        pytest.param(
            "Show Order status", Facts({"status": "paid"}), ["Order status=paid /status"], id="key-of-fewer-words"
        ),
        pytest.param(
            "Show Monthly Recurring Revenue", Facts({"mrr": 9}), ["Monthly Recurring Revenue=9 /mrr"], id="initials"
        ),
        pytest.param("Status (Unpaid or Paid)", Facts({"status": True}), ["Status=Paid /status"], id="negation-first"),
        pytest.param("Status (Active or Inactive)", Facts({"active": False}), ["Status=Inactive /active"], id="false"),
        pytest.param(
            "Status as Active or Inactive", Facts({"status": "inactive"}), ["Status=Inactive /status"], id="as"
        ),
        pytest.param(
            "Status (Open, Closed or Held)",
            Facts({"status": True}),
            ["Status=true /status"],
            id="three-words-for-a-bool",
        ),
        pytest.param("Show everything", Facts({"a": 1, "b": {"c": None}}), ["A=1 /a", "B c=— /b/c"], id="everything"),
        pytest.param("Be brief.", Facts({"a": 1}), [], id="no-match"),
    ],
)
def test_pick_shows_what_the_owner_asks_for(instructions: str, facts: Facts, rows: list[str]) -> None:
    assert [
        f"{field.label}={field.value} {field.source}" for field in without_model(facts, instructions).fields
    ] == rows


def test_picking_stops_looking_when_the_json_is_vast() -> None:
    facts = Facts({f"k{index}": index for index in range(1_000)} | {"plan": "pro"})
    assert without_model(facts, "Show Plan").fields == ()


@pytest.mark.parametrize(
    ("instructions", "labels", "everything"),
    [
        pytest.param("Show Plan, Seats.", ["Plan", "Seats"], False, id="list"),
        pytest.param("Never show Email. Show Plan.", ["Plan"], False, id="never"),
        pytest.param("Show Plan. Warn if over 10 seats.", ["Plan"], False, id="warn"),
        pytest.param("Show Plan. If there is a complaint, say 'Handle with care'.", ["Plan"], False, id="say"),
        pytest.param("Show everything but not Email.", [], True, id="everything else"),
        pytest.param("Do not show everything. Show Plan.", ["Plan"], False, id="not everything"),
        pytest.param("Zeige Tarif und Plätze.", ["Tarif", "Plätze"], False, id="German"),
        pytest.param("Muestra Plan y Estado.", ["Plan", "Estado"], False, id="Spanish"),
        pytest.param(
            "Show usage and database size.", ["Usage", "Database size"], False, id="words that begin like others"
        ),
        pytest.param("Show Plan" + " " * 4_000 + "and Seats.", ["Plan", "Seats"], False, id="4,000 spaces"),
    ],
)
def test_wishes_are_read_from_sentences_that_ask(instructions: str, labels: list[str], everything: bool) -> None:
    read = read_display(instructions)
    assert [wish.label for wish in read.wishes] == labels
    assert read.everything is everything
