"""A customer endpoint that answers from a script and remembers what it was asked."""

import asyncio
import json
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

from app.domain.outcomes import Outcome
from support_context.failures import Failure, LookupFailed
from support_context.lookups import LookupRequest, LookupResponse
from support_context.secrets import Secret

Answer = dict[str, Any] | bytes | LookupFailed
"""What to answer: an object, a body as it stands, or a failure on the way."""


@dataclass
class ScriptedEndpoint:
    """Answers by identifier, `{}` for a stranger; checks that each request is one that an owner could serve."""

    customers: dict[str, Answer] = field(default_factory=dict)
    seconds: float = 0.0
    asked: list[str] = field(default_factory=list)
    tokens: list[Secret] = field(default_factory=list)
    requests: list[LookupRequest] = field(default_factory=list)

    async def fetch(self, request: LookupRequest, token: Secret) -> LookupResponse:
        identifier = _identifier(request)
        self.asked.append(identifier)
        self.tokens.append(token)
        self.requests.append(request)
        await asyncio.sleep(self.seconds)
        answer = self.customers.get(identifier, {})
        if isinstance(answer, LookupFailed):
            raise LookupFailed(
                answer.failure, answer.detail, answer.response, sentence=answer.sentence, seen=answer.seen
            )
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        return LookupResponse(200, "application/json", body, "203.0.113.7")


def failing(outcome: Outcome, detail: str = "") -> LookupFailed:
    """Return an answer that is a failure on the way."""
    return LookupFailed(Failure[outcome.name], detail)


def _identifier(request: LookupRequest) -> str:
    names = {name.lower() for name, _ in request.headers}
    assert "authorization" not in names
    assert {"host", "accept", "user-agent"} <= names
    if request.method == "POST":
        (value,) = json.loads(request.body).values()
        return str(value)
    assert request.body == b""
    return list(parse_qs(urlsplit(request.target).query).values())[-1][0]
