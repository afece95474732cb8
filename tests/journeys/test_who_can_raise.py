"""Anybody who is registered at an agency, at whatever level, can raise a concern by the pages."""

from __future__ import annotations

import pytest

from forms_app.domain.working_days import uk_date
from forms_app.services.boards import GivenBoard, GivenPerson
from tests.factories.scenes import shelf
from tests.journeys.form_filler import FormFiller
from tests.journeys.town import town
from tests.smtp import SmtpServer

POLICIES = [policy.key for policy in shelf()]


def one_of_each_level(board: GivenBoard) -> dict[str, GivenPerson]:
    """Somebody at each level that an agency has, all of the same agency as far as it has them."""
    found: dict[str, GivenPerson] = {}
    for agency in board.agencies[1:]:
        for person in agency.people:
            found.setdefault(person.level, person)
    return found


@pytest.mark.requirement("B-08")
@pytest.mark.parametrize("policy", POLICIES)
def test_anybody_at_any_level_can_raise(sqlite_url: str, smtp_server: SmtpServer, policy: str) -> None:
    with town(sqlite_url, smtp_server) as here:
        people = one_of_each_level(here.boards[policy].given)
        assert {"practitioner", "first_line_manager", "senior_manager", "safeguarding_lead"} <= set(people)
        for person in people.values():
            here.deliver()
            visitor, today = here.visitor(person.email), uk_date(here.clock.now)
            other = "Police" if "@socialcare." in person.email else "Social Care"
            receipt = FormFiller(visitor, today, other_agency=other).send("/escalations/new")

            page = receipt.partition("/sent/")[0]
            assert visitor.get(page).status_code == 200
            assert f'href="{page}"' in visitor.get("/escalations").text
