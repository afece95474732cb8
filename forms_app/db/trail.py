"""The trail: entries are only ever added, each bound to the one before it, as the last thing that a transaction does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from forms_app.db.tables import AuditEntry, Delivery, Document, Person, TrailHead
from forms_app.db.verify_trail import BEFORE_THE_FIRST, Row, hash_of, moment

NOTED = "noted"
"""Where a session keeps what it will write. It is written at the end, so that the lock on the head is short and always the last."""


def note(session: Session, entry: AuditEntry) -> None:
    """Puts an entry down, to be written when this transaction is committed."""
    session.info.setdefault(NOTED, []).append(entry)


@contextmanager
def undone_with(session: Session) -> Iterator[None]:
    """What is noted in here is forgotten if an exception ends it."""
    before = list(session.info.get(NOTED, []))
    try:
        yield
    except BaseException:
        session.info[NOTED] = before
        raise


def write_down(session: Session) -> None:
    """Numbers what was noted, binds it to what there is, and writes it. Nothing may take a lock after this."""
    entries = session.info.pop(NOTED, [])
    if not entries:
        return
    _give_boards(session, entries)
    session.flush()
    head = session.scalars(select(TrailHead).with_for_update().execution_options(populate_existing=True)).one()
    for entry in entries:
        entry.id = head.count + 1
        entry.hash = hash_of(head.hash, row_of(entry))
        head.count, head.hash = entry.id, entry.hash
        session.add(entry)
    session.flush()


def _give_boards(session: Session, entries: Sequence[AuditEntry]) -> None:
    """What names no Board is of the Board of whoever did it: a wrong code, a page."""
    lacking = {entry.person_id for entry in entries if entry.board_id is None and entry.person_id is not None}
    if not lacking:
        return
    found = session.execute(select(Person.id, Person.board_id).where(Person.id.in_(lacking)))
    boards = {row.id: row.board_id for row in found}
    for entry in entries:
        if entry.board_id is None and entry.person_id is not None:
            entry.board_id = boards.get(entry.person_id)


def row_of(entry: AuditEntry) -> Row:
    """An entry as it is hashed."""
    return Row(
        number=entry.id,
        at=moment(entry.at),
        action=entry.action,
        person=_hexadecimal(entry.person_id),
        board=_hexadecimal(entry.board_id),
        escalation=_hexadecimal(entry.escalation_id),
        about=_hexadecimal(entry.about_id),
        code=entry.code,
        hash=entry.hash or "",
    )


def _hexadecimal(found: UUID | None) -> str | None:
    return None if found is None else found.hex


def escalation_behind(session: Session, ids: Mapping[str, UUID]) -> UUID | None:
    """The escalation to which what an address names belongs."""
    if "escalation_id" in ids:
        return ids["escalation_id"]
    if "document_id" in ids:
        return session.scalar(select(Document.escalation_id).where(Document.id == ids["document_id"]))
    if "delivery_id" in ids:
        wanted = select(Document.escalation_id).join(Delivery, Delivery.document_id == Document.id)
        return session.scalar(wanted.where(Delivery.id == ids["delivery_id"]))
    return None


def head(session: Session) -> tuple[int, str]:
    """How many entries there are, and the hash of the last."""
    found = session.scalars(select(TrailHead)).one()
    return found.count, found.hash


def hash_at(session: Session, count: int) -> str | None:
    """The hash of the last of so many entries; None where there are not so many."""
    if count == 0:
        return BEFORE_THE_FIRST
    return session.scalar(select(AuditEntry.hash).where(AuditEntry.id == count))
