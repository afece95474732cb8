"""What is counted of the escalations that began in one quarter: codes, ids and numbers, none of it shown as it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from forms_app.domain.suppression import Path

COUNTED_AFTER = timedelta(days=28)
"""How long after its end a quarter is counted: time for what began in its last days to get somewhere."""
SEVERAL = "several"
"""In the place of an agency: the decisions of more than one are questioned."""
UNSAID = "unsaid"
"""In the place of a level of need, or an outcome: nobody said one."""


class Part(StrEnum):
    """What escalations are counted by. Each part counts every one of them once."""

    AGENCIES = "agencies"
    """Kind of agency raising, kind receiving, both agencies."""
    STAGE = "stage"
    """How it stands, and the stage that it reached."""
    REASON = "reason"
    LEVEL = "level"
    LIMITS = "limits"
    OUTCOME = "outcome"
    """How it stands; of those that were resolved the outcome."""
    ACTIONS = "actions"
    REVIEWS = "reviews"
    ELSEWHERE = "elsewhere"
    """How it stands; of those that left the policy, whether anybody said what came of it."""


class Limits(StrEnum):
    KEPT = "kept"
    MISSED = "missed"
    NONE = "none"
    """No stage that had a limit was left yet."""


class Actions(StrEnum):
    ALL = "all"
    SOME = "some"
    NOT_SAID = "not_said"
    NONE_AGREED = "none_agreed"


class Reviews(StrEnum):
    HELD = "held"
    LATE = "late"
    """Its day has passed, and nobody said that it was held."""
    TO_COME = "to_come"
    NONE = "none"


class CameOf(StrEnum):
    SAID = "said"
    NOT_SAID = "not_said"


@dataclass(frozen=True, slots=True)
class Stays:
    """Stays at one stage that ended."""

    route: str
    stage: str
    working_days: int
    kept: bool | None
    """None where the stage had no limit."""
    count: int


@dataclass(frozen=True, slots=True)
class Quarter:
    """All that was counted of one quarter."""

    tallies: dict[Part, Counter[Path]]
    stays: tuple[Stays, ...]
    deliveries: int
    delivered: int
    acknowledged: int
    policies: tuple[str, ...]
    """The keys of the policies under which these escalations began."""

    @property
    def total(self) -> int:
        return self.tallies[Part.REASON].total()

    def as_json(self) -> dict[str, Any]:
        return {
            "tallies": {
                part.value: [[list(path), count] for path, count in sorted(tally.items())]
                for part, tally in self.tallies.items()
            },
            "stays": [[each.route, each.stage, each.working_days, each.kept, each.count] for each in self.stays],
            "deliveries": [self.deliveries, self.delivered, self.acknowledged],
            "policies": list(self.policies),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Quarter:
        tallies = {
            part: Counter({tuple(path): count for path, count in kept["tallies"].get(part.value, [])}) for part in Part
        }
        stays = tuple(Stays(*each) for each in kept["stays"])
        deliveries, delivered, acknowledged = kept["deliveries"]
        return cls(tallies, stays, deliveries, delivered, acknowledged, tuple(kept["policies"]))


def all_of(quarters: Sequence[Quarter], part: Part) -> Counter[Path]:
    """What was counted by one part in several quarters."""
    found = Counter[Path]()
    for quarter in quarters:
        found.update(quarter.tallies[part])
    return found
