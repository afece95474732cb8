"""Certificates of nobody's making but their own, to seal with in tests."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
PASSPHRASE = "an invented passphrase"
LOCKED = BestAvailableEncryption(PASSPHRASE.encode())


@dataclass(frozen=True)
class Certificate:
    """The PKCS#12 file with its key, and the certificate alone."""

    file: Path
    pem: bytes


def certificate(folder: Path, *, begins: datetime = NOW - DAY, ends: datetime = NOW + DAY) -> Certificate:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Invented Safeguarding Board")])
    usage = x509.KeyUsage(
        digital_signature=True,
        content_commitment=True,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=False,
        crl_sign=False,
        encipher_only=False,
        decipher_only=False,
    )
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begins, ends)
        .add_extension(usage, critical=True)
        .sign(key, hashes.SHA256())
    )
    file = folder / "seal.p12"
    file.write_bytes(pkcs12.serialize_key_and_certificates(b"seal", key, made, None, LOCKED))
    return Certificate(file, made.public_bytes(Encoding.PEM))


def certificate_without_a_key(folder: Path, pem: bytes) -> Path:
    file = folder / "alone.p12"
    file.write_bytes(
        pkcs12.serialize_key_and_certificates(None, None, x509.load_pem_x509_certificate(pem), None, LOCKED)
    )
    return file
