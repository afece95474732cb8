"""What the Board counts of its escalations: how it is written down, and what it is counted from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from forms_app.db.inserting import insert_into
from forms_app.db.places import WHOLE
from forms_app.db.reads import tells_the_board
from forms_app.db.tables import (
    Acknowledgement,
    Attempt,
    Delivery,
    DeliveryEvent,
    Document,
    Escalation,
    Party,
    RegisterAgency,
    RegisterEntry,
    RegisterStay,
)
from forms_app.domain.deliveries import ANSWERED, EventKind
from forms_app.domain.policy import DEIDENTIFIED_CODES
from forms_app.domain.register import State, Stay


@dataclass(frozen=True, slots=True)
class Circulated:
    """How many documents there are of an escalation, and what became of them."""

    documents: int = 0
    deliveries: int = 0
    delivered: int = 0
    acknowledged: int = 0


@dataclass(frozen=True, slots=True)
class Counted:
    """One escalation as it is written down."""

    values: Mapping[str, Any]
    """Of `RegisterEntry`, by column."""
    agencies: frozenset[UUID]
    stays: tuple[Stay, ...]


def whole(session: Session, ids: Collection[UUID]) -> Sequence[Escalation]:
    """These escalations with all that is counted of them, as they are now."""
    wanted = select(Escalation).where(Escalation.id.in_(ids)).options(*WHOLE)
    return session.scalars(wanted.order_by(Escalation.id).execution_options(populate_existing=True)).all()


def hold(session: Session, ids: Collection[UUID]) -> None:
    """Whoever else counts one of these waits for this transaction, and then sees what it wrote."""
    held = select(RegisterEntry.escalation_id).where(RegisterEntry.escalation_id.in_(ids))
    session.execute(held.order_by(RegisterEntry.escalation_id).with_for_update())


def told_at(session: Session, ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    """When the Board was first told of each of these of which it was."""
    found = (
        select(Document.escalation_id, func.min(Document.owed_at))
        .where(Document.escalation_id.in_(ids), Document.kind.in_(DEIDENTIFIED_CODES), tells_the_board())
        .group_by(Document.escalation_id)
    )
    return {each: at for each, at in session.execute(found)}  # noqa: C416  # the rows are no pairs to mypy


def circulated(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Circulated]:
    """What is known of the documents of each of these."""
    arrived = select(Attempt.id).where(Attempt.delivery_id == Delivery.id, Attempt.result == "accepted").exists()
    bounced = _had(EventKind.BOUNCED)
    answered = select(Acknowledgement.id).where(Acknowledgement.delivery_id == Delivery.id).exists()
    documents = (
        select(Document.escalation_id, func.count())
        .where(Document.escalation_id.in_(ids))
        .group_by(Document.escalation_id)
    )
    deliveries = (
        select(
            Document.escalation_id,
            func.count(),
            func.count().filter(arrived & ~bounced),
            func.count().filter(or_(answered, _had(EventKind.SEEN))),
        )
        .join(Delivery, Delivery.document_id == Document.id)
        .where(Document.escalation_id.in_(ids), Delivery.withdrawn_at.is_(None))
        .group_by(Document.escalation_id)
    )
    of = {each: counts for each, *counts in session.execute(deliveries)}
    return {each: Circulated(count, *of.get(each, (0, 0, 0))) for each, count in session.execute(documents)}


def reached_at(session: Session, ids: Collection[UUID]) -> Mapping[UUID, datetime]:
    """When a mail server last took a document of each of these that its recipients answer."""
    kinds = [kind.value for kind in ANSWERED]
    found = (
        select(Document.escalation_id, func.max(Attempt.at))
        .join(Delivery, Delivery.document_id == Document.id)
        .join(Attempt, Attempt.delivery_id == Delivery.id)
        .where(Document.escalation_id.in_(ids), Document.kind.in_(kinds), Attempt.result == "accepted")
        .group_by(Document.escalation_id)
    )
    return {each: at for each, at in session.execute(found)}  # noqa: C416  # the rows are no pairs to mypy


def _had(kind: EventKind) -> Any:
    return select(DeliveryEvent.id).where(DeliveryEvent.delivery_id == Delivery.id, DeliveryEvent.kind == kind).exists()


def write(session: Session, counted: Sequence[Counted]) -> None:
    """Puts these in the place of what was counted of them before."""
    ids = [each.values["escalation_id"] for each in counted]
    for each in counted:
        new = insert_into(session, RegisterEntry).values(**each.values)
        changed = {name: new.excluded[name] for name in each.values if name != "escalation_id"}
        session.execute(new.on_conflict_do_update(index_elements=["escalation_id"], set_=changed))
    for table in (RegisterAgency, RegisterStay):
        session.execute(delete(table).where(table.escalation_id.in_(ids)))
    agencies = [{**_shared(each), "agency_id": agency} for each in counted for agency in sorted(each.agencies)]
    stays = [{**_shared(each), **asdict(stay)} for each in counted for stay in each.stays]
    if agencies:
        session.execute(insert(RegisterAgency), agencies)
    if stays:
        session.execute(insert(RegisterStay), stays)


def _shared(counted: Counted) -> dict[str, Any]:
    return {name: counted.values[name] for name in ("escalation_id", "board_id", "opened_at")}


def destroyed(session: Session, escalation_id: UUID, now: datetime) -> None:
    """What was counted of an escalation stays when it goes, among the numbers alone."""
    session.execute(update(RegisterEntry).where(RegisterEntry.escalation_id == escalation_id).values(destroyed_at=now))


def not_counted(
    session: Session, policies: Collection[str], rules: Collection[str], now: datetime, most: int
) -> Sequence[UUID]:
    """Escalations that were never counted, or not by any of these rules, or before a cover in one began or ended; at most so many.

    Only those under these policies: what no policy is known for cannot be counted, and would be found for ever.
    """
    entry = RegisterEntry
    missing = select(Escalation.id).outerjoin(entry, entry.escalation_id == Escalation.id)
    old_ones = [each for each in session.scalars(select(entry.counted_by).distinct()) if each not in rules]
    old = select(entry.escalation_id).where(entry.counted_by.in_(old_ones), entry.destroyed_at.is_(None))
    began = and_(Party.joined_at > entry.counted_at, Party.joined_at <= now)
    ended = and_(Party.covers_until > entry.counted_at, Party.covers_until <= now)
    covered = (
        select(entry.escalation_id)
        .join(Party, Party.escalation_id == entry.escalation_id)
        .where(Party.covers_until.is_not(None), entry.state == State.OPEN.value, entry.destroyed_at.is_(None))
        .where(or_(began, ended))
        .distinct()
    )
    known = entry.policy_key.in_(policies)
    never = missing.where(entry.escalation_id.is_(None), Escalation.policy_key.in_(policies))
    for wanted in (never, *([old.where(known)] if old_ones else []), covered.where(known)):
        if found := session.scalars(wanted.limit(most)).all():
            return found
    return ()


def written(session: Session, ids: Collection[UUID]) -> Mapping[UUID, Counted]:
    """What stands of each of these, to be compared with what counting them anew gives."""
    entries = session.scalars(
        select(RegisterEntry).where(RegisterEntry.escalation_id.in_(ids)).execution_options(populate_existing=True)
    ).all()
    agencies = select(RegisterAgency.escalation_id, RegisterAgency.agency_id)
    named = session.execute(agencies.where(RegisterAgency.escalation_id.in_(ids))).all()
    stays = session.scalars(
        select(RegisterStay)
        .where(RegisterStay.escalation_id.in_(ids))
        .order_by(RegisterStay.number)
        .execution_options(populate_existing=True)
    ).all()
    return {
        entry.escalation_id: Counted(
            values={column.name: getattr(entry, column.name) for column in RegisterEntry.__table__.columns},
            agencies=frozenset(agency for each, agency in named if each == entry.escalation_id),
            stays=tuple(_stay(stay) for stay in stays if stay.escalation_id == entry.escalation_id),
        )
        for entry in entries
    }


def _stay(row: RegisterStay) -> Stay:
    return Stay(
        number=row.number,
        route=row.route,
        stage=row.stage,
        entered_at=row.entered_at,
        left_at=row.left_at,
        due_at=row.due_at,
        kept=row.kept,
        working_days=row.working_days,
    )
