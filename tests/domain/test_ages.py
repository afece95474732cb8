"""A band of age, from dates of birth as people write them; never the age itself."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms_app.domain.ages import BANDS, NOT_KNOWN, age_bands
from forms_app.domain.policy import Subject

DAY = date(2027, 3, 1)


@pytest.mark.parametrize(
    ("births", "bands"),
    [
        ("12/03/2015", ("10 to 15",)),
        ("12.3.15", ("10 to 15",)),
        ("12-03-2015", ("10 to 15",)),
        ("2015-03-12", ("10 to 15",)),
        ("12 March 2015", ("10 to 15",)),
        ("12th of Mar. 2015", ("10 to 15",)),
        ("March 12, 2015", ("10 to 15",)),
        ("Born on the 12 march 2015 in Inventedshire", ("10 to 15",)),
        ("1/3/2026", ("1 to 4",)),
        ("2/3/2026", ("Under 1",)),
        ("2/3/2022", ("1 to 4",)),
        ("1/3/2022", ("5 to 9",)),
        ("2/3/2011", ("10 to 15",)),
        ("1/3/2011", ("16 and 17",)),
        ("2/3/2009", ("16 and 17",)),
        ("1/3/2009", ("Adult",)),
        ("Due 4 June 2027", ("Unborn",)),
        ("due 4/6/27", ("Unborn",)),
        ("4/6/28", ("Unborn",)),
        ("4/6/29", ("Adult",)),
        ("Aderyn 12/03/2015, Bethan 13 April 2015, Cai 2/3/2026", ("Under 1", "10 to 15")),
        ("29/02/2015", (NOT_KNOWN,)),
        ("13/13/2015", (NOT_KNOWN,)),
        ("in the spring of 2015", (NOT_KNOWN,)),
        ("NHS 943 476 5919", (NOT_KNOWN,)),
        ("1/1/1880", (NOT_KNOWN,)),
        ("", (NOT_KNOWN,)),
    ],
)
def test_a_date_of_birth_gives_a_band_or_nothing(births: str, bands: tuple[str, ...]) -> None:
    assert age_bands(Subject.CHILDREN, births, DAY) == bands


@pytest.mark.parametrize(
    ("subject", "band"),
    [(Subject.UNBORN, "Unborn"), (Subject.ADULT, "Adult"), (Subject.NONE, "Nobody in particular")],
)
def test_the_date_of_somebody_else_is_not_taken_for_theirs(subject: Subject, band: str) -> None:
    assert age_bands(subject, "12/03/2015", DAY) == (band,)


@given(st.text())
def test_whatever_is_typed_nothing_of_it_comes_out(births: str) -> None:
    assert set(age_bands(Subject.CHILD, births, DAY)) <= {*BANDS, NOT_KNOWN}
