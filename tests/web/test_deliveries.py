"""The pages on which people see what became of each delivery, and do something about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.db.tables import Acknowledgement, Delivery, Person
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Side
from forms_app.domain.records import PeopleJoin
from forms_app.domain.working_days import uk_time
from tests.factories.scenes import Scene
from tests.factories.sending import Sending
from tests.web.clerk import Office, choices_on, hidden, office, problems_on, words_on
from tests.web.visitor import Visitor

REASONS = "Nobody asked Ottilie Marchbank."


@dataclass
class Place:
    """The raiser is of the school; the other side, of social care, gets no email."""

    office: Office
    sending: Sending
    escalation: UUID

    @property
    def scene(self) -> Scene:
        return self.office.scene

    @property
    def other(self) -> UUID:
        return self.scene.at("socialcare", "practitioner")

    @property
    def raiser(self) -> Visitor:
        return self.office.visitor(self.scene.raiser)

    @property
    def unit(self) -> Visitor:
        return self.office.visitor(self.scene.holder("business_unit"))

    def delivery(self, to: UUID) -> Delivery:
        with self.scene.database.reading() as session:
            found = session.scalars(select(Delivery).where(Delivery.person_id == to).order_by(Delivery.owed_at)).first()
            assert found is not None
            session.expunge(found)
            return found

    def at(self, what: str, to: UUID | None = None) -> str:
        return f"/escalations/{self.escalation}/deliveries/{self.delivery(to or self.other).id}/{what}"

    @property
    def withdrawing(self) -> str:
        return f"/escalations/{self.escalation}/documents/{self.delivery(self.other).document_id}/withdraw"

    def page(self, visitor: Visitor) -> TestResponse:
        answer: TestResponse = visitor.get(f"/escalations/{self.escalation}")
        assert answer.status_code == 200
        return answer

    def person(self, person: UUID) -> Person:
        with self.scene.database.reading() as session:
            found = session.get_one(Person, person)
            session.expunge(found)
            return found

    def now(self) -> dict[str, str]:
        at = uk_time(self.scene.clock.now)
        day = {"f-day-day": str(at.day), "f-day-month": str(at.month), "f-day-year": str(at.year)}
        return {**day, "f-time": f"{at:%I:%M%p}"}


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with office(sqlite_url, "hull") as made:
        sending = Sending(made.scene)
        sending.refused = [sending.address(made.scene.at("socialcare", "practitioner"))]
        found = Place(made, sending, made.scene.open().escalation_id)
        sending.work()
        yield found


def post(visitor: Visitor, path: str, **given: str) -> TestResponse:
    """A form as it is on its page."""
    shown = visitor.get(path)
    kept = {name: hidden(shown, name) for name in ("form_key", "seen")}
    answer: TestResponse = visitor.post(path, {**kept, **given})
    return answer


def links(answer: TestResponse) -> dict[str, str]:
    found = html.fromstring(answer.text).xpath("//main//a")
    return {" ".join(link.text_content().split()): str(link.get("href")) for link in found}


# --- what is seen ---


def test_both_sides_see_who_was_not_reached_with_a_telephone_number_and_what_they_can_do(place: Place) -> None:
    person = place.person(place.other)
    for visitor in (place.raiser, place.office.visitor(place.other)):
        page = place.page(visitor)
        said = words_on(page)
        assert "Refused by the mail server (" in said
        assert f"Telephone them {person.telephone}" in said
        (fold,) = html.fromstring(page.text).xpath(
            "//details[starts-with(normalize-space(summary), 'Who was sent it')]"
        )
        assert fold.get("open") is not None
        assert [place.at("again"), place.at("told")] == [
            href for text, href in links(page).items() if f": {person.name}" in text and "deliveries" in href
        ]


def test_reasons_of_an_answer_are_read_by_those_who_take_part(place: Place) -> None:
    with place.scene.database.writing() as session:
        delivery = place.delivery(place.scene.raiser).id
        session.add(
            Acknowledgement(
                delivery_id=delivery,
                number=1,
                at=place.scene.clock.now,
                answer="disagrees",
                reasons=REASONS,
                sha256="-",
            )
        )
    said = words_on(place.page(place.office.visitor(place.other)))

    assert "Does not agree: answered on" in said
    assert REASONS in said
    assert REASONS not in place.unit.get("/register/deliveries").text


def test_the_business_unit_sees_whom_to_ring_and_of_the_escalation_only_its_reference(place: Place) -> None:
    person = place.person(place.other)
    register = place.unit.get("/register/today")
    assert "/register/deliveries" in links(register).values()
    assert "Deliveries that need a person (1)" in words_on(register)

    page = place.unit.get("/register/deliveries")

    said = words_on(page)
    for part in (person.name, person.job_title, person.telephone, "Inventedshire Children’s Social Care"):
        assert part in said
    assert place.person(place.scene.raiser).name not in page.text
    assert "Ottilie" not in page.text
    assert f"/register/{place.escalation}" not in links(page).values(), "the policy has not told the Board of it"
    assert "deliveries" not in links(place.office.visitor(place.scene.holder("chair")).get("/register/today"))
    assert place.office.visitor(place.scene.holder("chair")).get("/register/deliveries").status_code == 404
    for path in (place.at("again"), place.at("told"), place.withdrawing):
        shown = place.unit.get(path)
        assert shown.status_code == 200
        for private in ("Statement of", "Ottilie", place.person(place.scene.raiser).name):
            assert private not in shown.text, "of the escalation nothing but its reference"


# --- what is done ---


def test_it_is_sent_again_from_the_page_and_the_form_sent_twice_does_it_once(place: Place) -> None:
    place.sending.refused = []
    shown = place.raiser.get(place.at("again"))
    form = {name: hidden(shown, name) for name in ("form_key", "seen")}
    for _ in range(2):
        answer = place.raiser.post(place.at("again"), form)
        assert (answer.status_code, answer.location) == (303, f"/escalations/{place.escalation}#documents")
    before = len(place.sending.sent_to(place.other))
    place.sending.work()

    assert len(place.sending.sent_to(place.other)) == before + 1
    assert "Sent again by" in words_on(place.page(place.raiser))
    assert "Every document has reached" in words_on(place.unit.get("/register/deliveries"))


def test_the_business_unit_rings_and_says_when(place: Place) -> None:
    path = place.at("told")

    assert problems_on(post(place.unit, path)) == [
        "Enter the date for “On which day did you tell them?”",
        "Enter the time for “At what time?”",
    ]
    late = post(place.unit, path, **(place.now() | {"f-time": "11:59pm"}))
    assert late.status_code == 422
    assert problems_on(late) == ["The time must not be later than now"]
    assert 'value="11:59pm"' in late.text, "nothing typed is lost"
    done = post(place.unit, path, **place.now())
    assert (done.status_code, done.location) == (303, "/register/deliveries")
    assert "Told by telephone on" in words_on(place.page(place.raiser))
    assert place.person(place.other).name not in place.unit.get("/register/deliveries").text


def test_whoever_comes_second_is_told_and_sees_what_is_known_now(place: Place) -> None:
    shown = place.unit.get(place.at("told"))
    form = {name: hidden(shown, name) for name in ("form_key", "seen")}
    post(place.raiser, place.at("told"), **place.now())

    answer = place.unit.post(place.at("told"), {**form, **place.now()})

    assert answer.status_code == 409
    assert "Somebody did something about this after you opened this page" in words_on(answer)
    assert "Told by telephone on" in words_on(answer)
    assert place.person(place.other).name not in answer.text
    again = place.unit.post(place.at("told"), {name: hidden(answer, name) for name in form} | place.now())
    assert again.status_code == 303


def test_a_document_is_withdrawn_and_its_link_says_so_to_whom_it_was_sent_alone(place: Place) -> None:
    place.sending.refused = []
    post(place.raiser, place.at("again"))
    place.sending.work()
    document = f"/documents/{place.delivery(place.other).document_id}"
    other = place.office.visitor(place.other)
    assert other.get(document).status_code == 200
    nowhere = other.get(f"/documents/{uuid4()}")

    nothing = post(place.raiser, place.withdrawing)
    assert problems_on(nothing) == ["Choose from whom it is withdrawn", "Choose why it is withdrawn"]
    nobody = post(place.raiser, place.withdrawing, **{"f-from": "some", "f-why": "other"})
    assert problems_on(nobody) == ["Choose at least one person"]
    people = choices_on(nobody, "f-people")
    chosen = next(value for name, value in people.items() if place.person(place.other).name in name)
    given = {"f-from": "some", "f-people": chosen, "f-why": "wrong_person"}
    done = post(place.raiser, place.withdrawing, **given)
    assert (done.status_code, done.location) == (303, f"/escalations/{place.escalation}#withdrawn")

    for path in (document, f"{document}/pdf", f"{document}/docx", f"{document}/read"):
        answer = other.get(path)
        assert answer.status_code == 410, path
        assert "Delete the email" in words_on(answer)
        assert "01632" in words_on(answer)
    for stranger in (place.office.visitor(place.scene.at("police", "practitioner")), place.unit):
        answer = stranger.get(document)
        assert (answer.status_code, words_on(answer)) == (404, words_on(nowhere))
    assert place.raiser.get(document).status_code == 200
    said = words_on(place.page(other))
    assert "It was sent to the wrong person" in said
    assert document not in place.page(other).text
    office_page = place.unit.get("/register/deliveries")
    assert "Withdrawn in the last three months" in words_on(office_page)
    assert place.person(place.other).name not in office_page.text
    place.sending.work()
    assert len([each for each in place.sending.posted if each.message_id.startswith("withdrawn.")]) == 1


@pytest.mark.parametrize("whom", ["some", "everybody"])
def test_withdrawn_by_the_same_form_sent_twice_it_is_withdrawn_once_and_no_fault(place: Place, whom: str) -> None:
    shown = place.raiser.get(place.withdrawing)
    given = {name: hidden(shown, name) for name in ("form_key", "seen")} | {"f-from": whom, "f-why": "wrong_person"}
    if whom == "some":
        given["f-people"] = str(place.delivery(place.other).id)

    answers = [place.raiser.post(place.withdrawing, given) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert answers[0].location == answers[1].location
    refused = place.raiser.post(place.withdrawing, {**given, "f-people": str(uuid4()), "f-from": "some"})
    assert refused.status_code == (422 if whom == "some" else 404), (
        "the same form with something else in it is not done"
    )


def test_the_raiser_cannot_be_left_out_of_what_others_keep(place: Place) -> None:
    own = str(place.delivery(place.scene.raiser).id)

    answer = post(place.raiser, place.withdrawing, **{"f-from": "some", "f-people": own, "f-why": "other"})

    assert answer.status_code == 409
    assert "Withdraw it from everybody, or not from them" in words_on(answer)
    assert post(place.raiser, place.withdrawing, **{"f-from": "everybody", "f-why": "other"}).status_code == 303
    assert place.raiser.get(f"/documents/{place.delivery(place.other).document_id}").status_code == 410


def test_whoever_is_removed_finds_nothing_any_more(place: Place) -> None:
    manager = place.scene.at("school", "first_line_manager")
    named = NamedParty(manager, Side.RAISING, "first_line_manager")
    place.scene.clock.forward(minutes=1)
    place.scene.record(
        place.escalation, PeopleJoin(because="supports", joins=(manager,)), by=place.scene.raiser, people=(named,)
    )
    place.sending.work()
    path, visitor = f"/escalations/{place.escalation}", place.office.visitor(manager)
    remove = f"{path}/people/{manager}/remove"
    assert visitor.get(path).status_code == 200
    assert remove in links(place.page(place.raiser)).values()
    assert "can read nothing of it" in words_on(place.raiser.get(remove))

    assert place.raiser.post(remove, {}).location == f"{path}#parties"

    for gone in (path, f"{path}/bundle", f"{path}/contact", place.at("again"), place.at("told"), remove):
        assert visitor.get(gone).status_code == 404, gone
    assert path not in visitor.get("/escalations").text
    assert visitor.get(f"/documents/{place.delivery(manager).document_id}").status_code == 410
    assert "Named by mistake: takes no part any more since" in words_on(place.page(place.raiser))


def test_somebody_who_is_needed_is_not_removed(place: Place) -> None:
    path = f"/escalations/{place.escalation}/people/{place.other}/remove"

    answer = place.raiser.post(path, {})

    assert answer.status_code == 409
    assert "Nobody else takes part who can act for them" in words_on(answer)
    assert path not in links(place.page(place.raiser)).values()
    assert place.unit.get(path).status_code == 404


@pytest.mark.parametrize(
    ("what", "given", "status"),
    [
        ("again", {}, 400),
        ("again", {"form_key": "x", "seen": "0"}, 400),
        ("again", {"form_key": str(UUID(int=1)), "seen": "99999999999999999999"}, 409),
        ("again", {"form_key": str(UUID(int=1)), "seen": "-1"}, 409),
        ("told", {"f-day-day": "31", "f-day-month": "2", "f-day-year": "2027", "f-time": "x"}, 422),
        ("told", {"f-day-day": "\x00", "f-time": "9" * 5000}, 422),
    ],
)
def test_wrong_input_is_refused(place: Place, what: str, given: dict[str, str], status: int) -> None:
    assert place.raiser.post(place.at(what), given).status_code == status


def test_somebody_elses_delivery_cannot_be_withdrawn_by_its_id(place: Place) -> None:
    given = {"f-from": "some", "f-people": str(uuid4()), "f-why": "other"}

    assert post(place.raiser, place.withdrawing, **given).status_code == 422
