"""Two versions of a policy beside each other: no change is too small to be named."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from enum import Enum
from typing import Any

import pytest

from forms_app.domain.policy import Part, Policy, Unit
from forms_app.policies.shelf import Shelf
from forms_app.services.comparing import Difference, compared
from forms_app.services.outline import label_of, outline
from tests.factories.policies import clock, limit, policy, route, stage
from tests.factories.versions import first_version, second_version

Place = tuple[str | int, ...]
MANY = 150
"""Kinds of values, so that the walk did not stop at the door."""
LABELLED_SO = {"source": "Where it comes from"}
SHIPPED = list(Shelf.shipped())


def differences(before: Policy, after: Policy) -> list[Difference]:
    return [each for chapter in compared(before, after) for each in chapter.differences]


@pytest.mark.parametrize("each", SHIPPED, ids=lambda each: each.key)
def test_what_is_the_same_has_no_difference(each: Policy) -> None:
    assert compared(each, each.model_copy(deep=True)) == ()


def test_a_shorter_limit_is_said_as_people_say_it() -> None:
    before, after = (
        policy(route(stage(clocks=(clock("answer", limit=limit(Unit.WORKING_DAYS, days)),)))) for days in (5, 3)
    )

    (found,) = differences(before, after)

    assert (found.what, found.before, found.after) == ("Time limit", ("5 working days",), ("3 working days",))
    assert found.place[0] == "Routes and stages"
    assert found.place[-1].startswith("Time limit: ")


def test_a_stage_that_is_new_and_one_that_has_another_name_are_told_apart() -> None:
    found = differences(first_version(), second_version())

    added = [each for each in found if each.is_new and each.what.startswith("Stage: ")]
    assert [each.what for each in added] == ["Stage: In between"]
    assert any("Time limit: 1 working day" in line for line in added[0].after)
    named = next(each for each in found if each.what == "Name" and "Stage: Last" in each.place)
    assert (named.before, named.after) == (("The second talk",), ("Last",))


def test_what_is_gone_says_all_that_it_said() -> None:
    found = differences(second_version(), first_version())

    gone = next(each for each in found if each.is_gone and each.what == "Stage: In between")
    assert any("Time limit: 1 working day" in line for line in gone.before)


def test_any_single_change_is_named_with_its_place(release: bool) -> None:
    """Daily one value of each kind, in the first policy that has it; for a release every value of every policy."""
    kinds: set[tuple[str, ...]] = set()
    for each in SHIPPED:
        for place in every_value(each, ()):
            kind = tuple(part for part in place if isinstance(part, str))
            if kind in kinds and not release:
                continue
            kinds.add(kind)
            found = differences(each, with_change(each, place))
            assert found, (each.key, place)
            assert names_the_part(found, each, place), (each.key, place, found)
    assert len(kinds) > MANY


def test_nothing_of_a_policy_is_left_out_of_its_outline() -> None:
    """Fails where a field is added whose value no piece says: then it is neither read nor compared."""
    for each in SHIPPED:
        pieces = {piece.key for piece in outline(each)}
        silent = {name for name in type(each).model_fields if getattr(each, name) in (None, (), {})}
        assert pieces | silent >= set(type(each).model_fields)


# --- changing one thing ---


def every_value(value: object, place: Place) -> Iterator[Place]:
    """Where each value stands that has no others in it, and each list that has any."""
    match value:
        case Part():
            for name in type(value).model_fields:
                yield from every_value(getattr(value, name), (*place, name))
        case tuple() if value:
            yield place
            for number, one in enumerate(value):
                yield from every_value(one, (*place, number))
        case dict():
            for key, one in value.items():
                yield from every_value(one, (*place, key))
        case None | ():
            return
        case _:
            yield place


def with_change(value: Any, place: Place) -> Any:
    """The same, with another value at this place. Not checked as a policy: what is compared need not make sense."""
    if not place:
        return other(value)
    here, *rest = place
    if isinstance(value, Part):
        return value.model_copy(update={here: with_change(getattr(value, str(here)), tuple(rest))})
    if isinstance(value, dict):
        return {**value, here: with_change(value[here], tuple(rest))}
    number = int(here)
    return (*value[:number], with_change(value[number], tuple(rest)), *value[number + 1 :])


def other(value: Any) -> Any:
    match value:
        case bool():
            return not value
        case Enum():
            return next(each for each in type(value) if each is not value)
        case int():
            return value + 1
        case date():
            return value.replace(year=value.year + 1)
        case tuple():
            return value[:-1]
        case _:
            return f"{value}x"


def names_the_part(found: list[Difference], policy: Policy, place: Place) -> bool:
    """Whether one of them stands in the part of the policy in which the change was made."""
    label = LABELLED_SO.get(str(place[0])) or label_of(policy, str(place[0]))
    return any(label == (*each.place, each.what)[0] for each in found)
