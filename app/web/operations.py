"""Routes for operators: is the process alive, can it serve, what has it done."""

from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel

from app import __version__
from app.domain.claims import DatabaseUnavailable
from app.domain.refusals import Refusal, Refused
from app.web.http.error_responses import only
from app.web.http.requests import Wired


class AiOut(BaseModel):
    """The AI that reads emails; `problem` is what its provider refuses, for the operator to mend."""

    provider: str
    model: str
    problem: str | None


class ReadinessOut(BaseModel):
    """A process that can serve, and the version of what it runs."""

    status: Literal["ok"]
    version: str
    ai: AiOut


router = APIRouter(tags=["Operations"])


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is the process alive?")
async def get_health() -> dict[str, str]:
    """Answer while the process runs, whatever else is down: for a liveness probe."""
    return {"status": "ok"}


@router.head("/readyz", include_in_schema=False)
@router.get(
    "/readyz",
    summary="Can it serve?",
    responses=only(Refusal.DATABASE_UNAVAILABLE, Refusal.SHUTTING_DOWN),
)
async def get_readiness(services: Wired) -> ReadinessOut:
    """Answer 200 while the database answers and the process is not about to end: for a readiness probe.

    An AI provider that refuses the key or the model is told in the body: tickets are taken and answered all the same.
    """
    if services.draining.asked.is_set():
        raise Refused(Refusal.SHUTTING_DOWN)
    try:
        await services.ping()
    except DatabaseUnavailable:
        raise Refused(Refusal.DATABASE_UNAVAILABLE) from None
    model = services.model
    ai = AiOut(provider=model.provider, model=model.name, problem=model.problem)
    return ReadinessOut(status="ok", version=__version__, ai=ai)


@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
async def get_metrics(services: Wired) -> Response:
    """Read counters and histograms in the Prometheus text format."""
    body, content_type = services.metrics.render()
    return Response(body, headers={"Content-Type": content_type})
