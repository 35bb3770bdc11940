"""The offline model: reads the patterns that people write in instructions; no key, no network, no cost."""

from app.domain.outcomes import Usage
from app.domain.reading import identify_rules, identify_search
from app.domain.rows.answer import Answer
from app.domain.rows.display import read_display
from app.domain.rows.nodes import Nodes
from app.domain.rows.picking import picked
from app.domain.tickets import Email
from support_context.facts import Facts


class OfflineModel:
    """A model that works by rules alone; it leaves out any instruction that it cannot read."""

    provider = "offline"
    name = "offline-patterns-1"
    problem = None

    async def extract(self, email: Email, instructions: str) -> tuple[str | None, Usage]:
        """Return the identifier that the instructions describe, as it stands in the email, or None."""
        cut = Email(
            email.readable_subject(), "\n".join(email.readable_parts()), email.readable_sender(), email.sender_verified
        )
        return identify_search.find(identify_rules.rules(instructions), cut), Usage()

    async def summarize(self, facts: Facts, instructions: str) -> tuple[Answer, Usage]:
        """Return pointers to the facts whose keys match the owner's labels; the summary is made from the rows."""
        return Answer("", picked(Nodes.of(facts), read_display(instructions))), Usage()
