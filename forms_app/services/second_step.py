"""The second step of signing in, and proving again, later, that it is still the same person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from forms_app.db import factors as stored
from forms_app.db.tables import SignInSession, UnfinishedSignIn
from forms_app.domain.limits import WRONG_CODES_FOR_ACCOUNT
from forms_app.services import passkeys
from forms_app.services.dormancy import may_be_let_in
from forms_app.services.factors import By, Factors, Proof, factors_of, proved_by
from forms_app.services.limits import allows, give_back
from forms_app.services.mail_domains import may_be_emailed
from forms_app.services.passkeys import Asked, PasskeyAnswer
from forms_app.services.signing_in import (
    CODE_LIVES,
    WRONG_TRIES,
    SignedIn,
    begin_session,
    renew_session,
    unfinished_hash,
)
from forms_app.services.work import Work


def who_owes(work: Work, *, token: str, secret: bytes) -> UUID | None:
    """Who has proved their address with this token and owes a second step; None when it is used, too old, or tried too often."""
    found = _unfinished(work, token, secret)
    return found.person_id if found is not None else None


def ways_of(work: Work, *, person_id: UUID, asked: Asked | None) -> tuple[Factors, dict[str, Any] | None]:
    """What this person can prove it with, and what their browser is asked where they have passkeys. Raises NotFound."""
    found = factors_of(work, person_id=person_id)
    known: Sequence[Any] = stored.passkeys_of(work.session, person_id)
    return found, passkeys.request_options(asked, known) if asked is not None and known else None


def take_second_step(work: Work, *, token: str, proof: Proof, secret: bytes) -> SignedIn | None:
    """A new session, or None. A wrong try counts, so the work must be committed."""
    found = _unfinished(work, token, secret)
    if found is None:
        work.note("second_step_refused")
        return None
    by = _proved(work, found, proof, secret)
    if by is None:
        if found.tries >= WRONG_TRIES:
            found.ended_at = work.now
        return None
    found.ended_at = work.now
    return begin_session(work, found.person, secret=secret, by=by)


def prove_again(work: Work, *, session_id: UUID, proof: Proof, secret: bytes) -> SignedIn | None:
    """The session under a new token, or None. A wrong try counts, so the work must be committed; too many end the session."""
    found = stored.open_session(work.session, session_id)
    if found is None:
        return None
    by = _proved(work, found, proof, secret)
    if by is None:
        if found.tries >= WRONG_TRIES:
            found.ended_at = work.now
            work.note("signed_out", person=found.person_id, about=found.id, code="wrong_proofs")
        return None
    work.note("proved_again", person=found.person_id, about=found.id, code=by)
    return renew_session(work, found, secret=secret)


def sign_in_by_passkey(work: Work, *, answer: PasskeyAnswer, secret: bytes) -> SignedIn | None:
    """A new session for whoever's passkey signed it, or None. Its device has made sure that it is them, so it is both steps."""
    passkey = passkeys.signed_with(work, answer)
    person = passkey.person if passkey is not None else None
    if person is None or not may_be_emailed(work, person) or not may_be_let_in(work, person):
        work.note("sign_in_refused", person=person.id if person is not None else None, code=By.PASSKEY)
        return None
    return begin_session(work, person, secret=secret, by=By.PASSKEY)


def _proved(work: Work, found: UnfinishedSignIn | SignInSession, proof: Proof, secret: bytes) -> By | None:
    whose = f"second step {found.person_id}"
    within = allows(work, WRONG_CODES_FOR_ACCOUNT, whose=whose, secret=secret)
    by = proved_by(work, person_id=found.person_id, proof=proof, secret=secret) if within else None
    if by is None:
        found.tries += 1
        work.note("second_step_wrong", person=found.person_id, about=found.id)
    else:
        give_back(work, WRONG_CODES_FOR_ACCOUNT, whose=whose, secret=secret)
    return by


def _unfinished(work: Work, token: str, secret: bytes) -> UnfinishedSignIn | None:
    found = stored.unfinished_of_token(work.session, unfinished_hash(secret, token))
    if found is None or found.ended_at is not None or work.now >= found.begun_at + CODE_LIVES:
        return None
    # A second step can be taken away meanwhile, in a session elsewhere: then they sign in anew.
    is_owed = found.person.left_at is None and stored.has_any(work.session, found.person_id)
    return found if is_owed and may_be_let_in(work, found.person) else None
