"""What the business unit writes beside a table of the numbers, so that none stands there without an explanation."""

from __future__ import annotations

from uuid import UUID

from forms_app.db import numbers as rows
from forms_app.db.figure_tables import FigureNote
from forms_app.domain.access import May
from forms_app.domain.errors import NotFound
from forms_app.domain.numbers import Table
from forms_app.domain.periods import Period
from forms_app.services.directory import person_who_may
from forms_app.services.numbers import numbers_of
from forms_app.services.scanning import StillIdentifies, found_in_words_of_board, stamp_of_findings
from forms_app.services.work import Work

FIELD = "text"


def table_to_explain(work: Work, *, by: UUID, period: Period, table_id: str) -> Table:
    """A table with what explains it now. Raises NotFound."""
    person = person_who_may(work, by, May.EXPLAIN_NUMBERS)
    found = (each for each in numbers_of(work, person.board_id, period).tables if each.id == table_id)
    table = next((each for each in found if not each.missing), None)
    if table is None:
        raise NotFound
    return table


def explain(work: Work, *, by: UUID, period: Period, table_id: str, text: str, seen: str = "") -> None:
    """Writes what explains a table; without words it is explained no more.

    Raises NotFound, CheckFailed, and StillIdentifies where something in it could tell of somebody and nobody has said that they saw that.
    """
    person = person_who_may(work, by, May.EXPLAIN_NUMBERS)
    table_to_explain(work, by=by, period=period, table_id=table_id)
    found = found_in_words_of_board(work, person.board_id, period, {FIELD: text})
    if found and seen != stamp_of_findings(found):
        raise StillIdentifies(found)
    rows.hold_notes(work.session, person.board_id)
    note = rows.notes(work.session, person.board_id, period.code).get(table_id)
    if not text.strip():
        if note is not None:
            work.session.delete(note)
    elif note is None:
        work.session.add(
            FigureNote(
                board_id=person.board_id,
                period=period.code,
                table_id=table_id,
                text=text,
                written_by_id=by,
                written_at=work.now,
            )
        )
    else:
        note.text, note.written_by_id, note.written_at = text, by, work.now
    work.note("figure_explained", person=by, board=person.board_id, code=f"{period.code}:{table_id}")
