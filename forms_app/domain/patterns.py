"""Patterns of similar escalations: the same two agencies and the same reason, so often in so many months that somebody should look."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from forms_app.domain.policy import Policy, Stage

SUGGESTED_COUNT, SUGGESTED_MONTHS = 3, 12
"""What the service suggests where neither the policy nor the Board says."""
LEAST_COUNT, MOST_COUNT, MOST_MONTHS = 2, 99, 120


@dataclass(frozen=True, slots=True)
class Threshold:
    """From how many on, in how many months before today."""

    count: int
    months: int
    count_from_policy: bool
    months_from_policy: bool
    is_suggested: bool
    """Whether the Board has not set what its policy leaves open."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Who raised it with whom, and for which reason."""

    raising_id: UUID
    receiving_id: UUID
    category: str


def threshold_of(policy: Policy, own: tuple[int, int] | None) -> Threshold:
    """By the policy, where it says so, otherwise by what the Board set: a count and months."""
    pattern = policy.pattern
    count = pattern.count if pattern is not None else None
    months = pattern.months if pattern is not None else None
    own_count, own_months = own or (SUGGESTED_COUNT, SUGGESTED_MONTHS)
    return Threshold(
        count=count or own_count,
        months=months or own_months,
        count_from_policy=count is not None,
        months_from_policy=months is not None,
        is_suggested=own is None and (count is None or months is None),
    )


def stage_that_opens(policy: Policy, route: str) -> Stage | None:
    """The stage that a pattern opens, on a route that has it."""
    pattern = policy.pattern
    if pattern is None:
        return None
    return next((stage for stage in policy.route(route).stages if stage.id == pattern.opens), None)


def can_be_opened_from(policy: Policy, route: str, stage: str, *, similar: int) -> bool:
    """Whether whoever takes it further can go from this stage straight to the one that a pattern opens; `domain.acts.ways_on` decides."""
    target, stages = stage_that_opens(policy, route), [each.id for each in policy.route(route).stages]
    if target is None or policy.pattern is None or stage not in stages:
        return False
    here, there = stages.index(stage), stages.index(target.id)
    skip = policy.route(route).stages[here].skip
    is_next, may_skip = there == here + 1, skip.rule != "never" and target.id in skip.to
    is_enough = policy.pattern.count is not None and similar >= policy.pattern.count
    return there > here and (is_next or may_skip or is_enough)
