"""The registers of learning and of gaps: what outcomes say is to be learnt becomes lines that somebody owns, without any story."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID, uuid4, uuid5

from forms_app.db import learning as rows
from forms_app.db.boards import agencies_of_board
from forms_app.db.learning_tables import LearningChange, LearningLine, NothingToAdd
from forms_app.db.people import people_of_board
from forms_app.db.releases import escalation_behind
from forms_app.db.tables import Person, RegisterEntry
from forms_app.domain.access import May, Relation, may
from forms_app.domain.comma_separated import write_rows
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.learning import SUB_GROUPS, Kind, LineDetails, Owner, Show, Wanted, is_overdue
from forms_app.domain.periods import Period
from forms_app.domain.policy import Policy
from forms_app.domain.seats import Seat
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.services.contacts import AT_BOARD
from forms_app.services.directory import person_who_may
from forms_app.services.in_words import title_of
from forms_app.services.register_choices import reasons_of
from forms_app.services.scanning import StillIdentifies, found_in_words, stamp_of_findings
from forms_app.services.work import Work

MOST_COUNTED = 100
"""How far what is to be routed is counted: more than that is only said to be more."""
A_PAGE = 25
SEATS: Mapping[Seat, str] = {Seat.BUSINESS_UNIT: "Business unit", **AT_BOARD}
"""Whose a line can be, beside people and agencies."""
REGISTERS = {Kind.LEARNING: "Learning", Kind.GAP: "Gap in a policy"}
FIELDS: Mapping[str, str] = {
    "added": "Added the line",
    "kind": "Changed the register",
    "policy_key": "Changed the policy",
    "code": "Changed the kind of learning",
    "section": "Changed where in the policy",
    "what": "Changed what is learnt",
    "action": "Changed the action",
    "owner": "Changed whose it is",
    "due_on": "Changed when it is due",
    "sub_group": "Changed the sub-group",
    "done": "Marked it as done",
    "open_again": "Opened it again",
}
"""What the history of a line says of each of its codes."""
FIRST = "Somebody else changed this line after you opened it. Look at it again: what you did was not saved."
NOT_THERE = "There is no such line."
INTEREST = (
    "You declared an interest in the escalation that this came from. Somebody else of the business unit has to do it."
)
COLUMNS = (
    "register",
    "kind_of_learning",
    "policy",
    "where_in_the_policy",
    "what",
    "action",
    "owner",
    "due",
    "sub_group",
    "state",
    "done_on",
    "what_was_done",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """Why what was found can stay, and of which findings somebody says so."""

    because: str = ""
    stamp: str = ""


# --- what is to be routed ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Learnt:
    """What the outcome of one escalation says is to be learnt, in the codes and titles of its policy alone."""

    escalation_id: UUID
    reference: str
    policy: Policy
    reason: str
    learning: tuple[tuple[str, str], ...]
    """Code and title."""
    policy_gap: bool


@dataclass(frozen=True, slots=True)
class ToRoute:
    """What waits to become lines, or to be said to need none."""

    count: int
    is_more: bool
    """Whether there are more than that."""
    first: tuple[Learnt, ...]


def to_route(work: Work, *, by: UUID, most: int = 10) -> ToRoute | None:
    """What waits, the oldest first; None for somebody who does not keep the registers."""
    own = person_who_may(work, by, May.SEE_LEARNING)
    if not may(own, May.KEEP_LEARNING, Relation.OWN_BOARD):
        return None
    count = rows.count_to_route(work.session, own.board_id, by, MOST_COUNTED + 1)
    first = rows.to_route(work.session, own.board_id, by, most) if count else ()
    return ToRoute(min(count, MOST_COUNTED), count > MOST_COUNTED, tuple(_learnt(work, each) for each in first))


def learnt_in(work: Work, *, by: UUID, escalation_id: UUID) -> Learnt:
    """What one escalation says is to be learnt, whether or not it waits still. Raises NotFound."""
    return _learnt(work, _entry(work, person_who_may(work, by, May.KEEP_LEARNING), escalation_id))


def add_nothing(work: Work, *, by: UUID, escalation_id: UUID, reason: str) -> None:
    """Notes that no line comes of an escalation, and why. Said twice, it is noted once. Raises NotFound."""
    own = person_who_may(work, by, May.KEEP_LEARNING)
    entry = _entry(work, own, escalation_id, lock=True)
    if rows.nothing_comes_of(work.session, escalation_id) is None:
        work.session.add(
            NothingToAdd(
                id=uuid4(),
                board_id=own.board_id,
                escalation_id=entry.escalation_id,
                reason=reason,
                at=work.now,
                looked_by_id=by,
            )
        )
        work.note("learning_not_added", person=by, board=own.board_id, escalation=escalation_id)


def _entry(work: Work, own: Person, escalation_id: UUID, *, lock: bool = False) -> RegisterEntry:
    found = rows.one_with_learning(work.session, escalation_id, own.board_id, own.id, lock=lock)
    if found is None:
        raise NotFound("There is no such escalation.")
    return found


def _learnt(work: Work, entry: RegisterEntry) -> Learnt:
    policy = work.shelf.get(entry.policy_key)
    return Learnt(
        escalation_id=entry.escalation_id,
        reference=entry.reference,
        policy=policy,
        reason=title_of(reasons_of(policy), entry.category),
        learning=tuple((code, title_of(policy.learning, code)) for code in entry.learning),
        policy_gap=entry.policy_gap,
    )


# --- reading -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    what: str
    who: str
    at: str


@dataclass(frozen=True, slots=True)
class LineView:
    """One line as somebody reads it."""

    id: UUID
    details: LineDetails
    policy: str
    learning: str
    """The policy's title of its kind of learning."""
    owner: str
    sub_group: str
    is_overdue: bool
    done_on: date | None
    done: str
    revision: int


@dataclass(frozen=True, slots=True)
class WholeLine:
    """One line with its history, and for whom keeps it also where it came from."""

    line: LineView
    changes: tuple[Change, ...]
    may_keep: bool
    came_from: UUID | None
    reference: str
    kept_because: str


@dataclass(frozen=True, slots=True)
class LinesView:
    """A page of one of the registers, for one reader."""

    lines: tuple[LineView, ...]
    found: int
    page: int
    pages: int
    may_keep: bool
    only_of: Seat | None
    """The sub-group whose lines alone this reader sees."""


def lines_view(work: Work, *, by: UUID, wanted: Wanted, page: int) -> LinesView:
    """What is overdue comes first. Raises NotFound for somebody who may not see the registers."""
    own, today = person_who_may(work, by, May.SEE_LEARNING), uk_date(work.now)
    only_of = _only_of(own)
    found = rows.count_lines(work.session, own.board_id, wanted, only_of=only_of, today=today)
    pages = max(1, -(-found // A_PAGE))
    page = min(max(page, 1), pages)
    after = (page - 1) * A_PAGE
    lines = rows.lines(work.session, own.board_id, wanted, only_of=only_of, today=today, most=A_PAGE, after=after)
    return LinesView(
        lines=tuple(_view(work, line) for line in lines),
        found=found,
        page=page,
        pages=pages,
        may_keep=may(own, May.KEEP_LEARNING, Relation.OWN_BOARD),
        only_of=only_of,
    )


def one_line(work: Work, *, by: UUID, line_id: UUID) -> WholeLine:
    """Raises NotFound."""
    own = person_who_may(work, by, May.SEE_LEARNING)
    line = rows.line_of_board(work.session, line_id, own.board_id, only_of=_only_of(own))
    if line is None:
        raise NotFound(NOT_THERE)
    keeps, came_from = may(own, May.KEEP_LEARNING, Relation.OWN_BOARD), line.came_from_id
    reference = rows.reference_of(work.session, came_from, own.board_id, by) if keeps and came_from else None
    return WholeLine(
        line=_view(work, line),
        changes=tuple(_change(each) for each in rows.changes_of(work.session, line.id)),
        may_keep=keeps and (came_from is None or reference is not None),
        came_from=came_from if reference else None,
        reference=reference or "",
        kept_because=line.kept_because if keeps else "",
    )


def owners_of(work: Work, *, by: UUID) -> dict[str, list[tuple[str, str]]]:
    """Whose a line can be, in groups: by code and in words. Raises NotFound."""
    own = person_who_may(work, by, May.SEE_LEARNING)
    agencies = agencies_of_board(work.session, own.board_id)
    people = sorted(people_of_board(work.session, own.board_id), key=lambda each: (each.name.casefold(), each.id))
    return {
        "At the Board": [(Owner(seat=seat).code, name) for seat, name in SEATS.items()],
        "Agencies": [(Owner(agency_id=each.id).code, each.name) for each in agencies],
        "People": [(Owner(person_id=each.id).code, f"{each.name}, {each.job_title}") for each in people],
    }


def policy_of_lines(work: Work, *, by: UUID) -> Policy:
    """The policy by which a line is written that comes from no escalation. Raises NotFound."""
    return work.policy_of(person_who_may(work, by, May.SEE_LEARNING).board)


def _change(change: LearningChange) -> Change:
    what = FIELDS.get(change.field, change.field)
    return Change(what=what, who=change.changed_by.name, at=spell_date(uk_date(change.at)))


def _view(work: Work, line: LearningLine) -> LineView:
    details, policy = _details(line), work.shelf.get(line.policy_key)
    done_on = None if line.done_at is None else uk_date(line.done_at)
    return LineView(
        id=line.id,
        details=details,
        policy=f"{policy.short_title} ({policy.dated})",
        learning=title_of(policy.learning, line.code) if line.code else "",
        owner=_owner(line),
        sub_group=SEATS[details.sub_group] if details.sub_group else "",
        is_overdue=is_overdue(line.due_on, is_done=done_on is not None, today=uk_date(work.now)),
        done_on=done_on,
        done=line.done,
        revision=line.revision,
    )


def _owner(line: LearningLine) -> str:
    if line.owner_person is not None:
        return line.owner_person.name
    return line.owner_agency.name if line.owner_agency is not None else SEATS[Seat(line.owner_seat or "")]


def _details(line: LearningLine) -> LineDetails:
    return LineDetails(
        kind=Kind(line.kind),
        policy_key=line.policy_key,
        code=line.code,
        section=line.section,
        what=line.what,
        action=line.action,
        owner=Owner(line.owner_person_id, line.owner_agency_id, Seat(line.owner_seat) if line.owner_seat else None),
        due_on=line.due_on,
        sub_group=Seat(line.sub_group) if line.sub_group else None,
    )


def _only_of(own: Person) -> Seat | None:
    return Seat(own.seat) if own.seat in SUB_GROUPS else None


# --- writing -----------------------------------------------------------------------------------------------------


def add_line(
    work: Work, *, by: UUID, form_key: UUID, details: LineDetails, came_from: UUID | None = None, kept: Kept = Kept()
) -> UUID:
    """Adds a line; the same form sent twice adds it once. Raises NotFound, StillIdentifies and CheckFailed."""
    own = person_who_may(work, by, May.KEEP_LEARNING)
    if came_from is not None:
        _entry(work, own, came_from, lock=True)
    line_id = uuid5(by, form_key.hex)
    if rows.line_of_board(work.session, line_id, own.board_id) is not None:
        return line_id
    line = LearningLine(id=line_id, board_id=own.board_id, came_from_id=came_from, written_at=work.now, revision=1)
    line.done = ""
    _write(work, own, line, details, kept)
    work.session.add(line)
    work.session.flush()
    _noted(work, own, line, "learning_line_added", ["added"])
    return line_id


def change_line(work: Work, *, by: UUID, line_id: UUID, seen: int, details: LineDetails, kept: Kept = Kept()) -> None:
    """Writes a line anew. Raises NotFound, ChangedMeanwhile, NotAllowedNow, StillIdentifies and CheckFailed."""
    own, line = _to_keep(work, by, line_id, seen)
    changed = _details(line).differs_in(details)
    _write(work, own, line, details, kept)
    if changed:
        _noted(work, own, line, "learning_line_changed", changed)


def finish_line(work: Work, *, by: UUID, line_id: UUID, seen: int, done: str, kept: Kept = Kept()) -> None:
    """Marks a line as done, with what was done. Raises NotFound, ChangedMeanwhile, NotAllowedNow, StillIdentifies and CheckFailed."""
    own, line = _to_keep(work, by, line_id, seen)
    if line.done_at is not None:
        raise NotAllowedNow("This line is done already.")
    because = _checked(work, line.came_from_id, {"done": done}, kept)
    line.done, line.done_at, line.done_by_id = done, work.now, by
    line.kept_because = "\n".join(filter(None, (line.kept_because, because)))
    _noted(work, own, line, "learning_line_done", ["done"])


def open_again(work: Work, *, by: UUID, line_id: UUID, seen: int) -> None:
    """Opens a line again that was marked as done. What was said to be done stays in it until it is done.

    Raises NotFound, ChangedMeanwhile and NotAllowedNow.
    """
    own, line = _to_keep(work, by, line_id, seen)
    if line.done_at is None:
        raise NotAllowedNow("This line is not done.")
    line.done_at = line.done_by_id = None
    _noted(work, own, line, "learning_line_reopened", ["open_again"])


def _to_keep(work: Work, by: UUID, line_id: UUID, seen: int) -> tuple[Person, LearningLine]:
    own = person_who_may(work, by, May.KEEP_LEARNING)
    line = rows.line_of_board(work.session, line_id, own.board_id, lock=True)
    if line is None:
        raise NotFound(NOT_THERE)
    if line.revision != seen:
        raise ChangedMeanwhile(FIRST)
    came_from = line.came_from_id
    if came_from is not None and rows.reference_of(work.session, came_from, own.board_id, by) is None:
        raise NotAllowedNow(INTEREST)
    return own, line


def _write(work: Work, own: Person, line: LearningLine, details: LineDetails, kept: Kept) -> None:
    _require(work, own, details)
    line.kept_because = _checked(work, line.came_from_id, details.texts, kept)
    line.kind, line.policy_key, line.code = details.kind.value, details.policy_key, details.code
    line.section, line.what, line.action = details.section, details.what, details.action
    line.owner_person_id, line.owner_agency_id = details.owner.person_id, details.owner.agency_id
    line.owner_seat = details.owner.seat.value if details.owner.seat else None
    line.due_on = details.due_on
    line.sub_group = details.sub_group.value if details.sub_group else None


def _require(work: Work, own: Person, details: LineDetails) -> None:
    """Whatever a form of ours does not offer is not there. Raises NotFound."""
    known = {code for group in owners_of(work, by=own.id).values() for code, _ in group}
    policy = work.shelf.get(details.policy_key)
    is_known = details.code is None or details.code in {choice.id for choice in policy.learning}
    if details.owner.code not in known or not is_known:
        raise NotFound("There is no such choice.")


def _checked(work: Work, came_from: UUID | None, texts: Mapping[str, str], kept: Kept) -> str:
    """Why what was found can stay; nothing where nothing was found. Raises StillIdentifies and CheckFailed."""
    escalation = None if came_from is None else escalation_behind(work.session, came_from)
    found = found_in_words(texts, escalation)
    if not found:
        return ""
    if not kept.because.strip() or kept.stamp != stamp_of_findings(found):
        raise StillIdentifies(found)
    return kept.because


def _noted(work: Work, own: Person, line: LearningLine, action: str, changed: Sequence[str]) -> None:
    line.revision += 0 if action == "learning_line_added" else 1
    for field in changed:
        work.session.add(
            LearningChange(
                id=uuid4(), board_id=own.board_id, line_id=line.id, at=work.now, changed_by_id=own.id, field=field
            )
        )
    work.note(action, person=own.id, board=own.board_id, about=line.id)


# --- for a report ------------------------------------------------------------------------------------------------


def lines_of_sub_group(work: Work, board_id: UUID, sub_group: Seat, period: Period) -> list[LineView]:
    """What a sub-group had in a period: what was open at its end, and what was done in it."""
    found = rows.lines_for_report(work.session, board_id, sub_group, since=period.since, until=period.until)
    return [_view(work, line) for line in found]


# --- as a file ---------------------------------------------------------------------------------------------------


def lines_as_file(work: Work, *, by: UUID) -> bytes:
    """Every line that this person sees, of both registers, as CSV. Raises NotFound."""
    own, today = person_who_may(work, by, May.SEE_LEARNING), uk_date(work.now)
    found = [
        _view(work, line)
        for kind in Kind
        for line in rows.lines(
            work.session, own.board_id, Wanted(kind, Show.EVERYTHING), only_of=_only_of(own), today=today
        )
    ]
    work.note("learning_exported", person=by, board=own.board_id)
    return write_rows(COLUMNS, (list(_cells(each)) for each in found))


def _cells(line: LineView) -> Iterator[str]:
    details = line.details
    yield from (REGISTERS[details.kind], line.learning, line.policy, details.section, details.what, details.action)
    yield from (line.owner, details.due_on.isoformat(), line.sub_group)
    yield "done" if line.done_on else "overdue" if line.is_overdue else "open"
    yield from (line.done_on.isoformat() if line.done_on else "", line.done)
