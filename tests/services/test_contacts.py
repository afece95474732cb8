"""Who keeps whose contacts, what a check means, and how a Board's own titles and contacts lie over its policy's."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select

from forms_app.commands.invented import invented_board
from forms_app.db.tables import AuditEntry, Board, Contact, Escalation, Person
from forms_app.domain.contacts import ContactDetails
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.policy import Contact as ContactInPolicy
from forms_app.domain.policy import Decision, Guidance, LocalAddition, Policy
from forms_app.services.boards import GivenBoard, set_up_board
from forms_app.services.contacts import (
    ContactLine,
    ContactsView,
    add_contact,
    change_contact,
    check_contact,
    contacts_view,
    kept_contact,
    owners_kept_by,
    policy_contact,
    remove_contact,
)
from forms_app.services.directory import policy_for
from forms_app.services.history import policy_of
from forms_app.services.looking import escalation_view
from forms_app.services.titles import change_titles, titles_of_kind, titles_view
from tests.factories.scenes import Scene, latest, scene

HUB = "Early Help and Safeguarding Hub (EHASH)"
NIGHT = ContactDetails(role="Night team", out_of_hours_telephone="01632 960 111", hours="After 5pm")


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as made:
        yield made


def unit_of(here: Scene) -> UUID:
    return here.at("board", "unit")


def look(here: Scene, by: UUID | None = None) -> ContactsView:
    with here.workshop.reading() as work:
        return contacts_view(work, by=by or here.raiser)


def add(
    here: Scene,
    details: ContactDetails = NIGHT,
    *,
    by: UUID | None = None,
    agency: str | None = None,
    checked: bool = False,
    form_key: UUID | None = None,
) -> UUID:
    """Adds a contact of the Board's own, or of an agency."""
    agency_id = here.agency(agency).id if agency else None
    with here.workshop.writing() as work:
        return add_contact(
            work,
            by=by or unit_of(here),
            form_key=form_key or uuid4(),
            agency_id=agency_id,
            details=details,
            checked=checked,
        )


def found(here: Scene, contact_id: UUID) -> Contact | None:
    with here.workshop.reading() as work:
        contact = work.session.get(Contact, contact_id)
        work.session.expunge_all()
        return contact


def change(here: Scene, contact_id: UUID, **given: Any) -> None:
    given = {"by": unit_of(here), "seen": NIGHT.stamp, "details": NIGHT, "checked": False, **given}
    with here.workshop.writing() as work:
        change_contact(work, contact_id=contact_id, **given)


def entitle(here: Scene, kind: str, by: UUID | None = None, **titles: str) -> None:
    by = by or unit_of(here)
    with here.workshop.writing() as work:
        seen = titles_of_kind(work, by=by, agency_kind=kind).stamp
        change_titles(work, by=by, agency_kind=kind, seen=seen, titles=titles)


def every_line(view: ContactsView) -> list[ContactLine]:
    return [*view.of_policy, *view.of_board, *(line for agency in view.agencies for line in agency.contacts)]


# --- what everybody reads ---


def test_the_page_has_the_unit_the_policys_contacts_the_boards_own_and_each_agencys(here: Scene) -> None:
    view = look(here)

    given = invented_board(here.policy).given
    assert (view.unit.name, view.unit.telephone, view.unit.email) == (given.name, given.telephone, given.email)
    assert [line.details.role for line in view.of_policy] == [contact.name for contact in here.policy.contacts]
    in_policy = {contact.name for contact in here.policy.contacts}
    assert {line.details.role for line in view.of_board} == {contact.role for contact in given.contacts} - in_policy
    assert {agency.name: len(agency.contacts) for agency in view.agencies} == {
        agency.name: len(agency.contacts) for agency in given.agencies[1:]
    }
    assert not any(line.can_be_changed or line.number is not None for line in every_line(view))
    assert view.owners == ()


def test_a_line_says_when_it_was_last_checked_by_which_role_and_whether_that_is_too_long_ago(here: Scene) -> None:
    contact = add(here, checked=True)
    here.clock.strike(2028, 3, 1)
    assert line_of(here, contact).checked == "1 March 2027, by: Business unit officer"
    assert not line_of(here, contact).is_doubtful

    here.clock.strike(2028, 3, 2)

    assert line_of(here, contact).is_doubtful


def line_of(here: Scene, contact_id: UUID) -> ContactLine:
    return next(line for line in every_line(look(here)) if line.id == contact_id)


def test_what_nobody_ever_checked_says_so_also_in_the_policy(here: Scene) -> None:
    line = line_of(here, add(here))

    assert (line.checked, line.is_doubtful) == ("", True)
    hub = look(here).of_policy[0]
    assert (hub.details.role, hub.checked, hub.is_doubtful) == (HUB, "", True)


def test_a_contact_of_the_policy_without_any_number_has_nothing_to_check(database_url: str) -> None:
    with scene(database_url, "berkshire") as here:
        (unit,) = look(here).of_policy

    assert not unit.details.can_be_reached
    assert not unit.is_doubtful


# --- who keeps what ---


def test_the_business_unit_keeps_everything_and_an_agencys_higher_levels_their_own(here: Scene) -> None:
    with here.workshop.reading() as work:
        everything = {owner.name for owner in owners_kept_by(work, by=unit_of(here))}
        kept = {name: [owner.name for owner in owners_kept_by(work, by=person)] for name, person in here.people.items()}
    school = here.agency("school")
    names = {agency.name for agency in invented_board(here.policy).given.agencies[1:]}
    board = invented_board(here.policy).given.name

    assert everything == {board, *names}
    at_school = {name.partition("@")[0] for name, owners in kept.items() if owners == [school.name]}
    assert {"senior.manager", "safeguarding.lead", "executive", "board.member"} <= at_school
    assert not {"practitioner", "colleague", "first.line.manager"} & at_school
    for name, owners in kept.items():
        if "@board." in name and not name.startswith("unit@"):
            assert owners == [], "the office has no lines of its own but the Board's"


@pytest.mark.parametrize("policy", ["annex-c", "berkshire", "four-lscb", "hull", "west-sussex"])
def test_in_every_policy_an_agencys_safeguarding_lead_keeps_its_contacts_and_a_practitioner_does_not(
    sqlite_url: str, policy: str
) -> None:
    with scene(sqlite_url, policy) as here, here.workshop.reading() as work:
        assert owners_kept_by(work, by=here.at("school", "safeguarding_lead"))
        assert not owners_kept_by(work, by=here.raiser)
        assert not owners_kept_by(work, by=here.at("school", "first_line_manager"))


def test_nobody_touches_a_contact_that_they_do_not_keep(here: Scene) -> None:
    own, boards = add(here, agency="school"), add(here)
    lead, others = here.at("school", "safeguarding_lead"), here.at("police", "safeguarding_lead")
    change(here, own, by=lead, details=replace(NIGHT, hours="All night"))

    for person, contact in ((here.raiser, own), (others, own), (lead, boards), (here.holder("chair"), boards)):
        with here.workshop.writing() as work:
            for act in (
                lambda w, p=person, c=contact: kept_contact(w, by=p, contact_id=c),
                lambda w, p=person, c=contact: check_contact(w, by=p, contact_id=c, seen=NIGHT.stamp),
                lambda w, p=person, c=contact: remove_contact(w, by=p, contact_id=c),
            ):
                with pytest.raises(NotFound):
                    act(work)
        with pytest.raises(NotFound):
            change(here, contact, by=person)
    for person, agency in ((here.raiser, "school"), (lead, "police"), (lead, None)):
        with pytest.raises(NotFound):
            add(here, by=person, agency=agency)
    with here.workshop.reading() as work, pytest.raises(NotFound):
        policy_contact(work, by=lead, number=0)


def test_who_has_left_sees_and_keeps_nothing(here: Scene) -> None:
    lead = here.at("school", "safeguarding_lead")
    with here.workshop.writing() as work:
        person = work.session.get(Person, lead)
        assert person is not None
        person.left_at = work.now

    with pytest.raises(NotFound):
        look(here, by=lead)
    with pytest.raises(NotFound):
        add(here, by=lead, agency="school")


# --- keeping them right ---


@pytest.mark.requirement("S-14")
def test_an_agencys_lead_adds_a_line_and_the_audit_says_so_in_codes(here: Scene) -> None:
    lead = here.at("school", "safeguarding_lead")

    contact_id = add(here, by=lead, agency="school", checked=True)

    contact = found(here, contact_id)
    assert contact is not None
    assert contact.checked_on == date(2027, 3, 1)
    with here.workshop.reading() as work:
        checker = work.session.get(Person, lead)
        assert checker is not None
        assert contact.checked_by == checker.job_title
        entry = work.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.person_id, entry.board_id) == ("contact_added", lead, checker.board_id)
        assert entry.about_id == contact_id


def test_the_same_form_sent_twice_adds_one(here: Scene) -> None:
    key = uuid4()

    assert add(here, form_key=key) == add(here, form_key=key)
    assert here.count()["contacts"] == here_before(here) + 1


def here_before(here: Scene) -> int:
    given = invented_board(here.policy).given
    return len(given.contacts) + sum(len(agency.contacts) for agency in given.agencies)


def test_a_check_of_the_old_details_does_not_count_for_new_ones(here: Scene) -> None:
    contact_id = add(here, checked=True)

    change(here, contact_id, details=replace(NIGHT, out_of_hours_telephone="01632 960 222"))

    changed = found(here, contact_id)
    assert changed is not None
    assert changed.out_of_hours_telephone == "01632 960 222"
    assert (changed.checked_on, changed.checked_by) == (None, "")


def test_saving_what_is_the_same_keeps_the_check_and_saving_with_a_check_renews_it(here: Scene) -> None:
    contact_id = add(here, checked=True)
    here.clock.forward(days=30)

    change(here, contact_id)
    same = found(here, contact_id)
    change(here, contact_id, checked=True, by=unit_of(here))
    renewed = found(here, contact_id)

    assert same is not None
    assert renewed is not None
    assert (same.checked_on, renewed.checked_on) == (date(2027, 3, 1), date(2027, 3, 31))


def test_nobody_overwrites_or_confirms_what_they_have_not_seen(here: Scene) -> None:
    contact_id = add(here)
    change(here, contact_id, details=replace(NIGHT, out_of_hours_telephone="01632 960 222"))

    with pytest.raises(ChangedMeanwhile):
        change(here, contact_id, details=replace(NIGHT, hours="All night"))
    with here.workshop.writing() as work, pytest.raises(ChangedMeanwhile):
        check_contact(work, by=unit_of(here), contact_id=contact_id, seen=NIGHT.stamp)

    contact = found(here, contact_id)
    assert contact is not None
    assert (contact.out_of_hours_telephone, contact.hours) == ("01632 960 222", "After 5pm")
    assert contact.checked_on is None


def test_what_is_removed_is_gone(here: Scene) -> None:
    contact_id = add(here)

    with here.workshop.writing() as work:
        remove_contact(work, by=unit_of(here), contact_id=contact_id)

    assert found(here, contact_id) is None


# --- laid over the policy ---


@pytest.mark.requirement("U-55")
def test_a_boards_own_contact_of_the_same_name_stands_in_the_place_of_the_policys_everywhere(here: Scene) -> None:
    escalation = here.open().escalation_id
    with here.workshop.reading() as work:
        number = next(index for index, each in enumerate(here.policy.contacts) if each.name == HUB)
        begun = policy_contact(work, by=unit_of(here), number=number)
    assert (begun.role, begun.telephone) == (HUB, "01482 448 879")

    add(here, replace(begun, telephone="01632 960 333", out_of_hours_telephone="01632 960 444"), checked=True)

    hub = look(here).of_policy[number]
    assert (hub.details.telephone, hub.is_doubtful) == ("01632 960 333", False)
    assert HUB not in {line.details.role for line in look(here).of_board}
    with here.workshop.reading() as work:
        view = escalation_view(work, by=here.raiser, escalation_id=escalation)
    (shown,) = [contact for contact in view.policy.contacts if contact.name == HUB]
    assert shown.telephone == "01632 960 333, 01632 960 444 (out of hours)"


def test_two_lines_of_one_name_are_both_shown(here: Scene) -> None:
    for number in ("01632 960 333", "01632 960 334"):
        add(here, ContactDetails(role=HUB, telephone=number))

    shown = [line.details.telephone for line in look(here).of_policy if line.details.role == HUB]
    assert shown == ["01632 960 333", "01632 960 334"] or shown == ["01632 960 334", "01632 960 333"]


@pytest.mark.requirement("B-22", "U-30")
def test_a_boards_own_titles_are_what_forms_say_from_then_on(here: Scene) -> None:
    escalation = here.open().escalation_id
    entitle(here, "school", first_line_manager="Head of year", executive="Chair of governors")

    with here.workshop.reading() as work:
        today = policy_for(work, by=here.raiser)
        begun = escalation_view(work, by=here.raiser, escalation_id=escalation).policy
    for policy in (today, begun):
        assert policy.level_title("first_line_manager", "school") == "Head of year"
        assert policy.level_title("executive", "school") == "Chair of governors"
        assert policy.level_title("practitioner", "school") == "Member of the school’s staff"
        assert policy.level_title("first_line_manager", "police").startswith("Detective Inspector")
    assert here.policy.level_title("first_line_manager", "school") == "Child protection co-ordinator"


def test_an_empty_title_leaves_it_to_the_policy_again(here: Scene) -> None:
    entitle(here, "school", first_line_manager="Head of year", practitioner="Teacher")

    entitle(here, "school", practitioner="Teacher", first_line_manager="")

    with here.workshop.reading() as work:
        kind = titles_of_kind(work, by=here.raiser, agency_kind="school")
    said = {level.level: level.given for level in kind.levels}
    assert (said["practitioner"], said["first_line_manager"]) == ("Teacher", "Child protection co-ordinator")


def test_only_the_business_unit_changes_titles_and_only_those_that_they_have_seen(here: Scene) -> None:
    for person in (here.raiser, here.at("school", "executive"), here.holder("chair")):
        with pytest.raises(NotFound):
            entitle(here, "school", by=person, practitioner="Teacher")
    with here.workshop.reading() as work:
        seen = titles_of_kind(work, by=unit_of(here), agency_kind="school").stamp
    entitle(here, "school", practitioner="Teacher")
    with here.workshop.writing() as work, pytest.raises(ChangedMeanwhile):
        change_titles(work, by=unit_of(here), agency_kind="school", seen=seen, titles={})
    with pytest.raises(NotFound):
        entitle(here, "court", practitioner="Judge")


def test_the_overlay_is_read_once_in_a_piece_of_work(here: Scene) -> None:
    for _ in range(3):
        here.open()
    statements: list[str] = []
    event.listen(here.database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]), named=False)

    with here.workshop.reading() as work:
        for _ in range(5):
            policy_for(work, by=here.raiser)

    assert len([each for each in statements if "equivalent_titles" in each]) == 1
    assert len([each for each in statements if "FROM contacts" in each]) == 1


def test_an_escalation_that_is_being_opened_has_its_boards_titles_already(here: Scene) -> None:
    entitle(here, "school", executive="Chair of governors")

    with here.workshop.reading() as work:
        board = work.session.scalars(select(Board)).one()
        new = Escalation(board=board, policy_key=here.policy.key)
        assert policy_of(work, new).level_title("executive", "school") == "Chair of governors"


# --- one policy, several Boards ---

READING, FOREST = "Reading Safeguarding Board", "Forest Safeguarding Board"


def shared_policy() -> Policy:
    """The Berkshire file, with what each of two Boards adds to it."""
    source = Decision(decided="Invented for this test.")
    additions = tuple(
        LocalAddition(
            board=name,
            guidance=(Guidance(text=f"What {name} adds.", source=source),),
            contacts=(ContactInPolicy(name=f"Duty desk of {name}", telephone="01632 960 500", source=source),),
        )
        for name in (READING, FOREST)
    )
    return latest("berkshire").model_copy(update={"local_additions": additions})


def second_board(policy: Policy, name: str, code: str) -> GivenBoard:
    whole = invented_board(policy).given.model_dump()
    text = (
        GivenBoard.model_validate(whole).model_dump_json().replace("inventedshire.example", f"{code.lower()}.example")
    )
    given = GivenBoard.model_validate_json(text)
    return given.model_copy(
        update={"code": code, "name": name, "telephone": f"01632 960 {ord(code[0])}0", "email": f"unit@{code}.example"}
    )


@pytest.mark.requirement("B-01")
def test_boards_that_share_a_policy_each_see_only_their_own_profile(database_url: str) -> None:
    policy = shared_policy()
    with scene(database_url, policy) as here:
        boards = {READING: second_board(policy, READING, "REA"), FOREST: second_board(policy, FOREST, "FOR")}
        people = {}
        for name, given in boards.items():
            with here.workshop.writing() as work:
                people[name] = set_up_board(work, given)
        units = {name: _person(people[name], "unit@board.") for name in boards}
        for name, unit in units.items():
            details = ContactDetails(role="Duty line", name=name, telephone=f"01632 960 {ord(name[0])}1")
            with here.workshop.writing() as work:
                add_contact(work, by=unit, form_key=uuid4(), agency_id=None, details=details, checked=True)
                own = replace(details, role=policy.contacts[0].name)
                add_contact(work, by=unit, form_key=uuid4(), agency_id=None, details=own, checked=True)
            entitle(here, "school", by=unit, executive=f"Chief of {name}")

        for name, unit in units.items():
            other = FOREST if name == READING else READING
            seen = look(here, by=_person(people[name], "practitioner@school."))
            assert (seen.unit.name, seen.unit.telephone) == (name, boards[name].telephone)
            assert [line.details.name for line in seen.of_board if line.details.role == "Duty line"] == [name]
            assert f"Duty desk of {name}" in {line.details.role for line in seen.of_policy}
            assert other not in repr(seen)
            with here.workshop.reading() as work:
                adopted = policy_for(work, by=unit)
                assert adopted.key == policy.key
                assert adopted.level_title("executive", "school") == f"Chief of {name}"
                assert adopted.contacts[0].telephone == f"01632 960 {ord(name[0])}1"
                assert other not in repr(titles_view(work, by=unit))


def _person(people: dict[str, UUID], beginning: str) -> UUID:
    return next(person for email, person in people.items() if email.startswith(beginning))


def test_a_unit_cannot_reach_into_another_board(database_url: str) -> None:
    policy = latest("berkshire")
    with scene(database_url, policy) as here:
        with here.workshop.writing() as work:
            others = set_up_board(work, second_board(policy, READING, "REA"))
        contact_id, stranger = add(here), _person(others, "unit@board.")

        with pytest.raises(NotFound):
            change(here, contact_id, by=stranger)
        with pytest.raises(NotFound):
            add(here, by=stranger, agency="school")


# --- a Board that nobody could reach ---


@pytest.mark.requirement("B-36")
@pytest.mark.parametrize("missing", ["telephone", "email"])
def test_a_board_without_its_units_contact_takes_no_concern(here: Scene, missing: str) -> None:
    with here.workshop.writing() as work:
        setattr(work.session.scalars(select(Board)).one(), missing, " ")

    with here.workshop.reading() as work, pytest.raises(NotAllowedNow, match="telephone number and email address"):
        policy_for(work, by=here.raiser)
