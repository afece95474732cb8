"""What a policy links to is there when a concern is raised, with what the person's own Board adds."""

from __future__ import annotations

import pytest
from lxml import html

from forms_app.domain.policy import Citation, Link, LocalAddition
from tests.factories.scenes import latest
from tests.journeys.form_filler import FormFiller
from tests.web.clerk import Office, office, words_on

SOURCE = Citation(section="2", words="to publish a Threshold Document")
ADDRESS = "https://inventedshire.example/thresholds"


def _linked(here: Office, path: str) -> list[str]:
    page = here.visitor(here.scene.raiser).get(path)
    return [str(href) for href in html.fromstring(page.text).xpath("//main//a[@rel='noreferrer']/@href")]


@pytest.mark.requirement("H-04")
def test_the_boards_threshold_document_is_linked_and_indicators_are_chosen_when_a_concern_is_raised(
    sqlite_url: str,
) -> None:
    link = Link(title="Threshold document", url=ADDRESS, source=SOURCE)
    additions = tuple(
        LocalAddition(board=board, links=(link.model_copy(update={"url": url}),))
        for board, url in (
            ("Inventedshire Safeguarding Board", ADDRESS),
            ("Another Board", "https://another.example/thresholds"),
        )
    )
    with office(sqlite_url, latest("four-lscb").model_copy(update={"local_additions": additions})) as here:
        assert _linked(here, "/escalations/new") == [ADDRESS]

        filler = FormFiller(here.visitor(here.scene.raiser), here.scene.today)
        receipt = filler.send("/escalations/new", **{"f-route": "ladder"})
        escalation = f"/escalations/{receipt.split('/')[2]}"

        assert _linked(here, escalation) == [ADDRESS]
        recorded = words_on(here.visitor(here.scene.raiser).get(escalation))
        assert "are indicators of need present now?" in recorded
        assert "Which tier of need do you think the child is at?" in recorded


@pytest.mark.requirement("S-31")
def test_the_procedure_for_matters_of_a_conference_is_named_before_a_concern_is_raised(sqlite_url: str) -> None:
    with office(sqlite_url, "west-sussex") as here:
        page = words_on(here.visitor(here.scene.raiser).get("/escalations/new"))

        assert "look at the Pan-Sussex procedure first. It is among the links." in page
        assert "Related policies and procedures Safeguarding Children Partnership Complaints Procedure" in page
        assert "Pan-Sussex Safeguarding Procedures: Resolution of Professional Disagreements" in page
