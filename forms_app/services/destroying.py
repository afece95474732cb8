"""Destroying what has been kept long enough: one person makes the list, another confirms it, the worker does it and certifies it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import TypedDict
from uuid import UUID

from forms_app.db import keeping as rows
from forms_app.db import outbox, register, trail
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.places import is_impartial
from forms_app.db.tables import Destruction, DestructionItem, Escalation, Person
from forms_app.domain import retention
from forms_app.domain.access import May, signs_off_own
from forms_app.domain.errors import CalendarEnds, ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.escalation import Resolved
from forms_app.domain.policy import Side
from forms_app.domain.retention import COUNTED_FROM, CountedFrom, RecordClass
from forms_app.domain.working_days import spell_date, spell_time, uk_date
from forms_app.services.counting import count
from forms_app.services.directory import person_who_may
from forms_app.services.history import standing_of
from forms_app.services.keeping import NOBODY, is_ready, weigh
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

WAITS = (timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))
AT_ONCE = 20
"""How many escalations one claim destroys, so that its lease never ends meanwhile."""
SOON = timedelta(seconds=30)
NOTHING_CHOSEN = "Choose at least one escalation"
NOT_READY = "The list has changed since you opened it. Look at it again: some of these cannot be destroyed today."
OWN_LIST = "You made this list. Somebody else of the business unit, or the Chair, has to confirm it."
OWN_ESCALATION = "You had a part or an interest in {references}. Somebody else has to confirm the list."
DECIDED = "Somebody has decided about this list already."
LEFT_IN_WORDS = {
    retention.Left.HELD: "It was put on hold.",
    retention.Left.NOT_DUE: "Its time had not come: something was recorded since, or the rule was changed.",
    retention.Left.GONE: "It had been destroyed already.",
}


class Figures(TypedDict):
    """What the Board's numbers count of an escalation, and what stays of it: ids and codes."""

    policy: str
    category: str
    opened_on: str
    route: str
    stage: str
    outcome: str | None
    raised_by: str
    raised_with: list[str]


@dataclass(frozen=True, slots=True)
class ItemLine:
    number: int
    reference: str
    ended: str
    due: str
    came_of_it: str
    rows: int | None
    files: int | None


@dataclass(frozen=True, slots=True)
class ListView:
    """One list, and its certificate once everything on it is done."""

    id: UUID
    number: int
    counted_from: str
    length: int
    proposed_by: str
    proposed: str
    decision: str | None
    decided_by: str
    decided: str
    finished: str
    items: tuple[ItemLine, ...]
    sha256: str
    trail: str
    is_own: bool
    can_confirm: bool
    can_withdraw: bool


# --- making and deciding -------------------------------------------------------------------------------------------


def propose(work: Work, *, by: UUID, escalations: Collection[UUID]) -> UUID:
    """Makes a list of escalations to be destroyed. Raises NotAllowedNow where any of them cannot be today."""
    person = person_who_may(work, by, May.PROPOSE_DESTRUCTION)
    if not escalations:
        raise NotAllowedNow(NOTHING_CHOSEN)
    rule = rows.rule_of(work.session, person.board_id, RecordClass.ESCALATION)
    warnings = [
        each for each in rows.warnings_of_board(work.session, person.board_id) if each.escalation_id in escalations
    ]
    taken = rows.open_holds(work.session, escalations) or rows.listed_elsewhere(work.session, escalations)
    ready = [each for each in warnings if is_ready(work, each, rule)]
    if taken or rule.length is None or len(ready) != len(set(escalations)):
        raise NotAllowedNow(NOT_READY)
    found = Destruction(
        board_id=person.board_id,
        number=rows.last_number(work.session, person.board_id) + 1,
        counted_from=rule.counted_from.value,
        length=rule.length,
        proposed_by_id=person.id,
        proposed_at=work.now,
    )
    found.items = [
        DestructionItem(
            number=number,
            escalation_id=each.escalation_id,
            reference=each.escalation.reference,
            ended_on=each.ended_on,
            due_on=each.due_on,
            figures={},
        )
        for number, each in enumerate(sorted(ready, key=lambda each: each.escalation.reference), start=1)
    ]
    work.session.add(found)
    work.session.flush()
    work.note("destruction_proposed", person=by, board=person.board_id, about=found.id)
    return found.id


def confirm(work: Work, *, by: UUID, destruction_id: UUID) -> None:
    """A second person agrees: from now on the worker destroys what is on the list and may still go.

    Raises NotFound, ChangedMeanwhile when somebody has decided, and NotAllowedNow to whoever made the list, or had
    a part or an interest in any escalation on it.
    """
    person, found = _to_decide(work, by, destruction_id, May.DESTROY)
    if signs_off_own(May.DESTROY, by, [found.proposed_by_id]):
        raise NotAllowedNow(OWN_LIST)
    if partial := [
        each.reference for each in found.items if not is_impartial(work.session, each.escalation_id, person)
    ]:
        raise NotAllowedNow(OWN_ESCALATION.format(references=", ".join(partial)))
    found.decision, found.decided_by_id, found.decided_at = "confirmed", person.id, work.now
    outbox.owe(work.session, OutboxKind.DESTROY, found.id, f"{OutboxKind.DESTROY}:{found.id}", work.now)
    work.note("destruction_confirmed", person=by, board=found.board_id, about=found.id)


def withdraw(work: Work, *, by: UUID, destruction_id: UUID) -> None:
    """Nothing on the list is destroyed because of it. Raises NotFound, and ChangedMeanwhile when somebody has decided."""
    person, found = _to_decide(work, by, destruction_id, May.SEE_KEEPING)
    found.decision, found.decided_by_id, found.decided_at = "withdrawn", person.id, work.now
    work.note("destruction_withdrawn", person=by, board=found.board_id, about=found.id)


def _to_decide(work: Work, by: UUID, destruction_id: UUID, what: May) -> tuple[Person, Destruction]:
    person = person_who_may(work, by, what)
    found = rows.destruction_of_board(work.session, destruction_id, person.board_id, lock=True)
    if found is None:
        raise NotFound(NOBODY)
    if found.decision is not None:
        raise ChangedMeanwhile(DECIDED)
    return person, found


# --- doing it ------------------------------------------------------------------------------------------------------


def destroy_listed(workshop: Workshop, claim: Claim) -> None:
    """Destroys some of what is left on a list, each in a transaction of its own, and certifies it when nothing is.

    Whoever is killed in here has destroyed some of it, and nothing twice: each line says itself whether it is done.
    """
    with workshop.reading() as work:
        found = rows.destruction_to_do(work.session, claim.about_id)
        left = [each.id for each in found.items if not _is_done(each)]
    for item_id in left[:AT_ONCE]:
        with workshop.writing() as work:
            _destroy(work, claim.about_id, item_id)
    is_wiped = rows.wipe(workshop.database)
    with workshop.writing() as work:
        if len(left) > AT_ONCE or not is_wiped:
            outbox.finish_until(
                work.session, claim.item_id, claim.worker, work.now + (SOON if not is_wiped else timedelta())
            )
        elif outbox.finish(work.session, claim.item_id, claim.worker, work.now):
            _certify(work, claim.about_id)


def _is_done(item: DestructionItem) -> bool:
    return item.destroyed_at is not None or item.left_because is not None


def _destroy(work: Work, destruction_id: UUID, item_id: UUID) -> None:
    item = rows.item_to_do(work.session, item_id)
    if _is_done(item):
        return
    found = rows.destruction_to_do(work.session, destruction_id)
    escalation = rows.escalation_to_weigh(work.session, item.escalation_id, lock=True)
    because = retention.Left.GONE if escalation is None else _why_not(work, found, escalation)
    if because is not None or escalation is None:
        item.left_because = because
        work.note("destruction_left", board=found.board_id, escalation=item.escalation_id, about=found.id, code=because)
        return
    item.figures = dict(_figures(work, escalation))
    count(work, [item.escalation_id])
    register.destroyed(work.session, item.escalation_id, work.now)
    work.session.flush()
    gone = rows.destroy(work.session, item.escalation_id)
    item = rows.item_to_do(work.session, item_id)
    item.rows, item.files, item.destroyed_at = gone.rows, gone.files, work.now
    work.note("escalation_destroyed", board=found.board_id, escalation=item.escalation_id, about=found.id)


def _why_not(work: Work, found: Destruction, escalation: Escalation) -> retention.Left | None:
    """Asked again at the last moment: a hold wins, and so does whatever was recorded since."""
    if rows.open_holds(work.session, [escalation.id]):
        return retention.Left.HELD
    warning = rows.warning_about(work.session, escalation.id)
    rule = rows.rule_of(work.session, found.board_id, RecordClass.ESCALATION)
    try:
        weighed = weigh(work, escalation, rule)
    except CalendarEnds:
        weighed = None
    is_same_rule = (rule.counted_from.value, rule.length) == (found.counted_from, found.length)
    if warning is None or weighed is None or not is_same_rule:
        return retention.Left.NOT_DUE
    is_due = retention.may_be_proposed(weighed.due_on, warning.warned_at, rule, today=uk_date(work.now), now=work.now)
    return None if is_due else retention.Left.NOT_DUE


def _figures(work: Work, escalation: Escalation) -> Figures:
    now = standing_of(work, escalation)
    last = escalation.records[-1]
    raiser = next(each for each in escalation.parties if each.is_raiser)
    others = sorted({str(each.agency_id) for each in escalation.parties if each.side == Side.RESPONDING})
    return {
        "policy": escalation.policy_key,
        "category": escalation.category,
        "opened_on": uk_date(escalation.opened_at).isoformat(),
        "route": last.route,
        "stage": last.stage,
        "outcome": now.outcome.outcome if isinstance(now, Resolved) else None,
        "raised_by": str(raiser.agency_id),
        "raised_with": others,
    }


def _certify(work: Work, destruction_id: UUID) -> None:
    found = rows.destruction_to_do(work.session, destruction_id)
    found.finished_at = work.now
    found.trail_number, found.trail_hash = trail.head(work.session)
    work.note("destruction_finished", board=found.board_id, about=found.id)


# --- what is shown of it ---------------------------------------------------------------------------------------------


def list_view(work: Work, *, by: UUID, destruction_id: UUID) -> ListView:
    """One list of this person's Board. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_KEEPING)
    found = rows.destruction_of_board(work.session, destruction_id, person.board_id)
    if found is None:
        raise NotFound(NOBODY)
    return _view(found, by)


def list_views(work: Work, *, by: UUID) -> list[ListView]:
    """Every list of this person's Board, the newest first. Raises NotFound."""
    person = person_who_may(work, by, May.SEE_KEEPING)
    return [_view(each, by) for each in rows.destructions_of_board(work.session, person.board_id)]


def certificate(work: Work, *, by: UUID, destruction_id: UUID) -> tuple[str, str]:
    """The certificate's name and plain text, for the Board's file: nobody's name, and nothing that anybody wrote.

    Raises NotFound.
    """
    view = list_view(work, by=by, destruction_id=destruction_id)
    if not view.finished:
        raise NotFound(NOBODY)
    person = person_who_may(work, by, May.SEE_KEEPING)
    work.note("certificate_downloaded", person=by, board=person.board_id, about=destruction_id)
    destroyed = [each for each in view.items if each.rows is not None]
    head = [
        f"{person.board.name}: certificate of destruction {view.number}",
        "",
        f"Rule:       {view.length} years, counted from: {COUNTED_FROM[CountedFrom(view.counted_from)]}",
        f"Proposed:   {view.proposed}, by {view.proposed_by}",
        f"Confirmed:  {view.decided}, by {view.decided_by}",
        f"Finished:   {view.finished}",
        f"Destroyed:  escalations: {len(destroyed)}, rows of the database: {sum(each.rows or 0 for each in destroyed)},",
        f"            files of documents: {sum(each.files or 0 for each in destroyed)}",
        f"Trail:      {view.trail}",
        f"SHA-256 of the lines below: {view.sha256}",
        "",
    ]
    name = f"{person.board.code}-certificate-of-destruction-{view.number}.txt"
    return name, "\n".join([*head, *lines_of(view.items), ""])


def lines_of(items: Sequence[ItemLine]) -> list[str]:
    return [
        f"{each.number}\t{each.reference}\tended {each.ended}\tdue {each.due}\t{each.came_of_it}"
        + ("" if each.rows is None else f"\t{each.rows} rows\t{each.files} files")
        for each in items
    ]


def _view(found: Destruction, by: UUID) -> ListView:
    items = tuple(_item(each) for each in found.items)
    waits, is_own = found.decision is None, found.proposed_by_id == by
    return ListView(
        id=found.id,
        number=found.number,
        counted_from=found.counted_from,
        length=found.length,
        proposed_by=_post(found.proposed_by),
        proposed=spell_time(found.proposed_at),
        decision=found.decision,
        decided_by="" if found.decided_by is None else _post(found.decided_by),
        decided="" if found.decided_at is None else spell_time(found.decided_at),
        finished="" if found.finished_at is None else spell_time(found.finished_at),
        items=items,
        sha256=sha256("\n".join(lines_of(items)).encode()).hexdigest(),
        trail="" if found.trail_number is None else f"{found.trail_number} entries, {found.trail_hash}",
        is_own=is_own,
        can_confirm=waits and not is_own,
        can_withdraw=waits,
    )


def _post(person: Person) -> str:
    """The job title alone: a certificate is kept for long, and names nobody."""
    return person.job_title


def _item(item: DestructionItem) -> ItemLine:
    if item.destroyed_at is not None:
        came_of_it = f"destroyed on {spell_time(item.destroyed_at)}"
    elif item.left_because is not None:
        came_of_it = f"kept. {LEFT_IN_WORDS[retention.Left(item.left_because)]}"
    else:
        came_of_it = "not destroyed"
    return ItemLine(
        item.number,
        item.reference,
        spell_date(item.ended_on),
        spell_date(item.due_on),
        came_of_it,
        item.rows,
        item.files,
    )
