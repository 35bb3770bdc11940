"""Reads what SQL returns of tickets: claimed runs, and results as they are shown."""

from typing import Any

from app.adapters.postgres.rows.packing import pack, unpack
from app.adapters.postgres.rows.project_rows import configuration_of
from app.domain.claims import (
    Claimed,
    ForeignTicket,
    Given,
    Stored,
    Submission,
    Submitted,
    Taken,
    Underway,
    UnknownProject,
)
from app.domain.outcomes import IdentifiedBy, Identity, Usage, endpoint_was_asked
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from app.domain.traces import trace_in

_NO_EMAIL = Email("", "", "")


def claimed_of(row: Any) -> Claimed:
    """Read a claimed run from a row of the type `claim`."""
    extracted, (email, given, trace) = row["extracted"], unpacked(row["submission"])
    return Claimed(
        ticket_id=row["ticket_id"],
        run=row["run"],
        attempt=row["attempt"],
        strikes=row["strikes"],
        email=email or _NO_EMAIL,
        given=_given(given, None if email else row["result"]),
        extracted=extracted and Extracted(extracted["identifier"], Usage(**extracted["usage"])),
        charged=row["charged"],
        age_seconds=row["age_seconds"],
        trace=trace_in([trace]) if trace else None,
        **_terms(row["terms"]),
    )


def submitted_of(row: Any, submission: Submission) -> Submitted | Taken:
    """Read what is known of a submitted ticket from a row of the type `submitted`; None: its project is unknown."""
    if row is None:
        return UnknownProject()
    if row["holder"] != submission.project_id:
        return ForeignTicket()
    if row["state"] == "done":
        return Stored(shown(row))
    previous = shown(row) if endpoint_was_asked(row["status"], row["reason"]) else None
    if row["terms"] is None:
        return Underway(row["submitted_at"], row["run"], previous)
    claimed = Claimed(
        ticket_id=submission.ticket_id,
        run=row["run"],
        attempt=row["attempt"],
        strikes=1,
        email=submission.email or _NO_EMAIL,
        given=_given(submission.given_identifier, None if submission.email else row["result"]),
        extracted=None,
        charged=row["charged"],
        age_seconds=0.0,
        trace=submission.trace,
        **_terms(row["terms"]),
    )
    return Taken(row["submitted_at"], claimed, previous)


def _terms(row: Any) -> dict[str, Any]:
    """Read on what terms a project has its runs made, from a row of the view `run_terms`."""
    return {
        "project_id": row["project_id"],
        "plan": row["plan"],
        "configuration": None if row["configuration"] is None else configuration_of(row),
        "token_sealed": row["token_sealed"],
        "endpoint": row["endpoint"] or "",
        "breaker_open": row["breaker_open"],
    }


def _given(identifier: str | None, result_before: bytes | None) -> Given | None:
    """Return whom to look up without reading an email; a refresh is of the same sender as the look-up before."""
    if identifier is None:
        return None
    if result_before is None:
        return Given(identifier, IdentifiedBy.AGENT)
    before = unpack(result_before)
    return Given(identifier, IdentifiedBy(before["identified_by"]), Identity(before["identity"]))


def fence(claimed: Claimed) -> dict[str, object]:
    """Return the values of `FENCE` for a claimed run."""
    return {"ticket_id": claimed.ticket_id, "run": claimed.run, "attempt": claimed.attempt}


FENCE = "ticket_id = :ticket_id AND run = :run AND attempt = :attempt AND state = 'running'"
"""Holds only while the claim is the caller's: who was frozen while another took the run over changes nothing."""

QUEUED, RESTING = "state = 'queued' AND due_at = '-infinity'", "state = 'queued' AND due_at > '-infinity'"
"""The conditions of a run that may be taken at once, and of one that is put back for later."""


def packed(submission: Submission) -> bytes:
    """Return what a run needs of a submission: bytes, as PostgreSQL's text and JSON take not every character."""
    email, trace = submission.email, submission.trace
    sent = email and [email.subject, email.body, email.sender, email.sender_verified]
    return pack([sent, submission.given_identifier, trace and str(trace)])


def unpacked(content: bytes) -> tuple[Email | None, str | None, str | None]:
    """Return what `packed` made these bytes of: an email, or whom to look up without one, and the trace."""
    sent, given, trace = unpack(content)
    return sent and Email(*sent), given, trace


def shown(row: Any) -> dict[str, Any]:
    """Return a ticket's result as it is shown, with what came of a later try that left it as it was."""
    result: dict[str, Any] = unpack(row["result"])
    return result if row["last_attempt"] is None else result | {"last_attempt": row["last_attempt"]}
