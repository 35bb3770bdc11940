"""The services that web routes and command line work with, already wired; typed by the classes that are wired."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from app.adapters.postgres.project_store import ProjectStore
from app.adapters.telemetry.metrics import Metrics
from app.adapters.telemetry.tracing import Tracing
from app.enrichment import Model
from app.owners.access import Access
from app.owners.activity_report import Reporting
from app.owners.audit_report import Auditing
from app.owners.configuring import Configuring
from app.owners.endpoint_check import EndpointChecks
from app.owners.sample_endpoint import Samples
from app.owners.test_run import Trials
from app.runs.draft_checks import DraftChecks
from app.runs.intake import Intake
from app.runs.listing import Listing
from app.runs.shutdown import Draining
from app.runs.waiting import Completions


@dataclass(frozen=True, slots=True)
class Services:
    """One process's services, open until its shutdown."""

    projects: ProjectStore
    access: Access
    reporting: Reporting
    auditing: Auditing
    configuring: Configuring
    intake: Intake
    listing: Listing
    completions: Completions
    trials: Trials
    samples: Samples
    endpoint_checks: EndpointChecks
    metrics: Metrics
    tracing: Tracing
    draining: Draining
    ping: Callable[[], Awaitable[None]]
    model: Model
    drafts: DraftChecks = field(default_factory=DraftChecks)
