"""The requirements of the contract: each with its title, and how to mend an endpoint that misses it."""

from dataclasses import dataclass
from enum import Enum, StrEnum


class Verdict(StrEnum):
    """The verdict on a requirement; a warning keeps to the contract, but not for long."""

    PASS = "pass"  # noqa: S105 - a verdict
    WARN = "warn"
    FAIL = "fail"
    NOT_RUN = "not_run"


class Requirement(Enum):
    """One member per requirement, in the order of the report; its name in lower case is its stable id."""

    REACHABLE = (
        "The host resolves and takes connections",
        "Check that the server runs, the port, and that the firewall lets this service in.",
    )
    PUBLIC_ADDRESS = (
        "Every address of the host is public",
        "Serve the endpoint under a public host name.",
    )
    HTTPS = (
        "HTTPS with a certificate that verifies",
        "Install a certificate for this host name from a public authority, together with its intermediate "
        "certificates (the full chain), and offer TLS 1.2 or newer.",
    )
    CERTIFICATE_EXPIRY = (
        "The certificate holds for 14 more days",
        "Renew the certificate, and let that happen by itself.",
    )
    HTTP = (
        "Plain HTTP/1.1, not compressed",
        "Answer in HTTP/1.1 and without Content-Encoding when Accept-Encoding is identity; look at the proxy in front.",
    )
    METHOD = (
        "The configured method is taken",
        "Route this method to the endpoint, or configure the one that it takes (GET or POST).",
    )
    NO_REDIRECT = (
        "No redirect",
        "Answer at the very URL that is configured: redirects are never followed. Configure the final one, "
        "with or without its slash at the end.",
    )
    KNOWN_ID = (
        "A known id answers 200 with data",
        "Answer a known id with 200 and its data; check that the id given here exists.",
    )
    CONTENT_TYPE = (
        "Content-Type is application/json",
        "Send Content-Type: application/json with every answer.",
    )
    JSON_OBJECT = (
        "The body is one JSON object",
        'Answer with an object such as {"plan": "Pro"}, in UTF-8, not with a list, a string or null.',
    )
    SIZE = (
        "Within 64 KB, better 48 KB",
        "Return only the fields that support needs; cut lists to their latest entries.",
    )
    TIME = (
        "Within 5 s, better 2 s",
        "Make the look-up faster: an index on the id, fewer calls to other systems, no cold start.",
    )
    TOKEN_MISSING = (
        "401 without a token",
        "Refuse every request without Authorization: Bearer <token> with 401, before anything is looked up.",
    )
    TOKEN_WRONG = (
        "401 with a wrong token",
        "Compare the whole token with the one that you keep, in constant time, and answer 401 if it differs.",
    )
    TOKEN_OTHER_LENGTH = (
        "401 with a longer or shorter token",
        "Compare the whole token, no prefix of it. A constant-time compare often throws on another length: "
        "hash both sides first, then compare the hashes.",
    )
    TOKEN_LAST_CHARACTER = (
        "401 with another last character",
        "Compare the whole token, up to its last character.",
    )
    TOKEN_NOT_ASCII = (
        "401 with a token outside ASCII",
        "A constant-time compare may throw on such characters: hash both sides first, then compare the hashes.",
    )
    UNKNOWN_ID = (
        "An unknown id answers 200 with {}",
        "Answer an id that nobody has with 200 and {}, not with 404 and not with somebody's data.",
    )
    EMPTY_ID = (
        "An empty id gives nothing away",
        "Answer an empty id with 200 and {}, or with 400.",
    )
    ODD_IDS = (
        "Odd characters are answered cleanly",
        "Hand the id to the database as a parameter, never as part of a statement; answer 200 with {} for what cannot "
        "be an id; show no error text of database, framework or language.",
    )
    LONG_ID = (
        "256 characters are answered cleanly",
        "Answer 200 with {}; an id may have 256 characters.",
    )
    OTHER_VERBS = (
        "PUT, DELETE and PATCH are refused",
        "Route GET or POST only, so that every other method is answered with 405.",
    )
    LINKS = (
        "links are well-formed",
        'Make links an array of at most 20 objects {"label": "…", "url": "https://…"} with absolute URLs.',
    )
    NO_SECRETS = (
        "No field looks like a secret",
        "Leave the field out: the answer is read by people and by an AI. Never echo the token that you were sent.",
    )
    AMOUNTS = (
        "Amounts say their unit",
        'Send an amount with its decimals and currency, "588.00 USD", or name the unit in the key: amount_cents. '
        "A bare 58800 is shown as 58800, a hundred times too much if it counts cents.",
    )
    TIMES = (
        "Times are dates, not numbers",
        'Send dates and times as text in ISO 8601, "2026-12-01" or "2026-12-01T09:30:00Z", not as seconds since 1970.',
    )
    TYPE = (
        "type tells two kinds of id apart",
        'Add "type": "account", "type": "order" … to the answers, so that instructions can tell them apart.',
    )
    STABLE = (
        "The same id is answered the same way",
        "Only read: change nothing when you are asked, and leave out what differs from call to call, "
        "such as the time of the answer.",
    )
    MATCH_PATH = (
        "match_path leads to an address of the customer",
        "Answer with the email address, or a list of the addresses, that the customer writes from, and let match_path "
        'point at it: "/email" for {"email": "jane@example.com"}.',
    )

    def __init__(self, title: str, mend: str) -> None:
        self.title = title
        self.mend = mend

    @property
    def id(self) -> str:
        """Return the requirement's stable id, for programs."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Finding:
    """The finding on one requirement: verdict and evidence; safe to print, as every judge sees to it.

    `mend` stands for the requirement's own where more is known. `waits_for` is the requirement that has to be met
    before this one can be judged.
    """

    verdict: Verdict
    seen: str
    mend: str = ""
    waits_for: Requirement | None = None


class NotRun(Exception):
    """A requirement cannot be judged; the text says why."""


class Waits(NotRun):
    """The requirement cannot be judged before what failed ahead of it is mended."""


class NotYet(Exception):
    """The requirement cannot be judged before more requests are answered."""


def passed(seen: str) -> Finding:
    """Return that the requirement is met."""
    return Finding(Verdict.PASS, seen)


def warned(seen: str, mend: str = "") -> Finding:
    """Return that the requirement is met, but not well."""
    return Finding(Verdict.WARN, seen, mend)


def failed(seen: str, mend: str = "") -> Finding:
    """Return that the requirement is not met."""
    return Finding(Verdict.FAIL, seen, mend)
