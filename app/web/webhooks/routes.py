"""The webhook's events for the OpenAPI description: routes that the helpdesk serves, and nobody here."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Header

from app.domain.webhooks.event_kinds import Event
from app.web.webhooks.bodies import (
    AiMisconfigured,
    CreditsLow,
    EndpointFailing,
    EndpointRecovered,
    EnrichmentCompleted,
    TokenUnreadableEvent,
)
from app.web.webhooks.examples import MESSAGES

DELIVERY = """Signed after Standard Webhooks (standardwebhooks.com): verify it before you read it, and drop a
`webhook-id` that you have seen. Told at least once, in no promised order; tried again for a day until it is taken."""

ANSWERS: dict[int | str, dict[str, Any]] = {
    204: {"description": "Taken, as any other 2xx says"},
    "4XX": {"description": "Tried again later, as after 5XX, a redirect and no answer within 15 s; 410 ends it"},
}

DESCRIBED = {
    Event.ENRICHMENT_COMPLETED: (EnrichmentCompleted, "An asynchronous run has ended"),
    Event.ENDPOINT_FAILING: (EndpointFailing, "A customer endpoint fails"),
    Event.ENDPOINT_RECOVERED: (EndpointRecovered, "A customer endpoint answers again"),
    Event.CREDITS_LOW: (CreditsLow, "80 % or all of a month's AI credits are used"),
    Event.TOKEN_UNREADABLE: (TokenUnreadableEvent, "A stored bearer token cannot be decrypted"),
    Event.AI_MISCONFIGURED: (AiMisconfigured, "The AI provider refuses the service's key, model or settings"),
}

router = APIRouter(tags=["Webhooks"], generate_unique_id_function=lambda route: route.name)


def _describe(event: Event) -> None:
    body, summary = DESCRIBED[event]
    example = {event.value: MESSAGES[event]}

    async def taken(
        webhook_id: Annotated[str, Header(description="names the message, also when it is sent again")],
        webhook_timestamp: Annotated[int, Header(description="seconds since 1970 of this try; refuse an old one")],
        webhook_signature: Annotated[str, Header(description="v1, and base64 for each secret, with spaces between")],
        message: Annotated[body, Body(openapi_examples=example)],  # type: ignore[valid-type] # a model of the table
    ) -> None:
        """Never called: what the helpdesk serves."""

    name = event.value.replace(".", "_")
    router.add_api_route(
        event.value,
        taken,
        methods=["POST"],
        name=name,
        summary=summary,
        description=DELIVERY,
        status_code=204,
        response_description="",
        responses=ANSWERS,
    )


for each in Event:
    _describe(each)
