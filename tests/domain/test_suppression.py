"""No count below five is told, nor anything from which one could be worked out."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from forms_app.domain.suppression import SMALLEST, told

COUNTS = st.lists(st.integers(0, 12), min_size=1, max_size=4)


def test_large_counts_are_told_with_their_sum() -> None:
    found = told([5, 7, 12, 9])

    assert (found.parts, found.total, found.at_least) == ((5, 7, 12, 9), 33, None)


def test_beside_a_small_count_no_sum_is_told() -> None:
    found = told([5, 4, 12, 9])

    assert (found.parts, found.total, found.at_least) == ((5, None, 12, 9), None, 26)


def test_of_nothing_but_small_counts_nothing_is_told() -> None:
    assert told([0, 4]) == told([1, 1])


@given(COUNTS)
def test_every_small_count_could_be_any_other_small_count(counts: list[int]) -> None:
    """Whoever knows the rule cannot tell them apart: all of them are told alike."""
    small = [index for index, count in enumerate(counts) if count < SMALLEST]

    for others in product(range(SMALLEST), repeat=min(len(small), 2)):
        changed = list(counts)
        for index, value in zip(small, others, strict=False):
            changed[index] = value
        assert told(changed) == told(counts)
