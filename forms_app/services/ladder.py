"""A route of a policy as a drawing: where each stage, line and word stands. The template `policies/ladder.svg` puts it on the page.

It is as narrow as a telephone, so that nothing has to be scrolled; the list beside it says the same in words.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from textwrap import wrap

from forms_app.domain.policy import Cap, Policy, Route, Side, Stage
from forms_app.services.in_words import SIDES, spell_limit
from forms_app.services.outline import WORDS

WIDTH = 300
MARGIN, LANE, RAIL = 4, 12, 24
PADDING, LINE, GAP = 10, 18, 34
TITLE_LETTER, LETTER = 8.4, 6.8
"""How wide a letter is on average: a bold one of 15, and one of 13. Rather too much, so that no word leaves its box."""
ARROW = 6


@dataclass(frozen=True, slots=True)
class Line:
    """One line of text."""

    x: float
    y: float
    text: str
    is_title: bool = False


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    y: float
    width: float
    height: float
    lines: tuple[Line, ...]
    looks: str
    """stage, before (what does not count yet) or end."""

    @property
    def bottom(self) -> float:
        return self.y + self.height

    @property
    def middle(self) -> float:
        return self.y + self.height / 2


@dataclass(frozen=True, slots=True)
class Way:
    """A line with the head of an arrow at its end."""

    path: str
    head: str
    is_skip: bool = False


@dataclass(frozen=True, slots=True)
class Span:
    """A limit over several stages, beside them; its words run along it."""

    x: float
    top: float
    bottom: float
    text: str

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2


@dataclass(frozen=True, slots=True)
class Drawing:
    width: float
    height: float
    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]
    spans: tuple[Span, ...]


def drawn(policy: Policy, route: Route) -> Drawing:
    """The stages from top to bottom, what passes over some of them on the left, limits over several on the right."""
    skips = [(index, to) for index, stage in enumerate(route.stages) for to in _passed_to(route, stage, index)]
    left = MARGIN + LANE * len(skips)
    width = WIDTH - left - MARGIN - RAIL * len(route.caps)
    boxes: list[Box] = []
    y = float(MARGIN)
    for stage in route.stages:
        boxes.append(_box(left, y, width, _said_of(policy, stage), "stage" if stage.counts else "before"))
        y = boxes[-1].bottom + GAP
    boxes.append(_box(left, y, width, [(True, end_of(policy, route))], "end"))
    middle = left + width / 2
    down = [_down(middle, one.bottom, other.y) for one, other in pairwise(boxes)]
    over = [
        _over(boxes[index], boxes[to], MARGIN + LANE * number, left)
        for number, (index, to) in enumerate(reversed(skips))
    ]
    spans = _spans(route, boxes, WIDTH - MARGIN - RAIL * len(route.caps))
    return Drawing(WIDTH, boxes[-1].bottom + MARGIN, tuple(boxes), (*down, *over), tuple(spans))


def end_of(policy: Policy, route: Route) -> str:
    """Where the last stage leads that did not settle it."""
    after = route.after
    title = f"{after.title[0].upper()}{after.title[1:]}"
    if after.route is None or after.stage is None:
        return title
    there = policy.stage_title(policy.stage(after.route, after.stage))
    return f"{title}: {policy.route(after.route).title}, {there}"


def _said_of(policy: Policy, stage: Stage) -> list[tuple[bool, str]]:
    said = [(True, policy.stage_title(stage))]
    said += [(False, f"{SIDES[side]}: {', '.join(names)}") for side, names in _acting(policy, stage)]
    limits = dict.fromkeys(spell_limit(clock.limit) for clock in stage.clocks)
    said.append((False, f"Limit: {'; '.join(limits)}"))
    said.append((False, f"Closed by: {WORDS['who'][stage.closing.who].lower()}"))
    if any(clock.if_unanswered == "opens_next_stage" for clock in stage.clocks):
        said.append((False, "Without an answer in time the next stage opens by itself"))
    return said if stage.counts else [*said, (False, f"Does not count as {policy.words.escalation} yet")]


def _acting(policy: Policy, stage: Stage) -> Iterator[tuple[Side, list[str]]]:
    for side in Side:
        names = [
            actor.title or " or ".join(policy.level_title(level) for level in actor.levels)
            for actor in stage.actors
            if actor.side is side and actor.needed
        ]
        if names:
            yield side, names


def _box(x: float, y: float, width: float, said: Sequence[tuple[bool, str]], looks: str) -> Box:
    lines: list[Line] = []
    below = y + PADDING
    for is_title, text in said:
        letters = int((width - 2 * PADDING) / (TITLE_LETTER if is_title else LETTER))
        for part in wrap(text, letters):
            below += LINE
            lines.append(Line(x + PADDING, below - 4, part, is_title))
        below += 3
    return Box(x, y, width, below - y + PADDING - 3, tuple(lines), looks)


def _passed_to(route: Route, stage: Stage, index: int) -> Iterator[int]:
    """The later stages to which somebody may go from this one without those between."""
    ids = [each.id for each in route.stages]
    if stage.skip.rule != "never":
        yield from (ids.index(to) for to in stage.skip.to if to in ids and ids.index(to) > index + 1)


def _down(x: float, top: float, bottom: float) -> Way:
    head = f"M{x:g} {bottom:g}l{-ARROW} {-ARROW * 1.5:g}h{2 * ARROW}z"
    return Way(f"M{x:g} {top:g}V{bottom - ARROW:g}", head)


def _over(one: Box, other: Box, x: float, edge: float) -> Way:
    """Leaves a box on its left below its middle, and comes to the other above it."""
    leaves, comes = one.bottom - one.height / 4, other.y + other.height / 4
    head = f"M{edge:g} {comes:g}l{-ARROW * 1.5:g} {-ARROW}v{2 * ARROW}z"
    return Way(f"M{edge:g} {leaves:g}H{x:g}V{comes:g}H{edge - ARROW:g}", head, is_skip=True)


def _spans(route: Route, boxes: Sequence[Box], x: float) -> Iterator[Span]:
    ids = [stage.id for stage in route.stages]
    for number, cap in enumerate(route.caps):
        under = sorted(ids.index(stage) for stage in cap.stages)
        top, bottom = boxes[under[0]].y, boxes[under[-1]].bottom
        yield Span(x + RAIL * number + 8, top, bottom, _short(cap, bottom - top))


def _short(cap: Cap, length: float) -> str:
    """As much as there is room for; the list has the whole."""
    whole = f"{cap.title}: {spell_limit(cap.limit)}"
    limit = f"{spell_limit(cap.limit)} in all"
    return whole if len(whole) * LETTER <= length else limit
