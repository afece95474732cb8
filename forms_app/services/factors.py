"""What somebody has, beside their email, that proves who they are: an app, passkeys, recovery codes."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID, uuid4

import pyotp

from forms_app.db import factors, people
from forms_app.db.tables import AuthenticatorApp, Passkey, Person, RecoveryCode
from forms_app.domain.access import May, Relation, may, signs_off_own
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.mail.compose import Kind
from forms_app.services import passkeys
from forms_app.services.notifying import notify
from forms_app.services.passkeys import Asked, PasskeyAnswer
from forms_app.services.signing_in import SignedIn, must_have_second_step, renew_session
from forms_app.services.work import Work

STEP_SECONDS = 30
RECOVERY_CODES = 10
RECOVERY_LENGTH = 16
RECOVERY_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that are read for one another on paper."""
MOST_PASSKEYS = 20
SERVICE = "Escalations"


class By(StrEnum):
    """What proved it, as a code in the trail."""

    APP = "app"
    PASSKEY = "passkey"
    RECOVERY_CODE = "recovery_code"


@dataclass(frozen=True, slots=True)
class Typed:
    """A code from an app, or a recovery code."""

    code: str = field(repr=False)


Proof = Typed | PasskeyAnswer


@dataclass(frozen=True, slots=True)
class KnownPasskey:
    id: UUID
    name: str
    added_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class Factors:
    """What somebody has."""

    app_since: datetime | None
    app_used_at: datetime | None
    passkeys: tuple[KnownPasskey, ...]
    recovery_codes: int
    must_have_one: bool

    @property
    def has_any(self) -> bool:
        return self.app_since is not None or bool(self.passkeys)


@dataclass(frozen=True, slots=True)
class Someone:
    """Whose second steps are lost."""

    id: UUID
    name: str
    job_title: str
    agency: str


@dataclass(frozen=True, slots=True)
class AppToSetUp:
    """What an app is told, as a person types it and as a QR code says it."""

    secret: str = field(repr=False)
    address: str = field(repr=False)

    @property
    def in_groups(self) -> str:
        return " ".join(self.secret[start : start + 4] for start in range(0, len(self.secret), 4))


def factors_of(work: Work, *, person_id: UUID) -> Factors:
    """Raises NotFound."""
    person, app = _person(work, person_id), factors.proved_app(work.session, person_id)
    return Factors(
        app_since=app.proved_at if app else None,
        app_used_at=app.used_at if app else None,
        passkeys=tuple(
            KnownPasskey(each.id, each.name, each.added_at, each.used_at)
            for each in factors.passkeys_of(work.session, person_id)
        ),
        recovery_codes=factors.unused_recovery_codes(work.session, person_id),
        must_have_one=must_have_second_step(person),
    )


# --- the app ---


def begin_app(work: Work, *, by: UUID) -> None:
    """Makes a secret for an app. Nothing of it counts, and one that counts stays, until a code of it is typed."""
    person, pending = _person(work, by), factors.app_being_set_up(work.session, by)
    if pending is not None:
        work.session.delete(pending)
    work.session.add(AuthenticatorApp(id=uuid4(), person_id=person.id, secret=pyotp.random_base32(), made_at=work.now))


def app_to_set_up(work: Work, *, by: UUID) -> AppToSetUp | None:
    person, pending = _person(work, by), factors.app_being_set_up(work.session, by)
    if pending is None:
        return None
    address = pyotp.TOTP(pending.secret).provisioning_uri(name=person.email, issuer_name=SERVICE)
    return AppToSetUp(pending.secret, address)


def finish_app(work: Work, *, by: UUID, typed: str, session_id: UUID, secret: bytes) -> SignedIn | None:
    """The session under a new token where the code is right, or None.

    The app counts from then on, and stands in the place of one that there was.
    """
    person, pending = _person(work, by), factors.app_being_set_up(work.session, by)
    if pending is None or not _takes(work, pending, typed):
        return None
    pending.proved_at = work.now
    factors.delete_apps(work.session, by, keep=pending.id)
    _changed(work, person, "authenticator_app_added", about=pending.id)
    return _only_session(work, person, session_id, secret)


def remove_app(work: Work, *, by: UUID) -> None:
    """Raises NotFound, and NotAllowedNow for the only second step of somebody who must have one."""
    person, app = _person(work, by), factors.proved_app(work.session, by)
    if app is None:
        raise NotFound
    _refuse_the_last(work, person, one_of=1 + len(factors.passkeys_of(work.session, by)))
    factors.delete_apps(work.session, by)
    _removed(work, person, "authenticator_app_removed", about=app.id)


# --- passkeys ---


def passkey_creation(work: Work, *, by: UUID, asked: Asked) -> dict[str, Any]:
    """What the browser is asked. Raises NotFound."""
    return passkeys.creation_options(asked, _person(work, by), factors.passkeys_of(work.session, by))


def add_passkey(
    work: Work, *, by: UUID, name: str, answer: PasskeyAnswer, session_id: UUID, secret: bytes
) -> SignedIn | None:
    """The session under a new token where what the browser made is a passkey that is new here, or None."""
    person = _person(work, by)
    made = passkeys.made_by(work, answer)
    if (
        made is None
        or len(factors.passkeys_of(work.session, by)) >= MOST_PASSKEYS
        or factors.passkey_of_credential(work.session, made.credential_id) is not None
    ):
        return None
    passkey_id = uuid4()
    work.session.add(
        Passkey(
            id=passkey_id,
            person_id=by,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name,
            added_at=work.now,
        )
    )
    _changed(work, person, "passkey_added", about=passkey_id)
    return _only_session(work, person, session_id, secret)


def remove_passkey(work: Work, *, by: UUID, passkey_id: UUID) -> None:
    """Raises NotFound, and NotAllowedNow for the only second step of somebody who must have one."""
    person, passkey = _person(work, by), factors.passkey_of(work.session, by, passkey_id)
    if passkey is None:
        raise NotFound
    has_app = factors.proved_app(work.session, by) is not None
    _refuse_the_last(work, person, one_of=has_app + len(factors.passkeys_of(work.session, by)))
    work.session.delete(passkey)
    _removed(work, person, "passkey_removed", about=passkey.id)


# --- recovery codes ---


def make_recovery_codes(work: Work, *, by: UUID, secret: bytes) -> tuple[str, ...]:
    """Ten new ones, in the place of those that there were. They are known this once: only hashes are kept.

    Raises NotAllowedNow where there is no second step for which they could stand in.
    """
    person = _person(work, by)
    if not factors.has_any(work.session, by):
        raise NotAllowedNow("Set up an authenticator app or a passkey first: recovery codes stand in for it.")
    factors.delete_recovery_codes(work.session, by)
    codes = tuple(
        "".join(secrets.choice(RECOVERY_LETTERS) for _ in range(RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)
    )
    for code in codes:
        hashed = _recovery_hash(secret, by, code)
        work.session.add(RecoveryCode(id=uuid4(), person_id=by, code_hash=hashed, made_at=work.now))
    _changed(work, person, "recovery_codes_made", about=person.id)
    return tuple("-".join(code[start : start + 4] for start in range(0, RECOVERY_LENGTH, 4)) for code in codes)


# --- proving ---


def proved_by(work: Work, *, person_id: UUID, proof: Proof, secret: bytes) -> By | None:
    """What proves it, or None. What is used is spent, so the work must be committed."""
    if isinstance(proof, PasskeyAnswer):
        passkey = passkeys.signed_with(work, proof)
        return By.PASSKEY if passkey is not None and passkey.person_id == person_id else None
    app = factors.proved_app(work.session, person_id)
    if app is not None and _takes(work, app, proof.code):
        return By.APP
    return _by_recovery_code(work, person_id, proof.code, secret)


def _by_recovery_code(work: Work, person_id: UUID, typed: str, secret: bytes) -> By | None:
    hashed = _recovery_hash(secret, person_id, _as_written(typed))
    if not factors.spend_recovery_code(work.session, person_id, hashed, work.now):
        return None
    _changed(work, _person(work, person_id), "recovery_code_used", about=person_id)
    return By.RECOVERY_CODE


def _takes(work: Work, app: AuthenticatorApp, typed: str) -> bool:
    """Whether this is the code of now, of the half minute before or of the one after, and later than the last that was used."""
    code = _as_written(typed)
    if not (code.isascii() and code.isdigit()):
        return False
    now, codes = int(work.now.timestamp()) // STEP_SECONDS, pyotp.HOTP(app.secret)
    for counter in (now - 1, now, now + 1):
        is_new = app.last_counter is None or counter > app.last_counter
        if hmac.compare_digest(codes.at(counter), code) and is_new:
            app.last_counter, app.used_at = counter, work.now
            return True
    return False


# --- when everything is lost ---


def person_to_reset(work: Work, *, by: UUID, person_id: UUID) -> Someone:
    """Another person whose second steps this one may reset. Raises NotFound."""
    own, person = _person(work, by), _person(work, person_id)
    if person.board_id != own.board_id or signs_off_own(May.RESET_SECOND_FACTOR, by, {person.id}):
        raise NotFound
    held = {Relation.OWN_BOARD}
    if person.agency_id == own.agency_id and not must_have_second_step(person):
        held.add(Relation.OWN_AGENCY)
    if not may(own, May.RESET_SECOND_FACTOR, *held):
        raise NotFound
    return Someone(person.id, person.name, person.job_title, person.agency.name)


def reset_factors(work: Work, *, by: UUID, person_id: UUID) -> Someone:
    """Takes away what another person has lost, so that they set it up anew. Raises NotFound, also for oneself.

    Those who must have a second step are reset by the business unit alone.
    """
    found = person_to_reset(work, by=by, person_id=person_id)
    _reset(work, _person(work, person_id), by=by)
    return found


def reset_factors_of(work: Work, address: str) -> None:
    """Those who run the service do it, for an address. Raises NotFound."""
    person = people.person_with_email(work.session, address.strip().lower())
    if person is None or person.left_at is not None:
        raise NotFound(f"Nobody who has not left has the address {address}.")
    _reset(work, person, by=None)


def _reset(work: Work, person: Person, *, by: UUID | None) -> None:
    factors.delete_every(work.session, person.id)
    people.spend_codes(work.session, person_id=person.id, now=work.now)
    factors.end_unfinished(work.session, person.id, work.now)
    people.end_sessions(work.session, person_id=person.id, now=work.now)
    work.note("second_steps_reset", person=by, board=person.board_id, about=person.id)
    _mail(work, person)


# --- what follows from every change ---


def _changed(work: Work, person: Person, code: str, *, about: UUID) -> None:
    work.note(code, person=person.id, board=person.board_id, about=about)
    _mail(work, person)


def _removed(work: Work, person: Person, code: str, *, about: UUID) -> None:
    work.session.flush()
    if not factors.has_any(work.session, person.id):
        factors.delete_recovery_codes(work.session, person.id)
    _changed(work, person, code, about=about)


def _mail(work: Work, person: Person) -> None:
    notify(work, Kind.SECOND_STEPS_CHANGED, person, key=str(uuid4()), about=person.id)


def _refuse_the_last(work: Work, person: Person, *, one_of: int) -> None:
    if one_of == 1 and must_have_second_step(person):
        raise NotAllowedNow("You must have a second step. Set up another one first, and then remove this one.")


def _only_session(work: Work, person: Person, session_id: UUID, secret: bytes) -> SignedIn | None:
    """A session that began with the email alone must not become worth more because its person has a second step now."""
    people.end_sessions(work.session, person_id=person.id, now=work.now, but=session_id)
    found = factors.open_session(work.session, session_id)
    return renew_session(work, found, secret=secret) if found is not None else None


def _person(work: Work, person_id: UUID) -> Person:
    person = people.person_with_board(work.session, person_id)
    if person is None:
        raise NotFound
    return person


def _as_written(typed: str) -> str:
    return "".join(typed.split()).replace("-", "").lower()


def _recovery_hash(secret: bytes, person_id: UUID, code: str) -> str:
    return hmac.digest(secret, f"recovery code:{person_id}:{code}".encode(), "sha256").hex()
