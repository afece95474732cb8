"""How many there are of something: no row of anybody leaves this module."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from forms_app.db.tables import Escalation

Period = tuple[datetime, datetime]


def first_begun(session: Session, board_id: UUID) -> datetime | None:
    """When the first escalation of the Board began."""
    return session.scalar(select(func.min(Escalation.opened_at)).where(Escalation.board_id == board_id))


def begun_in(session: Session, board_id: UUID, periods: Sequence[Period]) -> tuple[int, ...]:
    """How many escalations of the Board began in each period, its end not counted."""
    counted = [
        func.sum(case(((Escalation.opened_at >= since) & (Escalation.opened_at < until), 1), else_=0))
        for since, until in periods
    ]
    if not counted:
        return ()
    row = session.execute(select(*counted).where(Escalation.board_id == board_id)).one()
    return tuple(int(count or 0) for count in row)
