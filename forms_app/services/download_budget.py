"""How many de-identified documents somebody of the Board's office can download in a day, and who hears that it is nearly all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from forms_app.db import reads, sets
from forms_app.db.people import seat_holders
from forms_app.db.tables import Person
from forms_app.domain.access import May, Relation, may
from forms_app.domain.sets import is_nearly_all
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.directory import own_person, person_who_may
from forms_app.services.notifying import notify
from forms_app.services.proof import office_of
from forms_app.services.work import Work

SHOWN = timedelta(days=7)
"""For so long the office is shown who took very many."""
REMEMBERED = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class LeftToday:
    """What somebody can still download today."""

    taken: int
    most: int
    whole_again: str
    """The day on which they can download all of them again."""

    @property
    def documents(self) -> int:
        return max(0, self.most - self.taken)


@dataclass(frozen=True, slots=True)
class ManyDownloads:
    """A day on which somebody took nearly all that they could, or was refused more."""

    name: str
    job_title: str
    day: str
    taken: int
    most: int
    is_refused: bool


def left_today(work: Work, person: Person) -> LeftToday:
    """What this person, read with their Board, can still download today."""
    found = sets.day_of(work.session, person.id, uk_date(work.now))
    tomorrow = uk_date(work.now) + timedelta(days=1)
    return LeftToday(found.taken if found else 0, person.board.documents_a_day, spell_date(tomorrow))


def take(work: Work, person: Person, documents: int) -> LeftToday | None:
    """Takes so many of what this person may have today. Where there are not so many left, nothing is taken, and this is what is.

    Either way somebody else may be told of it: the work must be committed.
    """
    day, most, board = uk_date(work.now), person.board.documents_a_day, person.board_id
    sets.forget_days(work.session, board, day - REMEMBERED)
    taken = sets.take(work.session, board_id=board, person_id=person.id, day=day, count=documents, most=most)
    if taken is None:
        sets.refuse(work.session, board_id=board, person_id=person.id, day=day, now=work.now)
        _tell(work, person, "downloads_refused", day)
        return left_today(work, person)
    if is_nearly_all(taken, most) and not is_nearly_all(taken - documents, most):
        _tell(work, person, "downloads_many", day)
    return None


def take_document(work: Work, *, by: UUID, document_id: UUID) -> LeftToday | None:
    """Takes one document, as `take` does, for somebody of a Board's office. Of what is not the office's nothing is counted."""
    person = own_person(work, by)
    office = office_of(person)
    found = reads.board_document(work.session, document_id, office, by) if office else None
    return take(work, person, 1) if found is not None and found.issued_at is not None else None


def take_escalation(work: Work, *, by: UUID, escalation_id: UUID) -> LeftToday | None:
    """Takes every document of an escalation of the register that was issued, as `take` does."""
    person = own_person(work, by)
    found = reads.board_documents(work.session, escalation_id, by) if office_of(person) else ()
    issued = sum(document.issued_at is not None for document in found)
    return take(work, person, issued) if issued else None


def many_downloads(work: Work, *, by: UUID) -> list[ManyDownloads]:
    """The days of this week on which somebody else of the office took nearly all, or was refused more, the newest first."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    most = person.board.documents_a_day
    return [
        ManyDownloads(
            each.person.name, each.person.job_title, spell_date(each.day), each.taken, most, each.refused_at is not None
        )
        for each in sets.days_of_board(work.session, person.board_id, uk_date(work.now) - SHOWN)
        if each.person_id != by and (each.refused_at is not None or is_nearly_all(each.taken, most))
    ]


def _tell(work: Work, person: Person, action: str, day: date) -> None:
    """Everybody else of the unit, or where there is nobody else the Chair; once a day for each of the two reasons."""
    found = sets.day_of(work.session, person.id, day)
    assert found is not None, "what was taken or refused today is written down"
    work.note(action, person=person.id, board=person.board_id, about=found.id)
    for each in _others(seat_holders(work.session, person.board_id), person.id):
        notify(work, Kind.MANY_DOWNLOADS, each, key=f"{found.id}:{action}", about=found.id)


def _others(holders: Sequence[Person], person_id: UUID) -> list[Person]:
    others = [each for each in holders if each.id != person_id and may(each, May.SEE_REGISTER, Relation.OWN_BOARD)]
    return [each for each in others if may(each, May.DOWNLOAD_SETS, Relation.OWN_BOARD)] or others
