"""How long a contact can be relied on, and what can be dialled or written to."""

from __future__ import annotations

from datetime import date

import pytest

from forms_app.domain.contacts import ContactDetails, dialled, is_address, is_telephone, needs_checking


@pytest.mark.parametrize(
    ("checked_on", "today", "doubtful"),
    [
        (None, date(2027, 3, 1), True),
        (date(2027, 3, 1), date(2027, 3, 1), False),
        (date(2026, 3, 1), date(2027, 3, 1), False),
        (date(2026, 2, 28), date(2027, 3, 1), True),
        (date(2028, 2, 29), date(2029, 2, 28), False),
        (date(2028, 2, 29), date(2029, 3, 1), True),
    ],
)
def test_what_was_checked_more_than_a_year_ago_or_never_is_doubtful(
    checked_on: date | None, today: date, doubtful: bool
) -> None:
    assert needs_checking(checked_on, today) is doubtful


@pytest.mark.parametrize(
    ("number", "dials"),
    [
        ("101", "101"),
        ("01632 960 001", "01632960001"),
        ("+44 808 157 0192", "+448081570192"),
        ("(01632) 960-001", "01632960001"),
        ("01632 960001 ext 12", "01632960001"),
        ("01632 960001 extension 12", "01632960001"),
    ],
)
def test_a_number_that_can_be_dialled(number: str, dials: str) -> None:
    assert is_telephone(number)
    assert dialled(number) == dials


@pytest.mark.parametrize(
    "text", ["", "12", "-----", "ask at the desk", "01632 960 001; 01632 960 002", "01632 960 00l"]
)
def test_what_cannot_be_dialled(text: str) -> None:
    assert not is_telephone(text)


def test_an_address_is_one_plain_address() -> None:
    assert is_address("duty.team@socialcare.example")
    assert not any(
        map(is_address, ("duty", "a@b", "a@b.example, c@d.example", "a@b.example\nBcc: c", f"a@{'b' * 250}.example"))
    )


def test_a_stamp_changes_with_any_detail() -> None:
    details = ContactDetails(role="EHASH", telephone="101")
    others = [
        ContactDetails(role="EHASH", out_of_hours_telephone="101"),
        ContactDetails(role="EHASH", telephone="102"),
        ContactDetails(role="EHAS", name="H", telephone="101"),
    ]

    assert details.stamp == ContactDetails(role="EHASH", telephone="101").stamp
    assert len({each.stamp for each in [details, *others]}) == 4
