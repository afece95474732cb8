"""How long a Board keeps what: its rules, what is held back from them, and the look each day at what comes due."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import structlog

from forms_app.db import drafts, outbox
from forms_app.db import keeping as rows
from forms_app.db.outbox import Claim
from forms_app.db.people import business_unit_of, person_with_board
from forms_app.db.policies import forget_rehearsals
from forms_app.db.tables import Escalation, Person, RetentionHold, RetentionRule, RetentionWarning
from forms_app.domain import retention
from forms_app.domain.access import May, Relation, may
from forms_app.domain.ages import dates_in
from forms_app.domain.answers import from_json
from forms_app.domain.errors import CalendarEnds, NotAllowedNow, NotFound
from forms_app.domain.escalation import Left, Resolved
from forms_app.domain.policy import Side
from forms_app.domain.retention import CountedFrom, Dates, HoldReason, RecordClass, Rule
from forms_app.domain.seats import Seat
from forms_app.domain.working_days import spell_date, uk_date
from forms_app.mail.compose import Kind
from forms_app.services.directory import person_who_may
from forms_app.services.history import standing_of
from forms_app.services.notifying import notify
from forms_app.services.rehearsals import KEPT
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

EVERY = timedelta(days=1)
SIGN_INS_KEPT = timedelta(days=90)
REMINDERS_KEPT = timedelta(days=366)
AT_ONCE = 50
"""How many escalations are read in one transaction."""
NOBODY = "There is no such page."
NO_ESCALATION = "Your Board has no escalation with this reference. Copy it from a document, for example OAK-1234567."
HELD_ALREADY = "This escalation is on hold already. Lift that hold before you place another."
log = structlog.get_logger(__name__)


# --- views ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class HoldLine:
    id: UUID
    reference: str
    because: str
    sentence: str
    placed: str


@dataclass(frozen=True, slots=True)
class DueLine:
    """One escalation whose time comes: no name, and nothing that anybody typed."""

    escalation_id: UUID
    reference: str
    agencies: str
    ended: str
    due: str
    is_ready: bool
    """Whether it may be put on a list today."""
    waits_until: str
    is_held: bool
    is_listed: bool


@dataclass(frozen=True, slots=True)
class KeepingView:
    rules: dict[RecordClass, Rule]
    set_on: dict[RecordClass, str]
    """When somebody of this Board set its rule; empty where nobody did."""
    holds: tuple[HoldLine, ...]
    due: tuple[DueLine, ...]
    can_change: bool


def keeping_view(work: Work, *, by: UUID) -> KeepingView:
    """What the office may see of how long its Board keeps what. Raises NotFound for anybody else."""
    person = person_who_may(work, by, May.SEE_KEEPING)
    found = {of: rows.rule_row(work.session, person.board_id, of) for of in RecordClass}
    return KeepingView(
        rules={of: rows.rule_of(work.session, person.board_id, of) for of in RecordClass},
        set_on={of: "" if row is None else spell_date(uk_date(row.set_at)) for of, row in found.items()},
        holds=tuple(_hold_line(*each) for each in rows.holds_of_board(work.session, person.board_id)),
        due=tuple(_due_lines(work, person.board_id)),
        can_change=may(person, May.PROPOSE_DESTRUCTION, Relation.OWN_BOARD),
    )


def hold_line(work: Work, *, by: UUID, hold_id: UUID) -> HoldLine:
    """One open hold of this person's Board. Raises NotFound."""
    return _hold_line(*_hold(work, person_who_may(work, by, May.PROPOSE_DESTRUCTION), hold_id))


def _hold_line(hold: RetentionHold, reference: str) -> HoldLine:
    return HoldLine(hold.id, reference, hold.because, hold.sentence, spell_date(uk_date(hold.placed_at)))


def _due_lines(work: Work, board_id: UUID) -> Iterable[DueLine]:
    warnings = rows.warnings_of_board(work.session, board_id)
    ids = [each.escalation_id for each in warnings]
    held = {each.escalation_id for each in rows.open_holds(work.session, ids)}
    listed = rows.listed_elsewhere(work.session, ids)
    rule = rows.rule_of(work.session, board_id, RecordClass.ESCALATION)
    for each in warnings:
        is_held, is_listed = each.escalation_id in held, each.escalation_id in listed
        yield DueLine(
            escalation_id=each.escalation_id,
            reference=each.escalation.reference,
            agencies=agencies_of(each.escalation),
            ended=spell_date(each.ended_on),
            due=spell_date(each.due_on),
            is_ready=is_ready(work, each, rule) and not is_held and not is_listed,
            waits_until=spell_date(max(each.due_on, uk_date(each.warned_at + rule.warning))),
            is_held=is_held,
            is_listed=is_listed,
        )


def is_ready(work: Work, warning: RetentionWarning, rule: Rule) -> bool:
    """Whether the time has come, and of the warning too."""
    return retention.may_be_proposed(warning.due_on, warning.warned_at, rule, today=uk_date(work.now), now=work.now)


def agencies_of(escalation: Escalation) -> str:
    """The agencies of the two sides, the raising one first."""
    found = sorted((each for each in escalation.parties if each.side != Side.BOARD), key=lambda each: each.number)
    return ", ".join(dict.fromkeys(each.agency.name for each in found))


# --- what the business unit does -----------------------------------------------------------------------------------


def set_rule(work: Work, *, by: UUID, of: RecordClass, rule: Rule) -> None:
    """From now on the Board keeps this class of record for so long. Whoever was warned by the old rule is warned anew."""
    person = person_who_may(work, by, May.PROPOSE_DESTRUCTION)
    assert rule.counted_from in retention.OF_CLASS[of]
    row = rows.rule_row(work.session, person.board_id, of)
    if row is None:
        row = RetentionRule(board_id=person.board_id, record_class=of.value)
        work.session.add(row)
    row.counted_from, row.length, row.warning_days = rule.counted_from.value, rule.length, rule.warning_days
    row.set_by_id, row.set_at = person.id, work.now
    if of is RecordClass.ESCALATION:
        rows.forget_warnings(work.session, person.board_id)
    work.note("retention_rule_set", person=by, board=person.board_id, code=_code_of(of, rule))


def place_hold(work: Work, *, by: UUID, reference: str, because: HoldReason, sentence: str) -> None:
    """Nothing destroys this escalation from now on. Raises NotFound, and NotAllowedNow when it is on hold already."""
    person = person_who_may(work, by, May.PROPOSE_DESTRUCTION)
    found = rows.escalation_with_reference(work.session, reference.strip().upper(), person.board_id)
    if found is None:
        raise NotFound(NO_ESCALATION)
    # Whoever destroys it has it locked, and looks for holds then.
    escalation = rows.escalation_of_board(work.session, found.id, person.board_id, lock=True)
    if escalation is None:
        raise NotFound(NO_ESCALATION)
    if rows.open_holds(work.session, [escalation.id]):
        raise NotAllowedNow(HELD_ALREADY)
    work.session.add(
        RetentionHold(
            escalation_id=escalation.id,
            because=because.value,
            sentence=sentence,
            placed_by_id=person.id,
            placed_at=work.now,
        )
    )
    board = person.board_id
    work.note("retention_hold_placed", person=by, board=board, escalation=escalation.id, code=because.value)


def lift_hold(work: Work, *, by: UUID, hold_id: UUID) -> None:
    """What was held back from its rule is under it again, and people are warned anew. Raises NotFound."""
    person = person_who_may(work, by, May.PROPOSE_DESTRUCTION)
    hold, _ = _hold(work, person, hold_id)
    hold.lifted_by_id, hold.lifted_at = person.id, work.now
    warning = rows.warning_about(work.session, hold.escalation_id)
    if warning is not None:
        work.session.delete(warning)
    work.note("retention_hold_lifted", person=by, board=person.board_id, escalation=hold.escalation_id, about=hold.id)


def _hold(work: Work, person: Person, hold_id: UUID) -> tuple[RetentionHold, str]:
    found = next((each for each in rows.holds_of_board(work.session, person.board_id) if each[0].id == hold_id), None)
    if found is None:
        raise NotFound(NOBODY)
    return found


def _code_of(of: RecordClass, rule: Rule) -> str:
    return f"{of}:{rule.counted_from}:{'for_ever' if rule.length is None else rule.length}:{rule.warning_days}"


# --- when an escalation may go -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Weighed:
    """An escalation that has ended, and the first day on which it may be destroyed."""

    ended_on: date
    due_on: date


def weigh(work: Work, escalation: Escalation, rule: Rule) -> Weighed | None:
    """None for an escalation that goes on, and for one whose day nobody can tell. Raises CalendarEnds."""
    now = standing_of(work, escalation)
    if not isinstance(now, Resolved | Left):
        return None
    ended_on = uk_date(now.at)
    last = max(uk_date(record.entered_at) for record in escalation.records)
    born = _born_on(escalation) if rule.counted_from is CountedFrom.BIRTH else None
    due = retention.due_on(rule, Dates(ended_on, last, born))
    return None if due is None else Weighed(ended_on, due)


def _born_on(escalation: Escalation) -> date | None:
    """Of several children the youngest counts. None where nothing that was typed can be read as a date."""
    answers = (answer for section in from_json(escalation.subject.answers) for answer in section.answers)
    typed = next((answer.answer for answer in answers if answer.id == "births"), "")
    return max(dates_in(typed, uk_date(escalation.opened_at)), default=None)


# --- each day ------------------------------------------------------------------------------------------------------


def look_after_records(workshop: Workshop, claim: Claim) -> None:
    """Warns of what comes due in a Board, forgets drafts as its rule says, and what signing in, reminding and rehearsing leave."""
    _warn(workshop, claim.about_id)
    _forget_drafts(workshop, claim.about_id)
    with workshop.writing() as work:
        rows.forget_sign_ins(work.session, work.now - SIGN_INS_KEPT)
        forget_rehearsals(work.session, claim.about_id, before=work.now - KEPT)
        rows.forget_reminders(work.session, claim.about_id, work.now - REMINDERS_KEPT)
        outbox.finish_until(work.session, claim.item_id, claim.worker, work.now + EVERY)


def _warn(workshop: Workshop, board_id: UUID) -> None:
    last: UUID | None = None
    while True:
        with workshop.reading() as work:
            rule = rows.rule_of(work.session, board_id, RecordClass.ESCALATION)
            page = _to_weigh(work, board_id, last, rule)
            found = {each: _weighed(work, each, rule) for each in page}
        if not page:
            return
        last = page[-1]
        changed = {each: weighed for each, weighed in found.items() if _differs(workshop, each, weighed)}
        if changed:
            with workshop.writing() as work:
                for each, weighed in changed.items():
                    _set_warning(work, board_id, each, weighed)


def _to_weigh(work: Work, board_id: UUID, after: UUID | None, rule: Rule) -> Sequence[UUID]:
    """The next page of what can be near, by the day on which it was opened alone."""
    if rule.length is None:
        return ()
    day = retention.opened_by(rule, uk_date(work.now)) + timedelta(days=2)
    moment = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return rows.escalations_after(work.session, board_id, after, moment, AT_ONCE)


def _weighed(work: Work, escalation_id: UUID, rule: Rule) -> Weighed | None:
    """None, too, where it will be due only after the time of the warning."""
    escalation = rows.escalation_to_weigh(work.session, escalation_id)
    if escalation is None:
        return None
    try:
        found = weigh(work, escalation, rule)
    except CalendarEnds:
        log.warning("escalation_not_weighed", escalation=str(escalation_id))
        return None
    is_near = found is not None and found.due_on - rule.warning <= uk_date(work.now)
    return found if is_near else None


def _differs(workshop: Workshop, escalation_id: UUID, weighed: Weighed | None) -> bool:
    with workshop.reading() as work:
        known = rows.warning_about(work.session, escalation_id)
        return (None if known is None else known.due_on) != (None if weighed is None else weighed.due_on)


def _set_warning(work: Work, board_id: UUID, escalation_id: UUID, weighed: Weighed | None) -> None:
    known = rows.warning_about(work.session, escalation_id)
    if known is not None:
        work.session.delete(known)
        work.session.flush()
    escalation = rows.escalation_of_board(work.session, escalation_id, board_id)
    if weighed is None or escalation is None:
        return
    work.session.add(
        RetentionWarning(
            escalation_id=escalation_id,
            board_id=board_id,
            ended_on=weighed.ended_on,
            due_on=weighed.due_on,
            warned_at=work.now,
        )
    )
    agencies = {party.agency_id for party in escalation.parties}
    people = [*business_unit_of(work.session, board_id), *rows.leads_of(work.session, agencies)]
    for person in {each.id: each for each in people}.values():
        notify(work, Kind.DESTRUCTION_NEAR, person, key=f"{work.now:%Y-%m-%d}", about=board_id)
    work.note("retention_warned", board=board_id, escalation=escalation_id)


def _forget_drafts(workshop: Workshop, board_id: UUID) -> None:
    """Whoever wrote one is told while there is still time to go on with it."""
    with workshop.writing() as work:
        rule = rows.rule_of(work.session, board_id, RecordClass.DRAFT)
        if rule.length is None:
            return
        ends = work.now - timedelta(days=rule.length)
        for draft in rows.drafts_saved_before(work.session, board_id, ends + rule.warning):
            key = f"{draft.id}:{draft.saved_at:%Y-%m-%dT%H:%M:%S}"
            if draft.saved_at >= ends or not rows.was_told(work.session, draft.person_id, key, work.now - rule.warning):
                person = person_with_board(work.session, draft.person_id)
                if person is not None:
                    notify(work, Kind.DRAFT_ENDS, person, key=key, about=draft.id)
                    continue
            drafts.forget_draft(work.session, draft.id)
            work.note("draft_forgotten", person=draft.person_id, board=board_id, about=draft.id)


# --- what the emails say -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Near:
    """What comes due, as an email says it."""

    references: tuple[str, ...]
    by: date
    """The first day on which any of them may be destroyed."""


def what_is_near(work: Work, person: Person, *, since: datetime) -> Near | None:
    """What people were warned of since a moment: the unit of everything, anybody else of what their agency takes part in."""
    agency = None if person.seat == Seat.BUSINESS_UNIT else person.agency_id
    found = rows.warned_since(work.session, person.board_id, since, agency)
    rule = rows.rule_of(work.session, person.board_id, RecordClass.ESCALATION)
    if not found:
        return None
    by = min(max(each.due_on, uk_date(each.warned_at + rule.warning)) for each in found)
    return Near(tuple(each.escalation.reference for each in found), by)


def draft_ends_on(work: Work, person: Person, draft_id: UUID, *, told_at: datetime) -> date | None:
    """The day until which a draft is kept; None when it was sent, or somebody went on with it."""
    draft = drafts.draft_with_id(work.session, person.id, draft_id)
    rule = rows.rule_of(work.session, person.board_id, RecordClass.DRAFT)
    if draft is None or draft.saved_at > told_at or rule.length is None:
        return None
    return uk_date(max(draft.saved_at + timedelta(days=rule.length), told_at + rule.warning))
