"""Counts escalations for the register and the numbers, in the transaction that changes them, and proves that it was done."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from hashlib import sha256
from typing import Any
from uuid import UUID

from forms_app.db import register as rows
from forms_app.db.actors import SERVICE
from forms_app.db.register import Circulated, Counted
from forms_app.db.tables import Escalation
from forms_app.db.touched import is_touched, take_touched
from forms_app.domain.answers import from_json
from forms_app.domain.errors import CalendarEnds
from forms_app.domain.escalation import standing
from forms_app.domain.policy import Policy
from forms_app.domain.register import Line, State, level_of_need_in, line_of
from forms_app.services.history import concern_of, places_of, step_of
from forms_app.services.work import Work

RULES = 1
"""Goes up when what is counted changes: everything is then counted again."""
AT_ONCE = 200
"""How many escalations are read at a time."""
NOT_COMPARED = frozenset({"counted_at", "counted_by", "destroyed_at"})


def count_touched(work: Work) -> None:
    """Counts anew whatever this piece of work has changed. Nothing but the trail is written after it."""
    if is_touched(work.session):
        SERVICE.begin(work.session)  # somebody who takes part cannot see all that the Board counts
        count(work, take_touched(work.session))


def count(work: Work, ids: Sequence[UUID]) -> None:
    """Writes down what is counted of these escalations. What is not there any more is left as it was counted last."""
    if not ids:
        return
    rows.hold(work.session, ids)
    if found := list(_counted(work, ids)):
        rows.write(work.session, found)


def what_was_not_counted(work: Work) -> Sequence[UUID]:
    """Some that nobody counted, or not by today's rules and calendar. Ask again after they were, until there is none."""
    rules = {policy.key: rules_of(work, policy) for policy in work.shelf}
    return rows.not_counted(work.session, rules.keys(), set(rules.values()), work.now, AT_ONCE)


def differences(work: Work, ids: Sequence[UUID]) -> Iterator[tuple[UUID, str]]:
    """The escalations of which something else is written than counting them anew gives, and what: the proof."""
    there = rows.written(work.session, ids)
    for new in _counted(work, ids):
        old, each = there.get(new.values["escalation_id"]), new.values["escalation_id"]
        if old is None:
            yield each, "never counted"
            continue
        for name, value in new.values.items():
            if name not in NOT_COMPARED and old.values[name] != value:
                yield each, name
        if old.agencies != new.agencies:
            yield each, "agencies"
        if old.stays != new.stays:
            yield each, "stays"


def _counted(work: Work, ids: Collection[UUID]) -> Iterator[Counted]:
    told, circulated = rows.told_at(work.session, ids), rows.circulated(work.session, ids)
    reached = rows.reached_at(work.session, ids)
    for escalation in rows.whole(work.session, ids):
        if escalation.policy_key not in work.shelf:
            continue  # whoever mends the folder of policies has it counted: a message must not stay unsent because of it
        policy = work.shelf.get(escalation.policy_key)
        line = _line(work, policy, escalation, reached.get(escalation.id))
        yield Counted(
            values={
                "escalation_id": escalation.id,
                "board_id": escalation.board_id,
                "reference": escalation.reference,
                "policy_key": escalation.policy_key,
                "opened_at": escalation.opened_at,
                "told_at": told.get(escalation.id),
                "category": escalation.category,
                "raising_id": next(party.agency_id for party in escalation.parties if party.is_raiser),
                **_of_line(line),
                **asdict(circulated.get(escalation.id, Circulated())),
                "counted_by": rules_of(work, policy),
                "counted_at": work.now,
            },
            agencies=frozenset(agency.id for agency in concern_of(escalation).agencies),
            stays=line.stays,
        )


def _of_line(line: Line) -> dict[str, Any]:
    values = {name: value for name, value in asdict(line).items() if name != "stays"}
    return {**values, "state": line.state.value, "learning": list(line.learning)}


def _line(work: Work, policy: Policy, escalation: Escalation, reached_at: datetime | None) -> Line:
    steps, places = [step_of(record) for record in escalation.records], places_of(escalation)
    calendar, need = work.calendar(policy), level_of_need_in(policy, list(_answers(escalation)))
    try:
        return line_of(
            standing(policy, steps, places=places, calendar=calendar),
            places=places,
            level_of_need=need,
            reached_at=reached_at,
            calendar=calendar,
        )
    except CalendarEnds:  # it must not keep anybody from recording; a newer calendar has it counted again
        last = escalation.records[-1]
        return Line(
            state=State.OPEN,
            route=last.route,
            stage=last.stage,
            ended_at=None,
            recorded_at=last.entered_at,
            is_quiet=False,
            counts=True,
            due_at=None,
            due_side=None,
            convenes=None,
            lacks=None,
            outcome=None,
            level_of_need=need,
            learning=(),
            policy_gap=False,
            actions=0,
            actions_done=None,
            review_due_on=None,
            review_held_on=None,
            came_of_it=False,
            reminded_until=date.max,
            stays=(),
        )


def _answers(escalation: Escalation) -> Iterator[tuple[str, tuple[str, ...]]]:
    for record in escalation.records:
        for section in from_json(record.sections):
            yield from ((answer.id, answer.codes) for answer in section.answers)


def rules_of(work: Work, policy: Policy) -> str:
    """By what an escalation under this policy is counted: our rules, the policy as its file stands, the calendar of its nation."""
    calendar = work.calendar(policy)
    days = f"{calendar.first} {calendar.last} {sorted(calendar.closed)}"
    return sha256(f"{RULES} {work.shelf.digest(policy.key)} {days}".encode()).hexdigest()[:16]
