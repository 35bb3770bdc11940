from app.adapters.ai.offline import OfflineModel
from app.domain.outcomes import Field, Usage
from app.domain.rows.judging import judge
from app.domain.tickets import Email
from support_context.facts import Facts

GUIDE = "Show Plan; Status (Active or Inactive); Seats; Monthly revenue."


async def test_extract_costs_nothing_and_says_who_it_is() -> None:
    model = OfflineModel()
    email = Email.of("", "Account ID: acct_1", "")
    assert await model.extract(email, "The ID after `Account ID:` starts with acct_.") == ("acct_1", Usage())
    assert (model.provider, model.name) == ("offline", "offline-patterns-1")


async def test_extract_reads_no_more_of_an_email_than_a_model_would() -> None:
    email = Email.of("", "x" * 17_000 + " acct_1 " + "x" * 17_000, "")
    assert (await OfflineModel().extract(email, "starts with acct_"))[0] is None


async def test_rows_are_those_whose_keys_have_the_owners_words() -> None:
    facts = Facts({"plan": "pro", "active": True, "seats": 12, "monthly_revenue": 1200.5})
    answer, usage = await OfflineModel().summarize(facts, GUIDE)
    shown = judge(answer, facts, GUIDE)
    assert usage == Usage()
    assert shown.fields[1] == Field("Status", "Active", "/active", "choice", "true")
    assert shown.summary == "Plan: pro · Status: Active · Seats: 12 · Monthly revenue: 1200.5"
    assert shown.note == "4 rows, 0 repaired, 0 renamed, 0 dropped"
