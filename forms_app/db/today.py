"""Every read of what needs the Board's office today, by name: first lines and counts, each from an index that holds little else."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal, select, union_all
from sqlalchemy.orm import Session

from forms_app.db.places import interest_in, nobody_holds_it
from forms_app.db.register_pages import MOST_COUNTED, on_the_register
from forms_app.db.register_tables import CONVENES, IS_OPEN, IS_QUIET, LACKS
from forms_app.db.tables import Agency, Escalation, Party, Person, RegisterEntry


class Needs(StrEnum):
    """What the register itself says that somebody must see to."""

    LATE = "late"
    CHAIR = "chair"
    MEETING = "meeting"
    SILENCE = "silence"


def _condition(need: Needs, now: datetime) -> ColumnElement[bool]:
    match need:
        case Needs.LATE:
            return RegisterEntry.due_at <= now
        case Needs.CHAIR:
            return LACKS
        case Needs.MEETING:
            return CONVENES
        case Needs.SILENCE:
            return IS_QUIET


def first_in_need(
    session: Session, board_id: UUID, person_id: UUID, need: Needs, now: datetime, most: int
) -> Sequence[RegisterEntry]:
    """The oldest of one kind."""
    column = RegisterEntry.due_at if need is Needs.LATE else RegisterEntry.opened_at
    wanted = select(RegisterEntry).where(*on_the_register(board_id, person_id), _condition(need, now))
    return session.scalars(wanted.order_by(column, RegisterEntry.escalation_id).limit(most)).all()


def count_in_need(session: Session, board_id: UUID, person_id: UUID, now: datetime) -> Mapping[Needs, int]:
    """How many of each kind; one more than `MOST_COUNTED` where there are more."""
    counts = []
    for need in Needs:
        found = select(RegisterEntry.escalation_id).where(*on_the_register(board_id, person_id), _condition(need, now))
        few = found.limit(MOST_COUNTED + 1).subquery()
        counts.append(select(literal(need.value), func.count()).select_from(few))
    return {Needs(need): count for need, count in session.execute(union_all(*counts))}


@dataclass(frozen=True, slots=True)
class EmptyPlace:
    escalation_id: UUID
    reference: str
    policy_key: str
    agency: str
    level: str


def empty_places(session: Session, board_id: UUID, person_id: UUID, most: int) -> Collection[EmptyPlace]:
    """Places of open escalations that nobody holds, the oldest first, for somebody of the office who declared no interest."""
    found = session.execute(
        select(Escalation.id, Escalation.reference, Escalation.policy_key, Agency.name, Party.level, Party.place_id)
        .join(RegisterEntry, RegisterEntry.escalation_id == Escalation.id)
        .join(Party, Party.escalation_id == Escalation.id)
        .join(Person, Person.id == Party.person_id)
        .join(Agency, Agency.id == Party.agency_id)
        .where(RegisterEntry.board_id == board_id, IS_OPEN, nobody_holds_it(), ~interest_in(Escalation.id, person_id))
        .order_by(RegisterEntry.opened_at, RegisterEntry.escalation_id, Party.number)
        .limit(most)
    )
    return {row.place_id: EmptyPlace(*row[:-1]) for row in found}.values()
