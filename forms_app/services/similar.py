"""How many similar escalations a Board has had: the same two agencies, the same reason, in the policy's period."""

from __future__ import annotations

from datetime import date

from forms_app.db import reads
from forms_app.db.tables import Escalation
from forms_app.domain.working_days import start_of, uk_date
from forms_app.services.history import concern_of, policy_of
from forms_app.services.work import Work


def similar_to(work: Work, escalation: Escalation) -> int:
    """This one and those like it, opened in as many months before today as the policy's pattern says; 0 without one."""
    pattern = policy_of(work, escalation).pattern
    if pattern is None:
        return 0
    raising = next(party.agency_id for party in escalation.parties if party.is_raiser)
    responding = {agency.id for agency in concern_of(escalation).agencies}
    since = months_before(uk_date(work.now), pattern.months or 12)
    others = reads.count_similar(
        work.session, escalation, raising=raising, responding=responding, since=start_of(since)
    )
    return 1 + others


def months_before(day: date, months: int) -> date:
    """The same day of an earlier month, or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    for last in (day.day, 30, 29, 28):
        try:
            return date(year, month + 1, last)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
