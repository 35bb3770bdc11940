"""Scores of an evaluation: each figure is defined here, and `docs/eval.md` says the same to owners."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from math import ceil

from app.domain.configuration import IdentityPolicy
from app.domain.identity import is_withheld
from app.domain.outcomes import OF_THE_PROVIDER, Field, Identity, Outcome, Usage
from app.domain.rows.numerals import ungrouped
from app.evaluation.cases import ExpectedRow
from app.evaluation.prices import dollars
from app.evaluation.suite_run import Seen

REQUIRE_MATCH = IdentityPolicy.REQUIRE_MATCH


class Rating(Enum):
    """What one email says about the identify instructions; every email gets exactly one."""

    RIGHT = "right"
    """The identifier that was expected was accepted, character for character; or none was, where none was expected."""

    MISSED = "missed"
    """One was expected and none accepted. The agent sees nothing, which harms nobody."""

    WRONG = "wrong"
    """A wrong-customer hit: an identifier was accepted that is not the one expected, or where none was expected.

    Accepted means that it stands in the email and would have been sent. Whether a customer of that identifier exists
    does not count: the endpoint decides that, and one that is unknown today may be somebody's tomorrow. A part of the
    right identifier, or another spelling of it, is wrong for the same reason.
    """

    UNANSWERED = "unanswered"
    """The AI gave no usable answer, so nothing is known about the instructions."""


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one card: how many were expected, how many of these were shown, how many others."""

    expected: int = 0
    right: int = 0
    extra: int = 0

    def __add__(self, other: "Rows") -> "Rows":
        return Rows(self.expected + other.expected, self.right + other.right, self.extra + other.extra)


@dataclass(frozen=True, slots=True)
class Senders:
    """How the senders compare with the records of what was accepted, and what `require_match` would therefore do.

    An email counts where its identifier was accepted and the file says what the endpoint answers for it; a wrong hit
    without a record stands in `wrong_unknown`. Withheld is whatever is not a match: no value of the record would reach
    the AI that drafts the reply. Of right emails that is the price, of wrong ones the gain; `wrong_drafted` are the
    wrong hits that even so would be told, as the sender is who the record belongs to.
    """

    match: int = 0
    mismatch: int = 0
    unknown: int = 0
    right_withheld: int = 0
    wrong_withheld: int = 0
    wrong_drafted: int = 0
    wrong_unknown: int = 0


@dataclass(frozen=True, slots=True)
class Scored:
    """One email and how it was scored; `rows` is None where no rows were expected."""

    seen: Seen
    verdict: Rating
    rows: Rows | None

    @property
    def flawless(self) -> bool:
        """Tell whether the email came out as expected, rows and all."""
        rows_right = self.rows is None or (self.rows.right == self.rows.expected and not self.rows.extra)
        return self.verdict is Rating.RIGHT and rows_right


@dataclass(frozen=True, slots=True)
class Figures:
    """What the emails say together.

    `none_said` counts the emails that led to no identifier although the AI answered, `none_right` those of them where
    none was expected. `identifiers_stopped` are those that the AI named and that do not stand in the email,
    `summaries_stopped` the summaries that gave way to one made from the rows. Of the rows that the AI gave,
    `rows_repaired` are those whose pointer was led to the fact that it means, `rows_renamed` those that got the name of
    their key, `rows_dropped` those that led nowhere, came twice or that nobody asked for. `unsummarized` counts the
    emails whose second call gave no usable answer. `dollars` is None where the price is unknown, `p50` and `p95` are
    seconds of the AI's answers for one email, None where it never answered.
    """

    emails: int
    right: int
    missed: int
    wrong: int
    unanswered: int
    none_said: int
    none_right: int
    identifiers_stopped: int
    rows_repaired: int
    rows_renamed: int
    rows_dropped: int
    summaries_stopped: int
    unsummarized: int
    rows: Rows
    senders: Senders
    usage: Usage
    dollars: float | None
    p50: float | None
    p95: float | None

    @property
    def accuracy(self) -> float:
        """Return the share of right emails among all, 0 to 1: an unanswered one is not right."""
        return self.right / self.emails if self.emails else 0.0

    @property
    def none_precision(self) -> float | None:
        """Return how often "none" was right where it was said, 0 to 1; None where it never was said."""
        return self.none_right / self.none_said if self.none_said else None


def score(seen: Seen) -> Scored:
    """Hold one email against what was expected of it."""
    rows = None
    if seen.case.rows is not None:
        rows = rows_of(seen.case.rows, seen.judged.fields if seen.judged else ())
    return Scored(seen, verdict_of(seen.case.expected, seen.accepted, seen.ending), rows)


def verdict_of(expected: str | None, accepted: str | None, ending: Outcome | None) -> Rating:
    """Return the verdict on one email."""
    if ending in OF_THE_PROVIDER:
        return Rating.UNANSWERED
    if accepted == expected:
        return Rating.RIGHT
    return Rating.MISSED if accepted is None else Rating.WRONG


def rows_of(expected: Sequence[ExpectedRow], shown: Sequence[Field]) -> Rows:
    """Count the rows: one is right when its label and value are the expected ones, case and grouping of digits aside.

    The value may be expected as it is shown or in its machine's form; type and machine's form count where expected.
    """
    left = list(shown)
    right = 0
    for row in expected:
        found = next((field for field in left if _is_right(row, field)), None)
        if found:
            left.remove(found)
            right += 1
    return Rows(len(expected), right, len(left))


def _is_right(row: ExpectedRow, shown: Field) -> bool:
    said = {_compared(shown.value), _compared(shown.raw)}
    return (
        row.label.casefold() == shown.label.casefold()
        and _compared(row.value) in said
        and row.type in (None, shown.type)
        and row.raw in (None, shown.raw)
    )


def _compared(text: str) -> str:
    return ungrouped(" ".join(text.casefold().split()))


def figures(scored: Sequence[Scored], model: str) -> Figures:
    """Add the emails up; `model` names the AI whose price counts."""
    counts = {verdict: sum(one.verdict is verdict for one in scored) for verdict in Rating}
    none = [one for one in scored if one.seen.accepted is None and one.verdict is not Rating.UNANSWERED]
    judged = [one.seen.judged for one in scored if one.seen.judged]
    usage = sum((one.seen.usage for one in scored), Usage())
    seconds = [one.seen.seconds for one in scored if one.verdict is not Rating.UNANSWERED]
    return Figures(
        emails=len(scored),
        right=counts[Rating.RIGHT],
        missed=counts[Rating.MISSED],
        wrong=counts[Rating.WRONG],
        unanswered=counts[Rating.UNANSWERED],
        none_said=len(none),
        none_right=sum(one.verdict is Rating.RIGHT for one in none),
        identifiers_stopped=sum(one.seen.ending is Outcome.NOT_GROUNDED for one in scored),
        rows_repaired=sum(each.repaired for each in judged),
        rows_renamed=sum(each.renamed for each in judged),
        rows_dropped=sum(each.dropped for each in judged),
        summaries_stopped=sum(each.made_anew for each in judged),
        unsummarized=sum(one.seen.unsummarized for one in scored),
        rows=sum((one.rows for one in scored if one.rows), Rows()),
        senders=senders(scored),
        usage=usage,
        dollars=dollars(model, usage),
        p50=percentile(seconds, 50),
        p95=percentile(seconds, 95),
    )


def senders(scored: Sequence[Scored]) -> Senders:
    """Count the senders of the emails whose identifier was accepted."""
    found = [(one.verdict, one.seen.identity) for one in scored if one.seen.accepted is not None]
    verdicts = [identity for _, identity in found]
    withheld = [verdict for verdict, identity in found if identity and is_withheld(identity, REQUIRE_MATCH)]
    drafted = [verdict for verdict, identity in found if identity and not is_withheld(identity, REQUIRE_MATCH)]
    return Senders(
        match=verdicts.count(Identity.MATCH),
        mismatch=verdicts.count(Identity.MISMATCH),
        unknown=verdicts.count(Identity.UNKNOWN),
        right_withheld=withheld.count(Rating.RIGHT),
        wrong_withheld=withheld.count(Rating.WRONG),
        wrong_drafted=drafted.count(Rating.WRONG),
        wrong_unknown=found.count((Rating.WRONG, None)),
    )


def by_kind(scored: Sequence[Scored], model: str) -> dict[str, Figures]:
    """Add up the emails of each kind, in the order in which the kinds come first."""
    kinds = dict.fromkeys(one.seen.case.kind for one in scored)
    return {kind: figures([one for one in scored if one.seen.case.kind == kind], model) for kind in kinds}


def percentile(values: Sequence[float], percent: int) -> float | None:
    """Return the smallest value that at least so many percent of all do not exceed (nearest rank)."""
    if not values:
        return None
    return sorted(values)[max(ceil(len(values) * percent / 100), 1) - 1]


def shortfalls(total: Figures, min_accuracy: float | None, max_wrong: int | None) -> list[str]:
    """Say which limits are not kept, and, whatever the limits, what the AI left without a usable answer."""
    said = []
    if min_accuracy is not None and total.accuracy < min_accuracy:
        said.append(f"accuracy is {total.accuracy:.3f}, below --min-accuracy {min_accuracy:g}")
    if max_wrong is not None and total.wrong > max_wrong:
        said.append(f"wrong-customer hits: {total.wrong}, above --max-wrong {max_wrong}")
    if total.unanswered:
        said.append(f"emails without an answer of the AI: {total.unanswered}, of which nothing is known; run it again")
    if total.unsummarized:
        said.append(f"emails without a usable summary of the AI: {total.unsummarized}, whose rows say nothing of it")
    return said
