"""Counts so small that they could tell of whom they are, and what would give them away.

Who knows every table, the way in which they are made and all that was told before still finds four numbers at least that each count from
one to four could be: decision 37 says why, and `tests/domain/test_suppression.py` tries it out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from forms_app.domain.register import State

SMALLEST = 5
"""The smallest count that is told."""
MANY = 500
"""After a year of so many, the tables of a quarter are told where none of their counts is small. Before, and in smaller Boards, a quarter
has no table: it would cost the tables of the year."""
HIDDEN_LAST = frozenset({State.RESOLVED.value})
"""Codes that cover others only where nothing else does: most tables of a year say more of what was resolved."""
ENOUGH = 2 * SMALLEST - 1
"""How many there are at least in what is hidden together with a count that is not small: each small one may be any."""

Path = tuple[str, ...]
Tally = Mapping[Path, int]
"""How many there are of each kind; a kind is a way of codes, and a shorter way is all that begins with it."""
Told = dict[Path, int | None]
"""How many there are as far as it may be told: None for what may not."""


def is_small(count: int) -> bool:
    return 0 < count < SMALLEST


def hidden(counts: Sequence[int], *, at_least_two: bool = False) -> frozenset[int]:
    """The places of the parts, none of them 0, of a known sum that are not told: none, or the small ones and others that cover them.

    Which others follows from their places alone, the last first: a choice by size would tell of the size. With `at_least_two` there is
    something hidden in any case.
    """
    if not (at_least_two or any(is_small(count) for count in counts)):
        return frozenset()
    found = {place for place, count in enumerate(counts) if count < SMALLEST}
    together, others = sum(counts[place] for place in found), len(found) - 1
    each_could_be_any = SMALLEST - 1 + others <= together <= 1 + (SMALLEST - 1) * others
    if each_could_be_any:
        return frozenset(found)
    for place in reversed([place for place in range(len(counts)) if place not in found]):
        found.add(place)
        together += counts[place]
        if len(found) >= 2 and together >= ENOUGH:
            break
    return frozenset(found)


# --- periods that follow each other --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Span:
    """Quarters of one year, one after the other, whose sum is told."""

    first: int
    last: int

    @property
    def is_one(self) -> bool:
        return self.first == self.last


def spans(totals: Sequence[int]) -> tuple[Span, ...]:
    """The quarters of which the total is told, and those that are told together; from what has been until then alone.

    A quarter below five is told together with those after it, as soon as there are five. What is in none is in no sum of the year.
    """
    found, first, together = [], 0, 0
    for place, total in enumerate(totals):
        together += total
        if together >= SMALLEST:
            found.append(Span(first, place))
            first, together = place + 1, 0
    return tuple(found)


# --- one table -----------------------------------------------------------------------------------------------------


def is_told_apart(tally: Tally) -> bool:
    """Whether the table of one quarter is shown, whole and by its first codes alone: where none of its counts is small."""
    return not any(is_small(count) for count in _by_first(tally).values())


def told_of_quarter(tally: Tally, kinds: Sequence[str]) -> Told:
    """The table of a quarter of which the total is told."""
    counts, is_whole = _by_first(tally), is_told_apart(tally)
    return {(): sum(tally.values()), **{(kind,): counts[kind] if is_whole else None for kind in kinds}}


def told_of_year(parts: Sequence[Tally], apart: Sequence[bool], kinds: Callable[[Path], Sequence[str]]) -> Told:
    """The table of a year, of the spans of it that are told; `apart` says which of them have a table of their own, if it is whole.

    Where two have one that was withheld, something is hidden in any case: that both hold a small count would say too much beside their sum.

    `kinds` gives every code that can follow a way. What is hidden follows from the codes that were found and their letters alone, and so
    stays what it is when a Board has another policy: from the difference somebody would be told of.
    """
    whole = Counter[Path]()
    unknown = Counter[str]()
    withheld = 0
    for part, is_apart in zip(parts, apart, strict=True):
        whole.update(part)
        if not (is_apart and is_told_apart(part)):
            unknown.update(_by_first(part))
            withheld += 1
    return dict(_told(whole, (), kinds, unknown, withheld >= 2 and any(apart)))


def _told(
    whole: Tally, way: Path, kinds: Callable[[Path], Sequence[str]], unknown: Mapping[str, int], at_least_two: bool
) -> Iterator[tuple[Path, int | None]]:
    """A known sum and its parts, and of each part that is told its own parts."""
    own = Counter({path: count for path, count in whole.items() if path[: len(way)] == way})
    yield way, own.total()
    below = kinds(way) if any(len(path) > len(way) for path in own) else ()
    found = sorted((kind for kind in below if unknown[kind]), key=lambda kind: (kind not in HIDDEN_LAST, kind))
    not_told = {found[place] for place in hidden([unknown[kind] for kind in found], at_least_two=at_least_two)}
    for kind in below:
        path = (*way, kind)
        if kind in not_told or (not_told and not unknown[kind]):
            yield path, None
        else:
            yield from _told(own, path, kinds, _by_next(own, path), False)


def _by_first(tally: Tally) -> Counter[str]:
    return _by_next(tally, ())


def _by_next(tally: Tally, way: Path) -> Counter[str]:
    """How many there are of each code that follows a way."""
    found = Counter[str]()
    for path, count in tally.items():
        if len(path) > len(way) and path[: len(way)] == way:
            found[path[len(way)]] += count
    return found


# --- shares --------------------------------------------------------------------------------------------------------

TEN = 2 * SMALLEST


def tenths(yes: int, no: int) -> int | None:
    """About how many in ten, of what is not counted where it could be subtracted from something; None where it is too few to say."""
    if yes + no < TEN or is_small(yes) or is_small(no):
        return None
    return (20 * yes + yes + no) // (2 * (yes + no))
