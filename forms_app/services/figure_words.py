"""The codes by which escalations are counted: every one that there can be, in its order, and its words."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from forms_app.domain.figures import SEVERAL, UNSAID, Actions, CameOf, Limits, Part, Reviews
from forms_app.domain.policy import COUNTED, OFFICE, Choice, Policy, Stage
from forms_app.domain.register import State
from forms_app.domain.suppression import Path
from forms_app.services.in_words import spell_limit

TITLES: Mapping[Part, tuple[str, str]] = {
    Part.STAGE: ("Stage reached", "Escalations by how they stand, and the last stage that they reached"),
    Part.OUTCOME: (
        "Resolved or not, and the outcome",
        "Escalations by how they stand, and the resolved ones by outcome",
    ),
    Part.AGENCIES: (
        "Agencies",
        "Escalations by the kind of agency that raised them, and with whom",
    ),
    Part.REASON: ("Reason", "Escalations by what they are about"),
    Part.LEVEL: ("Level of need", "Escalations by the level of need that was said last"),
    Part.LIMITS: ("Time limits", "Escalations by whether every time limit of the stages that they left was kept"),
    Part.ACTIONS: ("Agreed actions", "Resolved escalations by whether what was agreed was carried out"),
    Part.REVIEWS: ("Reviews", "Resolved escalations by whether the review that the policy asks for was held"),
    Part.ELSEWHERE: (
        "Gone on outside the policy",
        "Escalations that left the policy, by whether anybody said what came of it",
    ),
}
"""The title of each table, and what it counts."""
FIXED: Mapping[Part, Mapping[str, str]] = {
    Part.STAGE: {State.RESOLVED: "Resolved", State.OPEN: "Still going on", State.LEFT: "Gone on outside the policy"},
    Part.LIMITS: {
        Limits.KEPT: "Every limit kept",
        Limits.MISSED: "One or more not kept",
        Limits.NONE: "No limit has run out or been kept yet",
    },
    Part.ACTIONS: {
        Actions.ALL: "All carried out",
        Actions.SOME: "Not all carried out",
        Actions.NOT_SAID: "Nobody has said yet",
        Actions.NONE_AGREED: "No action was agreed",
    },
    Part.REVIEWS: {
        Reviews.HELD: "Held",
        Reviews.LATE: "Due and not held",
        Reviews.TO_COME: "Due later",
        Reviews.NONE: "No review is due",
    },
    Part.ELSEWHERE: {CameOf.SAID: "Said", CameOf.NOT_SAID: "Nobody has said yet"},
}
NOT_SAID = "Not said"
STATES = (State.RESOLVED, State.OPEN, State.LEFT)
SPLIT = {
    Part.OUTCOME: State.RESOLVED,
    Part.ACTIONS: State.RESOLVED,
    Part.REVIEWS: State.RESOLVED,
    Part.ELSEWHERE: State.LEFT,
}
"""Of which state a part says more."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a Board's policies say of codes."""

    policies: tuple[Policy, ...]
    """Its own first, then the others under which something was counted."""
    agencies: Mapping[UUID, str]

    def codes(self, part: Part, way: Path, found: Collection[str]) -> tuple[str, ...]:
        """Every code that can follow a way, and those that were found beside."""
        known = tuple(dict.fromkeys(self._known(part, way)))
        return (*known, *sorted(set(found) - set(known)))

    def label(self, part: Part, path: Path) -> str:
        """What the last code of a path means."""
        code = path[-1]
        if part is Part.AGENCIES:
            return self._agency(path)
        if part in {Part.STAGE, *SPLIT} and len(path) == 1:
            return FIXED[Part.STAGE].get(code, code)
        if code == UNSAID:
            return NOT_SAID
        if part in FIXED and code in FIXED[part]:
            return FIXED[part][code]
        if part is Part.STAGE:
            return self.stage(code)
        choices = {Part.REASON: self._reasons, Part.LEVEL: self._levels, Part.OUTCOME: self._outcomes}[part]()
        return next((choice.title for choice in choices if choice.id == code), code)

    @property
    def asks_level(self) -> bool:
        return any(self._levels())

    @property
    def stages(self) -> Iterator[tuple[str, Stage]]:
        """Each stage of each route, by the code by which it is counted."""
        found: dict[str, Stage] = {}
        for policy in self.policies:
            for route in policy.routes:
                for stage in route.stages:
                    found.setdefault(f"{route.id}/{stage.id}", stage)
        return iter(found.items())

    def stage(self, code: str) -> str:
        route_id, _, stage_id = code.partition("/")
        for policy in self.policies:
            for route in policy.routes:
                for stage in route.stages:
                    if (route.id, stage.id) == (route_id, stage_id):
                        return stage.name if route.id == policy.main.id else f"{route.title}: {stage.name}"
        return stage_id

    def _known(self, part: Part, way: Path) -> Iterable[str]:
        if part in {Part.STAGE, *SPLIT} and not way:
            return STATES
        if part in SPLIT and way != (SPLIT[part],):
            return ()
        match part:
            case Part.AGENCIES:
                return self._kinds(way)
            case Part.STAGE:
                return (code for code, _ in self.stages)
            case Part.REASON:
                return (choice.id for choice in self._reasons())
            case Part.LEVEL:
                return (*(choice.id for choice in self._levels()), UNSAID)
            case Part.OUTCOME:
                return (*(choice.id for choice in self._outcomes()), UNSAID)
            case _:
                return FIXED[part]

    def _kinds(self, way: Path) -> Sequence[str]:
        """Kinds of agency. Which agencies there are of them is not listed: what was not found is nothing."""
        if len(way) > 1:
            return ()
        kinds = [choice.id for policy in self.policies for choice in policy.agency_kinds]
        return [*kinds, OFFICE, *([SEVERAL] if way else [])]

    def _agency(self, path: Path) -> str:
        if len(path) == 3:
            raising, _, receiving = path[-1].partition("/")
            return f"{self.agencies[UUID(raising)]} with {self.agencies[UUID(receiving)]}"
        kinds = (choice for policy in self.policies for choice in policy.agency_kinds)
        words = {OFFICE: "The Board’s office", SEVERAL: "several agencies", **{each.id: each.title for each in kinds}}
        title = words.get(path[-1], path[-1])
        return f"With {title}" if len(path) == 2 else title

    def _reasons(self) -> Iterator[Choice]:
        return (choice for policy in self.policies for route in policy.routes for choice in policy.categories_of(route))

    def _levels(self) -> Iterator[Choice]:
        return (
            choice
            for policy in self.policies
            for question in policy.questions
            if question.level_of_need
            for choice in question.options
        )

    def _outcomes(self) -> Iterator[Choice]:
        return (choice for policy in self.policies for choice in policy.outcomes)


def limits_of(stage: Stage) -> str:
    """The limits of a stage that are counted in days or hours, in words."""
    found = dict.fromkeys(spell_limit(clock.limit) for clock in stage.clocks if clock.limit.unit in COUNTED)
    return ", ".join(found)
