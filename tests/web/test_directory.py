"""The pages of the directory: read by everybody of a Board, kept right by its business unit and its agencies' leads."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from uuid import uuid4

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.app import create_app
from forms_app.commands.invented import invented_board
from forms_app.db.tables import AuditEntry, Board, Contact, Document
from forms_app.services.directory import policy_for
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.web.conftest import Site, settings
from tests.web.visitor import Visitor

RAISER, LEAD, UNIT = f"practitioner@school.{DOMAIN}", f"safeguarding.lead@school.{DOMAIN}", f"unit@board.{DOMAIN}"
HUB = "Early Help and Safeguarding Hub (EHASH)"
GIVEN = {
    "owner": "board",
    "role": "Night team",
    "holder": "The desk",
    "out_of_hours_telephone": "01632 960 111",
    "email": "night@board.example",
    "hours": "After 5pm",
}


@dataclass
class Place:
    scene: Scene
    site: Site

    def visitor(self, email: str) -> Visitor:
        return self.site.signed_in(email)

    def contact(self, role: str = "Night team") -> Contact:
        with self.scene.database.reading() as session:
            (contact,) = (each for each in session.scalars(select(Contact)) if each.role == role)
            session.expunge(contact)
            return contact

    def count(self) -> int:
        return self.scene.count()["contacts"]

    def add(self, visitor: Visitor, **given: str) -> TestResponse:
        visitor.get("/contacts/new")
        return visitor.post("/contacts/new", {"form_key": hidden(visitor, "form_key"), **GIVEN, **given})


@pytest.fixture(params=["hull"])
def place(sqlite_url: str, request: pytest.FixtureRequest) -> Iterator[Place]:
    with scene(sqlite_url, request.param) as here:
        app = create_app(settings(sqlite_url), workshop=here.workshop, poke=lambda: None)
        yield Place(here, Site(app, here.database, here.clock))  # type: ignore[arg-type]


def main_of(answer: TestResponse | str) -> str:
    text = answer if isinstance(answer, str) else answer.text
    return " ".join(html.fromstring(text).xpath("//main")[0].text_content().split())


def hidden(visitor: Visitor, name: str) -> str:
    return str(html.fromstring(visitor.page).xpath(f"//main//input[@name='{name}']/@value")[-1])


def card(page: str, role: str) -> str:
    cards = html.fromstring(page).xpath("//main//*[@class='govuk-summary-card']")
    found = [each for each in cards if role in each.xpath("string(.//*[contains(@class, 'card__title')])")]
    return " ".join(found[0].text_content().split())


# --- reading ---


@pytest.mark.requirement("U-55", "S-14")
def test_everybody_reads_whom_to_contact_and_when_each_was_last_checked(place: Place) -> None:
    reader = place.visitor(RAISER)
    page = reader.get("/contacts").text

    assert 'href="/contacts"' in reader.get("/escalations").text, "the navigation leads there"
    unit = invented_board(place.scene.policy).given
    assert unit.telephone in main_of(page)
    assert f'href="mailto:{unit.email}"' in page
    assert "Never checked" in card(page, HUB)
    assert 'href="tel:01482448879"' in page
    assert "Out of hours 01632 960" in card(page, "Children’s social care, out of hours")
    assert "More than a year ago" in card(page, "Local Authority Designated Officer")
    assert "by: Business unit officer" in card(page, "Children’s social care, out of hours")
    assert "More than a year ago" not in card(page, "Children’s social care, out of hours")
    for agency in ("Primary School", "Community Health", "Police", "Children’s Social Care", "Family Support Charity"):
        assert f"Inventedshire {agency}" in main_of(page)


@pytest.mark.requirement("W-10")
@pytest.mark.parametrize("place", ["annex-c"], indirect=True)
def test_the_senior_liaison_officer_of_the_board_can_be_found(place: Place) -> None:
    page = place.visitor(RAISER).get("/contacts").text

    officer = place.contact("Your Board’s Senior Liaison Officer")
    assert officer.name in card(page, "Senior Liaison Officer")
    assert officer.telephone in card(page, "Senior Liaison Officer")


def test_who_keeps_nothing_is_offered_nothing(place: Place) -> None:
    reader = place.visitor(RAISER)
    page = reader.get("/contacts").text
    contact = place.contact("Children’s social care, out of hours")

    assert not re.search(r'href="/contacts/(new|[0-9a-f-]{36})', page)
    assert "I checked this today" not in main_of(page)
    for path in (
        "/contacts/new",
        f"/contacts/{contact.id}",
        f"/contacts/{contact.id}/remove",
        "/contacts/roles/school",
    ):
        assert reader.get(path).status_code == 404
        assert reader.post(path, {**GIVEN, "form_key": str(uuid4())}).status_code == 404
    assert reader.post(f"/contacts/{contact.id}/checked").status_code == 404


def test_an_agencys_lead_is_offered_their_own_agencys_lines_only(place: Place) -> None:
    lead = place.visitor(LEAD)
    page = html.fromstring(lead.get("/contacts").text)
    offered = page.xpath("//main//a[starts-with(normalize-space(), 'Change')]/@href")
    own = page.xpath("//h3[contains(., 'Primary School')]/following::a[starts-with(normalize-space(), 'Change')]/@href")

    assert offered
    assert offered == own[: len(offered)]
    assert not html.fromstring(lead.get("/contacts/new").text).xpath("//main//select"), "nothing to choose"
    assert place.add(lead).status_code == 303
    assert place.contact().agency_id == place.scene.agency("school").id
    assert lead.get("/contacts/roles/school").status_code == 404


def test_what_nobody_gave_is_not_shown_as_a_row(place: Place) -> None:
    unit = place.visitor(UNIT)
    place.add(unit, holder="", email="", hours="")

    assert "Name" not in card(unit.get("/contacts").text, "Night team")
    assert "Email" not in card(unit.page, "Night team")


# --- keeping ---


@pytest.mark.requirement("U-55")
def test_the_unit_adds_changes_checks_and_removes_a_contact(place: Place) -> None:
    unit, before = place.visitor(UNIT), place.count()

    added = place.add(unit)
    contact = place.contact()
    assert added.location == f"/contacts#contact-{contact.id}"
    assert "Never checked" in card(unit.get("/contacts").text, "Night team")

    page = unit.get("/contacts").text
    seen = html.fromstring(page).xpath(f"//*[@id='contact-{contact.id}']//input[@name='seen']/@value")[0]
    assert unit.post(f"/contacts/{contact.id}/checked", {"seen": seen}).status_code == 303
    assert "1 March 2027, by: Business unit officer" in card(unit.get("/contacts").text, "Night team")

    unit.get(f"/contacts/{contact.id}")
    assert html.fromstring(unit.page).xpath("//input[@name='holder']/@value") == ["The desk"]
    changed = {**GIVEN, "telephone": "101", "checked": "today", "seen": hidden(unit, "seen")}
    assert unit.post(f"/contacts/{contact.id}", changed).status_code == 303
    assert "Telephone 101" in card(unit.get("/contacts").text, "Night team")

    assert "Night team" in main_of(unit.get(f"/contacts/{contact.id}/remove"))
    assert unit.post(f"/contacts/{contact.id}/remove").location == "/contacts"
    assert place.count() == before
    assert [action for action in place.site.actions() if action.startswith("contact")] == [
        "contact_added",
        "contact_checked",
        "contact_changed",
        "contact_checked",
        "contact_removed",
    ]


def test_the_unit_adds_a_line_for_any_agency(place: Place) -> None:
    police = place.scene.agency("police")

    assert place.add(place.visitor(UNIT), owner=str(police.id)).status_code == 303

    assert place.contact().agency_id == police.id
    assert place.add(place.visitor(UNIT), owner=str(uuid4())).status_code == 422


def test_a_form_sent_twice_adds_one_contact(place: Place) -> None:
    unit, before = place.visitor(UNIT), place.count()
    unit.get("/contacts/new")
    form = {**GIVEN, "form_key": hidden(unit, "form_key")}

    assert unit.post("/contacts/new", form).location == unit.post("/contacts/new", form).location

    assert place.count() == before + 1


def test_the_policys_contact_begins_the_boards_own(place: Place) -> None:
    unit = place.visitor(UNIT)
    page = html.fromstring(unit.get("/contacts").text)
    (link,) = page.xpath(
        f"//main//*[@class='govuk-summary-card'][contains(., '{HUB}')]//a[contains(., 'own details')]/@href"
    )
    unit.get(link)
    shown = {
        name: html.fromstring(unit.page).xpath(f"//input[@name='{name}']/@value") for name in ("role", "telephone")
    }
    assert shown == {"role": [HUB], "telephone": ["01482 448 879"]}

    form = {**GIVEN, "role": HUB, "form_key": hidden(unit, "form_key"), "checked": "today"}
    assert unit.post("/contacts/new", form).status_code == 303

    assert "by: Business unit officer" in card(unit.get("/contacts").text, HUB)
    assert "01482 448 879" not in card(unit.page, HUB)
    assert unit.get("/contacts/new?number=999").status_code == 404


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"role": ""}, "Enter an answer to “What the contact is for”"),
        ({"telephone": "ask me"}, "Enter a telephone number, like 01632 960 001"),
        ({"email": "night"}, "Enter an email address in the correct format"),
        ({"out_of_hours_telephone": "", "email": ""}, "Enter a telephone number or an email address"),
        ({"owner": ""}, "Choose an answer to “Whose contact is it?”"),
        ({"holder": "\u2603" * 201}, "This must be 200 characters or fewer"),
    ],
)
def test_a_fault_is_told_and_nothing_that_was_typed_is_lost(place: Place, given: dict[str, str], said: str) -> None:
    unit, before = place.visitor(UNIT), place.count()
    typed = {**GIVEN, **given}

    answer = place.add(unit, **given)

    assert answer.status_code == 422
    assert said in main_of(answer)
    page = html.fromstring(answer.text)
    shown = {name: page.xpath(f"//main//input[@name='{name}']/@value") for name in typed if name != "owner"}
    assert {name: "".join(value) for name, value in shown.items()} == {
        name: value for name, value in typed.items() if name != "owner"
    }
    assert place.count() == before


def test_what_was_typed_after_the_session_ended_is_there_again(place: Place) -> None:
    unit = place.visitor(UNIT)
    place.add(unit)
    path = f"/contacts/{place.contact().id}"
    unit.get(path)
    form = {**GIVEN, "hours": "All night", "seen": hidden(unit, "seen")}
    place.scene.clock.forward(minutes=20)

    assert "has been saved" in main_of(unit.post(path, form))
    again = place.visitor(UNIT)
    page = again.get(path)
    assert "You typed this earlier" in main_of(page)
    assert html.fromstring(page.text).xpath("//input[@name='hours']/@value") == ["All night"]
    assert place.contact().hours == "After 5pm"

    assert again.post(path, {"discard": "yes"}).location == path
    assert html.fromstring(again.get(path).text).xpath("//input[@name='hours']/@value") == ["After 5pm"]


@pytest.mark.parametrize("path", ["contact", "/contacts/roles/school"])
def test_what_came_in_too_late_and_is_saved_then_is_not_shown_as_unsaved_again(place: Place, path: str) -> None:
    unit = place.visitor(UNIT)
    if path == "contact":
        place.add(unit)
        path = f"/contacts/{place.contact().id}"
    unit.get(path)
    form = {**GIVEN, "f-practitioner": "Teacher", "seen": hidden(unit, "seen")}
    place.scene.clock.forward(minutes=20)
    unit.post(path, form)
    again = place.visitor(UNIT)
    assert "You typed this earlier" in main_of(again.get(path))

    assert again.post(path, form).status_code == 303

    assert "You typed this" not in main_of(again.get(path))


def test_a_new_contact_that_came_in_too_late_can_still_be_saved(place: Place) -> None:
    unit = place.visitor(UNIT)
    unit.get("/contacts/new")
    form = {**GIVEN, "form_key": hidden(unit, "form_key")}
    place.scene.clock.forward(minutes=20)
    unit.post("/contacts/new", form)
    again = place.visitor(UNIT)

    assert html.fromstring(again.get("/contacts/new").text).xpath("//input[@name='role']/@value") == ["Night team"]
    assert hidden(again, "form_key") == form["form_key"]
    assert again.post("/contacts/new", form).status_code == 303
    assert html.fromstring(again.get("/contacts/new").text).xpath("//input[@name='role']/@value") in ([], [""])


def test_who_was_overtaken_sees_both_and_saves_again(place: Place) -> None:
    first, second = place.visitor(UNIT), place.visitor(UNIT)
    place.add(first)
    path = f"/contacts/{place.contact().id}"
    for visitor in (first, second):
        visitor.get(path)
    seen = hidden(second, "seen")
    first.post(path, {**GIVEN, "out_of_hours_telephone": "01632 960 222", "seen": hidden(first, "seen")})

    overtaken = second.post(path, {**GIVEN, "hours": "All night", "seen": seen})

    assert overtaken.status_code == 409
    assert "01632 960 222" in main_of(overtaken)
    assert html.fromstring(overtaken.text).xpath("//input[@name='hours']/@value") == ["All night"]
    assert second.post(f"{path}/checked", {"seen": seen}).status_code == 409
    assert second.get(f"{path}/checked").location == path
    assert place.contact().checked_on is None
    second.get(path)
    assert second.post(path, {**GIVEN, "hours": "All night", "seen": hidden(second, "seen")}).status_code == 303
    assert place.contact().hours == "All night"


def test_what_was_typed_about_a_contact_that_was_removed_meanwhile_can_be_copied(place: Place) -> None:
    unit = place.visitor(UNIT)
    place.add(unit)
    path = f"/contacts/{place.contact().id}"
    unit.get(path)
    form = {**GIVEN, "hours": "All night", "seen": hidden(unit, "seen")}
    unit.post(f"{path}/remove")

    gone = unit.post(path, form)

    assert gone.status_code == 404
    kept = html.fromstring(gone.text).xpath("string(//textarea)").strip().splitlines()
    assert kept == [value for name, value in form.items() if name != "seen"]


def test_addresses_and_the_audit_say_nothing_that_was_typed(place: Place) -> None:
    unit = place.visitor(UNIT)
    location = place.add(unit).location

    assert re.fullmatch(r"/contacts#contact-[0-9a-f-]{36}", location)
    with place.scene.database.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.about_id) == ("contact_added", place.contact().id)


# --- job titles ---


@pytest.mark.requirement("U-30", "B-22")
def test_the_unit_changes_a_title_and_the_forms_say_it_from_then_on(place: Place) -> None:
    unit, raiser = place.visitor(UNIT), place.visitor(RAISER)
    assert "Child protection co-ordinator" in main_of(raiser.get("/contacts/roles"))
    assert 'href="/contacts/roles/' not in raiser.page
    place.scene.open()
    before = documents(place)

    unit.get("/contacts/roles/school")
    assert "The policy says: Child protection co-ordinator" in main_of(unit.page)
    form = {"seen": hidden(unit, "seen"), "f-first_line_manager": "Head of year"}
    assert unit.post("/contacts/roles/school", form).location == "/contacts/roles"

    assert "Head of year Your Board’s title" in main_of(raiser.get("/contacts/roles"))
    with place.scene.workshop.reading() as work:
        assert policy_for(work, by=place.scene.raiser).level_title("first_line_manager", "school") == "Head of year"
    assert documents(place) == before
    assert "titles_changed" in place.site.actions()


def documents(place: Place) -> list[str]:
    with place.scene.database.reading() as session:
        return list(session.scalars(select(Document.context).order_by(Document.owed_at, Document.id)))


def test_the_policys_twelve_counterparts_stand_in_the_table(place: Place) -> None:
    rows = html.fromstring(place.visitor(RAISER).get("/contacts/roles").text).xpath("//table//tbody/tr")
    said = {
        row.xpath("string(th)").strip(): [" ".join(cell.text_content().split()) for cell in row.xpath("td")]
        for row in rows
    }

    for row in place.scene.policy.equivalents:
        kind = next(kind.title for kind in place.scene.policy.agency_kinds if kind.id == row.agency_kind)
        assert set(row.titles.values()) <= set(said[kind]), kind
    assert len(place.scene.policy.equivalents) == 12


def test_titles_that_somebody_else_changed_meanwhile_are_not_overwritten(place: Place) -> None:
    unit = place.visitor(UNIT)
    unit.get("/contacts/roles/school")
    seen = hidden(unit, "seen")
    unit.post("/contacts/roles/school", {"seen": seen, "f-practitioner": "Teacher"})

    overtaken = unit.post("/contacts/roles/school", {"seen": seen, "f-practitioner": "Tutor"})

    assert overtaken.status_code == 409
    assert "Teacher" in main_of(overtaken)
    assert html.fromstring(overtaken.text).xpath("//input[@name='f-practitioner']/@value") == ["Tutor"]
    again = {"seen": hidden(unit, "seen"), "f-practitioner": "Tutor"}
    assert unit.post("/contacts/roles/school", again).status_code == 303


def test_a_title_that_cannot_be_kept_is_told_and_stays_typed(place: Place) -> None:
    unit = place.visitor(UNIT)
    unit.get("/contacts/roles/school")
    form = {"seen": hidden(unit, "seen"), "f-practitioner": "x" * 201, "f-executive": "Head"}

    answer = unit.post("/contacts/roles/school", form)

    assert answer.status_code == 422
    assert html.fromstring(answer.text).xpath("//input[@name='f-executive']/@value") == ["Head"]
    assert unit.get("/contacts/roles/court").status_code == 404


@pytest.mark.parametrize("kind", ["court", "%00"])
@pytest.mark.parametrize("minutes", [0, 20])
def test_nothing_is_kept_or_thrown_away_for_a_kind_that_is_not_there(place: Place, kind: str, minutes: int) -> None:
    unit = place.visitor(UNIT)
    unit.get("/contacts/roles/school")
    place.scene.clock.forward(minutes=minutes)

    assert unit.post(f"/contacts/roles/{kind}", {"discard": "yes"}).status_code == 404


# --- a Board that nobody could reach ---


@pytest.mark.requirement("B-36")
def test_no_concern_is_taken_while_nobody_could_reach_the_board(place: Place) -> None:
    raiser = place.visitor(RAISER)
    assert raiser.get("/escalations/new").status_code == 200
    with place.scene.database.writing() as session:
        session.scalars(select(Board)).one().telephone = ""

    refused = raiser.get("/escalations/new")

    assert refused.status_code == 409
    assert "has not given the telephone number and email address of its business unit" in main_of(refused)
