"""Where somebody is signed in: what they see of it, and how they end it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from forms_app.db import people
from forms_app.domain.browsers import Browser
from forms_app.domain.errors import NotFound
from forms_app.domain.working_days import spell_time
from forms_app.services.signing_in import IDLE, LONGEST
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class OwnSession:
    id: UUID
    browser: Browser
    began: str
    used: str


def open_sessions(work: Work, *, by: UUID) -> list[OwnSession]:
    """Their sessions that are worth something now, the one used last first."""
    rows = people.open_sessions(work.session, person_id=by, used_since=work.now - IDLE, begun_since=work.now - LONGEST)
    return [
        OwnSession(
            id=row.id,
            browser=Browser(row.browser or Browser.OTHER),
            began=spell_time(row.started_at),
            used=spell_time(row.seen_at),
        )
        for row in rows
    ]


def end_session(work: Work, *, by: UUID, session_id: UUID) -> None:
    """Ends one of their own. Raises NotFound; one that has ended stays as it is."""
    row = people.own_session(work.session, person_id=by, session_id=session_id)
    if row is None:
        raise NotFound
    if row.ended_at is None:
        row.ended_at = work.now
        work.note("session_ended", person=by, about=row.id)


def end_other_sessions(work: Work, *, by: UUID, but: UUID) -> None:
    """Ends each of theirs but this one."""
    people.end_sessions(work.session, person_id=by, now=work.now, but=but)
    work.note("other_sessions_ended", person=by, about=but)
