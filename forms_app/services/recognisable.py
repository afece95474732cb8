"""Whether somebody could recognise an escalation from a document that names nobody: it is the only one of its kind."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from forms_app.db import releases
from forms_app.db.boards import agencies_of_board
from forms_app.db.tables import Escalation
from forms_app.domain.escalation import Resolved
from forms_app.domain.policy import Policy
from forms_app.domain.working_days import start_of, uk_date
from forms_app.services.filling.board import bands_of
from forms_app.services.history import concern_of, policy_of, standing_of
from forms_app.services.in_words import title_of, where_it_stands
from forms_app.services.work import Work


@dataclass(frozen=True, slots=True)
class Combination:
    """What a de-identified document says of an escalation by which it could be told from others."""

    raised_by: str
    raised_with: frozenset[str]
    category: str
    ages: tuple[str, ...]
    where: str
    """The stage, and whether it was resolved there."""
    outcome: str


def alone_in_its_quarter(work: Work, escalation: Escalation) -> str:
    """A warning when no other escalation of the Board's quarter has the same combination; empty otherwise."""
    since, until = _quarter(uk_date(escalation.opened_at))
    kinds = {agency.id: agency.kind for agency in agencies_of_board(work.session, escalation.board_id)}
    own = _combination(work, escalation, kinds)
    others = releases.opened_between(work.session, escalation.board_id, since, until)
    if any(each.id != escalation.id and _combination(work, each, kinds) == own for each in others):
        return ""
    return f"Only this escalation of the quarter has {_in_words(policy_of(work, escalation), own)}. Somebody could recognise it."


def _combination(work: Work, escalation: Escalation, kinds: dict[UUID, str]) -> Combination:
    policy, now = policy_of(work, escalation), standing_of(work, escalation)
    return Combination(
        raised_by=next(party.agency.kind for party in escalation.parties if party.is_raiser),
        raised_with=frozenset(kinds[agency.id] for agency in concern_of(escalation).agencies),
        category=escalation.category,
        ages=bands_of(escalation),
        where=where_it_stands(policy, now),
        outcome=now.outcome.outcome if isinstance(now, Resolved) else "",
    )


def _in_words(policy: Policy, own: Combination) -> str:
    categories = (choice for route in policy.routes for choice in policy.categories_of(route))
    with_whom = ", ".join(sorted(title_of(policy.agency_kinds, kind) for kind in own.raised_with))
    parts = [
        f"this combination: {title_of(policy.agency_kinds, own.raised_by)} with {with_whom}",
        f"“{title_of(categories, own.category)}”",
        f"age {', '.join(own.ages).lower()}",
        f"“{own.where}”",
    ]
    if own.outcome:
        parts.append(f"outcome “{title_of(policy.outcomes, own.outcome)}”")
    return ", ".join(parts)


def _quarter(day: date) -> tuple[datetime, datetime]:
    first = (day.month - 1) // 3 * 3 + 1
    after = date(day.year + 1, 1, 1) if first == 10 else date(day.year, first + 3, 1)
    return start_of(date(day.year, first, 1)), start_of(after)
