"""Reads a claimed run from a row of the type `claim`, and packs emails for their time in the database."""

import json
from dataclasses import replace
from typing import Any

from app.adapters.postgres.project_store import configuration_of, project_of
from app.domain.claims import Claimed, Given
from app.domain.outcomes import IdentifiedBy, Identity, Usage
from app.domain.reading.extraction import Extracted
from app.domain.tickets import Email
from app.domain.traces import trace_in


def claimed_of(row: Any, email: Email | None = None) -> Claimed:
    """Read a claimed run; who has just submitted its `email` has no second copy of it read and held."""
    extracted, terms = row["extracted"], row["terms"]
    if email is None:
        email = Email("", "", "") if row["email"] is None else unpacked(row["email"])
    return Claimed(
        ticket_id=row["ticket_id"],
        project_id=terms["project_id"],
        run=row["run"],
        attempt=row["attempt"],
        strikes=row["strikes"],
        project=project_of(terms),
        stored=None if terms["version"] is None else configuration_of(terms),
        email=replace(email, sender_verified=row["sender_verified"]),
        given=_given(row),
        extracted=extracted and Extracted(extracted["identifier"], Usage(**extracted["usage"])),
        charged=row["charged"],
        age_seconds=row["age_seconds"],
        trace=trace_in([row["traceparent"]]) if row["traceparent"] else None,
        endpoint=terms["endpoint"],
        breaker_open=terms["breaker_open"],
    )


def _given(row: Any) -> Given | None:
    """Return whom to look up without reading an email; a refresh is of the same sender as the look-up before."""
    if row["given_identifier"] is None:
        return None
    before = row["looked_up_before"]
    if before is None:
        return Given(row["given_identifier"], IdentifiedBy.AGENT)
    return Given(row["given_identifier"], IdentifiedBy(before["identified_by"]), Identity(before["identity"]))


def fence(claimed: Claimed) -> dict[str, object]:
    """Return the values of `FENCE` for a claimed run."""
    return {"ticket_id": claimed.ticket_id, "run": claimed.run, "attempt": claimed.attempt}


FENCE = "ticket_id = :ticket_id AND run = :run AND attempt = :attempt AND state = 'running'"
"""Holds only while the claim is the caller's: who was frozen while another took the run over changes nothing."""


def packed(email: Email) -> bytes:
    """Return an email as it waits in the database: bytes, as PostgreSQL's text and JSON take not every character.

    The verdict on its sender waits in a column of its own.
    """
    return json.dumps([email.subject, email.body, email.sender]).encode()


def unpacked(content: bytes) -> Email:
    """Return the email that `packed` made these bytes of."""
    return Email(*json.loads(content))
