"""Which version a Board adopts from when, and the rehearsals of a policy: every read by name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, joinedload, undefer
from sqlalchemy.orm.interfaces import ORMOption

from forms_app.db.policy_tables import PolicyAdoption, RehearsedPolicy
from forms_app.db.tables import Board


@dataclass(frozen=True, slots=True)
class ToldOf:
    """What an email says of an adoption."""

    policy_key: str
    starts_on: date
    is_withdrawn: bool


def adoptions_of(session: Session, board_id: UUID) -> Sequence[PolicyAdoption]:
    """Everything that was proposed at a Board, the newest first, with who proposed and decided."""
    wanted = select(PolicyAdoption).where(PolicyAdoption.board_id == board_id).options(*_with_people())
    return session.scalars(wanted.order_by(PolicyAdoption.proposed_at.desc(), PolicyAdoption.id)).all()


def adoption_of(session: Session, board_id: UUID, adoption_id: UUID) -> PolicyAdoption | None:
    wanted = select(PolicyAdoption).where(PolicyAdoption.id == adoption_id, PolicyAdoption.board_id == board_id)
    return session.scalar(wanted.options(*_with_people()))


def adoption_told_of(session: Session, adoption_id: UUID) -> ToldOf:
    found = session.scalars(select(PolicyAdoption).where(PolicyAdoption.id == adoption_id)).one()
    return ToldOf(found.policy_key, found.starts_on, found.withdrawn_at is not None)


def adoption_that_begins(session: Session, adoption_id: UUID) -> tuple[PolicyAdoption, Board]:
    """For the worker."""
    adoption = session.scalars(select(PolicyAdoption).where(PolicyAdoption.id == adoption_id)).one()
    return adoption, session.scalars(select(Board).where(Board.id == adoption.board_id)).one()


def rehearsal_of(session: Session, board_id: UUID, rehearsal_id: UUID, *, since: datetime) -> RehearsedPolicy | None:
    """One of this Board that was asked for since a moment, with what it says."""
    wanted = select(RehearsedPolicy).where(
        RehearsedPolicy.id == rehearsal_id, RehearsedPolicy.board_id == board_id, RehearsedPolicy.asked_at > since
    )
    return session.scalar(wanted.options(undefer(RehearsedPolicy.says)))


def same_rehearsal(
    session: Session, board_id: UUID, policy_key: str, route: str, opened_on: date, *, since: datetime
) -> UUID | None:
    """One that somebody of this Board has asked for since a moment."""
    return session.scalar(
        select(RehearsedPolicy.id)
        .where(
            RehearsedPolicy.board_id == board_id,
            RehearsedPolicy.policy_key == policy_key,
            RehearsedPolicy.route == route,
            RehearsedPolicy.opened_on == opened_on,
            RehearsedPolicy.asked_at > since,
        )
        .order_by(RehearsedPolicy.asked_at.desc())
        .limit(1)
    )


def rehearsal_to_make(session: Session, rehearsal_id: UUID) -> RehearsedPolicy | None:
    """For the worker. None when it was forgotten before anybody came to it."""
    return session.scalar(select(RehearsedPolicy).where(RehearsedPolicy.id == rehearsal_id))


def forget_rehearsals(session: Session, board_id: UUID, *, before: datetime) -> None:
    session.execute(
        delete(RehearsedPolicy).where(RehearsedPolicy.board_id == board_id, RehearsedPolicy.asked_at <= before)
    )


def _with_people() -> tuple[ORMOption, ...]:
    return (
        joinedload(PolicyAdoption.proposed_by),
        joinedload(PolicyAdoption.confirmed_by),
        joinedload(PolicyAdoption.withdrawn_by),
    )
