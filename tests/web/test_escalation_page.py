"""The page of an escalation, and the lists that lead to it, as each person sees them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import event, select

from forms_app.app import create_app
from forms_app.db.tables import Document, OutboxItem
from forms_app.domain.acts import Act
from forms_app.domain.escalation import Open
from forms_app.domain.records import (
    CameOf,
    Dissent,
    MeetingCalled,
    RestrictedNote,
    Support,
)
from forms_app.services.escalations import open_escalation
from forms_app.web.filling_in import TITLES
from forms_app.web.offers import LADDER, MORE
from tests.factories.everything import at_the_chair, busy, everything, fall_silent
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.web.conftest import Site, settings
from tests.web.visitor import Visitor

RAISER, OTHER = f"practitioner@school.{DOMAIN}", f"practitioner@socialcare.{DOMAIN}"
MANAGER, UNIT, CHAIR = f"first.line.manager@school.{DOMAIN}", f"unit@board.{DOMAIN}", f"chair@board.{DOMAIN}"


@dataclass
class Place:
    scene: Scene
    site: Site
    escalation: UUID

    def page(self, email: str, escalation: UUID | None = None) -> html.HtmlElement:
        answer = self.visitor(email).get(f"/escalations/{escalation or self.escalation}")
        assert answer.status_code == 200
        return html.fromstring(answer.text)

    def visitor(self, email: str) -> Visitor:
        return self.site.signed_in(email)


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with scene(sqlite_url, everything()) as here:
        app = create_app(settings(sqlite_url), workshop=here.workshop, poke=lambda: None)
        yield Place(here, Site(app, here.database, here.clock), busy(here))  # type: ignore[arg-type]


def words(element: html.HtmlElement) -> str:
    return " ".join(element.text_content().split())


def main_of(page: html.HtmlElement) -> str:
    return words(page.xpath("//main")[0])


def under(page: html.HtmlElement, heading: str) -> dict[str, str]:
    """The links of the buttons under a heading of the page, by their words."""
    found = page.xpath(f"//main//h2[normalize-space()='{heading}']/following-sibling::div[1]//a")
    return {words(link): link.get("href") for link in found}


def more(page: html.HtmlElement) -> dict[str, str]:
    found = page.xpath("//details[normalize-space(summary)='More you can do']//a")
    return {words(link): link.get("href") for link in found}


def table(page: html.HtmlElement, name: str) -> list[list[str]]:
    rows = page.xpath(f"//table[@id='{name}']/tbody/tr")
    return [[words(cell) for cell in row.xpath("./*")] for row in rows]


# --- what can be done ---


def test_what_waits_comes_first_then_the_ladder_then_everything_beside_it(place: Place) -> None:
    page = place.page(OTHER)
    path = f"/escalations/{place.escalation}"

    assert under(page, "Waiting for you") == {
        "Answer the proposed date": f"{path}/time-answer",
        "Answer a request for information": f"{path}/information-given",
    }
    assert under(page, "What you can do now") == {
        "Write your account": f"{path}/account",
        "Record the outcome": f"{path}/outcome",
    }
    assert not page.xpath("//details[normalize-space(summary)='More you can do'][@open]")
    assert list(more(page))[:3] == ["Log a contact", "Ask another agency for information", "Call a meeting"]
    assert not {"Set the steps", "Write a restricted note", "Answer a request for information"} & set(more(page))
    assert more(page)["Raise another concern about the same child"] == f"{path}/beside"


def test_each_person_is_offered_what_the_policy_lets_them_do_and_every_link_opens(place: Place) -> None:
    for email in (RAISER, OTHER, MANAGER):
        visitor, page = place.visitor(email), place.page(email)
        offered = under(page, "Waiting for you") | under(page, "What you can do now") | more(page)
        for text, href in offered.items():
            assert visitor.get(href).status_code == 200, (email, text)
    assert "Write a restricted note" in more(place.page(MANAGER))


@pytest.mark.requirement("S-32")
def test_taking_it_further_says_where_to_unless_there_is_a_choice(place: Place) -> None:
    assert "Take it further to Stage managers" in under(place.page(RAISER), "What you can do now")

    place.scene.open()

    assert "Take it further" in under(place.page(RAISER), "What you can do now"), "the pattern is a second way"


def test_a_form_that_nobody_lists_would_never_be_found() -> None:
    """Each act has its place: what waits, the ladder, beside it, or the line about danger."""
    waits = {Act.ANSWER_OUTCOME, Act.ANSWER_TIME, Act.GIVE_INFORMATION, Act.SAY_WHAT_CAME}

    assert waits | {*LADDER, *MORE} | {Act.OPEN, Act.REPORT_DANGER} == set(Act)
    assert set(TITLES) == set(Act)


def test_after_the_end_what_came_of_it_waits_and_nothing_new_begins(sqlite_url: str) -> None:
    with scene(sqlite_url, "annex-c") as here:
        escalation = here.open().escalation_id
        while isinstance(here.standing(escalation), Open):
            here.step_up(escalation)
        app = create_app(settings(sqlite_url), workshop=here.workshop, poke=lambda: None)
        place = Place(here, Site(app, here.database, here.clock), escalation)  # type: ignore[arg-type]
        page = place.page(RAISER)

        assert list(under(page, "Waiting for you")) == ["Say what came of it"]
        assert page.xpath("//details[normalize-space(summary)='More you can do'][@open]"), "there is no button"
        assert "What you can do now" not in main_of(page)
        assert "Raise another concern about the same child" not in more(page)
        assert "Nobody has said what came of it" in main_of(page)
        here.record(escalation, CameOf(resumes=False), by=here.raiser)
        assert "Nobody has said what came of it" not in main_of(place.page(RAISER))


@pytest.mark.requirement("W-16")
def test_a_follow_up_comes_first_once_its_day_has_come_and_is_offered_once(place: Place) -> None:
    here, title = place.scene, "Say whether it was carried out"
    escalation = here.open().escalation_id
    care = here.at("socialcare", "practitioner")
    proposed = here.outcome(escalation, by=care, review_on=here.today + timedelta(days=1)).record_id
    here.answer(escalation, by=here.raiser, to=proposed)
    assert title in under(place.page(RAISER, escalation), "What you can do after the end")

    here.clock.forward(days=1)

    page = place.page(RAISER, escalation)
    assert list(under(page, "Waiting for you")) == [title]
    assert main_of(page).count(title) == 1
    assert "Waits for you" in place.visitor(RAISER).get("/escalations").text


@pytest.mark.requirement("B-12", "U-22")
def test_danger_can_be_reported_from_every_page_of_an_escalation_and_from_no_other(place: Place) -> None:
    visitor, path = place.visitor(RAISER), f"/escalations/{place.escalation}"
    link = f'href="{path}/danger"'

    for page in (path, f"{path}/account", f"{path}/account/danger", f"{path}/danger", f"{path}/contact"):
        assert link in visitor.get(page).text.partition("<main")[0], page
    for page in ("/escalations", "/escalations/new", "/contacts"):
        assert "Report immediate danger" not in visitor.get(page).text
    fall_silent(place.scene)
    office = place.visitor(UNIT).get(f"/register/{place.escalation}")
    assert (office.status_code, "Report immediate danger" in office.text) == (200, False)
    stranger = place.visitor(f"practitioner@police.{DOMAIN}").get(path)
    assert (stranger.status_code, link in stranger.text) == (404, False)


# --- what is open, and how it was counted ---


@pytest.mark.requirement("H-16", "U-21")
def test_what_is_open_says_who_by_when_and_how_it_stands(place: Place) -> None:
    rows = table(place.page(RAISER), "open-points")

    assert [row[1:] for row in rows] == [
        ["Inventedshire Children’s Social Care", "3 March 2027", "Waiting"],
        ["Inventedshire Children’s Social Care", "", "Not accepted yet"],
        [rows[2][1], "2 March 2027 at 10:30am", "Called"],
        ["Inventedshire Primary School", "", "Begun on 1 March 2027"],
    ]
    assert rows[2][0].startswith("Joint meeting")


def test_every_open_point_leads_to_its_record_and_a_meeting_into_the_calendar(place: Place) -> None:
    page = place.page(RAISER)
    records = set(page.xpath("//main//*[starts-with(@id, 'record-')]/@id"))
    links = page.xpath("//table[@id='open-points']//a/@href")

    assert {link.removeprefix("#") for link in links if link.startswith("#")} <= records
    (calendar,) = [link for link in links if link.endswith("/meeting.ics")]
    assert place.visitor(RAISER).get(calendar).mimetype == "text/calendar"


@pytest.mark.requirement("B-11", "W-19")
def test_each_day_of_a_limit_is_shown_and_what_shows_that_it_was_kept(place: Place) -> None:
    page = place.page(RAISER)
    (days,) = page.xpath("//details[normalize-space(summary)='How this was counted']")

    assert [words(day) for day in days.xpath(".//li")] == [
        "Monday 1 March 2027: not counted, the day of the event itself",
        "Tuesday 2 March 2027: day 1",
        "Wednesday 3 March 2027: day 2",
    ]
    assert "Shown by: Written confirmation of the outcome" in main_of(page)
    place.scene.step_up(place.escalation)
    assert "24 hours without a pause: nights, weekends and bank holidays count" in main_of(place.page(RAISER))


def test_a_weekend_is_named_once(place: Place) -> None:
    place.scene.clock.strike(2027, 3, 25)
    second = place.scene.open().escalation_id

    (days,) = place.page(RAISER, second).xpath("//details[normalize-space(summary)='How this was counted']")

    assert [words(day) for day in days.xpath(".//li")][1:5] == [
        "Friday 26 March 2027: not counted, Good Friday",
        "Saturday 27 March 2027: not counted",
        "Sunday 28 March 2027: not counted",
        "Monday 29 March 2027: not counted, Easter Monday",
    ]


# --- what must be known ---


@pytest.mark.requirement("H-49")
def test_the_decision_stands_while_it_is_challenged_on_the_page_and_in_the_list(place: Place) -> None:
    stands, early = "The decision stands while it is challenged", "Not counted as an escalation yet"
    visitor = place.visitor(OTHER)
    assert early in main_of(place.page(OTHER))
    assert early in visitor.get("/escalations").text

    place.scene.step_up(place.escalation)

    assert stands in main_of(place.page(OTHER))
    assert stands in visitor.get("/escalations").text
    assert early not in main_of(place.page(OTHER))


@pytest.mark.requirement("H-23", "U-29")
def test_a_manager_who_does_not_support_it_is_named_and_the_raiser_is_told_what_to_do(place: Place) -> None:
    raiser, other = main_of(place.page(RAISER)), main_of(place.page(OTHER))

    assert "Inventedshire Primary School, does not support this escalation." in raiser
    assert "Inventedshire Primary School, does not support this escalation." in other
    assert "Your manager does not agree" in raiser
    assert "Your manager does not agree" not in other
    manager = place.scene.at("school", "first_line_manager")
    place.scene.record(place.escalation, Support(supports=True), by=manager)
    after = main_of(place.page(RAISER))
    assert "Supported by" in after
    assert "Your manager does not agree" not in after


@pytest.mark.requirement("H-48")
def test_dissent_is_shown_with_a_way_to_its_record(place: Place) -> None:
    here = place.scene
    escalation = at_the_chair(here)
    here.outcome(escalation, by=here.holder("chair"))
    assert "Record your dissent" in under(place.page(OTHER, escalation), "What you can do after the end")
    record = here.record(escalation, Dissent(), by=here.at("socialcare", "practitioner")).record_id

    page = place.page(RAISER, escalation)

    assert "Inventedshire Children’s Social Care, recorded dissent from this decision." in main_of(page)
    assert page.xpath(f"//main//a[@href='#record-{record}']")


@pytest.mark.requirement("S-23", "U-41")
def test_each_agency_shows_when_it_said_that_the_record_is_on_file(place: Place) -> None:
    assert table(place.page(OTHER), "on-file") == [
        ["Inventedshire Primary School", "1 March 2027"],
        ["Inventedshire Children’s Social Care", "Not said yet"],
    ]


@pytest.mark.requirement("S-32")
def test_similar_escalations_are_counted_on_the_page(place: Place) -> None:
    said = "There have been 2 similar escalations in the last 12 months, this one included"
    assert said not in main_of(place.page(RAISER))

    place.scene.open()

    assert said in main_of(place.page(RAISER))


def test_two_concerns_about_the_same_child_lead_to_each_other_for_those_who_take_part_in_both(place: Place) -> None:
    here, first = place.scene, place.escalation
    concern = here.concern("main", here.named(here.policy.main.stages[0], opening=True))
    beside = replace(concern, facts=concern.facts.model_copy(update={"beside": first}))
    with here.workshop.writing() as work:
        second = open_escalation(work, by=here.raiser, concern=beside).escalation_id
    heading = "Other concerns about the same child"

    assert place.page(RAISER).xpath(f"//main//a[@href='/escalations/{second}']")
    assert place.page(RAISER, second).xpath(f"//main//a[@href='/escalations/{first}']")
    assert heading in main_of(place.page(RAISER))
    assert heading not in main_of(place.page(MANAGER)), "who takes part in one alone"


@pytest.mark.requirement("W-31")
def test_a_restricted_note_is_on_the_page_of_those_who_may_read_it_and_on_no_other(place: Place) -> None:
    assert "Restricted note" in main_of(place.page(MANAGER))
    assert "estricted note" not in main_of(place.page(RAISER))
    assert "estricted note" not in main_of(place.page(OTHER))


def test_the_receipt_of_a_restricted_note_is_for_nobody_else(place: Place) -> None:
    writer = place.scene.at("school", "first_line_manager")
    note = place.scene.record(place.escalation, RestrictedNote(about="compliance"), by=writer).record_id
    receipt = f"/escalations/{place.escalation}/sent/{note}"

    assert place.visitor(MANAGER).get(receipt).status_code == 200
    assert place.visitor(RAISER).get(receipt).status_code == 404


@pytest.mark.requirement("U-08")
def test_what_has_gone_quiet_is_marked_for_the_parties_and_in_the_register(place: Place) -> None:
    silence = "Nothing recorded for 5 working days"
    unit = place.visitor(UNIT)
    assert str(place.escalation) not in unit.get("/register").text

    fall_silent(place.scene)

    assert silence in main_of(place.page(RAISER))
    assert silence in place.visitor(RAISER).get("/escalations").text
    assert silence in place.visitor(UNIT).get("/register").text
    page = main_of(html.fromstring(place.visitor(UNIT).get(f"/register/{place.escalation}").text))
    assert silence in page
    assert "Counted as an escalation Not yet" in page
    said = "Nothing had been recorded since 1 March 2027 at 10:30am. Made by this service on 9 March 2027 at 10am."
    assert said in main_of(place.page(RAISER))


# --- hard content ---


def test_what_people_typed_is_shown_as_text_wherever_it_stands(place: Place) -> None:
    here = place.scene
    escalation = at_the_chair(here, what="<script>alert(1)</script> & “Ω” " + "x" * 300)

    page = place.page(RAISER, escalation)

    assert "<script>alert(1)</script> & “Ω”" in table(page, "open-points")[0][0]
    assert not page.xpath("//main//script")


def test_a_page_takes_the_same_few_questions_to_the_database_whatever_stands_on_it(place: Place) -> None:
    first = questions(place)
    here, care = place.scene, place.scene.at("socialcare", "practitioner")
    for _ in range(5):
        here.account(place.escalation, by=care)
        at = here.clock.now + timedelta(hours=1)
        called = MeetingCalled(meeting="joint", at=at, conveners=(care,), invited=(here.raiser,))
        here.record(place.escalation, called, by=here.raiser)

    assert questions(place) == first
    assert first <= 33, "of which four are the entry in the trail, and three are patterns and what other systems filed"


def questions(place: Place) -> int:
    visitor, asked = place.visitor(RAISER), []
    engine = place.site.database.engine
    event.listen(engine, "before_cursor_execute", count := lambda *given: asked.append(given[2]))
    visitor.get(f"/escalations/{place.escalation}")
    event.remove(engine, "before_cursor_execute", count)
    return len(asked)


# --- documents ---


def cards(element: html.HtmlElement) -> list[str]:
    return [words(title) for title in element.xpath(".//h3[starts-with(@id, 'document-')]")]


@pytest.mark.requirement("S-16", "S-23", "U-41", "U-51")
def test_a_copy_for_the_file_is_made_by_a_button_and_is_on_the_page_of_ones_own_agency_alone(place: Place) -> None:
    visitor = place.visitor(RAISER)

    answer = visitor.post(f"/escalations/{place.escalation}/file-copy", {})
    found = html.fromstring(visitor.get(answer.location).text)

    assert words(found.xpath("//h1")[0]) == "Copy for the child’s file"
    assert "only people of your agency who take part can open it" in main_of(found)
    (filing,) = found.xpath("//main//a[normalize-space()='say so']/@href")
    assert visitor.get(filing).status_code == 200
    assert "Copy for the child’s file" in cards(place.page(RAISER))
    assert "Copy for the child’s file" in cards(place.page(MANAGER))
    assert "Copy for the child’s file" not in cards(place.page(OTHER))
    assert place.visitor(OTHER).get(answer.location).status_code == 404
    (button,) = place.page(OTHER).xpath("//form[contains(@action, '/file-copy')]//button")
    assert words(button) == "Make a copy for our file"


def test_the_newest_documents_stand_open_and_older_ones_are_folded_by_stage(place: Place) -> None:
    for number in range(5):
        place.scene.clock.forward(minutes=1)
        place.scene.account(place.escalation, by=place.scene.raiser)
        if number == 1:
            place.scene.step_up(place.escalation)
    folds = "//details[starts-with(normalize-space(summary), 'Older documents of')]"

    page = place.page(RAISER)

    shown = [
        each for each in page.xpath("//h3[starts-with(@id, 'document-')]") if not each.xpath("./ancestor::details")
    ]
    assert len(shown) == 8
    assert words(shown[0]) == "Stage record for the child’s file (account, Stage managers)"
    (older,) = page.xpath(folds)
    assert words(older.xpath("./summary")[0]) == f"Older documents of Stage talk ({len(cards(older))})"
    assert "Written account of the concern" in cards(older)
    assert older.get("open") is None


def test_a_fold_is_open_where_something_in_it_needs_a_person(place: Place) -> None:
    for _ in range(9):
        place.scene.clock.forward(minutes=1)
        place.scene.account(place.escalation, by=place.scene.raiser)
    with place.scene.database.writing() as session:
        account = session.scalars(select(Document).where(Document.kind == "written_account")).one()
        item = session.scalars(select(OutboxItem).where(OutboxItem.about_id == account.id)).one()
        item.parked_at, item.fault = place.scene.clock.now, "The letter cannot be printed."

    page = place.page(RAISER)

    (older,) = page.xpath("//details[starts-with(normalize-space(summary), 'Older documents of')]")
    assert older.get("open") is not None
