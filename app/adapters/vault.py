"""Bearer tokens at rest: AES-256-GCM under a ring of keys, each ciphertext bound to its project."""

import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.domain.projects import TokenUnreadable
from support_context.secrets import Secret

KEY_BYTES = 32
"""AES-256."""

VERSION = b"\x01"
"""First byte of every ciphertext: what follows is key id, nonce, AES-GCM ciphertext and tag."""

KEY_ID_BYTES = 8
"""Enough of the key's SHA-256 to tell the keys of a ring apart, and useless for finding the key."""

NONCE_BYTES = 12
"""What GCM is defined for (NIST SP 800-38D, section 5.2.1.1); random, far below 2^32 seals per key."""

PURPOSE = b"customer-context bearer token\x00"
"""Begins the associated data, so that no other ciphertext under the same key passes for a token."""


class Vault:
    """The encryption of bearer tokens: seals with the first key of the ring and opens with any."""

    def __init__(self, keys: Sequence[bytes]) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"a key ring holds at least one key, and each key is {KEY_BYTES} bytes")
        self._ring = {_key_id(key): AESGCM(key) for key in keys}
        self._sealing_key_id = _key_id(keys[0])

    def ring(self) -> tuple[str, ...]:
        """Name the keys of the ring, the one that seals first; a name is of no use for finding its key."""
        return tuple(key_id.hex() for key_id in self._ring)

    def key_id(self, sealed: bytes) -> str:
        """Name the key that a ciphertext was sealed under, `""` where it is none of ours."""
        return sealed[1 : 1 + KEY_ID_BYTES].hex() if sealed[:1] == VERSION else ""

    def seal(self, project_id: str, token: Secret) -> bytes:
        """Encrypt a token for this project; no two ciphertexts are alike."""
        nonce = os.urandom(NONCE_BYTES)
        key = self._ring[self._sealing_key_id]
        ciphertext = key.encrypt(nonce, token.reveal().encode(), _associated_data(project_id))
        return VERSION + self._sealing_key_id + nonce + ciphertext

    def open(self, project_id: str, sealed: bytes) -> Secret:
        """Decrypt a token; raise `TokenUnreadable` if its key is gone, or if it was altered or sealed for another."""
        version, rest = sealed[:1], sealed[1:]
        key_id, rest = rest[:KEY_ID_BYTES], rest[KEY_ID_BYTES:]
        key = self._ring.get(key_id)
        if version != VERSION or key is None:
            raise TokenUnreadable
        try:
            text = key.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], _associated_data(project_id))
        except (InvalidTag, ValueError):  # ValueError: cut shorter than a nonce
            raise TokenUnreadable from None
        return Secret(text.decode())


def _key_id(key: bytes) -> bytes:
    return hashlib.sha256(b"customer-context key id\x00" + key).digest()[:KEY_ID_BYTES]


def _associated_data(project_id: str) -> bytes:
    return PURPOSE + project_id.encode()
