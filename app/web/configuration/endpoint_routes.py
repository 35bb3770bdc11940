"""Routes that help an owner to an endpoint: the check against the contract, and the operator's sample."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Response

from app.domain.refusals import Refusal
from app.web.configuration.endpoint_bodies import CheckIn, CheckOut, SampleOut
from app.web.configuration.examples import CHECK, CHECK_STEPS
from app.web.http import error_responses
from app.web.http.error_responses import problems
from app.web.http.requests import Actor, AsEvents, ProjectId, Wired
from app.web.http.step_events import MEDIA_TYPE as EVENT_STREAM
from app.web.http.step_events import StepStream, Tell

router = APIRouter(prefix="/projects/{project_id}/customer-context", tags=["Configuration"])

TOLD: dict[int | str, dict[str, Any]] = {
    200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}, "examples": CHECK_STEPS}}}
}
REFUSED = problems(
    *error_responses.OWNER,
    *error_responses.WITH_BODY,
    Refusal.INCOMPLETE_CONFIGURATION,
    Refusal.BEARER_TOKEN_REQUIRED,
    Refusal.CHECK_RUNNING,
)


@router.post("/check", summary="Check the endpoint", response_model=CheckOut, responses={**TOLD, **REFUSED})
async def check_endpoint(
    project_id: ProjectId,
    actor: Actor,
    body: Annotated[CheckIn, Body(openapi_examples=CHECK)],
    services: Wired,
    as_events: AsEvents,
) -> dict[str, Any] | Response:
    """Hold the customer endpoint to its contract from this service's network: some 30 requests, one after the other.

    It changes nothing that is stored and costs no credit; one check of a project runs at a time. Each requirement comes
    with what was seen and how to mend it. With `Accept: text/event-stream` a `step` tells of each request before it is
    sent, a `finding` of each requirement as soon as it is decided, then comes the `result`.
    """

    async def told(tell: Tell) -> dict[str, Any]:
        ids = tuple(body.ids)
        return await services.endpoint_checks.run(project_id, actor, ids, body.as_changes(), body.unknown_id, tell)

    return StepStream(told) if as_events else await told(lambda name, data: None)


@router.get("/sample-endpoint", summary="Read the sample endpoint", responses=problems(*error_responses.OWNER))
async def get_sample_endpoint(project_id: ProjectId, actor: Actor, services: Wired) -> SampleOut:
    """Read the settings of the operator's sample endpoint with made-up customers; null where there is none.

    Its token opens nothing else.
    """
    return SampleOut.of(await services.samples.read(project_id, actor))
