"""Retry pauses of an asynchronous run while the AI provider is away, and when it gives up."""

LONGEST_WAIT_SECONDS = 900.0
"""15 minutes after its submission a ticket gets `ai_unavailable`: by then a person has read it anyway."""

SHORTEST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 2.0, 60.0
"""A pause is half of what the ticket has waited, so that pauses grow by half each, within these bounds."""


def before_next_try(age_seconds: float, asked_seconds: float, chance: float) -> float | None:
    """Return the seconds until the next try of a run that was submitted `age_seconds` ago; None if it has none left.

    `asked_seconds` is what the provider asked for; `chance`, 1 or more, spreads those that failed together.
    """
    own = min(max(age_seconds / 2, SHORTEST_PAUSE_SECONDS), LONGEST_PAUSE_SECONDS)
    pause = max(own, asked_seconds) * chance
    return pause if age_seconds + pause <= LONGEST_WAIT_SECONDS else None
