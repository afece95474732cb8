"""What a browser is asked when it makes a passkey or signs with one, and whether what it answers is true."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import webauthn
from webauthn.helpers import base64url_to_bytes
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from forms_app.db import factors
from forms_app.db.tables import Passkey, Person
from forms_app.services.work import Work

CHALLENGE_LIVES = timedelta(minutes=15)
SERVICE = "Escalations"
UNTRUE = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError)
"""How the library refuses what is no passkey's answer: anybody can send anything."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a browser was asked to sign, and at which address. A passkey of another address signs nothing here."""

    challenge: bytes
    origin: str
    """As browsers write it: `https://escalations.example`."""
    host: str


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """The credential that came back from the browser, as JSON; nothing of it is believed yet."""

    credential: str = field(repr=False)
    asked: Asked


@dataclass(frozen=True, slots=True)
class NewPasskey:
    credential_id: bytes
    public_key: bytes
    sign_count: int


def new_challenge(now: datetime) -> bytes:
    """Begins with the second in which it was made, so that an answer can come too late."""
    return int(now.timestamp()).to_bytes(8, "big") + secrets.token_bytes(24)


def creation_options(asked: Asked, person: Person, known: Sequence[Passkey]) -> dict[str, Any]:
    """What `navigator.credentials.create` is asked: for a key that its device keeps, and unlocks for its person alone."""
    options = webauthn.generate_registration_options(
        rp_id=asked.host,
        rp_name=SERVICE,
        user_name=person.email,
        user_id=person.id.bytes,
        challenge=asked.challenge,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def request_options(asked: Asked, known: Sequence[Passkey] = ()) -> dict[str, Any]:
    """What `navigator.credentials.get` is asked; with nobody's passkeys named, for any that the browser has for this address."""
    options = webauthn.generate_authentication_options(
        rp_id=asked.host,
        challenge=asked.challenge,
        allow_credentials=[PublicKeyCredentialDescriptor(id=each.credential_id) for each in known],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return dict(json.loads(webauthn.options_to_json(options)))


def made_by(work: Work, answer: PasskeyAnswer) -> NewPasskey | None:
    """The passkey that a browser made, or None."""
    try:
        made = webauthn.verify_registration_response(
            credential=answer.credential,
            expected_challenge=answer.asked.challenge,
            expected_rp_id=answer.asked.host,
            expected_origin=answer.asked.origin,
            require_user_verification=True,
        )
    except UNTRUE:
        return None
    if not _spend(work, answer.asked.challenge):
        return None
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


def signed_with(work: Work, answer: PasskeyAnswer) -> Passkey | None:
    """The passkey that truly signed what was asked, or None. What was asked is spent then, whoever sends a copy of the answer."""
    passkey = _named_in(work, answer)
    if passkey is None:
        return None
    try:
        used = webauthn.verify_authentication_response(
            credential=answer.credential,
            expected_challenge=answer.asked.challenge,
            expected_rp_id=answer.asked.host,
            expected_origin=answer.asked.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except UNTRUE:
        return None
    if not _spend(work, answer.asked.challenge):
        return None
    passkey.sign_count, passkey.used_at = used.new_sign_count, work.now
    return passkey


def _named_in(work: Work, answer: PasskeyAnswer) -> Passkey | None:
    try:
        credential_id = base64url_to_bytes(json.loads(answer.credential)["rawId"])
    except UNTRUE:
        return None
    return factors.passkey_of_credential(work.session, credential_id)


def _spend(work: Work, challenge: bytes) -> bool:
    """Whether it was asked lately, and nobody has answered it before."""
    if work.now.timestamp() - int.from_bytes(challenge[:8], "big") >= CHALLENGE_LIVES.total_seconds():
        return False
    digest = hashlib.sha256(challenge).hexdigest()
    return factors.spend_challenge(work.session, digest, work.now, forget_before=work.now - 2 * CHALLENGE_LIVES)
