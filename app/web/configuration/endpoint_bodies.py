"""Bodies of the routes that help an owner to an endpoint: a check with its findings, and the sample endpoint."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field

from app.owners.configuring import Changes
from app.owners.sample_endpoint import SampleEndpoint
from app.web.configuration.bodies import ConfigurationIn, JudgedConfigurationIn
from app.web.http.bodies import StrictBody
from support_context.check.requirements import Verdict
from support_context.limits import LONGEST_IDENTIFIER

MOST_IDS = 5
"""Kinds of id of one check: each is asked for several times."""

CheckedId = Annotated[str, Field(min_length=1, max_length=LONGEST_IDENTIFIER)]


class CheckIn(StrictBody):
    """Ids to ask for, and configuration fields to lay over what is stored."""

    ids: list[CheckedId] = Field(
        min_length=1, max_length=MOST_IDS, description="ids that the endpoint knows, one of each kind"
    )
    unknown_id: CheckedId | None = Field(None, description="an id of the right form that nobody has")
    config: JudgedConfigurationIn | None = None

    def as_changes(self) -> Changes:
        """Return the unsaved changes."""
        return (self.config or ConfigurationIn()).as_changes()


class CheckFindingOut(BaseModel):
    """How one requirement came out."""

    id: str = Field(description="stable")
    title: str
    verdict: Verdict
    seen: str
    mend: str = Field(description="what to do; empty where nothing is to be mended")
    waits_for: str | None = Field(description="id of the missed requirement without which this one cannot be judged")


class CheckOut(BaseModel):
    """What a check has found."""

    url: str = Field(description="without its query")
    method: Literal["GET", "POST"]
    passed: bool = Field(description="no requirement failed; warnings are no failures")
    headline: str
    counts: dict[Verdict, int]
    requirements: list[CheckFindingOut]


class SampleConfigurationOut(BaseModel):
    """Fields of a configuration that asks the sample endpoint."""

    api_url: str
    method: Literal["GET", "POST"]
    identifier_parameter: str
    bearer_token: str = Field(description="opens made-up records only")


class SampleOut(BaseModel):
    """The operator's sample endpoint."""

    sample: SampleConfigurationOut | None = Field(description="null: the operator runs none")

    @classmethod
    def of(cls, sample: SampleEndpoint | None) -> "SampleOut":
        """Show the sample endpoint; it takes GET with `id`, as the guide's endpoint does."""
        if sample is None:
            return cls(sample=None)
        return cls(
            sample=SampleConfigurationOut(
                api_url=sample.api_url,
                method="GET",
                identifier_parameter="id",
                bearer_token=sample.token.reveal(),
            )
        )
