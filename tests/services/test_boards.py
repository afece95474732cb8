"""A Board is set up from one file, as often as one likes, and its people come and go."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy import select

from forms_app.commands.invented import invented_board, invented_boards, with_newcomer, with_second_officer
from forms_app.db.database import Database
from forms_app.db.people import person_with_email
from forms_app.db.tables import Agency, AuditEntry, Board, Contact, IdentityProvider, Person, SignInCode, SignInSession
from forms_app.domain.contacts import needs_checking
from forms_app.domain.errors import NotFound
from forms_app.domain.languages import Language
from forms_app.policies.bank_holidays import calendar_of
from forms_app.services.boards import BoardFaults, GivenBoard, come_back, leave, set_up_board
from forms_app.services.confirming import domain_lines
from forms_app.services.directory import directory_for, policy_for
from forms_app.services.languages import choose_language, language_of
from forms_app.services.signing_in import ask_code
from forms_app.services.workshop import Workshop
from tests.factories.keys import KEYS
from tests.factories.scenes import Clock, latest, scene, shelf

HULL = invented_board(latest("hull")).given


@pytest.fixture
def workshop(database_url: str) -> Iterator[Workshop]:
    database = Database(database_url, KEYS)
    yield Workshop(database, shelf(), calendar_of, Clock())
    database.close()


def given(**changed: Any) -> GivenBoard:
    return GivenBoard.model_validate({**HULL.model_dump(), **changed})


def with_person(**changed: Any) -> GivenBoard:
    """The Board with its first person changed."""
    whole = HULL.model_dump()
    whole["agencies"][0]["people"][0].update(changed)
    return GivenBoard.model_validate(whole)


def load(workshop: Workshop, board: GivenBoard) -> None:
    with workshop.writing() as work:
        set_up_board(work, board)


def counts(workshop: Workshop) -> tuple[int, int, int]:
    with workshop.reading() as work:
        return tuple(len(work.session.scalars(select(each)).all()) for each in (Board, Agency, Person))


def test_a_board_is_set_up_with_everything_that_its_file_says(workshop: Workshop) -> None:
    load(workshop, HULL)

    people = [person for agency in HULL.agencies for person in agency.people]
    assert counts(workshop) == (1, len(HULL.agencies), len(people))
    with workshop.reading() as work:
        board = work.session.scalars(select(Board)).one()
        assert (board.code, board.policy_key) == (HULL.code, HULL.policy)
        assert [entry.action for entry in work.session.scalars(select(AuditEntry))] == ["board_set_up"]


def test_loading_it_again_changes_nothing(workshop: Workshop) -> None:
    load(workshop, HULL)
    before = counts(workshop)

    load(workshop, HULL)

    assert counts(workshop) == before


def test_loading_a_changed_file_changes_what_it_says_differently_and_removes_nobody(workshop: Workshop) -> None:
    load(workshop, HULL)
    before = counts(workshop)
    shorter = HULL.model_dump() | {"telephone": "01632 960000"}
    shorter["agencies"] = shorter["agencies"][:2]
    shorter["agencies"][1]["people"][0]["name"] = "Renamed Person"

    load(workshop, GivenBoard.model_validate(shorter))

    assert counts(workshop) == before
    with workshop.reading() as work:
        assert work.session.scalars(select(Board.telephone)).one() == "01632 960000"
        assert list(work.session.scalars(select(Person.name))).count("Renamed Person") == 1


@pytest.mark.parametrize(
    ("board", "said"),
    [
        (given(policy="nowhere@2020"), "there is no policy “nowhere@2020”"),
        (with_person(level="emperor"), "the policy has no level “emperor”"),
        (with_person(seat=None), "Nobody has the seat “business_unit”"),
        (with_person(email=HULL.agencies[1].people[0].email), "stands twice in the file"),
        (
            given(agencies=[*HULL.model_dump()["agencies"], {"name": "A court", "kind": "court"}]),
            "A court: the policy has no agency kind “court”.",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence_and_nothing_is_kept(
    workshop: Workshop, board: GivenBoard, said: str
) -> None:
    with pytest.raises(BoardFaults, match=said):
        load(workshop, board)

    assert counts(workshop) == (0, 0, 0)


def test_every_fault_is_said_at_once(workshop: Workshop) -> None:
    with pytest.raises(BoardFaults) as found:
        load(workshop, with_person(seat=None, level="emperor"))

    assert len(str(found.value).splitlines()) == 2


def test_an_address_belongs_to_one_board(workshop: Workshop) -> None:
    load(workshop, HULL)

    with pytest.raises(BoardFaults, match="already belongs to another Board"):
        load(workshop, given(code="OTH", name="Another Board"))


@pytest.mark.parametrize(
    "changed",
    [
        {"code": "inv"},
        {"code": "INVEN"},
        {"policy": "hull"},
        {"secure_domains": ["@board.example"]},
        {"secure_domains": ["example"]},
        {"agencies": []},
        {"unknown": "x"},
        {"name": ""},
        {"telephone": ""},
        {"telephone": "ask at the desk"},
        {"email": ""},
        {"allowed_webmail": ["@gmail.com"]},
    ],
)
def test_a_file_that_says_too_little_or_too_much_is_not_read(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        given(**changed)


def test_addresses_and_domains_are_kept_in_lower_case() -> None:
    assert with_person(email="Some.One@Board.Example").agencies[0].people[0].email == "some.one@board.example"
    assert given(secure_domains=["Board.EXAMPLE"]).secure_domains == ["board.example"]


def test_the_file_begins_the_language_of_somebodys_emails_and_they_choose_it_from_then_on(workshop: Workshop) -> None:
    email = HULL.agencies[0].people[0].email
    load(workshop, with_person(language="cy"))
    with workshop.writing() as work:
        person = person_with_email(work.session, email)
        assert language_of(work, by=person.id) is Language.WELSH
        choose_language(work, by=person.id, language=Language.ENGLISH)

    load(workshop, with_person(language="cy"))

    with workshop.reading() as work:
        assert set(work.session.scalars(select(Person.language))) == {"en"}


# --- contacts ---

NIGHT = {"role": "Night team", "out_of_hours_telephone": "01632 960111"}


def with_contacts(*of_board: dict[str, Any], of_school: tuple[dict[str, Any], ...] = ()) -> GivenBoard:
    """The Board with these contacts only; the school is its first agency after the office."""
    whole = HULL.model_dump() | {"contacts": list(of_board)}
    for agency in whole["agencies"]:
        agency["contacts"] = []
    whole["agencies"][1]["contacts"] = list(of_school)
    return GivenBoard.model_validate(whole)


def contacts(workshop: Workshop) -> list[Contact]:
    with workshop.reading() as work:
        found = sorted(work.session.scalars(select(Contact)), key=lambda contact: contact.role)
        work.session.expunge_all()
        return found


def test_a_file_gives_the_boards_and_the_agencies_contacts(workshop: Workshop) -> None:
    checked = {"checked_on": date(2027, 2, 1), "checked_by": "Business manager"}
    load(workshop, with_contacts({**NIGHT, **checked}, of_school=({"role": "Head", "email": "Head@School.example"},)))

    head, night = contacts(workshop)
    assert (night.out_of_hours_telephone, night.telephone, night.agency_id) == ("01632 960111", "", None)
    assert (night.checked_on, night.checked_by) == (date(2027, 2, 1), "Business manager")
    with workshop.reading() as work:
        school = work.session.scalars(select(Agency.id).where(Agency.name == HULL.agencies[1].name)).one()
    assert (head.agency_id, head.email, head.checked_on) == (school, "head@school.example", None)


def test_loading_the_file_again_does_not_undo_what_people_put_right_since(workshop: Workshop) -> None:
    load(workshop, with_contacts(NIGHT))
    with workshop.writing() as work:
        work.session.scalars(select(Contact)).one().out_of_hours_telephone = "01632 960222"

    load(workshop, with_contacts(NIGHT, {"role": "Day team", "telephone": "101"}, of_school=(NIGHT,)))

    school, board = sorted(contacts(workshop), key=lambda contact: contact.agency_id is None)
    assert board.out_of_hours_telephone == "01632 960222"
    assert school.agency_id is not None, "the school had none yet"


@pytest.mark.parametrize(
    ("contact", "said"),
    [
        ({"role": "Night team"}, "has neither a telephone number nor an email address"),
        ({**NIGHT, "telephone": "ask me"}, "“ask me” is not a telephone number"),
        ({**NIGHT, "checked_on": date(2027, 2, 1)}, "checked_on and checked_by are given together"),
        ({**NIGHT, "checked_by": "Business manager"}, "checked_on and checked_by are given together"),
        ({"telephone": "101"}, "role"),
    ],
)
def test_a_contact_that_says_too_little_is_not_read(contact: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        with_contacts(contact)


def test_a_contact_cannot_have_been_checked_tomorrow(workshop: Workshop) -> None:
    tomorrow = {**NIGHT, "checked_on": date(2027, 3, 2), "checked_by": "Business manager"}

    with pytest.raises(BoardFaults, match="Night team: checked_on is a day that has not come yet"):
        load(workshop, with_contacts(of_school=(tomorrow,)))


def test_in_the_demonstration_two_officers_can_look_at_what_the_other_prepared(workshop: Workshop) -> None:
    (board,) = [with_second_officer(each) for each in invented_boards(shelf()) if each.given.code == "HUM"]
    with workshop.writing() as work:
        set_up_board(work, board.given)
        officers = set(work.session.scalars(select(Person.email).where(Person.seat == "business_unit")))

    assert officers == {"unit@board.humberwick.example", "second.unit@board.humberwick.example"}
    assert officers <= {person.email for _, person in board.sign_ins}


def test_in_the_demonstration_a_domain_waits_to_be_confirmed(workshop: Workshop) -> None:
    (board,) = [with_second_officer(each) for each in invented_boards(shelf()) if each.given.code == "HUM"]
    load(workshop, board.given)
    load(workshop, with_newcomer(board).given)

    with workshop.reading() as work:
        unit = work.session.scalars(select(Person.id).where(Person.seat == "business_unit")).first()
        assert unit is not None
        waiting = [line for line in domain_lines(work, by=unit) if line.rule is None]
    assert [line.domain for line in waiting] == ["supply.humberwick.example"]


def test_the_invented_boards_show_what_is_out_of_date() -> None:
    today = date(2027, 3, 1)
    for board in invented_boards(shelf(), today=today):
        every = [*board.given.contacts, *(each for agency in board.given.agencies for each in agency.contacts)]
        doubtful = [needs_checking(each.checked_on, today) for each in every]
        assert any(doubtful), board.given.name
        assert not all(doubtful), board.given.name
        numbers = [number for each in every for number in (each.telephone, each.out_of_hours_telephone) if number]
        assert all(re.fullmatch(r"01632 960 [0-9]{3}", number) for number in numbers)


# --- people come and go ---


def test_who_leaves_is_not_in_the_directory_any_more(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        with here.workshop.writing() as work:
            leave(work, " Colleague@School.inventedshire.example ")
        with here.workshop.reading() as work:
            found = directory_for(work, by=here.raiser)
            assert here.at("school", "colleague") not in {person.id for person in found.people}
            with pytest.raises(NotFound):
                directory_for(work, by=here.at("school", "colleague"))
            with pytest.raises(NotFound):
                policy_for(work, by=here.at("school", "colleague"))


def test_leaving_twice_keeps_the_first_moment_and_nobody_cannot_leave(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        first = here.clock.now
        for _ in range(2):
            with here.workshop.writing() as work:
                assert leave(work, "colleague@school.inventedshire.example").left_at == first
            here.clock.forward(days=1)
        with here.workshop.writing() as work, pytest.raises(BoardFaults, match="Nobody has that email address"):
            leave(work, "nobody@school.inventedshire.example")


def test_who_comes_back_is_there_again_and_signs_in_anew(database_url: str) -> None:
    email, secret = "colleague@school.inventedshire.example", b"invented"
    with scene(database_url, "hull") as here:
        colleague = here.at("school", "colleague")
        with here.workshop.writing() as work:
            ask_code(work, address=email, secret=secret, link=str)
            work.session.add(
                SignInSession(
                    token_hash="-",
                    person_id=colleague,
                    started_at=work.now,
                    proved_at=work.now,
                    seen_at=work.now,
                    ended_at=None,
                )
            )
            leave(work, email)
        with here.workshop.writing() as work:
            come_back(work, " Colleague@School.inventedshire.example ")

        with here.workshop.reading() as work:
            assert colleague in {person.id for person in directory_for(work, by=here.raiser).people}
            assert work.session.scalars(select(SignInSession)).one().ended_at == here.clock.now
            assert work.session.scalars(select(SignInCode)).one().used_at == here.clock.now
            actions = list(work.session.scalars(select(AuditEntry.action).where(AuditEntry.about_id == colleague)))
        assert actions == ["person_left", "person_returned"]


def test_nobody_comes_back_who_did_not_leave(database_url: str) -> None:
    with scene(database_url, "hull") as here, here.workshop.writing() as work:
        with pytest.raises(BoardFaults, match="They have not left"):
            come_back(work, "colleague@school.inventedshire.example")
        with pytest.raises(BoardFaults, match="Nobody has that email address"):
            come_back(work, "nobody@school.inventedshire.example")


def test_a_directory_has_its_own_boards_people_only(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        with here.workshop.writing() as work:
            for board in invented_boards(shelf()):
                set_up_board(work, board.given)
        with here.workshop.reading() as work:
            found = directory_for(work, by=here.raiser)

        assert {person.id for person in found.people} == set(here.people.values())
        assert len(found.agencies) == len(HULL.agencies)
        assert found.own.id == here.raiser


# --- where people sign in as they do at work ---

PROVIDER = {"issuer": "https://login.example", "client_id": "escalations", "domains": ["Health.example"]}


def given_another(**changed: Any) -> GivenBoard:
    """Another Board, with people of its own."""
    whole = {**HULL.model_dump(), "code": "OTH", "name": "Another Board", **changed}
    for agency in whole["agencies"]:
        for person in agency["people"]:
            person["email"] = f"other.{person['email']}"
    return GivenBoard.model_validate(whole)


def providers(workshop: Workshop) -> list[tuple[str, str, str]]:
    with workshop.reading() as work:
        wanted = select(IdentityProvider.domain, IdentityProvider.issuer, IdentityProvider.client_id)
        return [tuple(row) for row in work.session.execute(wanted.order_by(IdentityProvider.domain))]


def test_the_file_says_where_people_sign_in_as_they_do_at_work_and_may_take_it_back(workshop: Workshop) -> None:
    load(workshop, given(single_sign_on=[PROVIDER]))
    assert providers(workshop) == [("health.example", "https://login.example", "escalations")]

    load(workshop, given(single_sign_on=[{**PROVIDER, "domains": ["other.example", "police.example"]}]))
    assert [domain for domain, _, _ in providers(workshop)] == ["other.example", "police.example"]

    load(workshop, given())
    assert providers(workshop) == []


@pytest.mark.parametrize("issuer", ["http://login.example", "login.example", "", "file:///etc/passwd"])
def test_a_provider_is_asked_over_https_alone(issuer: str) -> None:
    with pytest.raises(ValidationError, match="with https://"):
        given(single_sign_on=[{**PROVIDER, "issuer": issuer}])


@pytest.mark.parametrize(
    ("domains", "said"),
    [
        (["gmail.com"], "gmail.com: anybody can have an address there, so no agency's provider speaks for it."),
        (["a.example", "a.example"], "a.example has two providers in the file. Give it one."),
    ],
)
def test_a_provider_that_cannot_speak_for_its_domain_is_refused(
    domains: list[str], said: str, workshop: Workshop
) -> None:
    with pytest.raises(BoardFaults, match=re.escape(said)):
        load(workshop, given(single_sign_on=[{**PROVIDER, "domains": domains}]))

    assert providers(workshop) == []


def test_two_boards_name_one_provider_for_a_domain(workshop: Workshop) -> None:
    load(workshop, given(single_sign_on=[PROVIDER]))
    other = given_another(single_sign_on=[{**PROVIDER, "issuer": "https://impostor.example"}])

    with pytest.raises(BoardFaults, match="another Board has named another provider"):
        load(workshop, other)

    load(workshop, given_another(single_sign_on=[PROVIDER]))
    assert [domain for domain, _, _ in providers(workshop)] == ["health.example"] * 2
