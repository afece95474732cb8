"""What a policy file can say and the service does not act on yet. Delete a line when it does."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from forms_app.domain.policy import Policy, Stage, Unit


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that a policy can say, in the words of its author, and whether a stage or the policy says it."""

    title: str
    at_stage: Callable[[Stage], bool] = lambda stage: False
    anywhere: Callable[[Policy], bool] = lambda policy: False

    def used_by(self, policy: Policy) -> tuple[str, ...] | None:
        """The names of the stages that say it; None when nothing does."""
        stages = tuple(stage.name for route in policy.routes for stage in route.stages if self.at_stage(stage))
        return stages if stages or self.anywhere(policy) else None


NOT_YET_ACTED_UPON = (
    Capability("passing over stages", lambda stage: stage.skip.rule != "never"),
    Capability("meetings, panels and mediation as records of their own", lambda stage: bool(stage.meetings)),
    Capability("what goes on alongside a stage", lambda stage: bool(stage.alongside)),
    Capability("going up tier by tier within a stage", lambda stage: stage.repeats_tiers),
    Capability("an arbiter who sets the steps", lambda stage: stage.arbiter_sets_steps),
    Capability("dissent that is recorded when a decision stands", lambda stage: stage.closing.dissent_recorded),
    Capability("a decision that stands while it is challenged", lambda stage: stage.closing.decision_stands),
    Capability("a stage that is recorded and not counted", lambda stage: not stage.counts),
    Capability(
        "the document that shows that a clock was kept", lambda stage: any(clock.shown_by for clock in stage.clocks)
    ),
    Capability("a gate that every agency confirms", lambda stage: any(gate.per_agency for gate in stage.gates)),
    Capability(
        "the next stage opening by itself when nobody answers",
        lambda stage: any(clock.if_unanswered == "opens_next_stage" for clock in stage.clocks),
    ),
    Capability(
        "a time that all sides accept",
        lambda stage: any(clock.limit.unit is Unit.AGREED for clock in stage.clocks),
    ),
    Capability("what is still owed after it is resolved", anywhere=lambda policy: bool(policy.duties)),
    Capability("a count of similar escalations", anywhere=lambda policy: policy.pattern is not None),
    Capability(
        "a route for subjects of a certain status",
        anywhere=lambda policy: any(route.subject_status for route in policy.routes),
    ),
    Capability(
        "a route that returns to a conference or person",
        anywhere=lambda policy: any(route.after.kind == "returns_to" for route in policy.routes),
    ),
)


def not_yet_acted_upon(policy: Policy) -> Iterator[str]:
    """A line for each capability that this policy uses and the service does not act on yet."""
    for capability in NOT_YET_ACTED_UPON:
        stages = capability.used_by(policy)
        if stages is not None:
            yield f"{capability.title} ({', '.join(dict.fromkeys(stages))})" if stages else capability.title
