"""Tokens of other systems: an agency's administrator asks for one, the business unit confirms it, and what it may do is asked here."""

from __future__ import annotations

import hashlib
import ipaddress
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from forms_app.db import other_systems as rows
from forms_app.db.actors import Actor
from forms_app.db.other_systems_tables import ApiToken
from forms_app.db.people import business_unit_of, people_to_tell_the_head
from forms_app.db.tables import Person
from forms_app.domain.access import May, Relation, may, signs_off_own
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.systems import LONGEST, OF_AGENCY, OF_BOARD, SHOWN, TOKEN_BYTES, Scope, is_token, token_of
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.administering import Administrator, administrator, officer
from forms_app.services.notifying import notify
from forms_app.services.work import Work

NO_SUCH = "There is no such token."
OWN = "Somebody else of the business unit confirms what you asked for."
ALREADY = "This was decided meanwhile. Look at what the page says now."
CONFIRMED_WITHIN = timedelta(days=30)
"""What nobody confirms for so long cannot be confirmed any more."""
WARN_BEFORE = (timedelta(days=30), timedelta(days=7))
USED_EVERY = timedelta(minutes=1)
MOST = 20
"""How many tokens in use an agency may have, and a Board."""
TOO_MANY = f"There are {MOST} already. Revoke one that is not used any more."


@dataclass(frozen=True, slots=True)
class TokenLine:
    """One token, for somebody who keeps it."""

    id: UUID
    name: str
    prefix: str
    whose: str
    """The agency's name; empty for the Board's own."""
    scopes: tuple[Scope, ...]
    networks: tuple[str, ...]
    made: str
    made_by: str
    expires: str
    used: str
    state: str
    """in_use, waits, expired, revoked or stopped."""
    may_confirm: bool
    may_revoke: bool


@dataclass(frozen=True, slots=True)
class Made:
    """A new token, the only time that it can be read."""

    id: UUID
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class System:
    """A program with a token that is good now."""

    token_id: UUID
    board_id: UUID
    agency_id: UUID | None
    scopes: frozenset[Scope]
    made_by_id: UUID

    @property
    def actor(self) -> Actor:
        return Actor("system", board_id=self.board_id, agency_id=self.agency_id)


def scopes_for(work: Work, *, by: UUID) -> tuple[Scope, ...]:
    """What this person can ask for: an administrator for their agency, the business unit for its Board. Raises NotFound."""
    return OF_BOARD if administrator(work, by).keeps_board else OF_AGENCY


def tokens_view(work: Work, *, by: UUID) -> tuple[TokenLine, ...]:
    """The tokens of this person's agency; for the business unit those of the whole Board. Raises NotFound."""
    own = administrator(work, by)
    found = rows.tokens_of(work.session, own.board_id, own.agency_id, all_agencies=own.keeps_board)
    return tuple(_line(work, own, token) for token in found)


def token_line(work: Work, *, by: UUID, token_id: UUID) -> TokenLine:
    """One of them. Raises NotFound."""
    found = next((line for line in tokens_view(work, by=by) if line.id == token_id), None)
    if found is None:
        raise NotFound(NO_SUCH)
    return found


def make_token(
    work: Work, *, by: UUID, token_id: UUID, name: str, scopes: Collection[Scope], days: int, networks: Sequence[str]
) -> Made | None:
    """A token that works once somebody else has confirmed it; None where the same form made it before, since it is shown once.

    Raises NotFound, and NotAllowedNow for too many.
    """
    own = administrator(work, by)
    if rows.token_to_change(work.session, own.board_id, token_id) is not None:
        return None
    assert set(scopes) <= set(OF_BOARD if own.keeps_board else OF_AGENCY), "the form offers no others"
    others = rows.tokens_of(work.session, own.board_id, own.agency_id, all_agencies=False)
    if len([each for each in others if each.revoked_at is None and each.expires_at > work.now]) >= MOST:
        raise NotAllowedNow(TOO_MANY)
    text = token_of(secrets.token_bytes(TOKEN_BYTES))
    work.session.add(
        ApiToken(
            id=token_id,
            board_id=own.board_id,
            agency_id=own.agency_id,
            name=name,
            prefix=text[:SHOWN],
            token_hash=_hash(text),
            scopes=[each.value for each in Scope if each in scopes],
            networks=" ".join(networks),
            made_by_id=by,
            made_at=work.now,
            expires_at=work.now + min(timedelta(days=days), LONGEST),
        )
    )
    work.note("token_made", person=by, board=own.board_id, about=token_id)
    tell(work, Kind.SYSTEM_ACCESS_ASKED, own.board_id, own.agency_id, key=str(token_id), about=token_id)
    return Made(token_id, text)


def confirm_token(work: Work, *, by: UUID, token_id: UUID) -> None:
    """It works from now on. Raises NotFound, and NotAllowedNow for whoever asked for it and for what was decided meanwhile."""
    own = officer(work, by)
    token = rows.token_to_change(work.session, own.board_id, token_id)
    if token is None:
        raise NotFound(NO_SUCH)
    refuse_own(own, token.made_by_id)
    if _state(work, token) != "waits":
        raise NotAllowedNow(ALREADY)
    token.confirmed_by_id, token.confirmed_at = by, work.now
    work.note("token_confirmed", person=by, board=own.board_id, about=token.id)


def revoke_token(work: Work, *, by: UUID, token_id: UUID) -> None:
    """It works no more, from now on. Doing it twice changes nothing. Raises NotFound."""
    own = administrator(work, by)
    token = rows.token_to_change(work.session, own.board_id, token_id)
    if token is None or not (own.keeps_board or token.agency_id == own.agency_id):
        raise NotFound(NO_SUCH)
    if token.revoked_at is None:
        token.revoked_by_id, token.revoked_at = by, work.now
        work.note("token_revoked", person=by, board=own.board_id, about=token.id)


def system_with(work: Work, *, token: str, address: str | None) -> System | None:
    """Whose program it is that says this token; None where it is not good now, whyever, or not from there."""
    found = rows.token_with(work.session, _hash(token)) if is_token(token) else None
    if found is None or _state(work, found) != "in_use" or not _may_come_from(found.networks, address):
        return None
    scopes = frozenset(map(Scope, found.scopes))
    return System(found.id, found.board_id, found.agency_id, scopes, found.made_by_id)


def note_used(work: Work, system: System, *, what: str, escalation: UUID | None = None) -> None:
    """Puts into the trail what a program was given."""
    rows.note_used(work.session, system.token_id, work.now, work.now - USED_EVERY)
    work.note("api_used", board=system.board_id, escalation=escalation, about=system.token_id, code=what)


def warn_of_ends(work: Work, board_id: UUID) -> None:
    """Owes whoever keeps a token that ends soon a message, once a month and once a week before."""
    for before in WARN_BEFORE:
        for token in rows.tokens_ending(work.session, board_id, work.now, work.now + before):
            key = f"{token.id}:{before.days}"
            tell(work, Kind.SYSTEM_ACCESS_ENDS, board_id, token.agency_id, key=key, about=token.id)


def tell(
    work: Work, kind: Kind, board_id: UUID, agency_id: UUID | None, *, key: str, about: UUID, leads: bool = True
) -> None:
    """Owes a message to the business unit, and to the administrators and safeguarding leads of the agency that it is about."""
    people: dict[UUID, Person] = {each.id: each for each in business_unit_of(work.session, board_id)}
    if agency_id is not None:
        people |= {each.id: each for each in rows.administrators_of(work.session, board_id, agency_id)}
        if leads:
            told = people_to_tell_the_head(work.session, board_id)
            people |= {each.id: each for each in told if each.agency_id == agency_id}
    for person in people.values():
        notify(work, kind, person, key=key, about=about)


def may_confirm(own: Administrator, asked_by: UUID) -> bool:
    is_own = signs_off_own(May.CONFIRM_TOKEN, own.id, [asked_by])
    return may(own.person, May.CONFIRM_TOKEN, Relation.OWN_BOARD) and not is_own


def refuse_own(own: Administrator, asked_by: UUID) -> None:
    """Raises NotAllowedNow for whoever asked for it."""
    if signs_off_own(May.CONFIRM_TOKEN, own.id, [asked_by]):
        raise NotAllowedNow(OWN)


def is_answered_for(work: Work, agency_id: UUID | None, *, is_closed: bool) -> bool:
    """Whether somebody is there who could take away what this agency has: it is open, and somebody administers it.

    Of a Board's own somebody of its business unit always is.
    """
    return agency_id is None or (not is_closed and rows.somebody_administers(work.session, agency_id))


def network_of(text: str) -> str:
    """One address, or one network, as it is written down. Raises ValueError."""
    return str(ipaddress.ip_network(text, strict=False))


def end_of_token(work: Work, board_id: UUID, token_id: UUID) -> datetime | None:
    """When a token that is in use ends; None for one that is not any more."""
    found = rows.token_to_change(work.session, board_id, token_id)
    return found.expires_at if found is not None and _state(work, found) == "in_use" else None


def _line(work: Work, own: Administrator, token: ApiToken) -> TokenLine:
    state = _state(work, token)
    return TokenLine(
        id=token.id,
        name=token.name,
        prefix=token.prefix,
        whose=token.agency.name if token.agency is not None else "",
        scopes=tuple(map(Scope, token.scopes)),
        networks=tuple(token.networks.split()),
        made=spell_date(uk_date(token.made_at)),
        made_by=token.made_by.name,
        expires=spell_date(uk_date(token.expires_at)),
        used="" if token.used_at is None else spell_time(token.used_at),
        state=state,
        may_confirm=state == "waits" and may_confirm(own, token.made_by_id),
        may_revoke=state in {"waits", "in_use", "stopped"},
    )


def _state(work: Work, token: ApiToken) -> str:
    if token.revoked_at is not None:
        return "revoked"
    if token.expires_at <= work.now:
        return "expired"
    if token.confirmed_at is None:
        return "waits" if work.now - token.made_at < CONFIRMED_WITHIN else "expired"
    is_closed = token.agency is not None and token.agency.closed_at is not None
    return "in_use" if is_answered_for(work, token.agency_id, is_closed=is_closed) else "stopped"


def _may_come_from(networks: str, address: str | None) -> bool:
    if not networks:
        return True
    try:
        found = ipaddress.ip_address(address or "")
    except ValueError:
        return False
    found = (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found
    return any(found in ipaddress.ip_network(each) for each in networks.split())


def _hash(token: str) -> str:
    # Of 240 random bits: nobody finds them by trying, and so nothing slow or keyed is needed.
    return hashlib.sha256(token.encode()).hexdigest()
