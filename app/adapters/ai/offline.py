"""The AI without an AI: reads the patterns that people write in instructions; no key, no network, no cost."""

from app.domain import identify_rules, identify_search, row_picking
from app.domain.outcomes import Usage
from app.domain.rendering import made_from_rows
from app.domain.summaries import Answer
from app.domain.tickets import Email
from support_context.facts import Facts


class OfflineModel:
    """Finds and picks by rules alone; what it cannot read in the instructions it leaves out."""

    provider = "offline"
    name = "offline-patterns-1"
    problem = None

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        """Return the identifier that the instructions describe, as it stands in the email, or None."""
        cut = Email(email.readable_subject(), "\n".join(email.readable_parts()), email.readable_sender())
        return identify_search.find(identify_rules.rules(instructions), cut), Usage()

    async def summarize(self, facts: Facts, instructions: str) -> tuple[Answer, Usage]:
        """Return the rows whose labels match the JSON's keys, and a summary made from them."""
        fields = row_picking.pick(facts, instructions)
        return Answer(made_from_rows(fields), fields), Usage()
