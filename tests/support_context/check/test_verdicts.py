"""Both sides of every limit, and what is not judged where nothing was seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from support_context.check.connection_rules import Circumstances, percentiles
from support_context.check.observing import Observation, Observed
from support_context.check.plan import ProbeKind
from support_context.check.requirements import Finding, Requirement, Verdict
from support_context.check.target import Target
from support_context.check.verdicts import judge
from support_context.facts import Facts, Json
from support_context.failures import Failure
from support_context.lookups import LookupResponse
from support_context.probes import TlsSession

NOW = datetime(2026, 11, 25, tzinfo=UTC)
CIRCUMSTANCES = Circumstances(Target("https://api.example.com/c", ("a1",)), (), opened_by_option=False, now=NOW)


def exchange(
    kind: ProbeKind, facts: dict[str, Json] | None, status: int = 200, size: int = 2, **more: object
) -> Observation:
    response = LookupResponse(status, "application/json", b" " * size, "93.184.215.14")
    failure = None if status == 200 else Failure.HTTP_STATUS
    return replace(
        Observation(
            kind, kind.name, 0.1, response, Facts(facts) if facts is not None else None, failure, f"HTTP {status}"
        ),
        **more,  # type: ignore[arg-type]
    )


def good(**known: object) -> list[Observation]:
    """Return what a good endpoint gives, with changes to the calls of the known id."""
    tls = TlsSession("TLSv1.3", NOW + timedelta(days=90))
    return [
        *(exchange(ProbeKind.KNOWN, {"plan": "Pro"}, **known) for _ in range(5)),  # type: ignore[arg-type]
        *(
            exchange(kind, {})
            for kind in (ProbeKind.UNKNOWN, ProbeKind.EMPTY, ProbeKind.ODD, ProbeKind.ODDER, ProbeKind.LONG)
        ),
        *(
            exchange(kind, None, 401, tls=tls)
            for kind in (
                ProbeKind.NO_TOKEN,
                ProbeKind.WRONG_TOKEN,
                ProbeKind.OTHER_LENGTH,
                ProbeKind.LAST_CHARACTER,
                ProbeKind.NOT_ASCII,
            )
        ),
        exchange(ProbeKind.OTHER_METHOD, None, 405),
        exchange(ProbeKind.OTHER_VERB, None, 405),
    ]


def changed(exchanges: list[Observation], kind: ProbeKind, **changes: object) -> list[Observation]:
    return [replace(each, **changes) if each.kind is kind else each for each in exchanges]  # type: ignore[arg-type]


def found(exchanges: list[Observation], circumstances: Circumstances = CIRCUMSTANCES) -> dict[Requirement, Finding]:
    return judge(Observed(tuple(exchanges)), circumstances)


def test_good_endpoint_passes_and_one_id_shows_no_kinds() -> None:
    verdicts = {requirement: finding.verdict for requirement, finding in found(good()).items()}

    assert {requirement for requirement, verdict in verdicts.items() if verdict is not Verdict.PASS} == {
        Requirement.TYPE
    }
    assert verdicts[Requirement.TYPE] is Verdict.NOT_RUN


@pytest.mark.parametrize(
    ("requirement", "exchanges", "verdict"),
    [
        pytest.param(Requirement.SIZE, good(size=49_152), Verdict.PASS, id="48 KB"),
        pytest.param(Requirement.SIZE, good(size=49_153), Verdict.WARN, id="a byte more"),
        pytest.param(Requirement.SIZE, good(size=65_536), Verdict.WARN, id="64 KB"),
        pytest.param(
            Requirement.SIZE,
            changed(good(), ProbeKind.KNOWN, failure=Failure.TOO_LARGE, facts=None, response=None),
            Verdict.FAIL,
            id="more than 64 KB",
        ),
        pytest.param(Requirement.TIME, good(seconds=2.0), Verdict.PASS, id="2 s"),
        pytest.param(Requirement.TIME, good(seconds=2.001), Verdict.WARN, id="longer than 2 s"),
        pytest.param(Requirement.TIME, good(seconds=4.999), Verdict.WARN, id="less than 5 s"),
        pytest.param(Requirement.TIME, good(seconds=5.0), Verdict.FAIL, id="5 s"),
    ],
)
def test_limit_is_kept_on_both_sides(requirement: Requirement, exchanges: list[Observation], verdict: Verdict) -> None:
    assert found(exchanges)[requirement].verdict is verdict


@pytest.mark.parametrize(("days", "verdict"), [(14, Verdict.PASS), (13, Verdict.WARN), (0, Verdict.WARN)])
def test_certificate_should_hold_for_two_weeks(days: int, verdict: Verdict) -> None:
    tls = TlsSession("TLSv1.3", NOW + timedelta(days=days))

    assert found(changed(good(), ProbeKind.NO_TOKEN, tls=tls))[Requirement.CERTIFICATE_EXPIRY].verdict is verdict


def test_slow_call_among_fast_ones_shows_in_the_95th_percentile() -> None:
    calls = good()
    calls[3] = replace(calls[3], seconds=2.5)
    time = found(calls)[Requirement.TIME]

    assert time == Finding(Verdict.WARN, "p50 100 ms, p95 2500 ms of 5 calls")


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [([1.0], (1.0, 1.0)), ([5, 1, 4, 2, 3], (3, 5)), (list(range(1, 101)), (50, 95))],
)
def test_percentiles_are_those_of_the_nearest_rank(seconds: list[float], expected: tuple[float, float]) -> None:
    assert percentiles(seconds) == expected


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(401, Verdict.PASS), (403, Verdict.WARN), (200, Verdict.FAIL), (302, Verdict.FAIL), (500, Verdict.FAIL)],
)
def test_wrong_token_must_get_401(status: int, verdict: Verdict) -> None:
    refused = LookupResponse(status, "text/plain", b"no", "93.184.215.14")

    assert found(changed(good(), ProbeKind.WRONG_TOKEN, response=refused))[Requirement.TOKEN_WRONG].verdict is verdict


@pytest.mark.parametrize(
    ("status", "verdict"),
    [(405, Verdict.PASS), (403, Verdict.PASS), (501, Verdict.PASS), (200, Verdict.FAIL), (500, Verdict.FAIL)],
)
def test_method_that_changes_things_must_be_refused(status: int, verdict: Verdict) -> None:
    refused = LookupResponse(status, "text/plain", b"no", "93.184.215.14")

    assert found(changed(good(), ProbeKind.OTHER_VERB, response=refused))[Requirement.OTHER_VERBS].verdict is verdict


def test_refusals_prove_nothing_when_the_right_token_is_refused_too() -> None:
    refused = LookupResponse(401, "text/plain", b"no", "93.184.215.14")
    findings = found(changed(good(), ProbeKind.KNOWN, response=refused, facts=None, failure=Failure.HTTP_STATUS))

    assert findings[Requirement.KNOWN_ID].verdict is Verdict.FAIL
    for requirement in (
        Requirement.TOKEN_WRONG,
        Requirement.TOKEN_MISSING,
        Requirement.OTHER_VERBS,
        Requirement.UNKNOWN_ID,
    ):
        assert findings[requirement].verdict is Verdict.NOT_RUN


def test_internal_name_fails_as_it_would_on_the_settings_page() -> None:
    internal = replace(CIRCUMSTANCES, target=Target("https://intranet/c", ("a1",)))
    opened = replace(internal, allowed=(ip_network("10.0.0.0/8"),))

    assert found(good(), internal)[Requirement.PUBLIC_ADDRESS].verdict is Verdict.FAIL
    assert found(good(), opened)[Requirement.PUBLIC_ADDRESS].verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("one", "other", "verdict"),
    [
        pytest.param({"type": "account", "plan": 1}, {"type": "order", "item": 1}, Verdict.PASS, id="two types"),
        pytest.param({"plan": 1}, {"plan": 2}, Verdict.PASS, id="the same fields"),
        pytest.param({"plan": 1}, {"item": 2}, Verdict.WARN, id="no type"),
        pytest.param({"type": "account"}, {"item": 2}, Verdict.WARN, id="one type"),
        pytest.param({"type": 1, "plan": 1}, {"type": 2, "item": 2}, Verdict.WARN, id="numbers for types"),
    ],
)
def test_type_is_wanted_when_two_ids_give_two_forms(
    one: dict[str, Json], other: dict[str, Json], verdict: Verdict
) -> None:
    exchanges = [*changed(good(), ProbeKind.KNOWN, facts=Facts(one)), exchange(ProbeKind.ANOTHER_KNOWN, other)]

    assert found(exchanges)[Requirement.TYPE].verdict is verdict


def test_changed_places_are_named_without_their_values() -> None:
    calls = changed(good(), ProbeKind.KNOWN, facts=Facts({"plan": "Pro", "seen": {"at": 1, "by": "x"}}))
    calls[4] = replace(calls[4], facts=Facts({"plan": "Pro", "seen": {"at": 2}, "extra": 1}))

    assert found(calls)[Requirement.STABLE].seen == "changes from call to call: /seen/at, /seen/by, /extra"


@pytest.mark.parametrize(
    ("one", "other", "verdict", "seen"),
    [
        (
            {"email": "j@a.example"},
            {"email": ["x", "k@a.example"]},
            Verdict.PASS,
            "id 1: email addresses there: 1; id 2: email addresses there: 1",
        ),
        ({"email": "j@a.example"}, {}, Verdict.WARN, "id 1: email addresses there: 1; id 2: nothing there"),
        (
            {"email": 7},
            {"email": "Jane"},
            Verdict.FAIL,
            "id 1: no text there; id 2: a text there, but no email address",
        ),
    ],
)
def test_match_path_should_lead_to_an_address_of_each_customer(
    one: dict[str, Json], other: dict[str, Json], verdict: Verdict, seen: str
) -> None:
    exchanges = [*changed(good(), ProbeKind.KNOWN, facts=Facts(one)), exchange(ProbeKind.ANOTHER_KNOWN, other)]
    wanted = replace(CIRCUMSTANCES, target=replace(CIRCUMSTANCES.target, match_path="/email"))

    assert found(exchanges, wanted)[Requirement.MATCH_PATH] == Finding(verdict, seen)
    assert Requirement.MATCH_PATH not in found(exchanges)


def test_names_that_the_endpoint_chose_cannot_steer_a_terminal() -> None:
    hostile: dict[str, Json] = {"\x1b]8;;https://evil.example\x07\u202e": {"n" * 500: "AKIA" + "A" * 16}}
    seen = found(changed(good(), ProbeKind.KNOWN, facts=Facts(hostile)))[Requirement.NO_SECRETS].seen

    assert seen.isprintable()
    assert "\u202e" not in seen
    assert "AKIA" not in seen
    assert len(seen) <= 120
    assert seen.endswith("… looks like a key of AWS")


def test_every_requirement_says_how_to_mend_it() -> None:
    assert all(requirement.title and requirement.mend.endswith((".", "}.")) for requirement in Requirement)
    assert [requirement.id for requirement in Requirement] == [each.lower() for each in Requirement.__members__]
