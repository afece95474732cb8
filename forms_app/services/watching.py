"""What the service does of itself when a time runs out: opens the next stage, or tells people that nothing happens."""

from __future__ import annotations

from datetime import datetime
from uuid import uuid4, uuid5

from forms_app.db import outbox, reads
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.tables import Escalation, StageRecord
from forms_app.domain.acts import Destination, next_place, opens_by_itself
from forms_app.domain.answers import to_json
from forms_app.domain.clocks import due
from forms_app.domain.escalation import Open
from forms_app.domain.records import Facts, Quiet, StepUp
from forms_app.domain.working_days import uk_date
from forms_app.services import joining
from forms_app.services.circulating import circulate
from forms_app.services.history import policy_of, standing_of
from forms_app.services.webhooks import tell_of_stage
from forms_app.services.work import Work
from forms_app.services.workshop import Workshop


def watch(work: Work, escalation: Escalation, last: StageRecord) -> None:
    """Owes a look at the next moment at which the service would have to act, should nothing be recorded until then."""
    moment = _next_moment(work, escalation)
    if moment is not None:
        kind = OutboxKind.WATCH
        key = f"{kind}:{last.id}:{moment.isoformat()}"
        outbox.owe(work.session, kind=kind, about_id=last.id, dedupe_key=key, now=moment)


def look_after(workshop: Workshop, claim: Claim) -> None:
    """Acts on the escalation of a record if a time of it has run out by now, whatever was recorded since.

    A bank holiday that was added since moves the moment: then another look is owed.
    """
    with workshop.writing() as work:
        escalation = reads.escalation_to_watch(work.session, claim.about_id)
        if escalation is not None:
            facts = _what_is_due(work, escalation)
            if facts is None:
                watch(work, escalation, escalation.records[-1])
            else:
                _act(work, escalation, facts)
        outbox.finish(work.session, claim.item_id, claim.worker, work.now)


def _next_moment(work: Work, escalation: Escalation) -> datetime | None:
    now = standing_of(work, escalation)
    if not isinstance(now, Open):
        return None
    moments = [clock.due.at for clock in opens_by_itself(now) if clock.due]
    if (quiet := _quiet_from(work, escalation)) is not None:
        moments.append(quiet)
    return min(moments, default=None)


def _quiet_from(work: Work, escalation: Escalation) -> datetime | None:
    """When it will have lain too long without a record. A restricted note moves nothing that others could notice."""
    policy = policy_of(work, escalation)
    if policy.quiet is None:
        return None
    last = next(row for row in reversed(escalation.records) if row.kind != "restricted_note")
    found = due(policy.quiet.limit, start=last.entered_at, calendar=work.calendar(policy))
    return None if found is None else found.at


def _what_is_due(work: Work, escalation: Escalation) -> Facts | None:
    now = standing_of(work, escalation)
    if not isinstance(now, Open):
        return None
    to = next_place(now.policy, now.visit)
    late = next((clock for clock in opens_by_itself(now) if clock.is_late(work.now)), None)
    if late is not None and isinstance(to, Destination):
        return StepUp(route=to.route.id, stage=to.stage.id, unanswered=late.id)
    quiet = _quiet_from(work, escalation)
    return Quiet() if quiet is not None and work.now >= quiet else None


def _act(work: Work, escalation: Escalation, facts: Facts) -> None:
    last, here = escalation.records[-1], standing_of(work, escalation).visits[-1]
    if isinstance(facts, StepUp) and facts.route is not None and facts.stage is not None:
        policy = policy_of(work, escalation)
        among = joining.among(work, escalation)
        joins = joining.of_the_level(work, among, policy.stage(facts.route, facts.stage))
        facts = facts.model_copy(update={"also": joining.further_levels(joins, among.places)})
        joining.join(escalation, joins, at=work.now)
    row = StageRecord(
        id=uuid4(),
        number=len(escalation.records) + 1,
        kind=facts.kind,
        route=here.route.id,
        stage=here.stage.id,
        side=None,
        agency_id=None,
        person_id=None,
        happened_on=uk_date(work.now),
        entered_at=work.now,
        # The same for whoever acts on the same last record, so that it is done once.
        form_key=uuid5(last.id, facts.kind),
        facts=facts.model_dump_json(),
        sections=to_json(()),
    )
    escalation.records.append(row)
    work.note(f"{row.kind}_by_the_service", board=escalation.board.id, escalation=escalation.id, about=row.id)
    circulate(work, escalation, row)
    watch(work, escalation, row)
    tell_of_stage(work, escalation, row)
