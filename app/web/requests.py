"""What routes take from a request besides its body: the services, the acting person, an id in the path.

The functions are `async` although they wait for nothing: the framework would run plain ones in a thread.
"""

import re
from typing import Annotated

from fastapi import Depends, Header, Path, Request

from app.domain.refusals import Refusal, Refused
from app.services import Services
from app.web.incoming import ID


async def services_of(request: Request) -> Services:
    """Return what the process opened at its start."""
    services: Services = request.app.state.services
    return services


async def actor_of(
    x_actor_id: Annotated[str | None, Header(description="the person on whose behalf the caller acts")] = None,
) -> str:
    """Return the person on whose behalf the caller acts; raises `Refused` where the header is missing."""
    if x_actor_id is None or not re.fullmatch(ID.strip("^$"), x_actor_id):
        raise Refused(Refusal.ACTOR_REQUIRED)
    return x_actor_id


Wired = Annotated[Services, Depends(services_of)]
Actor = Annotated[str, Depends(actor_of)]
ProjectId = Annotated[str, Path(pattern=ID, description="the project, as the helpdesk names it")]
TicketId = Annotated[str, Path(pattern=ID, description="the ticket, as the helpdesk names it")]
IfMatch = Annotated[str | None, Header(description="the ETag of the version that the change is meant for")]
