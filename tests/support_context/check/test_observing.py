"""What the check keeps of an answer: never the token, on whichever way it was asked for."""

from datetime import UTC, datetime

from support_context.check.observing import observe
from support_context.check.plan import ProbeKind, plan
from support_context.check.target import Target
from support_context.failures import Failure, LookupFailed
from support_context.fetch.probe import ProbedEndpoint
from support_context.lookups import LookupRequest, LookupResponse
from support_context.probes import ProbeAnswer, TlsSession
from support_context.secrets import Secret

TOKEN = "canary-token-0123456789"


class EchoingEndpoint(ProbedEndpoint):
    """Sends the token back as a type, in facts and in refusals; answers the fourth call with an error."""

    def __init__(self) -> None:
        self.asked = 0

    async def fetch(self, request: LookupRequest, token: Secret) -> LookupResponse:
        self.asked += 1
        if self.asked == 4:
            raise LookupFailed(Failure.HTTP_STATUS, "HTTP 500", self._echo(500))
        return self._echo(200)

    async def probe(self, request: LookupRequest, token: Secret | None) -> ProbeAnswer:
        self.asked += 1
        return ProbeAnswer(self._echo(200), "", TlsSession("TLSv1.3", datetime.now(UTC)))

    def _echo(self, status: int) -> LookupResponse:
        return LookupResponse(status, "application/json", f'{{"type": "{TOKEN}"}}'.encode(), "93.184.215.14")


class StallingEndpoint(EchoingEndpoint):
    """Begins an answer, and does not end it in time."""

    async def fetch(self, request: LookupRequest, token: Secret) -> LookupResponse:
        self.asked += 1
        raise LookupFailed(Failure.TIMEOUT, "the answer began, but did not end", self._echo(200))


async def test_endpoint_that_stalls_in_mid_answer_is_asked_once() -> None:
    endpoint, target, token = StallingEndpoint(), Target("https://api.example.com/c", ("a1", "b2")), Secret(TOKEN)
    observed = await observe(endpoint, plan(target, token), token)

    assert (endpoint.asked, observed.reached) == (1, False)
    assert observed.first.said == "no complete answer within 5 s: the answer began, but did not end"


async def test_token_is_blotted_out_of_whatever_is_kept() -> None:
    endpoint, target, token = EchoingEndpoint(), Target("https://api.example.com/c", ("a1", "b2")), Secret(TOKEN)
    observed = await observe(endpoint, plan(target, token), token)

    assert len(observed.exchanges) == endpoint.asked == len(plan(target, token))
    assert all(each.echoed_token for each in observed.exchanges)
    assert TOKEN not in repr(observed)
    assert observed.of(ProbeKind.KNOWN)[3].failure is Failure.HTTP_STATUS
    assert observed.facts().value == {"type": "[bearer token]"}
