"""The views of the register that somebody of the office saves for themselves: a name, and what they often ask for."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from forms_app.db import saved_views as rows
from forms_app.db.register_tables import SavedView
from forms_app.db.tables import Person
from forms_app.domain.access import May
from forms_app.domain.errors import NotAllowedNow, NotFound
from forms_app.domain.register_filters import Filters
from forms_app.services.directory import person_who_may
from forms_app.services.work import Work

MOST = 20
NO_MORE = f"You have {MOST} views, and there cannot be more. Remove one that you do not need first."
NAME_TAKEN = "You have a view of this name. Choose another name"


@dataclass(frozen=True, slots=True)
class ViewLine:
    id: UUID
    name: str
    filters: Filters
    is_first: bool


def views_of(work: Work, *, by: UUID) -> tuple[ViewLine, ...]:
    """Their own, in the order in which they were saved. Raises NotFound."""
    person_who_may(work, by, May.SEE_REGISTER)
    return tuple(_line(row) for row in rows.views_of(work.session, by))


def first_view(work: Work, *, by: UUID) -> Filters | None:
    """What the register opens with, for somebody who chose it."""
    person_who_may(work, by, May.SEE_REGISTER)
    found = rows.first_view_of(work.session, by)
    return None if found is None else _line(found).filters


def one_view(work: Work, *, by: UUID, view_id: UUID) -> ViewLine:
    """Raises NotFound."""
    return _line(_own(work, by, view_id)[1])


def save_view(work: Work, *, by: UUID, form_key: UUID, name: str, filters: Filters, is_first: bool) -> None:
    """The form sent twice saves it once. Raises NotFound, and NotAllowedNow with a sentence."""
    person = person_who_may(work, by, May.SEE_REGISTER)
    rows.hold_views(work.session, by)
    own = rows.views_of(work.session, by)
    if any(row.id == form_key for row in own):
        return
    if len(own) >= MOST:
        raise NotAllowedNow(NO_MORE)
    if any(_same(row.name, name) for row in own):
        raise NotAllowedNow(NAME_TAKEN)
    if is_first:
        rows.none_is_first(work.session, by)
    work.session.add(
        SavedView(id=form_key, person_id=by, name=name, codes=filters.codes, is_first=is_first, saved_at=work.now)
    )
    work.note("view_saved", person=by, board=person.board_id, about=form_key)


def change_view(work: Work, *, by: UUID, view_id: UUID, name: str, is_first: bool) -> None:
    """Raises NotFound, and NotAllowedNow with a sentence."""
    rows.hold_views(work.session, by)
    person, row = _own(work, by, view_id)
    if any(_same(each.name, name) for each in rows.views_of(work.session, by) if each.id != view_id):
        raise NotAllowedNow(NAME_TAKEN)
    if is_first:
        rows.none_is_first(work.session, by)
    row.name, row.is_first = name, is_first
    work.note("view_changed", person=by, board=person.board_id, about=view_id)


def remove_view(work: Work, *, by: UUID, view_id: UUID) -> None:
    """Raises NotFound."""
    person, row = _own(work, by, view_id)
    work.session.delete(row)
    work.note("view_removed", person=by, board=person.board_id, about=view_id)


def _own(work: Work, by: UUID, view_id: UUID) -> tuple[Person, SavedView]:
    person = person_who_may(work, by, May.SEE_REGISTER)
    row = rows.view_of(work.session, view_id, by)
    if row is None:
        raise NotFound("There is no such view.")
    return person, row


def _line(row: SavedView) -> ViewLine:
    return ViewLine(row.id, row.name, Filters.read(row.codes) or Filters(), row.is_first)


def _same(one: str, other: str) -> bool:
    return one.casefold() == other.casefold()
