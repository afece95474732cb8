"""The service's own signature (Ed25519), under lists of what it issued."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Signs with the private half, and shows the public half to everybody."""

    _private: Ed25519PrivateKey

    @classmethod
    def from_setting(cls, text: str) -> SigningKey:
        """From 32 bytes in base64, as the settings have made sure of."""
        return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(text)))

    def sign(self, content: bytes) -> bytes:
        """The 64 bytes that stand in a file of their own beside the content."""
        return self._private.sign(content)

    def public_pem(self) -> str:
        """As OpenSSL reads it."""
        return self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def fingerprint(self) -> str:
        """SHA-256 of the public half, to compare by eye or on the telephone."""
        public = self._private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return hashlib.sha256(public).hexdigest()
