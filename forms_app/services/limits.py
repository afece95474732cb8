"""Limits that every process counts together, of an account or a network address, of which only a keyed hash is kept."""

from __future__ import annotations

import hmac

from forms_app.db import allowances, people
from forms_app.domain.limits import Limit, milliseconds
from forms_app.services.work import Work


def allows(work: Work, limit: Limit, *, whose: str, secret: bytes) -> bool:
    """Takes one of what the limit allows, and says whether there was one. The work must be committed."""
    key = _key(limit, whose, secret)
    allowed = allowances.take(work.session, key, now=milliseconds(work.now), each=limit.each, whole=limit.whole)
    if not allowed:
        work.note("limit_reached", code=limit.code)
    return allowed


def give_back(work: Work, limit: Limit, *, whose: str, secret: bytes) -> None:
    """What was taken was not used: of wrong codes only those that were wrong count."""
    allowances.give_back(work.session, _key(limit, whose, secret), each=limit.each)


def forget_what_is_over(work: Work) -> None:
    """What was counted and says nothing any more, and the codes that nobody was sent."""
    allowances.forget_whole(work.session, now=milliseconds(work.now))
    people.forget_nobodys_codes(work.session, before=work.now)


def _key(limit: Limit, whose: str, secret: bytes) -> str:
    hashed = hmac.digest(secret, f"limit {limit.code}:{whose}".encode(), "sha256").hex()
    return f"{limit.code}:{hashed}"
