"""The page of the Board's numbers, and those who see no more than that."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from sqlalchemy import select

from forms_app.db.tables import Escalation, Person
from forms_app.domain.seats import Seat
from tests.web.conftest import Site

ADA = "ada@invented.example"


@pytest.fixture
def site_of_analyst(site: Site) -> Site:
    """Ada is the analyst; of the Board's escalations six began in the second quarter of 2026 and two in the third."""
    site.clock.now = datetime(2026, 12, 2, 10, 0, tzinfo=UTC)
    with site.database.writing() as session:
        ada = session.scalars(select(Person).where(Person.email == ADA)).one()
        ada.seat = Seat.ANALYST
        for number, month in enumerate([5] * 6 + [8] * 2 + [11] * 7):
            session.add(
                Escalation(
                    id=uuid4(),
                    board_id=ada.board_id,
                    reference=f"INV-2026-{number:04}",
                    policy_key="invented@2027",
                    category="other",
                    opened_at=datetime(2026, month, 3, tzinfo=UTC),
                )
            )
    return site


def test_the_analyst_begins_at_the_numbers_and_has_nothing_else_to_go_to(site_of_analyst: Site) -> None:
    ada = site_of_analyst.visiting(ADA)

    page = ada.follow(ada.get("/escalations"))

    assert page.status_code == 200
    assert "Numbers" in page.text
    for elsewhere in ("/escalations", "/documents", "/contacts", "/register"):
        assert f'href="{elsewhere}"' not in page.text
    assert ada.get("/documents").status_code == 404


def test_a_small_count_is_not_told_nor_what_would_give_it_away_nor_the_quarter_that_goes_on(
    site_of_analyst: Site,
) -> None:
    page = site_of_analyst.visiting(ADA).get("/numbers").text

    row = page.partition("2026\n")[2] or page.partition(">2026<")[2]
    cells = [" ".join(cell.partition("</td>")[0].split()) for cell in row.split('<td class="govuk-table__cell">')[1:6]]
    assert cells == ["Fewer than 5", "6", "Fewer than 5", "Not over yet", "At least 6"]


def test_it_is_nobodys_who_has_no_seat_for_it(site: Site) -> None:
    assert site.signed_in(ADA).get("/numbers").status_code == 404
