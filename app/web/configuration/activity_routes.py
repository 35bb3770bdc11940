"""Route /projects/{project_id}/customer-context/activity: how the look-ups go, for the project's owners."""

from typing import Annotated, Any

from fastapi import APIRouter, Query

from app.domain.activity import LONGEST_DAYS
from app.web.configuration.activity_bodies import ActivityOut
from app.web.configuration.examples import ACTIVITY
from app.web.http import error_responses
from app.web.http.error_responses import problems
from app.web.http.requests import Actor, ProjectId, Wired

router = APIRouter(prefix="/projects/{project_id}/customer-context/activity", tags=["Configuration"])

Days = Annotated[int, Query(ge=1, le=LONGEST_DAYS, description="today and the days before it, UTC")]
REPORT: dict[int | str, dict[str, Any]] = {200: {"content": {"application/json": {"examples": ACTIVITY}}}}


@router.get("", summary="Read the activity", responses={**REPORT, **problems(*error_responses.OWNER)})
async def get_activity(project_id: ProjectId, actor: Actor, services: Wired, days: Days = 30) -> ActivityOut:
    """Read look-ups per day and status, how long the steps took, the last 50, and the credits used this month.

    Each of the last 50 names its ticket and how its steps went; nothing names a customer.
    """
    return ActivityOut.of(await services.reporting.read(project_id, actor, days))
