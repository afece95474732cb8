"""Rehearsing a policy for somebody who reads it: asked for on a page, made by the worker, forgotten after a day."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

from forms_app.db import outbox, policies
from forms_app.db.boards import hold_board
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.policy_tables import RehearsedPolicy
from forms_app.domain.access import May
from forms_app.domain.errors import NotFound
from forms_app.domain.policy import Policy
from forms_app.domain.working_days import instant_of, spell_date
from forms_app.services.directory import person_who_may
from forms_app.services.policies import policy_on_shelf
from forms_app.services.rehearsed import Rehearsal
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop

Rehearse = Callable[[Policy, str, datetime], Rehearsal]
"""Walks an invented escalation through a route, in a database that exists for that alone."""
KEPT = timedelta(days=1)
NINE = time(9)
WAITS = (timedelta(seconds=30),)


@dataclass(frozen=True, slots=True)
class RehearsalView:
    """`says` is a `services.rehearsed.Rehearsal`; None while it is not made."""

    policy: Policy
    route: str
    opened: str
    says: Mapping[str, Any] | None
    fault: str


def ask(work: Work, *, by: UUID, key: str, route: str, opened_on: date) -> UUID:
    """Owes a rehearsal of an escalation that is opened at nine o'clock on a UK day, unless the same was asked today.

    Raises NotFound.
    """
    person, policy = person_who_may(work, by, May.PROPOSE_POLICY), policy_on_shelf(work, key)
    if route not in {each.id for each in policy.routes}:
        raise NotFound("There is no such route.")
    since = work.now - KEPT
    hold_board(work.session, person.board_id)
    policies.forget_rehearsals(work.session, person.board_id, before=since)
    same = policies.same_rehearsal(work.session, person.board_id, key, route, opened_on, since=since)
    if same is not None:
        return same
    asked = RehearsedPolicy(
        id=uuid4(),
        board_id=person.board_id,
        policy_key=key,
        route=route,
        opened_on=opened_on,
        asked_by_id=person.id,
        asked_at=work.now,
    )
    work.session.add(asked)
    work.note("policy_rehearsed", person=person.id, board=person.board_id, about=asked.id, code=key)
    outbox.owe(work.session, OutboxKind.REHEARSE, asked.id, _owed(asked.id), work.now)
    return asked.id


def rehearsal_view(work: Work, *, by: UUID, rehearsal_id: UUID) -> RehearsalView:
    """Raises NotFound, also for what was asked for more than a day ago."""
    person = person_who_may(work, by, May.PROPOSE_POLICY)
    found = policies.rehearsal_of(work.session, person.board_id, rehearsal_id, since=work.now - KEPT)
    if found is None:
        raise NotFound("There is no such rehearsal.")
    policy = policy_on_shelf(work, found.policy_key)
    return RehearsalView(
        policy=policy,
        route=policy.route(found.route).title,
        opened=spell_date(found.opened_on),
        says=found.says,
        fault=outbox.why_parked(work.session, _owed(found.id)) or "",
    )


def make_rehearsal(workshop: Workshop, claim: Claim, rehearse: Rehearse | None) -> None:
    """Rehearses with no transaction open; nothing of it touches the service's own database."""
    with workshop.reading() as work:
        found = policies.rehearsal_to_make(work.session, claim.about_id)
        wanted = None if found is None else _what(work, found)
    says = None
    if wanted is not None:
        assert rehearse is not None, "every worker that the service starts can rehearse"
        says = asdict(rehearse(*wanted))
    with workshop.writing() as work:
        kept = policies.rehearsal_to_make(work.session, claim.about_id)
        if outbox.finish(work.session, claim.item_id, claim.worker, work.now) and kept is not None and says is not None:
            kept.says, kept.done_at = says, work.now


def _what(work: Work, asked: RehearsedPolicy) -> tuple[Policy, str, datetime]:
    return work.shelf.get(asked.policy_key), asked.route, instant_of(asked.opened_on, NINE)


def _owed(rehearsal_id: UUID) -> str:
    return f"{OutboxKind.REHEARSE}:{rehearsal_id}"
