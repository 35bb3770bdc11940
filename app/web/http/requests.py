"""FastAPI dependencies of the routes: the services, the acting person, ids in the path; and the trace of a request.

Dependencies are `async` although they wait for nothing: the framework would run plain ones in a thread. It takes some
10 µs for each, so what the request itself holds is read from it where it is needed.
"""

from typing import Annotated

from fastapi import Depends, Header, Path, Request

from app.domain.refusals import Refusal, Refused
from app.domain.traces import Trace
from app.web.http.bodies import Id, is_id
from app.web.http.services import Services
from app.web.http.step_events import prefers_events


def services_in(request: Request) -> Services:
    """Return what the process opened at its start; the busiest route asks for it without a dependency."""
    services: Services = request.app.state.services
    return services


async def services_of(request: Request) -> Services:
    """Return what the process opened at its start."""
    return services_in(request)


async def actor_of(
    request: Request,
    x_actor_id: Annotated[
        str | None, Header(description="the person on whose behalf the caller acts; an access token needs none")
    ] = None,
) -> str:
    """Return the person on whose behalf the caller acts; raises `Refused` where nobody is named."""
    behind_a_token: str | None = getattr(request.state, "actor", None)
    if behind_a_token is not None:
        return behind_a_token
    if x_actor_id is None or not is_id(x_actor_id):
        raise Refused(Refusal.ACTOR_REQUIRED)
    return x_actor_id


async def by_token(request: Request) -> bool:
    """Tell whether the request came with an access token, not with a service token."""
    return getattr(request.state, "actor", None) is not None


async def named_actor_of(
    x_actor_id: Annotated[
        str | None,
        Header(
            description="the person who wants it, for the audit trail; nobody need be named",
            json_schema_extra={"nobody_need_be_named": True},
        ),
    ] = None,
) -> str | None:
    """Return the person who is named, if one is; raises `Refused` where the name could be nobody's."""
    if x_actor_id is not None and not is_id(x_actor_id):
        raise Refused(Refusal.ACTOR_REQUIRED)
    return x_actor_id


async def as_events(request: Request) -> bool:
    """Tell whether the caller wants to be told of a run while it runs."""
    return prefers_events(", ".join(request.headers.getlist("accept")))


Wired = Annotated[Services, Depends(services_of)]
Actor = Annotated[str, Depends(actor_of)]
ByToken = Annotated[bool, Depends(by_token)]
NamedActor = Annotated[str | None, Depends(named_actor_of)]
ProjectId = Annotated[Id, Path(description="the project, as the helpdesk names it")]
TicketId = Annotated[Id, Path(description="the ticket, as the helpdesk names it")]
AsEvents = Annotated[bool, Depends(as_events)]
IfMatch = Annotated[str | None, Header(description="the ETag of the version that the change is meant for")]


def trace_of(request: Request) -> Trace | None:
    """Return where a run that the request asks for belongs in a trace."""
    trace: Trace | None = getattr(request.state, "trace", None)
    return trace
