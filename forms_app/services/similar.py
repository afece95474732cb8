"""How many similar escalations a Board has had: the same two agencies, the same reason, in the policy's or the Board's period."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from forms_app.db import similar as rows
from forms_app.db.tables import Escalation
from forms_app.domain.patterns import Threshold, threshold_of
from forms_app.domain.policy import Policy
from forms_app.domain.working_days import start_of, uk_date
from forms_app.services.history import concern_of, policy_of
from forms_app.services.work import Work


def similar_to(work: Work, escalation: Escalation) -> int:
    """This one and those like it in the period that holds for its Board; 0 where its policy has no pattern.

    Where it was raised with several agencies, as many as there are with the one of which there are most.
    """
    policy = policy_of(work, escalation)
    if policy.pattern is None:
        return 0
    others = rows.others_like(
        work.session,
        escalation.id,
        escalation.board_id,
        raising=next(party.agency_id for party in escalation.parties if party.is_raiser),
        receiving={agency.id for agency in concern_of(escalation).agencies},
        category=escalation.category,
        since=period_begins(work, threshold_for(work, policy, escalation.board_id)),
    )
    return 1 + max(others.values(), default=0)


def threshold_for(work: Work, policy: Policy, board_id: UUID) -> Threshold:
    """From how many on it is a pattern: what the policy says, and where it says nothing, what this Board set."""
    own = rows.threshold_row(work.session, board_id)
    return threshold_of(policy, None if own is None else (own.count, own.months))


def period_begins(work: Work, threshold: Threshold) -> datetime:
    """From when on escalations are counted together."""
    return start_of(months_before(uk_date(work.now), threshold.months))


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
