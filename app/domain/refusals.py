"""Refusals of requests: one closed list of problem codes, each with its title and advice."""

from dataclasses import dataclass
from enum import Enum


class Refusal(Enum):
    """One member per problem code of the contract: its title, and what the caller should do."""

    UNAUTHORIZED = (
        "A valid token is needed",
        "Send 'Authorization: Bearer <token>' with a service token, or with an access token that has neither expired "
        "nor been revoked.",
    )
    ACTOR_REQUIRED = (
        "The acting user is missing",
        "Send the header 'X-Actor-Id: <user id>' (1-128 characters of A-Za-z0-9._:@-): this route acts for a person.",
    )
    NOT_OWNER = ("Not an owner", "Only the owners of this project may do this; ask one of its owner_ids.")
    PLAN_REQUIRED = ("The Business plan is needed", "Upgrade the project: its plan must be 'business' for this.")
    OUT_OF_SCOPE = (
        "An access token does not open this",
        "It opens the customer-context routes of its own project, for the person who made it; see GET /openapi.json.",
    )
    PROJECT_NOT_FOUND = ("Project not found", "Create it first with PUT /projects/{project_id}.")
    RESULT_NOT_FOUND = (
        "Result not found",
        "Nothing is stored for this ticket; POST /tickets/{ticket_id}/enrich first.",
    )
    ACCESS_TOKEN_NOT_FOUND = (
        "Access token not found",
        "This project has no such token: it has expired or was revoked; GET /projects/{project_id}/access-tokens.",
    )
    VERSION_NOT_FOUND = (
        "Version not found",
        "The last 20 versions are kept; GET /projects/{project_id}/customer-context/versions lists them.",
    )
    TICKET_PROJECT_MISMATCH = (
        "The ticket belongs to another project",
        "A ticket id belongs to one project; use the project that it was enriched under, or another ticket id.",
    )
    CHECK_RUNNING = (
        "A check of this project is running",
        "Wait for it to end, which takes four minutes at most: one check of a project runs at a time.",
    )
    NOTHING_TO_REFRESH = (
        "The customer endpoint was never asked for this ticket",
        "No identifier is known to ask with: POST /tickets/{ticket_id}/enrich with the email, or look the customer up "
        "by hand with POST /tickets/{ticket_id}/look-up.",
    )
    PRECONDITION_FAILED = (
        "Somebody else saved in between",
        "The configuration has changed since the ETag in If-Match; GET it again and repeat the change.",
    )
    BEARER_TOKEN_REQUIRED = (
        "The bearer token must be entered again",
        "api_url points to another origin than the stored token was given for; send bearer_token with the change.",
    )
    INCOMPLETE_CONFIGURATION = (
        "The configuration is incomplete",
        "Send what is missing (see errors) before, or together with, enabled: true.",
    )
    VALIDATION_ERROR = ("The request is not valid", "Correct the parts that errors names.")
    BODY_TOO_LARGE = (
        "The request is too large",
        "Send at most 1 MiB of email body: cut the mail or its quotes. A batch takes 32 MiB: send fewer per request.",
    )
    HEAD_TOO_LARGE = (
        "The request's head is too large",
        "Send at most 64 KiB of request line and headers; no header of this service is longer than a token.",
    )
    REQUEST_TIMEOUT = (
        "The request did not arrive in time",
        "Send the headers within 10 seconds and go on sending the body; what was sent so far had no effect.",
    )
    TOO_MANY_CONNECTIONS = (
        "Every connection of this process is in use",
        "Nothing was run; try again after Retry-After seconds, over connections that you keep.",
    )
    DATABASE_UNAVAILABLE = (
        "The database is not available",
        "Nothing was lost; try again after Retry-After seconds.",
    )
    SHUTTING_DOWN = (
        "This process is shutting down",
        "Send requests to another one; what this one has taken in is finished here or there.",
    )
    NOT_FOUND = ("No such route", "See GET /openapi.json for the routes of this service.")
    METHOD_NOT_ALLOWED = ("Method not allowed", "See the Allow header, or GET /openapi.json.")
    BAD_REQUEST = ("The request cannot be read", "See GET /openapi.json for what this route takes.")
    INTERNAL_ERROR = (
        "A fault of this service",
        "It is logged under the X-Request-Id of this answer; try again, and report the id if it stays.",
    )

    def __init__(self, title: str, advice: str) -> None:
        self.title = title
        self.advice = advice

    @property
    def code(self) -> str:
        """Return the stable snake_case code."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Complaint:
    """One part of the request that is wrong: where, what to do, and a stable kind."""

    loc: tuple[str | int, ...]
    msg: str
    type: str


class Refused(Exception):
    """The exception of a refused request; it holds nothing that the caller sent."""

    def __init__(self, refusal: Refusal, complaints: tuple[Complaint, ...] = ()) -> None:
        super().__init__(refusal.code)
        self.refusal = refusal
        self.complaints = complaints
