"""What a careful author still gets wrong: a policy can be used with any of these, but each deserves a second look."""

from __future__ import annotations

from collections.abc import Iterator

from forms_app.domain.policy import Notice, Policy, Route, Stage


def warnings_about(policy: Policy) -> Iterator[str]:
    """A sentence for each thing that may be a slip."""
    yield from _routes_without_categories(policy)
    for route in policy.routes:
        yield from _stages_alike(route)
        yield from _stages_without_guidance(route)
    yield from _told_twice(policy)
    yield from _told_of_nothing(policy)


def _routes_without_categories(policy: Policy) -> Iterator[str]:
    if not any(route.categories for route in policy.routes):
        return
    for route in policy.routes[1:]:
        if not route.categories:
            yield (
                f"route “{route.title}” has no categories of its own, though other routes have: "
                "people are offered the policy's list there"
            )


def _stages_alike(route: Route) -> Iterator[str]:
    """Two stages of a route with the same people, limits and questions, where neither says that this is meant."""
    seen: dict[object, Stage] = {}
    for stage in route.stages:
        first = seen.setdefault(_what_matters(stage), stage)
        if first is not stage and stage.same_as is None:
            yield f"stages “{first.name}” and “{stage.name}” are alike; if that is meant, say same_as: {first.id}"


def _what_matters(stage: Stage) -> object:
    return (
        frozenset((actor.side, actor.level) for actor in stage.actors),
        frozenset((clock.side, clock.level, clock.limit.unit, clock.limit.amount) for clock in stage.clocks),
        frozenset((group.asked, group.questions) for group in stage.groups),
    )


def _stages_without_guidance(route: Route) -> Iterator[str]:
    for stage in route.stages:
        if not stage.guidance:
            yield f"stage “{stage.name}” of route “{route.title}” has no guidance"


def _told_twice(policy: Policy) -> Iterator[str]:
    notices = policy.notices
    for index, notice in enumerate(notices):
        for earlier in notices[:index]:
            again = sorted(set(notice.to) & set(earlier.to))
            if again and _meet(notice, earlier):
                yield f"on {notice.on}, {', '.join(again)} are told twice by {notice.document}"


def _meet(one: Notice, other: Notice) -> bool:
    """Whether there is a happening on which both are sent."""
    same = (one.on, one.document) == (other.on, other.document)
    on_conditions = one.only_if is not None and other.only_if is not None and one.only_if != other.only_if
    routes = not one.routes or not other.routes or bool(set(one.routes) & set(other.routes))
    stages = not one.stages or not other.stages or bool(set(one.stages) & set(other.stages))
    return same and routes and stages and not on_conditions


def _told_of_nothing(policy: Policy) -> Iterator[str]:
    if not any(notice.document.startswith(("notice", "board")) for notice in policy.notices):
        yield "the Board is never told of anything"
