"""Sets of documents: what belongs in one, what is in it, and what each person took on a day."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Select, delete, func, select, update
from sqlalchemy.orm import Session, joinedload, selectinload

from forms_app.db.inserting import insert_into
from forms_app.db.places import interest_in
from forms_app.db.reads import is_in_office, tells_the_board
from forms_app.db.releases import is_kept_back, releases_of
from forms_app.db.set_tables import DocumentSet, DocumentSetItem, DownloadDay
from forms_app.db.tables import Document, Escalation, Interest
from forms_app.domain.sets import LeftOut, Wanted

# --- what belongs in one -------------------------------------------------------------------------------------------


def count_issued(session: Session, board_id: UUID, person_id: UUID, wanted: Wanted, most: int) -> int:
    """How many of the wanted documents this person of the Board's office still has; counted up to so many."""
    found = select(Document.id).join(Document.escalation).where(*_is_issued(board_id, person_id, wanted))
    return session.scalar(select(func.count()).select_from(found.limit(most).subquery())) or 0


def issued(session: Session, board_id: UUID, person_id: UUID, wanted: Wanted) -> Sequence[Document]:
    """The same documents, with their escalations, in the order in which they were issued. Count them first."""
    found = select(Document).join(Document.escalation).where(*_is_issued(board_id, person_id, wanted))
    return session.scalars(
        found.options(joinedload(Document.escalation)).order_by(Document.issued_at, Document.id)
    ).all()


def _is_issued(board_id: UUID, person_id: UUID, wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    in_time = (Document.issued_at >= wanted.since, Document.issued_at < wanted.until)
    return (*_is_of(board_id, wanted), *in_time, is_in_office(person_id))


def left_out(session: Session, board_id: UUID, person_id: UUID, wanted: Wanted) -> Sequence[tuple[Document, LeftOut]]:
    """What this person would have if it had not been withdrawn, or had been made, and why they have it not."""
    told = (tells_the_board(), ~interest_in(Document.escalation_id, person_id))
    of_board = select(Document).join(Document.escalation).where(*_is_of(board_id, wanted), *told)
    since, until = wanted.since, wanted.until
    gone = of_board.where(Document.issued_at >= since, Document.issued_at < until, ~is_in_office(person_id))
    coming = of_board.where(Document.issued_at.is_(None), Document.owed_at >= since, Document.owed_at < until)
    found = [
        document
        for each in (gone, coming)
        for document in session.scalars(
            each.options(joinedload(Document.escalation)).order_by(Document.owed_at, Document.id)
        )
    ]
    releases = releases_of(session, [document.id for document in found])

    def why(document: Document) -> LeftOut:
        release = releases.get(document.id)
        if document.issued_at is not None or (release is not None and is_kept_back(release)):
            return LeftOut.WITHDRAWN
        return LeftOut.WAITS if release is not None and release.decided_at is None else LeftOut.BEING_MADE

    return [(document, why(document)) for document in found]


def _is_of(board_id: UUID, wanted: Wanted) -> tuple[ColumnElement[bool], ...]:
    return (Escalation.board_id == board_id, Document.kind.in_(wanted.kinds))


def first_issued(session: Session, board_id: UUID, kinds: Collection[str]) -> datetime | None:
    """When the first document of these kinds was issued at this Board."""
    wanted = select(Document.issued_at).join(Document.escalation)
    of_board = wanted.where(Escalation.board_id == board_id, Document.kind.in_(kinds), Document.issued_at.is_not(None))
    return session.scalar(of_board.order_by(Document.issued_at).limit(1))


def has_interests(session: Session, person_id: UUID) -> bool:
    """Whether this person declared an interest in anything."""
    return session.scalar(select(Interest.id).where(Interest.person_id == person_id).limit(1)) is not None


# --- sets ----------------------------------------------------------------------------------------------------------


def set_with_key(session: Session, person_id: UUID, form_key: UUID) -> UUID | None:
    """The set that this form asked for, if it was sent before."""
    return session.scalar(
        select(DocumentSet.id).where(DocumentSet.person_id == person_id, DocumentSet.form_key == form_key)
    )


def sets_of_board(session: Session, board_id: UUID) -> Sequence[DocumentSet]:
    """The Board's sets with who asked for them, the newest first."""
    wanted = select(DocumentSet).where(DocumentSet.board_id == board_id).options(joinedload(DocumentSet.person))
    return session.scalars(wanted.order_by(DocumentSet.asked_at.desc(), DocumentSet.id)).all()


def set_of(session: Session, set_id: UUID, person_id: UUID) -> DocumentSet | None:
    """One set that this person asked for."""
    return session.scalars(
        select(DocumentSet).where(DocumentSet.id == set_id, DocumentSet.person_id == person_id)
    ).one_or_none()


def set_to_make(session: Session, set_id: UUID) -> DocumentSet | None:
    """One set, for the service itself; no other worker makes it meanwhile."""
    wanted = select(DocumentSet).where(DocumentSet.id == set_id).options(joinedload(DocumentSet.person))
    return session.scalars(wanted.with_for_update(of=DocumentSet)).one_or_none()


def unchecked(session: Session, set_id: UUID, most: int) -> Sequence[DocumentSetItem]:
    """At most so many of what must still be checked of a set, in its order."""
    wanted = _items(set_id).where(_is_in(), DocumentSetItem.checked_at.is_(None))
    return session.scalars(wanted.limit(most)).all()


def count_checked(session: Session, sets: Collection[UUID]) -> dict[UUID, int]:
    """How many documents of each set were checked and are in it."""
    done = select(DocumentSetItem.set_id, func.count()).where(
        DocumentSetItem.set_id.in_(sets), DocumentSetItem.checked_at.is_not(None), _is_in()
    )
    found = session.execute(done.group_by(DocumentSetItem.set_id))
    return {each: count for each, count in found}  # noqa: C416  # the rows are no pairs to mypy


def items_of(session: Session, set_id: UUID) -> Sequence[DocumentSetItem]:
    """All that is in a set, and was left out of it, in its order, with what a list says of it."""
    return session.scalars(_items(set_id)).all()


def still_there(session: Session, set_id: UUID, board_id: UUID, person_id: UUID) -> int:
    """How many documents of a set this person of the Board's office still has."""
    found = (
        select(func.count())
        .select_from(DocumentSetItem)
        .join(DocumentSetItem.document)
        .join(Document.escalation)
        .where(DocumentSetItem.set_id == set_id, _is_in(), Escalation.board_id == board_id, is_in_office(person_id))
    )
    return session.scalar(found) or 0


def may_have(session: Session, documents: Collection[UUID], board_id: UUID, person_id: UUID) -> set[UUID]:
    """Those of these documents that this person of the Board's office still has."""
    wanted = select(Document.id).join(Document.escalation)
    return set(
        session.scalars(
            wanted.where(Document.id.in_(documents), Escalation.board_id == board_id, is_in_office(person_id))
        )
    )


def delete_set(session: Session, set_id: UUID) -> None:
    session.execute(delete(DocumentSetItem).where(DocumentSetItem.set_id == set_id))
    session.execute(delete(DocumentSet).where(DocumentSet.id == set_id))


def _items(set_id: UUID) -> Select[DocumentSetItem]:
    document = joinedload(DocumentSetItem.document)
    return (
        select(DocumentSetItem)
        .where(DocumentSetItem.set_id == set_id)
        .options(document.joinedload(Document.escalation), document.options(selectinload(Document.files)))
        .order_by(DocumentSetItem.number)
    )


def _is_in() -> ColumnElement[bool]:
    return DocumentSetItem.left_because.is_(None)


# --- what each person took on a day --------------------------------------------------------------------------------


def take(session: Session, *, board_id: UUID, person_id: UUID, day: date, count: int, most: int) -> int | None:
    """Takes so many of what this person may have on this day: how many they have then. None where there are not so many.

    In one statement, so that any number of processes together take no more than there is.
    """
    new = insert_into(session, DownloadDay).values(
        id=uuid4(), board_id=board_id, person_id=person_id, day=day, taken=count
    )
    taken = new.on_conflict_do_update(
        index_elements=[DownloadDay.person_id, DownloadDay.day],
        set_={DownloadDay.taken: DownloadDay.taken + count},
        where=DownloadDay.taken + count <= most,
    )
    return session.scalar(taken.returning(DownloadDay.taken)) if count <= most else None


def refuse(session: Session, *, board_id: UUID, person_id: UUID, day: date, now: datetime) -> None:
    """Notes once that this person was refused more on this day."""
    new = insert_into(session, DownloadDay).values(
        id=uuid4(), board_id=board_id, person_id=person_id, day=day, taken=0, refused_at=now
    )
    session.execute(new.on_conflict_do_nothing(index_elements=[DownloadDay.person_id, DownloadDay.day]))
    session.execute(
        update(DownloadDay)
        .where(DownloadDay.person_id == person_id, DownloadDay.day == day, DownloadDay.refused_at.is_(None))
        .values(refused_at=now)
    )


def day_of(session: Session, person_id: UUID, day: date) -> DownloadDay | None:
    """What this person took on a day; None where it is nothing."""
    wanted = select(DownloadDay).where(DownloadDay.person_id == person_id, DownloadDay.day == day)
    return session.scalars(wanted.execution_options(populate_existing=True)).one_or_none()


def one_day(session: Session, day_id: UUID) -> DownloadDay | None:
    return session.get(DownloadDay, day_id)


def days_of_board(session: Session, board_id: UUID, since: date) -> Sequence[DownloadDay]:
    """What the people of a Board took on each day since one, with who they are, the newest first."""
    wanted = select(DownloadDay).where(DownloadDay.board_id == board_id, DownloadDay.day >= since)
    return session.scalars(
        wanted.options(joinedload(DownloadDay.person)).order_by(DownloadDay.day.desc(), DownloadDay.id)
    ).all()


def forget_days(session: Session, board_id: UUID, before: date) -> None:
    session.execute(delete(DownloadDay).where(DownloadDay.board_id == board_id, DownloadDay.day < before))
