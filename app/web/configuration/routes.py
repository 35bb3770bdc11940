"""Routes under /projects/{project_id}/customer-context: what owners configure, and the test before they enable it."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from app.domain.configuration import StoredConfiguration
from app.domain.refusals import Refusal
from app.owners.configuring import etag_of
from app.web.configuration.bodies import ConfigurationOut, JudgedConfigurationIn
from app.web.configuration.examples import CONFIGURATION, STEPS, TRIAL
from app.web.configuration.trial_bodies import TrialIn, TrialOut
from app.web.http import error_responses
from app.web.http.error_responses import problems
from app.web.http.requests import Actor, AsEvents, IfMatch, ProjectId, Wired, trace_of
from app.web.http.step_events import MEDIA_TYPE as EVENT_STREAM
from app.web.http.step_events import StepStream, Tell
from app.web.tickets.emails import email_of

router = APIRouter(prefix="/projects/{project_id}/customer-context", tags=["Configuration"])

ETAG: dict[str, Any] = {"headers": {"ETag": {"schema": {"type": "string"}, "description": "version of this state"}}}
SAVING = problems(
    *error_responses.OWNER,
    *error_responses.WITH_BODY,
    Refusal.PRECONDITION_FAILED,
    Refusal.INCOMPLETE_CONFIGURATION,
    Refusal.BEARER_TOKEN_REQUIRED,
)
TOLD: dict[int | str, dict[str, Any]] = {
    200: {"content": {EVENT_STREAM: {"schema": {"type": "string"}, "examples": STEPS}}}
}
Changes = Annotated[JudgedConfigurationIn, Body(openapi_examples=CONFIGURATION)]


@router.get("", summary="Read the configuration", responses={200: ETAG, **problems(*error_responses.OWNER)})
async def get_configuration(
    project_id: ProjectId, actor: Actor, services: Wired, response: Response
) -> ConfigurationOut:
    """Read the configuration without the token; the defaults where nothing was saved yet."""
    return with_etag(await services.configuring.read(project_id, actor), response)


@router.put("", summary="Replace the configuration", responses={200: ETAG, **SAVING})
async def put_configuration(
    project_id: ProjectId, actor: Actor, body: Changes, services: Wired, response: Response, if_match: IfMatch = None
) -> ConfigurationOut:
    """Replace all fields: absent ones take their defaults, only the token stays unless one is sent."""
    saved = await services.configuring.save(project_id, actor, body.as_changes(), keep_others=False, if_match=if_match)
    return with_etag(saved, response)


@router.patch("", summary="Change the configuration", responses={200: ETAG, **SAVING})
async def patch_configuration(
    project_id: ProjectId, actor: Actor, body: Changes, services: Wired, response: Response, if_match: IfMatch = None
) -> ConfigurationOut:
    """Change only the fields that are sent."""
    saved = await services.configuring.save(project_id, actor, body.as_changes(), keep_others=True, if_match=if_match)
    return with_etag(saved, response)


@router.delete(
    "",
    status_code=204,
    summary="Erase the configuration",
    responses=problems(*error_responses.OWNER, Refusal.PRECONDITION_FAILED),
)
async def delete_configuration(
    project_id: ProjectId, actor: Actor, services: Wired, if_match: IfMatch = None
) -> Response:
    """Erase the configuration and its token; stored results stay."""
    await services.configuring.erase(project_id, actor, if_match)
    return Response(status_code=204)


@router.post(
    "/test",
    summary="Test before enabling",
    response_model=TrialOut,
    responses={**TOLD, **problems(*error_responses.OWNER, *error_responses.WITH_BODY, Refusal.BEARER_TOKEN_REQUIRED)},
)
async def try_configuration(
    project_id: ProjectId,
    actor: Actor,
    body: Annotated[TrialIn, Body(openapi_examples=TRIAL)],
    services: Wired,
    as_events: AsEvents,
    request: Request,
) -> dict[str, Any] | Response:
    """Run the full cycle once on a sample email, enabled or not; stores nothing.

    It uses one credit, which comes back where the customer endpoint gave no data.

    With `Accept: text/event-stream` each step is told when it begins and when it has ended, then the result.
    """
    email, trace = await email_of(body), trace_of(request)
    run = partial(services.trials.run, project_id, actor, email, body.as_changes(), trace)

    async def told(tell: Tell) -> dict[str, Any]:
        trial = await run(partial(tell, "step"))
        return TrialOut.model_validate(trial.as_document()).model_dump(mode="json")

    return StepStream(told) if as_events else (await run()).as_document()


def with_etag(stored: StoredConfiguration | None, response: Response) -> ConfigurationOut:
    """Return the body of a configuration, and set the ETag of its version on the response."""
    response.headers["ETag"] = etag_of(stored)
    return ConfigurationOut.of(stored)
