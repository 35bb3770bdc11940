"""Keyed digests: they tell whether an email is another one than the last, and nothing of what stands in it."""

import hashlib
import hmac
import json

from app.domain.tickets import Email

PURPOSE = b"customer-context email digest"
"""Keeps this use of the key apart from every other."""


def digest_key(key: bytes) -> bytes:
    """Return the key of emails' digests, derived from another one: once, as every email needs it."""
    return hmac.digest(key, PURPOSE, hashlib.sha256)


def email_digest(key: bytes, email: Email) -> bytes:
    """Return the digest of an email's text and sender (HMAC-SHA256); the verdict on the sender is no text."""
    return hmac.digest(key, json.dumps([email.subject, email.body, email.sender]).encode(), hashlib.sha256)
