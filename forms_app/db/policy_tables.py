"""The tables of adopting another version of a policy, and of rehearsing one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, ForeignKey, Index
from sqlalchemy.orm import Mapped, deferred, mapped_column, relationship

from forms_app.db.tables import Base, Person, _id


class PolicyAdoption(Base):
    """From a day new escalations begin under another version: proposed by one person, confirmed by another, perhaps withdrawn."""

    __tablename__ = "policy_adoptions"
    __table_args__ = (Index("ix_policy_adoptions_board_id_proposed_at", "board_id", "proposed_at"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    policy_key: Mapped[str]
    instead_of: Mapped[str]
    """The key of the version that was in force when it was proposed."""
    digest: Mapped[str]
    """Of all that the version said when it was proposed: nobody confirms a file that was changed since."""
    starts_on: Mapped[date]
    proposed_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    proposed_at: Mapped[datetime]
    confirmed_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    confirmed_at: Mapped[datetime | None]
    withdrawn_by_id: Mapped[UUID | None] = mapped_column(ForeignKey("people.id"))
    withdrawn_at: Mapped[datetime | None]

    proposed_by: Mapped[Person] = relationship(lazy="raise", foreign_keys=[proposed_by_id])
    confirmed_by: Mapped[Person | None] = relationship(lazy="raise", foreign_keys=[confirmed_by_id])
    withdrawn_by: Mapped[Person | None] = relationship(lazy="raise", foreign_keys=[withdrawn_by_id])


class RehearsedPolicy(Base):
    """An invented escalation walked through a policy, for somebody who wants to see what it would do. Nothing in it is of anybody."""

    __tablename__ = "rehearsed_policies"
    __table_args__ = (Index("ix_rehearsed_policies_board_id_asked_at", "board_id", "asked_at"),)

    id: Mapped[UUID] = _id()
    board_id: Mapped[UUID] = mapped_column(ForeignKey("boards.id"))
    policy_key: Mapped[str]
    route: Mapped[str]
    opened_on: Mapped[date]
    asked_by_id: Mapped[UUID] = mapped_column(ForeignKey("people.id"))
    asked_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
    says: Mapped[dict[str, Any] | None] = deferred(mapped_column(JSON))
    """A `services.rehearsed.Rehearsal`; None until it was made."""
