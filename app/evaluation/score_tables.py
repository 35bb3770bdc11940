"""Lays an evaluation out: tables for people, one JSON object for programs."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from string import ascii_uppercase
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from app.evaluation.prices import PRICES
from app.evaluation.scoring import Figures, Rating, Scored, by_kind, figures
from app.evaluation.suite_run import Seen
from support_context.plain_text import line

LONGEST_NOTE = 200
"""Characters of an owner's note beside an email that went wrong."""

NOBODY = "none"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """One set of instructions on a file's emails: where the instructions come from, and how each email was scored.

    `compares_senders` tells that a `match_path` says where a customer's addresses stand.
    """

    source: str
    provider: str
    model: str
    scored: tuple[Scored, ...]
    compares_senders: bool = False

    @property
    def total(self) -> Figures:
        """Return the figures of all emails."""
        return figures(self.scored, self.model)


def as_tables(evaluation: Evaluation) -> RenderableType:
    """Return the page for people: by kind, all together, then each email that did not come out as expected."""
    head = f"{evaluation.source}: {len(evaluation.scored)} emails, AI: {evaluation.provider} {evaluation.model}"
    parts: list[RenderableType] = [Text(head), Text(), _kinds(evaluation), Text(), _figures([evaluation])]
    return Group(*parts, *_list("Not as expected", [_flaw(one) for one in evaluation.scored if not one.flawless]))


def as_comparison(evaluations: Sequence[Evaluation]) -> RenderableType:
    """Return sets of instructions, or models, side by side, then each email that they differ on."""
    one = evaluations[0]
    names = ascii_uppercase[: len(evaluations)]
    if len({each.model for each in evaluations}) > 1:
        head = [f"{one.source}: {len(one.scored)} emails, AI: {one.provider}"]
        head += [f"{name}: {each.model}" for name, each in zip(names, evaluations, strict=True)]
    else:
        head = [f"{name}: {each.source}" for name, each in zip(names, evaluations, strict=True)]
        head += [f"{len(one.scored)} emails, AI: {one.provider} {one.model}"]
    together = list(zip(*(each.scored for each in evaluations), strict=True))
    differing = [_difference(names, each) for each in together if any(_differ(each[0], other) for other in each[1:])]
    all_names = " and ".join([", ".join(names[:-1]), names[-1]])
    told = (
        _list(f"{all_names} differ on", differing)
        if differing
        else [Text(f"\n{all_names} do the same with every email.")]
    )
    return Group(Text("\n".join(head)), Text(), _figures(evaluations), *told)


def as_document(evaluation: Evaluation) -> dict[str, Any]:
    """Return the same as an object for programs."""
    return {
        "source": evaluation.source,
        "ai_provider": evaluation.provider,
        "ai_model": evaluation.model,
        "figures": _figures_document(evaluation.total),
        "by_kind": {
            kind: _figures_document(found) for kind, found in by_kind(evaluation.scored, evaluation.model).items()
        },
        "emails": [_email_document(scored) for scored in evaluation.scored],
    }


def differences(one: Evaluation, other: Evaluation) -> list[dict[str, Any]]:
    """Return the emails that two sets of instructions differ on, for programs."""
    return [
        {"name": a.seen.case.name, "a": _email_document(a), "b": _email_document(b)}
        for a, b in _pairs(one, other)
        if _differ(a, b)
    ]


def _kinds(evaluation: Evaluation) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("kind")
    for name in ("emails", "right", "missed", "wrong", "unanswered", "rows right"):
        table.add_column(name, justify="right", no_wrap=True)
    for kind, found in by_kind(evaluation.scored, evaluation.model).items():
        table.add_row(Text(line(kind, 40)), *_counts(found))
    table.add_row("all", *_counts(evaluation.total))
    return table


def _counts(found: Figures) -> list[str]:
    rows = f"{found.rows.right}/{found.rows.expected}" if found.rows.expected else "-"
    return [str(n) for n in (found.emails, found.right, found.missed, found.wrong, found.unanswered)] + [rows]


def _figures(evaluations: Sequence[Evaluation]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=len(evaluations) > 1)
    for name in ("", *ascii_uppercase[: len(evaluations)]):
        table.add_column(name)
    told = [list(_told(evaluation)) for evaluation in evaluations]
    for cells in zip(*told, strict=True):
        table.add_row(cells[0][0], *(value for _, value in cells))
    return table


def _told(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    total = evaluation.total
    rows = total.rows
    changed = (total.rows_repaired, total.rows_renamed, total.rows_dropped)
    stopped = (total.summaries_stopped, total.identifiers_stopped)
    yield "accuracy", f"{total.accuracy:.3f} ({total.right} of {total.emails})"
    yield "wrong-customer hits", str(total.wrong)
    precise = total.none_precision
    yield "precision on none", "-" if precise is None else f"{precise:.3f} ({total.none_right} of {total.none_said})"
    yield "rows right", f"{rows.right} of {rows.expected}, {rows.extra} extra" if rows.expected or rows.extra else "-"
    yield "rows changed", "{} pointers repaired, {} labels renamed, {} dropped".format(*changed)
    yield "invented and stopped", "{} summaries, {} identifiers".format(*stopped)
    yield "no answer of the AI", f"{total.unanswered} identifiers, {total.unsummarized} summaries"
    yield from _senders(evaluation)
    used = total.usage
    cached = f", {used.cache_read_input_tokens:,} from the cache, {used.cache_creation_input_tokens:,} into it"
    any_cached = used.cache_read_input_tokens or used.cache_creation_input_tokens
    yield "tokens", f"{used.input_tokens:,} in, {used.output_tokens:,} out{cached if any_cached else ''}"
    yield "dollars", _price(evaluation.model, total.dollars)
    yield (
        "latency",
        "-" if total.p50 is None else f"p50 {total.p50 * 1000:.0f} ms, p95 {(total.p95 or 0) * 1000:.0f} ms",
    )


def _senders(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    found, compared = evaluation.total.senders, evaluation.compares_senders
    right = sum(one.verdict is Rating.RIGHT and one.seen.identity is not None for one in evaluation.scored)
    without = f", {found.wrong_unknown} without a record" if found.wrong_unknown else ""
    told = {
        "senders": f"{found.match} match, {found.mismatch} mismatch, {found.unknown} unknown",
        "require_match: wrong hits": f"{found.wrong_withheld} withheld, {found.wrong_drafted} drafted{without}",
        "require_match: right ones": f"{found.right_withheld} of {right} withheld",
    }
    for name, value in told.items():
        yield name, value if compared else "-"


def _price(model: str, dollars: float | None) -> str:
    if dollars is None:
        return "unknown price"
    price = PRICES[model]
    return f"{dollars:.4f} ({price.source}, {price.month})" if dollars else "0"


def _list(heading: str, entries: Sequence[str]) -> list[RenderableType]:
    if not entries:
        return []
    return [Text(), Text(f"{heading}:"), *(Text(f"  {entry}") for entry in entries)]


def _flaw(scored: Scored) -> str:
    case = scored.seen.case
    note = f"\n      {line(case.note, LONGEST_NOTE)}" if case.note else ""
    return f"{line(case.name, 80)}: {_outcome(scored)}{note}"


def _difference(names: str, each: Sequence[Scored]) -> str:
    outcomes = [f"\n      {name}: {_outcome(scored)}" for name, scored in zip(names, each, strict=True)]
    return line(each[0].seen.case.name, 80) + "".join(outcomes)


def _outcome(scored: Scored) -> str:
    """Say what came of one email, as `wrong, acct_2 instead of acct_1; rows 2 of 3`."""
    seen, said = scored.seen, scored.verdict.value
    expected = seen.case.expected or NOBODY
    if scored.verdict is Rating.WRONG:
        sender = f", sender: {seen.identity}" if seen.identity else ""
        said += f", {seen.accepted} instead of {expected}{sender}"
    elif scored.verdict is Rating.MISSED:
        said += f", {expected} expected ({_why(seen)})"
    elif scored.verdict is Rating.RIGHT:
        said += f", {expected}"
    rows = scored.rows
    if rows and (rows.right < rows.expected or rows.extra):
        said += f"; rows right {rows.right} of {rows.expected}, {rows.extra} extra"
    return said


def _why(seen: Seen) -> str:
    """Say why nothing was accepted: the service itself may refuse what is right, whatever the AI says."""
    if seen.case.refusal:
        return f"the service refuses it: {seen.case.refusal.reason}"
    return (seen.ending and seen.ending.reason) or NOBODY


def _pairs(one: Evaluation, other: Evaluation) -> Iterator[tuple[Scored, Scored]]:
    return zip(one.scored, other.scored, strict=True)


def _differ(a: Scored, b: Scored) -> bool:
    return (a.verdict, a.seen.accepted, a.rows) != (b.verdict, b.seen.accepted, b.rows)


def _figures_document(found: Figures) -> dict[str, Any]:
    return {**asdict(found), "accuracy": found.accuracy, "none_precision": found.none_precision}


def _email_document(scored: Scored) -> dict[str, Any]:
    seen = scored.seen
    shown = seen.judged.fields if seen.judged else ()
    return {
        "name": seen.case.name,
        "kind": seen.case.kind,
        "verdict": scored.verdict.value,
        "expected": seen.case.expected,
        "accepted": seen.accepted,
        "said": seen.said,
        "reason": seen.ending.reason if seen.ending else None,
        "refused_by_service": seen.case.refusal.reason if seen.case.refusal else None,
        "identity": seen.identity,
        "rows": asdict(scored.rows) if scored.rows else None,
        "fields": [asdict(row) for row in shown],
        "seconds": round(seen.seconds, 4),
    }
