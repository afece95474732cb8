"""No count from one to four is told, nor anything from which one could be worked out: also not by who knows how the tables are made."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.domain import suppression
from forms_app.domain.suppression import (
    SMALLEST,
    Path,
    Told,
    hidden,
    is_small,
    is_told_apart,
    spans,
    tenths,
    told_of_quarter,
    told_of_year,
)

AS_MANY = SMALLEST - 1
"""Of each small count that is not told, whoever knows everything else is left with as many numbers at least that it could be."""
Counts = tuple[int, ...]
KINDS = {2: "ab", 3: "abc", 4: "abcd"}


def test_large_counts_are_all_told() -> None:
    assert hidden([5, 7, 12]) == frozenset()


def test_a_small_count_is_hidden_with_nothing_and_with_another_whose_place_was_chosen_before() -> None:
    assert hidden([40, 30, 20, 3]) == {2, 3}
    assert hidden([3, 40, 30, 20]) == {0, 3}


def test_small_counts_that_cover_each_other_cost_no_large_one() -> None:
    assert hidden([40, 3, 2, 1]) == {1, 2, 3}


def test_where_all_are_small_none_is_told() -> None:
    assert hidden([4, 4]) == {0, 1}


# --- whoever knows everything but the small counts -----------------------------------------------------------------


def told_alike(every: Iterable[Counts], shows: Callable[[Counts], Hashable]) -> Iterator[list[Counts]]:
    """All that there could be, in groups of which exactly the same is told."""
    groups = defaultdict(list)
    for counts in every:
        groups[shows(counts)].append(counts)
    return iter(groups.values())


def _fixed(told: Told) -> Hashable:
    return tuple(sorted(told.items()))


def given_away(groups: Iterable[list[Counts]]) -> list[tuple[Counts, int]]:
    """Each small count that could not be as many numbers as are small."""
    found = []
    for group in groups:
        for place in range(len(group[0])):
            could_be = {counts[place] for counts in group}
            small = [counts for counts in group if is_small(counts[place])]
            if small and len(could_be) < AS_MANY:
                found.append((small[0], place))
    return found


def one_table(counts: Counts) -> Hashable:
    codes = KINDS[len(counts)]
    part = Counter({(code,): count for code, count in zip(codes, counts, strict=True)})
    return _fixed(told_of_year([part], [False], lambda _: codes))


def tables(places: int, most: int) -> Iterator[Counts]:
    """Those whose hidden parts are all in reach: a larger one could only be told from more."""
    return (counts for counts in product(range(most + 1), repeat=places) if SMALLEST <= sum(counts) <= most)


@pytest.mark.parametrize(("places", "most"), [(2, 40), (3, 24), (4, 18)])
def test_in_one_table_none_is_given_away(places: int, most: int) -> None:
    assert given_away(told_alike(tables(places, most), one_table)) == []


@pytest.mark.parametrize("enough", [1, SMALLEST, SMALLEST + 3])
def test_less_cover_would_give_some_away(enough: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suppression, "ENOUGH", enough)

    assert given_away(told_alike(tables(3, 20), one_table)) != []


def test_a_cover_that_is_chosen_by_its_size_would_give_some_away() -> None:
    def by_size(counts: Counts) -> Hashable:
        order = sorted(range(len(counts)), key=lambda place: (-counts[place], place))
        places = {order[place] for place in hidden([counts[place] for place in order])}
        return sum(counts), tuple(None if place in places else count for place, count in enumerate(counts))

    assert given_away(told_alike(tables(3, 20), by_size)) != []


def quarters(counts: Counts) -> Hashable:
    """What is told of four quarters and their year: each sum, as soon as it is known."""
    return tuple((span, sum(counts[span.first : span.last + 1])) for span in spans(counts))


def test_of_the_quarters_of_a_year_none_is_given_away() -> None:
    groups = told_alike(product(range(10), repeat=4), quarters)

    assert given_away([group for group in groups if all(max(counts) < 9 for counts in group)]) == []


@given(st.lists(st.integers(0, 9), max_size=4), st.lists(st.integers(0, 9), max_size=3))
def test_what_was_told_of_a_quarter_stands_whatever_follows(begun: list[int], more: list[int]) -> None:
    assert spans([*begun, *more])[: len(spans(begun))] == spans(begun)


@given(st.lists(st.integers(0, 12), min_size=4, max_size=4))
def test_a_year_leaves_out_four_at_most(counts: list[int]) -> None:
    assert sum(counts) - sum(sum(counts[span.first : span.last + 1]) for span in spans(counts)) < SMALLEST


def two_quarters(kinds: int, *, have_tables: bool) -> Callable[[Counts], Hashable]:
    """What is told of two quarters that are told by themselves, with tables of their own or without, and of the table of their year."""
    codes = KINDS[kinds]

    def shows(counts: Counts) -> Hashable:
        parts = [
            Counter({(code,): count for code, count in zip(codes, counts[at:], strict=False)}) for at in (0, kinds)
        ]
        alone = [told_of_quarter(part, codes) if have_tables else {(): part.total()} for part in parts]
        return tuple(map(_fixed, [*alone, told_of_year(parts, [have_tables] * 2, lambda _: codes)]))

    return shows


def two_quarter_tables(kinds: int, most: int) -> list[Counts]:
    one = [counts for counts in product(range(most + 1), repeat=kinds) if SMALLEST <= sum(counts) <= most]
    return [(*first, *second) for first in one for second in one]


@pytest.mark.parametrize("have_tables", [True, False])
@pytest.mark.parametrize(("kinds", "most"), [(2, 14), (3, 7)])
def test_of_two_quarters_and_their_year_none_is_given_away(kinds: int, most: int, have_tables: bool) -> None:
    groups = told_alike(two_quarter_tables(kinds, most), two_quarters(kinds, have_tables=have_tables))

    assert given_away(groups) == []


def test_a_year_that_forgot_what_its_quarters_told_would_give_some_away() -> None:
    shows = two_quarters(2, have_tables=True)

    def forgetful(counts: Counts) -> Hashable:
        parts = [Counter({(code,): count for code, count in zip("ab", counts[at:], strict=False)}) for at in (0, 2)]
        return shows(counts), _fixed(told_of_year(parts, [False, False], lambda _: "ab"))

    assert given_away(told_alike(two_quarter_tables(2, 14), forgetful)) != []


def test_a_year_that_hid_nothing_beside_two_withheld_tables_would_give_some_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    careful = hidden
    monkeypatch.setattr(suppression, "hidden", lambda counts, *, at_least_two: careful(counts))

    assert given_away(told_alike(two_quarter_tables(2, 14), two_quarters(2, have_tables=True))) != []


@given(st.lists(st.integers(0, 12), min_size=3, max_size=3), st.permutations("abcde"))
def test_what_is_hidden_does_not_change_when_the_policy_does(counts: list[int], codes: list[str]) -> None:
    part = Counter({(code,): count for code, count in zip("ace", counts, strict=True)})

    first = told_of_year([part], [False], lambda _: "ace")
    later = told_of_year([part], [False], lambda _: codes)

    assert {path: count for path, count in later.items() if path in first} == first


# --- whoever adds and subtracts ------------------------------------------------------------------------------------

LEAVES: list[Path] = [(first, second) for first in "abc" for second in "xyz"]
TREES = st.lists(st.lists(st.integers(0, 14), min_size=9, max_size=9), min_size=1, max_size=4)


@given(TREES)
def test_no_small_count_of_a_table_with_lines_below_lines_follows_from_the_sums(numbers: list[list[int]]) -> None:
    parts = [Counter(dict(zip(LEAVES, counts, strict=True))) for counts in numbers]
    if any(part.total() < SMALLEST for part in parts):
        return
    equations, unknowns = sums_told(parts)
    for place, path in unknowns.items():
        own = [parts[path[0]][leaf] for leaf in LEAVES if leaf[: len(path[1])] == path[1]]
        if is_small(sum(own)):
            assert not follows(equations, place), path


def sums_told(parts: Sequence[Counter[Path]]) -> tuple[list[list[int]], dict[tuple[int, ...], tuple[int, Path]]]:
    """Each sum that is told, as the leaves of each quarter that are in it; and the leaves and lines of which somebody would know."""
    apart = [is_told_apart(part) for part in parts]
    year = told_of_year(parts, [True] * len(parts), lambda way: "xyz" if way else "abc")
    rows = [_in(range(len(parts)), path) for path, count in year.items() if count is not None]
    for number, part in enumerate(parts):
        told = told_of_quarter(part, "abc")
        assert apart[number] == all(count is not None for count in told.values())
        rows += [_in([number], path) for path, count in told.items() if count is not None]
    wanted = {
        tuple(_in([number], path)): (number, path)
        for number in range(len(parts))
        for path in [*LEAVES, *[(each,) for each in "abc"]]
    }
    width = len(parts) * len(LEAVES)
    return [_wide(row, width) for row in rows], {tuple(_wide(list(row), width)): path for row, path in wanted.items()}


def _in(quarters: Iterable[int], path: Path) -> list[int]:
    """The places of the leaves that are in a line of these quarters."""
    return [
        number * len(LEAVES) + place
        for number in quarters
        for place, leaf in enumerate(LEAVES)
        if leaf[: len(path)] == path
    ]


def _wide(places: list[int], width: int) -> list[int]:
    return [1 if place in places else 0 for place in range(width)]


PRIME = 1_000_003


def follows(equations: Sequence[Sequence[int]], wanted: Sequence[int]) -> bool:
    """Whether one sum follows from others by adding and subtracting them: whether it is in their span."""
    return rank([*equations, wanted]) == rank(equations)


def rank(matrix: Sequence[Sequence[int]]) -> int:
    """By elimination, in whole numbers modulo a large prime: of zeros and ones it is the same."""
    rows, found = [list(row) for row in matrix], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((row for row in rows[found:] if row[column] % PRIME), None)
        if pivot is None:
            continue
        rows.remove(pivot)
        inverse = pow(pivot[column], -1, PRIME)
        pivot = [value * inverse % PRIME for value in pivot]
        rows = [[(a - row[column] * b) % PRIME for a, b in zip(row, pivot, strict=True)] for row in rows]
        rows.insert(found, pivot)
        found += 1
    return found


def test_who_adds_and_subtracts_finds_what_nothing_covers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        suppression,
        "hidden",
        lambda counts, *, at_least_two: {place for place, count in enumerate(counts) if is_small(count)},
    )
    parts = [Counter({("a", "x"): 20, ("b", "y"): 3, ("c", "z"): 9})]

    equations, unknowns = sums_told(parts)

    assert any(follows(equations, place) for place, path in unknowns.items() if path == (0, ("b",)))


# --- shares --------------------------------------------------------------------------------------------------------


def test_a_share_is_told_in_tenths_and_only_of_ten_or_more() -> None:
    assert tenths(19, 6) == 8
    assert tenths(30, 0) == 10
    assert tenths(5, 4) is None


def test_no_share_is_told_where_few_were_on_one_side() -> None:
    assert tenths(96, 4) is None
    assert tenths(4, 96) is None
