"""Signing in by a code or a link sent to one's address, and the session that follows."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from forms_app.db import outbox, people
from forms_app.db.actors import Actor
from forms_app.db.tables import Person, SignInCode, SignInSession
from forms_app.domain.seats import SEES_REGISTER, Seat
from forms_app.services.mail_domains import may_be_emailed
from forms_app.services.work import Work

CODE_LIVES = timedelta(minutes=15)
WRONG_TRIES = 5
CODES_AN_HOUR = 5
IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class SignedInPerson:
    """Who is asking, as far as pages and services need to know."""

    id: UUID
    name: str
    email: str
    board_id: UUID
    board_name: str
    board_telephone: str
    agency_id: UUID
    seat: str | None
    administers_agency: bool

    @property
    def actor(self) -> Actor:
        return Actor("person", self.id, self.board_id, in_office=self.sees_register)

    @property
    def sees_register(self) -> bool:
        return self.seat in SEES_REGISTER

    @property
    def administers_people(self) -> bool:
        """The business unit those of the whole Board, an agency's administrator those of their own agency."""
        return self.seat == Seat.BUSINESS_UNIT or self.administers_agency


@dataclass(frozen=True, slots=True)
class Current:
    """A session in use."""

    session_id: UUID
    person: SignedInPerson
    seen_at: datetime


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A session left alone too long. It opens nothing; what was typed in it may still be kept for its person."""

    person: SignedInPerson


def ask_code(work: Work, *, address: str, secret: bytes, link: Callable[[str], str]) -> UUID:
    """Owes a code and a link to a person of this address. The answer looks the same when there is no such person, or when
    nothing may be sent there.

    `link` makes the address of the page for a token. What comes back names the code, for `prove_code`.
    """
    person = people.present_person(work.session, email=address.strip().lower())
    if person is None or not may_be_emailed(work, person) or _asked_too_often(work, person):
        work.note("sign_in_code_not_owed", person=person.id if person is not None else None)
        return uuid4()
    code_id, code, token = uuid4(), f"{secrets.randbelow(10**6):06}", secrets.token_urlsafe(32)
    work.session.add(
        SignInCode(
            id=code_id,
            person_id=person.id,
            code_hash=_code_hash(secret, code_id, code),
            link_hash=_hash(secret, "link", token),
            asked_at=work.now,
            expires_at=work.now + CODE_LIVES,
        )
    )
    outbox.owe(
        work.session,
        kind=outbox.OutboxKind.SIGN_IN_MESSAGE,
        about_id=code_id,
        dedupe_key=f"sign_in_message:{code_id}",
        now=work.now,
        payload={"to": person.email, "code": code, "link": link(token)},
    )
    work.note("sign_in_code_owed", person=person.id, board=person.board_id, about=code_id)
    return code_id


def prove_code(work: Work, *, code_id: UUID, typed: str, secret: bytes) -> str | None:
    """The token of a new session, or None. A wrong try counts against the code, so the work must be committed."""
    code = people.code_asked(work.session, code_id)
    if code is None or not _is_open(code, work.now):
        _refuse(work, code)
        return None
    if not hmac.compare_digest(code.code_hash, _code_hash(secret, code.id, typed)):
        code.tries += 1
        work.note("sign_in_code_wrong", person=code.person_id, about=code.id)
        return None
    return _begin_session(work, code, secret)


def prove_link(work: Work, *, token: str, secret: bytes) -> str | None:
    """The token of a new session, or None."""
    code = people.code_of_link(work.session, _hash(secret, "link", token))
    if code is None or not _is_open(code, work.now):
        _refuse(work, code)
        return None
    return _begin_session(work, code, secret)


def session_of(work: Work, *, token: str, secret: bytes) -> Current | Lapsed | None:
    """Whose session this token is. None when it never was one, was ended, is too old, or its person has left."""
    found = people.session_of_token(work.session, _hash(secret, "session", token))
    if found is None or found.ended_at is not None or work.now >= found.started_at + LONGEST:
        return None
    person = found.person
    if person.left_at is not None:
        return None
    if work.now > found.seen_at + IDLE:
        return Lapsed(_as_signed_in(person))
    return Current(found.id, _as_signed_in(person), found.seen_at)


def is_worth_noting(current: Current, now: datetime) -> bool:
    """Whether the last use on record is old enough to write down a new one."""
    return now >= current.seen_at + SEEN_EVERY


def see(work: Work, current: Current) -> None:
    people.see_session(work.session, session_id=current.session_id, now=work.now)


def sign_out(work: Work, *, token: str, secret: bytes) -> None:
    found = people.session_of_token(work.session, _hash(secret, "session", token))
    if found is not None and found.ended_at is None:
        found.ended_at = work.now
        work.note("signed_out", person=found.person_id, about=found.id)


def _asked_too_often(work: Work, person: Person) -> bool:
    asked = people.codes_asked_since(work.session, person_id=person.id, since=work.now - timedelta(hours=1))
    return asked >= CODES_AN_HOUR


def _is_open(code: SignInCode, now: datetime) -> bool:
    return code.used_at is None and code.tries < WRONG_TRIES and now < code.expires_at


def _begin_session(work: Work, code: SignInCode, secret: bytes) -> str | None:
    person = people.person_with_board(work.session, code.person_id)
    if person is None:
        _refuse(work, code)
        return None
    people.spend_codes(work.session, person_id=person.id, now=work.now)
    token, session_id = secrets.token_urlsafe(32), uuid4()
    work.session.add(
        SignInSession(
            id=session_id,
            token_hash=_hash(secret, "session", token),
            person_id=person.id,
            started_at=work.now,
            proved_at=work.now,
            seen_at=work.now,
        )
    )
    work.note("signed_in", person=person.id, board=person.board_id, about=session_id)
    return token


def _refuse(work: Work, code: SignInCode | None) -> None:
    if code is None:
        work.note("sign_in_refused")
    else:
        work.note("sign_in_refused", person=code.person_id, about=code.id)


def _as_signed_in(person: Person) -> SignedInPerson:
    return SignedInPerson(
        id=person.id,
        name=person.name,
        email=person.email,
        board_id=person.board_id,
        board_name=person.board.name,
        board_telephone=person.board.telephone,
        agency_id=person.agency_id,
        seat=person.seat,
        administers_agency=person.administers_agency,
    )


def _code_hash(secret: bytes, code_id: UUID, code: str) -> str:
    # Six digits can be guessed from a plain hash: the key is what protects them, the id what tells two codes apart.
    return _hash(secret, "code", f"{code_id}:{code}")


def _hash(secret: bytes, purpose: str, value: str) -> str:
    return hmac.digest(secret, f"sign-in {purpose}:{value}".encode(), "sha256").hex()
