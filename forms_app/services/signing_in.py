"""Signing in by a code or a link sent to one's address, and the session that follows."""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from forms_app.db import factors, outbox, people
from forms_app.db.actors import Actor
from forms_app.db.tables import Person, SignInCode, SignInSession, UnfinishedSignIn
from forms_app.domain.access import May, Relation, may
from forms_app.domain.browsers import Browser
from forms_app.domain.limits import CODES_FOR_ACCOUNT, WRONG_CODES_FOR_ACCOUNT
from forms_app.domain.seats import NEEDS_SECOND_STEP
from forms_app.services.dormancy import may_be_let_in, note_signing_in
from forms_app.services.limits import allows
from forms_app.services.mail_domains import may_be_emailed
from forms_app.services.work import Work

CODE_LIVES = timedelta(minutes=15)
WRONG_TRIES = 5
NOBODY = UUID(int=0)
IDLE = timedelta(minutes=15)
LONGEST = timedelta(hours=12)
SEEN_EVERY = timedelta(minutes=1)
PROOF_LASTS = timedelta(minutes=10)


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
        return may(self, May.SEE_REGISTER, Relation.OWN_BOARD)


@dataclass(frozen=True, slots=True)
class Current:
    """A session in use."""

    session_id: UUID
    person: SignedInPerson
    started_at: datetime
    seen_at: datetime
    is_proved_lately: bool
    """Whether it is not long since its person proved that it is them."""
    lacks_second_step: bool
    """Whether its person must have a second step and has none. It opens nothing but the pages that set one up."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """The token of a new session."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecondStepOwed:
    """The token of somebody who has proved their address and has a second step. It is worth that step and nothing else."""

    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Lapsed:
    """A session left alone too long. It opens nothing; what was typed in it may still be kept for its person."""

    person: SignedInPerson


def ask_code(
    work: Work, *, address: str, secret: bytes, link: Callable[[str], str], before: UUID | None = None
) -> UUID:
    """Owes a code and a link to a person of this address. The answer looks the same when there is no such person, or when
    nothing may be sent there, and takes the same work: what is written then is nobody's, and what is owed is taken back.

    `link` makes the address of the page for a token. What comes back names the code, for `prove_code`: the one that this
    browser asked for `before`, where the account is sent no more for now.
    """
    address = address.strip().lower()
    within_limit = allows(work, CODES_FOR_ACCOUNT, whose=address, secret=secret)
    person = people.present_person(work.session, email=address)
    may_be_sent = may_be_emailed(work, person or Person(agency_id=NOBODY, email=address)) and within_limit
    reached = person if may_be_sent and person is not None and may_be_let_in(work, person) else None
    code_id, code, token = uuid4(), f"{secrets.randbelow(10**6):06}", secrets.token_urlsafe(32)
    work.session.add(
        SignInCode(
            id=code_id,
            person_id=reached.id if reached is not None else None,
            code_hash=_code_hash(secret, code_id, code),
            link_hash=_hash(secret, "link", token),
            asked_at=work.now,
            expires_at=work.now + CODE_LIVES,
        )
    )
    with work.session.begin_nested() as owing:
        outbox.owe(
            work.session,
            kind=outbox.OutboxKind.SIGN_IN_MESSAGE,
            about_id=code_id,
            dedupe_key=f"sign_in_message:{code_id}",
            now=work.now,
            payload={"to": address, "code": code, "link": link(token)},
        )
        if reached is None:
            owing.rollback()
    if reached is None:
        person_id, board_id = (person.id, person.board_id) if person is not None else (None, None)
        work.note("sign_in_code_not_owed", person=person_id, board=board_id)
    else:
        work.note("sign_in_code_owed", person=reached.id, board=reached.board_id, about=code_id)
    return code_id if within_limit or before is None else before


def prove_code(work: Work, *, code_id: UUID, typed: str, secret: bytes) -> SignedIn | SecondStepOwed | None:
    """How they go on, or None. A wrong try counts against the code, so the work must be committed."""
    code = people.code_asked(work.session, code_id)
    if code is None or code.tries >= WRONG_TRIES or not _is_open(code, work.now):
        _refuse(work, code)
        return None
    # Whose it is, or a code that nobody is sent: one as the other. The link in the email is not counted, and works on.
    if not allows(work, WRONG_CODES_FOR_ACCOUNT, whose=str(code.person_id or code.id), secret=secret):
        return None
    is_right = hmac.compare_digest(code.code_hash, _code_hash(secret, code.id, typed))
    if code.person_id is None or not is_right:
        code.tries += 1
        work.note("sign_in_code_wrong", person=code.person_id, board=_board_of(work, code), about=code.id)
        return None
    return _go_on(work, code, secret)


def prove_link(work: Work, *, token: str, secret: bytes) -> SignedIn | SecondStepOwed | None:
    """How they go on, or None."""
    code = people.code_of_link(work.session, _hash(secret, "link", token))
    if code is None or not _is_open(code, work.now):
        _refuse(work, code)
        return None
    return _go_on(work, code, secret)


def session_of(work: Work, *, token: str, secret: bytes) -> Current | Lapsed | None:
    """Whose session this token is. None when it never was one, was ended, is too old, or its person has left or is locked."""
    found = people.session_of_token(work.session, _hash(secret, "session", token))
    if found is None or found.ended_at is not None or work.now >= found.started_at + LONGEST:
        return None
    person = found.person
    if person.left_at is not None or person.locked_at is not None:
        return None
    if work.now > found.seen_at + IDLE:
        return Lapsed(_as_signed_in(person))
    return Current(
        session_id=found.id,
        person=_as_signed_in(person),
        started_at=found.started_at,
        seen_at=found.seen_at,
        is_proved_lately=work.now <= found.proved_at + PROOF_LASTS,
        lacks_second_step=must_have_second_step(person) and not factors.has_any(work.session, person.id),
    )


def must_have_second_step(person: Person) -> bool:
    return person.seat in NEEDS_SECOND_STEP or person.administers_agency


def is_worth_noting(current: Current, now: datetime) -> bool:
    """Whether the last use on record is old enough to write down a new one."""
    return now >= current.seen_at + SEEN_EVERY


def see(work: Work, current: Current) -> None:
    people.see_session(work.session, session_id=current.session_id, now=work.now)


def note_browser(work: Work, *, token: str, secret: bytes, browser: Browser) -> None:
    people.note_browser(work.session, token_hash=_hash(secret, "session", token), browser=browser.value)


def seconds_left(standing: Current | Lapsed | None, now: datetime) -> int:
    """How long a session lasts from now if nothing more is done in it."""
    if not isinstance(standing, Current):
        return 0
    return max(0, int((min(standing.seen_at + IDLE, standing.started_at + LONGEST) - now).total_seconds()))


def sign_out(work: Work, *, token: str, secret: bytes) -> None:
    found = people.session_of_token(work.session, _hash(secret, "session", token))
    if found is not None and found.ended_at is None:
        found.ended_at = work.now
        work.note("signed_out", person=found.person_id, about=found.id)


def _is_open(code: SignInCode, now: datetime) -> bool:
    return code.used_at is None and now < code.expires_at


def _go_on(work: Work, code: SignInCode, secret: bytes) -> SignedIn | SecondStepOwed | None:
    person = people.person_with_board(work.session, code.person_id) if code.person_id is not None else None
    if person is None or not may_be_let_in(work, person):
        _refuse(work, code)
        return None
    people.spend_codes(work.session, person_id=person.id, now=work.now)
    return first_step_proved(work, person, secret=secret, by="email")


def first_step_proved(work: Work, person: Person, *, secret: bytes, by: str) -> SignedIn | SecondStepOwed:
    """How somebody goes on who has proved one thing; `by` is the code of it in the trail."""
    if not factors.has_any(work.session, person.id):
        return begin_session(work, person, secret=secret, by=by)
    token, unfinished_id = secrets.token_urlsafe(32), uuid4()
    work.session.add(
        UnfinishedSignIn(
            id=unfinished_id,
            token_hash=unfinished_hash(secret, token),
            person_id=person.id,
            begun_at=work.now,
        )
    )
    work.note("second_step_owed", person=person.id, board=person.board_id, about=unfinished_id, code=by)
    return SecondStepOwed(token)


def begin_session(work: Work, person: Person, *, secret: bytes, by: str) -> SignedIn:
    """For somebody who has proved everything that they must; `by` is the code in the trail of what they proved last."""
    note_signing_in(work, person)
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
    work.note("signed_in", person=person.id, board=person.board_id, about=session_id, code=by)
    return SignedIn(token)


def renew_session(work: Work, found: SignInSession, *, secret: bytes) -> SignedIn:
    """The session goes on under a new token: its person has just proved again that it is them."""
    token = secrets.token_urlsafe(32)
    found.token_hash, found.proved_at, found.tries = _hash(secret, "session", token), work.now, 0
    return SignedIn(token)


def unfinished_hash(secret: bytes, token: str) -> str:
    """Of the token of a sign-in that lacks its second step."""
    return _hash(secret, "unfinished", token)


def _refuse(work: Work, code: SignInCode | None) -> None:
    if code is None:
        work.note("sign_in_refused")
    else:
        work.note("sign_in_refused", person=code.person_id, board=_board_of(work, code), about=code.id)


def _board_of(work: Work, code: SignInCode) -> UUID | None:
    """Asked of a code that is nobody's too: the trail would ask it of somebody's alone, and that takes longer."""
    return people.board_of(work.session, code.person_id or NOBODY)


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
