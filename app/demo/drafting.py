"""Drafts a reply as the demo's AI: by a fixed pattern that uses the AI context and nothing else, and says so.

It does what a drafting AI is asked to: facts come from the block alone, and a block that says that nothing may be
disclosed is obeyed.
"""

import re

BY = "Drafted by a fixed pattern of this demo, not by a model; your own drafting AI gets the same text."
"""What is said beside the drafts."""

MOST_FACTS = 6

_ROW = re.compile(r"^- (?!Link, |and \d+ more facts)([^:\n]+): (.+)$", re.MULTILINE)
_NOTHING_TO_DISCLOSE = ("Disclose nothing of what follows", "Nothing from it may be disclosed")


def draft(subject: str, sender: str, ai_context: str) -> str:
    """Return a reply to an email; without an AI context it can only promise to look."""
    name = re.split(r"[@._+-]", sender.strip(), maxsplit=1)[0]
    greeting = f"Hello {name.capitalize()}," if name.isalpha() else "Hello,"
    about = f" about “{subject.strip()}”" if subject.strip() else ""
    return f"{greeting}\n\nthank you for your message{about}. {_answer(ai_context)}\n\nBest regards"


def _answer(ai_context: str) -> str:
    if any(words in ai_context for words in _NOTHING_TO_DISCLOSE):
        return (
            "Before I can say anything about an account or an order, please write to us from the address that we have "
            "on file for it."
        )
    facts = [f"{label.strip()}: {value.strip()}" for label, value in _ROW.findall(ai_context)[:MOST_FACTS]]
    if not facts:
        return "I will look into it and come back to you; if you have a customer ID or an order number, please send it."
    return f"This is what I see on our side: {'; '.join(facts)}. I will go on from there."
