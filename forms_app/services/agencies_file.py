"""The agencies of a Board as a file. None goes because it is not in it, and none gets another name by it."""

from __future__ import annotations

from collections import Counter
from uuid import UUID, uuid4

from forms_app.db.boards import agencies_of_board
from forms_app.db.tables import Agency
from forms_app.domain.comma_separated import CellFault, Row, SheetFaults, read_rows, write_rows
from forms_app.domain.contacts import stamp_of
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow
from forms_app.services.administering import Administrator, officer, policy_of_board
from forms_app.services.agencies import add_agency, change_agency, close_agency, kinds_of
from forms_app.services.planned import CHANGED, NO, YES, Cells, Does, Plan, PlannedLine, plan
from forms_app.services.work import Work

COLUMNS = ("name", "kind", "closed")
NEEDED = ("name", "kind")


def agencies_as_file(work: Work, *, by: UUID) -> bytes:
    """Raises NotFound."""
    own = officer(work, by)
    kinds = kinds_of(policy_of_board(work, own))
    work.note("agencies_exported", person=by, board=own.board_id)
    rows = (
        [each.name, kinds.get(each.kind, each.kind), YES if each.closed_at is not None else NO]
        for each in agencies_of_board(work.session, own.board_id)
    )
    return write_rows(COLUMNS, rows)


def plan_agencies(work: Work, *, by: UUID, content: bytes) -> Plan:
    """Raises NotFound, and SheetFaults with everything that is wrong in it."""
    return _read(work, officer(work, by), content)[0]


def bring_in_agencies(work: Work, *, by: UUID, content: bytes, seen: str) -> None:
    """Raises NotFound, SheetFaults and ChangedMeanwhile."""
    own = officer(work, by)
    found, kinds = _read(work, own, content)
    if found.stamp != seen:
        raise ChangedMeanwhile(CHANGED)
    known = {each.name: each for each in agencies_of_board(work.session, own.board_id)}
    for line in found.lines:
        try:
            _do(work, by, line, known.get(line.name), kinds[line.line])
        except NotAllowedNow as refused:
            raise SheetFaults([CellFault(line.line, "", str(refused))]) from None
    work.note("agencies_imported", person=by, board=own.board_id)


def _do(work: Work, by: UUID, line: PlannedLine, agency: Agency | None, kind: str) -> None:
    if agency is None:
        add_agency(work, by=by, form_key=uuid4(), name=line.name, kind=kind)
        work.session.flush()
        return
    if line.what:
        seen = stamp_of(agency.name, agency.kind)
        change_agency(work, by=by, agency_id=agency.id, name=agency.name, kind=kind, seen=seen)
    if line.does is Does.END:
        close_agency(work, by=by, agency_id=agency.id)


def _read(work: Work, own: Administrator, content: bytes) -> tuple[Plan, dict[int, str]]:
    """What the file would change, and the kind that it gives, by line."""
    rows, cells = read_rows(content, columns=COLUMNS, needed=NEEDED), Cells()
    known = {each.name: each for each in agencies_of_board(work.session, own.board_id)}
    kinds = kinds_of(policy_of_board(work, own))
    counted = Counter(row.cells["name"] for row in rows)
    lines, given = [], {}
    for row in rows:
        if counted[row.cells["name"]] > 1:
            cells.fault(row, "name", "This name stands in the file more than once.")
        given[row.line] = cells.one_of(row, "kind", kinds, "kind of agency")
        line = _line(cells, row, known.get(row.cells["name"]), given[row.line])
        lines += [line] if line is not None else []
    if cells.faults:
        raise SheetFaults(cells.faults)
    return plan(lines, rows, *given.values()), given


def _line(cells: Cells, row: Row, agency: Agency | None, kind: str) -> PlannedLine | None:
    name, is_closing = cells.text(row, "name", needed=True), cells.says_yes(row, "closed")
    if agency is None:
        if is_closing:
            cells.fault(row, "closed", "Leave this empty for a new agency.")
        return PlannedLine(row.line, Does.ADD, name, name)
    if agency.closed_at is not None and row.cells.get("closed", "").lower() == NO:
        cells.fault(row, "closed", "This agency is closed. Open it again on its page.")
    what = ("kind",) if agency.kind != kind else ()
    if is_closing and agency.closed_at is None:
        return PlannedLine(row.line, Does.END, name, name, what)
    return PlannedLine(row.line, Does.CHANGE, name, name, what) if what else None
