"""People are added, changed, locked and let go; what lets them in needs a second person; nobody does it for themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from forms_app.commands.invented import invented_board, with_second_officer
from forms_app.db import factors
from forms_app.db.tables import (
    AuditEntry,
    Draft,
    Identity,
    Notification,
    Passkey,
    Person,
    Proposal,
    SignInCode,
    SignInSession,
)
from forms_app.domain.comma_separated import SheetFaults
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.people import PersonDetails, Show
from forms_app.domain.seats import Seat
from forms_app.mail.compose import Kind
from forms_app.services import agencies, attesting, dormancy, drafts, leaving, people, proposing, single_sign_on
from forms_app.services.boards import set_up_board
from forms_app.services.identity_providers import Said
from forms_app.services.people import PeopleFilter
from forms_app.services.people_file import people_as_file, plan_people
from forms_app.services.signing_in import ask_code
from forms_app.services.single_sign_on import AgencysProvider
from forms_app.services.work import Work
from tests.factories.scenes import DOMAIN, Scene, everybody, latest, scene

BOARD = with_second_officer(invented_board(latest("hull"))).given
SECRET = b"invented" * 4


@dataclass
class Office:
    scene: Scene

    def person(self, who: UUID) -> Person:
        with self.scene.database.reading() as session:
            found = session.scalars(select(Person).where(Person.id == who)).one()
            session.expunge(found)
            return found

    @property
    def unit(self) -> UUID:
        return self.scene.people[f"unit@board.{DOMAIN}"]

    @property
    def second(self) -> UUID:
        return self.scene.people[f"second.unit@board.{DOMAIN}"]

    @property
    def administrator(self) -> UUID:
        return self.scene.at("school", "senior_manager")

    def waiting(self) -> list[UUID]:
        with self.scene.database.reading() as session:
            return list(session.scalars(select(Proposal.id).where(Proposal.decision.is_(None))))

    def told(self, kind: Kind) -> list[UUID]:
        with self.scene.database.reading() as session:
            return list(session.scalars(select(Notification.person_id).where(Notification.kind == kind.value)))

    def noted(self, action: str) -> list[tuple[UUID | None, UUID | None, str | None]]:
        with self.scene.database.reading() as session:
            found = session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
            return [(each.person_id, each.about_id, each.code) for each in found]

    def set(self, who: UUID, **values: object) -> None:
        with self.scene.database.writing() as session:
            person = session.scalars(select(Person).where(Person.id == who)).one()
            for name, value in values.items():
                setattr(person, name, value)


@pytest.fixture
def office(sqlite_url: str) -> Iterator[Office]:
    with office_on(sqlite_url) as found:
        yield found


@pytest.fixture
def either(database_url: str) -> Iterator[Office]:
    """On both kinds of database, where what they do for themselves matters."""
    with office_on(database_url) as found:
        yield found


@contextmanager
def office_on(url: str) -> Iterator[Office]:
    with scene(url, "hull") as place:
        with place.workshop.writing() as work:
            set_up_board(work, BOARD)
        place.people = everybody(place.database)
        found = Office(place)
        found.set(found.administrator, administers_agency=True)
        yield found


def details(office: Office, agency: str = "school", **changed: str) -> PersonDetails:
    agency_id = office.person(office.scene.at(agency, "practitioner")).agency_id
    given = {"name": "Tamsin Otterbourne", "job_title": "Supply teacher", "level": "practitioner", **changed}
    return PersonDetails(agency_id=agency_id, **given)


def add(office: Office, by: UUID, email: str = f"tamsin@school.{DOMAIN}", agency: str = "school") -> UUID:
    with office.scene.workshop.writing() as work:
        return people.add_person(work, by=by, form_key=uuid4(), details=details(office, agency), email=email)


# --- oneself ---


def test_nobody_moves_themselves_to_another_agency_or_level(office: Office) -> None:
    """By their level they would read their agency's restricted notes, and from another agency decide for the Board."""
    own, unit = (people.details_of(office.person(who)) for who in (office.administrator, office.unit))
    moves = (
        (office.administrator, own, replace(own, level="practitioner")),
        (office.unit, unit, replace(unit, agency_id=own.agency_id)),
    )
    for who, now, then in moves:
        with office.scene.workshop.writing() as work, pytest.raises(NotAllowedNow):
            people.change_person(work, by=who, person_id=who, details=then, seen=now.stamp)

    with office.scene.workshop.writing() as work:
        named = replace(own, job_title="Head")
        people.change_person(
            work, by=office.administrator, person_id=office.administrator, details=named, seen=own.stamp
        )


def test_nor_does_anybody_by_a_file(office: Office) -> None:
    with office.scene.workshop.writing() as work:
        file = people_as_file(work, by=office.administrator).decode()
    row = next(line for line in file.splitlines() if "senior.manager@" in line)
    moved = file.replace(row, row.replace("Senior manager", "Practitioner")).encode()

    with office.scene.workshop.reading() as work, pytest.raises(SheetFaults, match="Nobody does this"):
        plan_people(work, by=office.administrator, content=moved)


def test_only_the_unit_gives_a_level_that_acts_for_the_board(office: Office) -> None:
    """Whoever is the only one at it is brought into every escalation of the Board that comes so far."""
    level, colleague = "independent_chair", office.scene.at("school", "colleague")
    now = people.details_of(office.person(colleague))
    then = replace(now, level=level)
    with office.scene.workshop.writing() as work, pytest.raises(NotAllowedNow, match="act for the Board"):
        people.change_person(work, by=office.administrator, person_id=colleague, details=then, seen=now.stamp)
    row = (
        f"agency,name,email,job_title,level\n{office.scene.agency('school').name},A B,a@school.{DOMAIN},Head,{level}\n"
    )
    with office.scene.workshop.reading() as work, pytest.raises(SheetFaults, match="act for the Board"):
        plan_people(work, by=office.administrator, content=row.encode())
    with office.scene.workshop.reading() as work:
        _, levels = people.choices_for_new(work, by=office.administrator)
        assert level not in {each.id for each in levels}

    with office.scene.workshop.writing() as work:
        people.change_person(work, by=office.unit, person_id=colleague, details=then, seen=now.stamp)
    with office.scene.workshop.writing() as work:
        named = replace(then, job_title="Head")
        people.change_person(work, by=office.administrator, person_id=colleague, details=named, seen=then.stamp)


# --- whose people somebody administers ---------------------------------------------------------------------------


def test_an_administrator_sees_the_people_of_their_own_agency_and_no_count_of_escalations(office: Office) -> None:
    office.scene.open()
    own = {office.person(each).agency_id for each in [office.administrator]}
    with office.scene.workshop.reading() as work:
        view = people.people_view(work, by=office.administrator)
        one = people.person_view(work, by=office.administrator, person_id=office.scene.raiser)
        whole = people.people_view(work, by=office.unit)

    assert {line.details.agency_id for line in view.lines} == own
    assert one.escalations is None
    assert whole.found > view.found
    with office.scene.workshop.reading() as work:
        assert people.person_view(work, by=office.unit, person_id=office.scene.raiser).escalations == 1


def test_what_is_of_another_agency_or_holds_a_seat_is_not_there_for_an_administrator(office: Office) -> None:
    school = office.person(office.administrator).agency_id
    office.set(office.scene.holder("sub_group"), agency_id=school)
    for other in (office.scene.at("police", "practitioner"), office.scene.holder("sub_group"), uuid4()):
        for does in WHAT_AN_ADMINISTRATOR_DOES:
            with office.scene.workshop.writing() as work, pytest.raises(NotFound):
                does(work, office.administrator, other)


WHAT_AN_ADMINISTRATOR_DOES: tuple[Callable[[Work, UUID, UUID], object], ...] = (
    lambda work, by, who: people.person_view(work, by=by, person_id=who),
    lambda work, by, who: people.lock_person(work, by=by, person_id=who),
    lambda work, by, who: people.unlock_person(work, by=by, person_id=who),
    lambda work, by, who: leaving.leave(work, by=by, person_id=who),
    lambda work, by, who: leaving.come_back(work, by=by, person_id=who),
    lambda work, by, who: proposing.change_address(work, by=by, person_id=who, email=f"x@school.{DOMAIN}"),
    lambda work, by, who: proposing.let_administer(work, by=by, person_id=who, administers=True),
)


@pytest.mark.parametrize("who", ["practitioner", "safeguarding_lead"])
def test_whoever_administers_nobody_finds_nothing(office: Office, who: str) -> None:
    with office.scene.workshop.reading() as work:
        for does in (people.people_view, agencies.agencies_view):
            with pytest.raises(NotFound):
                does(work, by=office.scene.at("school", who))


# --- adding and changing -----------------------------------------------------------------------------------------


def test_somebody_new_is_added_once_and_a_new_domain_waits(either: Office) -> None:
    key, given = uuid4(), details(either)
    with either.scene.workshop.writing() as work:
        sent = [
            people.add_person(work, by=either.administrator, form_key=key, details=given, email="tamsin@supply.example")
            for _ in range(2)
        ]
    (person_id,) = set(sent)

    with either.scene.workshop.reading() as work:
        assert not people.person_view(work, by=either.unit, person_id=person_id).may_be_emailed
    assert either.person(person_id).added_at == either.scene.clock.now
    assert either.noted("person_added") == [(either.administrator, person_id, None)]


@pytest.mark.parametrize(
    ("email", "said"), [("tamsin@gmail.com", "Anybody can have"), (f"practitioner@school.{DOMAIN}", "already")]
)
def test_webmail_and_an_address_that_somebody_has_are_refused(office: Office, email: str, said: str) -> None:
    with pytest.raises(NotAllowedNow, match=said):
        add(office, office.unit, email)


def test_nobody_is_added_to_another_agency_or_a_closed_one(office: Office) -> None:
    with pytest.raises(NotFound):
        add(office, office.administrator, agency="police")
    with office.scene.workshop.writing() as work:
        new = agencies.add_agency(work, by=office.unit, form_key=uuid4(), name="Night school", kind="school")
        agencies.close_agency(work, by=office.unit, agency_id=new)
    given = PersonDetails(new, "A B", "Teacher", "practitioner")
    with office.scene.workshop.writing() as work, pytest.raises(NotFound):
        people.add_person(work, by=office.unit, form_key=uuid4(), details=given, email=f"a@school.{DOMAIN}")


def test_a_person_is_changed_as_they_were_seen_and_whoever_moves_administers_nobody(office: Office) -> None:
    who, before = office.administrator, people.details_of(office.person(office.administrator))
    with office.scene.workshop.writing() as work, pytest.raises(ChangedMeanwhile):
        people.change_person(work, by=office.unit, person_id=who, details=details(office), seen="another")
    moved = details(office, "police")
    with office.scene.workshop.writing() as work:
        people.change_person(work, by=office.unit, person_id=who, details=moved, seen=before.stamp)

    assert people.details_of(office.person(who)) == moved
    assert not office.person(who).administers_agency


# --- what needs a second person ----------------------------------------------------------------------------------


def test_a_seat_waits_for_a_second_person_of_the_unit_and_is_taken_away_at_once(office: Office) -> None:
    who = office.scene.at("health", "senior_manager")
    with office.scene.workshop.writing() as work:
        assert not proposing.give_seat(work, by=office.unit, person_id=who, seat=Seat.CHAIR)
    assert office.person(who).seat is None
    (waiting,) = office.waiting()

    for by in (office.unit, office.administrator):
        with office.scene.workshop.writing() as work, pytest.raises((NotAllowedNow, NotFound)):
            proposing.confirm(work, by=by, proposal_id=waiting)
    with office.scene.workshop.writing() as work:
        proposing.confirm(work, by=office.second, proposal_id=waiting)
    assert office.person(who).seat == Seat.CHAIR
    with office.scene.workshop.writing() as work:
        assert proposing.give_seat(work, by=office.unit, person_id=who, seat=None)
    assert office.person(who).seat is None


def test_who_is_given_something_cannot_confirm_it(office: Office) -> None:
    office.set(office.scene.at("health", "senior_manager"), seat="business_unit")
    with office.scene.workshop.writing() as work:
        proposing.give_seat(work, by=office.unit, person_id=office.second, seat=Seat.CHAIR)
    (waiting,) = office.waiting()
    with office.scene.workshop.writing() as work, pytest.raises(NotAllowedNow):
        proposing.confirm(work, by=office.second, proposal_id=waiting)


def test_where_there_is_nobody_else_one_person_is_enough_and_it_is_noted(office: Office) -> None:
    office.set(office.second, seat=None)
    who = office.scene.at("health", "senior_manager")
    with office.scene.workshop.writing() as work:
        assert proposing.give_seat(work, by=office.unit, person_id=who, seat=Seat.CHAIR)

    assert office.person(who).seat == Seat.CHAIR
    assert office.noted("proposal_confirmed") == [(office.unit, who, "seat_alone")]


def test_nobody_gives_themselves_anything(office: Office) -> None:
    with office.scene.workshop.writing() as work:
        for does in (
            lambda: proposing.give_seat(work, by=office.unit, person_id=office.unit, seat=Seat.CHAIR),
            lambda: proposing.let_administer(work, by=office.unit, person_id=office.unit, administers=True),
            lambda: leaving.leave(work, by=office.unit, person_id=office.unit),
            lambda: people.lock_person(work, by=office.unit, person_id=office.unit),
        ):
            with pytest.raises(NotAllowedNow, match="Nobody does this for themselves"):
                does()


def test_the_last_of_the_unit_cannot_be_taken_away(office: Office) -> None:
    with office.scene.workshop.writing() as work:
        people.lock_person(work, by=office.second, person_id=office.unit)
    third = office.scene.at("health", "senior_manager")
    office.set(third, seat="business_unit", locked_at=office.scene.clock.now)
    with office.scene.workshop.writing() as work:
        for does in (
            lambda: leaving.leave(work, by=third, person_id=office.second),
            lambda: people.lock_person(work, by=third, person_id=office.second),
            lambda: proposing.give_seat(work, by=third, person_id=office.second, seat=None),
            lambda: proposing.give_seat(work, by=third, person_id=office.second, seat=Seat.CHAIR),
        ):
            with pytest.raises(NotAllowedNow, match="last person of the business unit"):
                does()


def test_nobody_makes_themselves_the_only_one_who_decides(office: Office) -> None:
    who, new = office.scene.at("health", "senior_manager"), f"another@health.{DOMAIN}"
    with office.scene.workshop.writing() as work:
        for does in (
            lambda: leaving.leave(work, by=office.unit, person_id=office.second),
            lambda: proposing.give_seat(work, by=office.unit, person_id=office.second, seat=None),
            lambda: proposing.give_seat(work, by=office.unit, person_id=office.second, seat=Seat.CHAIR),
        ):
            with pytest.raises(NotAllowedNow, match="Only you would be left"):
                does()
        people.lock_person(work, by=office.unit, person_id=office.second)
        assert not proposing.give_seat(work, by=office.unit, person_id=who, seat=Seat.CHAIR)
        assert not proposing.change_address(work, by=office.unit, person_id=who, email=new)

    assert office.person(who).seat is None


def test_an_administrator_cannot_take_over_somebodys_account_by_their_address(either: Office) -> None:
    raiser, new = either.scene.raiser, f"another@school.{DOMAIN}"
    with either.scene.workshop.writing() as work:
        ask_code(work, address=either.person(raiser).email, secret=SECRET, link=str)
        assert not proposing.change_address(work, by=either.administrator, person_id=raiser, email=new)

    assert either.person(raiser).email != new
    assert either.told(Kind.ADDRESS_CHANGES) == [raiser], "they are told where they are reached now"
    (waiting,) = either.waiting()
    with either.scene.workshop.writing() as work, pytest.raises(NotFound):
        proposing.confirm(work, by=either.administrator, proposal_id=waiting)
    with either.scene.workshop.writing() as work:
        proposing.confirm(work, by=either.unit, proposal_id=waiting)
    assert either.person(raiser).email == new
    with either.scene.database.reading() as session:
        codes = select(SignInCode).where(SignInCode.person_id == raiser, SignInCode.used_at.is_(None))
        assert not session.scalars(codes).all(), "a code that went to the old address lets nobody in"


def test_whoever_had_the_old_address_is_let_in_by_their_agency_no_more(either: Office) -> None:
    raiser, new = either.scene.raiser, f"another@school.{DOMAIN}"

    def lets_in(subject: str, address: str) -> bool:
        said = Said("https://invented.example", "forms-app", subject, address, took_second_step=False)
        with either.scene.workshop.writing() as work:
            return single_sign_on.let_in(work, said, secret=SECRET) is not None

    with either.scene.workshop.writing() as work:
        provider = AgencysProvider(f"school.{DOMAIN}", "https://invented.example", "forms-app")
        single_sign_on.set_providers(work, either.person(raiser).board_id, [provider])
    assert lets_in("whoever had it", either.person(raiser).email)
    with either.scene.workshop.writing() as work:
        proposing.change_address(work, by=either.unit, person_id=raiser, email=new)
    (waiting,) = either.waiting()
    with either.scene.workshop.writing() as work:
        proposing.confirm(work, by=either.second, proposal_id=waiting)

    assert not lets_in("whoever had it", "")
    assert lets_in("whoever it is", new)


def test_what_was_proposed_anew_or_withdrawn_cannot_be_confirmed(office: Office) -> None:
    with office.scene.workshop.writing() as work:
        proposing.let_administer(work, by=office.administrator, person_id=office.scene.raiser, administers=True)
    (first,) = office.waiting()
    with office.scene.workshop.writing() as work:
        proposing.let_administer(work, by=office.administrator, person_id=office.scene.raiser, administers=True)
    (second,) = office.waiting()
    with office.scene.workshop.writing() as work, pytest.raises(NotFound):
        proposing.confirm(work, by=office.unit, proposal_id=first)
    with office.scene.workshop.writing() as work:
        proposing.withdraw(work, by=office.administrator, proposal_id=second)
    with office.scene.workshop.writing() as work, pytest.raises(NotFound):
        proposing.confirm(work, by=office.unit, proposal_id=second)
    assert not office.person(office.scene.raiser).administers_agency


# --- leaving and coming back -------------------------------------------------------------------------------------


def test_a_leaver_loses_everything_that_let_them_in_in_one_transaction_and_others_are_told(either: Office) -> None:
    either.scene.open()
    raiser = either.scene.raiser
    with either.scene.workshop.writing() as work:
        ask_code(work, address=either.person(raiser).email, secret=SECRET, link=str)
        drafts.save_page(work, by=raiser, about="new", form="account", page="p", pairs=[["f", "x"]])
        work.session.add(
            SignInSession(token_hash="t", person_id=raiser, started_at=work.now, proved_at=work.now, seen_at=work.now)
        )
        proposing.let_administer(work, by=either.unit, person_id=raiser, administers=True)
    with either.scene.workshop.writing() as work:
        leaving.leave(work, by=either.administrator, person_id=raiser)

    with either.scene.database.reading() as session:
        assert not session.scalars(select(Draft).where(Draft.person_id == raiser)).all()
        assert not session.scalars(
            select(SignInSession).where(SignInSession.person_id == raiser, SignInSession.ended_at.is_(None))
        ).all()
        assert not session.scalars(
            select(SignInCode).where(SignInCode.person_id == raiser, SignInCode.used_at.is_(None))
        ).all()
    assert not either.waiting()
    assert set(either.told(Kind.PLACE_EMPTY)) == {either.unit, either.second}
    assert either.told(Kind.PLACE_CHANGED), "and whoever takes part beside them"
    assert either.noted("person_left") == [(either.administrator, raiser, None)]


def test_nobody_is_told_of_a_leaver_who_takes_part_in_nothing(office: Office) -> None:
    with office.scene.workshop.writing() as work:
        leaving.leave(work, by=office.unit, person_id=office.scene.at("police", "practitioner"))

    assert office.told(Kind.PLACE_EMPTY) == []


def test_whoever_comes_back_has_no_seat_administers_nobody_and_signs_in_anew(office: Office) -> None:
    who = office.scene.holder("sub_group")
    office.set(who, administers_agency=True)
    with office.scene.workshop.writing() as work:
        added = {"person_id": who, "credential_id": b"c", "public_key": b"k", "sign_count": 0, "name": "a"}
        work.session.add(Passkey(**added, added_at=work.now))
        work.session.add(Identity(person_id=who, issuer="i", subject_hash="s", bound_at=work.now))
        leaving.leave(work, by=office.unit, person_id=who)
    with office.scene.workshop.writing() as work:
        leaving.come_back(work, by=office.unit, person_id=who)

    back = office.person(who)
    assert (back.left_at, back.seat, back.administers_agency) == (None, None, False)
    with office.scene.database.reading() as session:
        assert not factors.has_any(session, who), "a passkey would let in whoever has it now"
        assert session.scalars(select(Identity)).all() == []


# --- dormant accounts --------------------------------------------------------------------------------------------


def look_after(office: Office) -> None:
    with office.scene.workshop.writing() as work:
        board = office.person(office.unit).board_id
        dormancy.lock_dormant(work, board)
        attesting.remind_of_attestations(work, board)


def test_whoever_has_not_signed_in_for_long_is_locked_and_the_last_of_the_unit_is_not(either: Office) -> None:
    either.set(either.scene.at("police", "practitioner"), signed_in_at=either.scene.clock.now + timedelta(days=1))
    either.set(either.unit, signed_in_at=either.scene.clock.now + timedelta(days=1))
    either.scene.clock.forward(days=180)
    look_after(either)
    assert not either.noted("person_locked")

    either.scene.clock.forward(hours=1)
    look_after(either)
    assert either.person(either.scene.raiser).locked_at is not None
    assert either.person(either.second).locked_at is not None
    assert either.person(either.scene.at("police", "practitioner")).locked_at is None
    either.scene.clock.forward(days=400)
    look_after(either)
    assert either.person(either.unit).locked_at is None
    assert either.noted("person_locked")[0][2] == "dormant"


def codes_owed(office: Office, who: UUID) -> int:
    with office.scene.workshop.writing() as work:
        ask_code(work, address=office.person(who).email, secret=SECRET, link=str)
    with office.scene.database.reading() as session:
        wanted = select(SignInCode).where(SignInCode.person_id == who, SignInCode.used_at.is_(None))
        return len(session.scalars(wanted).all())


def test_a_locked_person_is_sent_no_code_unless_an_escalation_waits_for_them(office: Office) -> None:
    colleague = office.scene.at("school", "colleague")
    office.scene.clock.forward(days=181)
    look_after(office)
    assert codes_owed(office, colleague) == 0
    assert codes_owed(office, office.scene.raiser) == 0

    office.set(office.scene.raiser, locked_at=None)
    office.scene.open()
    office.set(office.scene.raiser, locked_at=office.scene.clock.now)
    assert codes_owed(office, office.scene.raiser) == 1, "a child must not wait for an administrator"
    office.set(office.scene.raiser, locked_by_id=office.unit)
    assert codes_owed(office, office.scene.raiser) == 1, "whom somebody locked is sent none more"


def test_whom_an_administrator_unlocks_counts_as_heard_of(office: Office) -> None:
    office.scene.clock.forward(days=181)
    look_after(office)
    with office.scene.workshop.writing() as work:
        people.unlock_person(work, by=office.unit, person_id=office.scene.raiser)
    look_after(office)

    assert office.person(office.scene.raiser).locked_at is None


# --- the yearly word ---------------------------------------------------------------------------------------------


def test_an_agency_is_reminded_when_its_word_is_due_and_the_unit_a_month_later(either: Office) -> None:
    school = either.person(either.administrator).agency_id
    either.scene.clock.forward(days=364)
    look_after(either)
    assert either.told(Kind.ATTESTATION_DUE) == []
    either.scene.clock.forward(days=2)
    for _ in range(2):
        look_after(either)
    assert either.told(Kind.ATTESTATION_DUE).count(either.administrator) == 1
    before = either.told(Kind.ATTESTATION_DUE).count(either.unit)
    with either.scene.workshop.reading() as work:
        line = agencies.agency_line(work, by=either.administrator, agency_id=school)
        assert (line.is_due, line.is_overdue) == (True, False)

    either.scene.clock.forward(days=31)
    look_after(either)
    assert either.told(Kind.ATTESTATION_DUE).count(either.unit) > before
    with either.scene.workshop.writing() as work:
        view = attesting.attestation_view(work, by=either.administrator, agency_id=school)
        attesting.attest(work, by=either.administrator, agency_id=school, seen=view.stamp)
    with either.scene.workshop.reading() as work:
        assert not agencies.agency_line(work, by=either.unit, agency_id=school).is_due


def test_nobody_gives_their_word_for_a_list_that_changed_or_is_not_theirs(office: Office) -> None:
    school, police = office.person(office.administrator).agency_id, details(office, "police").agency_id
    with office.scene.workshop.reading() as work:
        seen = attesting.attestation_view(work, by=office.administrator, agency_id=school).stamp
    new = add(office, office.administrator)
    with office.scene.workshop.writing() as work:
        with pytest.raises(ChangedMeanwhile):
            attesting.attest(work, by=office.administrator, agency_id=school, seen=seen)
        with pytest.raises(NotFound):
            attesting.attest(work, by=office.administrator, agency_id=police, seen=seen)
        view = attesting.attestation_view(work, by=office.administrator, agency_id=school)
    assert [(change.name, change.action) for change in view.changes] == [(office.person(new).name, "person_added")]


# --- agencies ----------------------------------------------------------------------------------------------------


def test_an_agency_closes_when_nobody_is_on_its_list_and_opens_again(either: Office) -> None:
    school = either.person(either.administrator).agency_id
    with either.scene.workshop.writing() as work, pytest.raises(NotAllowedNow, match="still on its list"):
        agencies.close_agency(work, by=either.unit, agency_id=school)
    key = uuid4()
    with either.scene.workshop.writing() as work:
        new = agencies.add_agency(work, by=either.unit, form_key=key, name="Night school", kind="school")
        assert agencies.add_agency(work, by=either.unit, form_key=key, name="Night school", kind="school") == new
    with either.scene.workshop.writing() as work:
        with pytest.raises(NotAllowedNow, match="of this name already"):
            agencies.add_agency(work, by=either.unit, form_key=uuid4(), name="Night school", kind="school")
        with pytest.raises(NotFound):
            agencies.add_agency(work, by=either.administrator, form_key=uuid4(), name="Mine", kind="school")
        agencies.close_agency(work, by=either.unit, agency_id=new)
    with either.scene.workshop.writing() as work:
        assert agencies.agency_line(work, by=either.unit, agency_id=new).is_closed
        agencies.open_agency_again(work, by=either.unit, agency_id=new)
        assert not agencies.agency_line(work, by=either.unit, agency_id=new).is_closed


def test_the_list_is_filtered_by_what_stands_out(office: Office) -> None:
    with office.scene.workshop.writing() as work:
        leaving.leave(work, by=office.unit, person_id=office.scene.raiser)
    with office.scene.workshop.reading() as work:
        by = office.unit
        left = people.people_view(work, by=by, wanted=PeopleFilter(Show.LEFT))
        special = people.people_view(work, by=by, wanted=PeopleFilter(Show.SPECIAL))
        leads = people.people_view(work, by=by, wanted=PeopleFilter(level="safeguarding_lead"))
        beyond = people.people_view(work, by=by, page=9)

    assert [line.id for line in left.lines] == [office.scene.raiser]
    assert office.administrator in {line.id for line in special.lines}
    assert leads.found == 5
    assert beyond.page == beyond.pages == 1
