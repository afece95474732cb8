"""Limits that every process counts together, of an account or a network address, of which only a keyed hash is kept."""

from __future__ import annotations

import hmac

from forms_app.db import allowances, people
from forms_app.domain.limits import Limit, milliseconds
from forms_app.services.work import Work


def allows(work: Work, limit: Limit, *, whose: str, secret: bytes) -> bool:
    """Takes one of what the limit allows, and says whether there was one. The work must be committed."""
    hashed = hmac.digest(secret, f"limit {limit.code}:{whose}".encode(), "sha256").hex()
    allowed = allowances.take(
        work.session, f"{limit.code}:{hashed}", now=milliseconds(work.now), each=limit.each, whole=limit.whole
    )
    if not allowed:
        work.note("limit_reached", code=limit.code)
    return allowed


def forget_what_is_over(work: Work) -> None:
    """What was counted and says nothing any more, and the codes that nobody was sent."""
    allowances.forget_whole(work.session, now=milliseconds(work.now))
    people.forget_nobodys_codes(work.session, before=work.now)
