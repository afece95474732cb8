"""The registers of learning and of gaps: from what an outcome says to a line that somebody owns, without the story."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from forms_app.db.actors import Actor
from forms_app.db.keeping import destroy
from forms_app.db.learning_tables import LearningLine
from forms_app.db.report_tables import BoardReport
from forms_app.db.tables import AuditEntry, Board, Person
from forms_app.documents.catalogue import LEARNING_REPORT
from forms_app.documents.contexts import LearningReport
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.learning import Kind, LineDetails, Owner, Show, Wanted
from forms_app.domain.periods import Period
from forms_app.domain.seats import Seat
from forms_app.services import interests, learning, reports
from forms_app.services.learning import Kept
from forms_app.services.learning_report import LEARNING
from forms_app.services.scanning import StillIdentifies
from forms_app.services.workshop import Workshop
from tests.factories.scenes import Scene, scene
from tests.factories.walks import settle

TRAINING = "Staff did not know who decides when two agencies disagree about a threshold."


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, "hull") as made:
        yield made


@pytest.fixture
def either(database_url: str) -> Iterator[Scene]:
    """On PostgreSQL too: what the unit reaches there is asked of the rows as well."""
    with scene(database_url, "hull") as made:
        yield made


def in_office(here: Scene) -> Workshop:
    """As somebody of the business unit reaches rows on PostgreSQL."""
    with here.database.reading() as session:
        board = session.scalars(select(Board.id)).one()
    return here.workshop.on_behalf_of(Actor("person", unit(here), board, in_office=True))


def unit(here: Scene) -> UUID:
    return here.holder("business_unit")


def actions(here: Scene) -> list[str]:
    with here.database.reading() as session:
        return list(session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def with_learning(here: Scene) -> UUID:
    """Settled at a stage of which the Board hears, with something to be learnt and a gap in the policy."""
    escalation = here.open(everybody=True).escalation_id
    while here.stage(escalation).id != "stage_three":
        here.step_up(escalation, everybody=True)
    settle(here, escalation)
    return escalation


def details(**changed: object) -> LineDetails:
    line = LineDetails(
        kind=Kind.LEARNING,
        policy_key="hull@2015",
        code="training",
        section="",
        what=TRAINING,
        action="Put it into the yearly training.",
        owner=Owner(seat=Seat.SUB_GROUP),
        due_on=date(2027, 6, 1),
        sub_group=Seat.SUB_GROUP,
    )
    return replace(line, **changed)  # type: ignore[arg-type]


def add(here: Scene, came_from: UUID | None = None, key: UUID | None = None, **changed: object) -> UUID:
    with in_office(here).writing() as work:
        return learning.add_line(
            work, by=unit(here), form_key=key or uuid4(), details=details(**changed), came_from=came_from
        )


def waiting(here: Scene) -> list[UUID]:
    with in_office(here).reading() as work:
        found = learning.to_route(work, by=unit(here))
        assert found is not None
        assert found.count == len(found.first)
        return [each.escalation_id for each in found.first]


def test_an_outcome_with_learning_waits_until_a_line_comes_of_it_or_somebody_says_why_not(either: Scene) -> None:
    here = either
    one, other = with_learning(here), with_learning(here)
    here.open()
    assert set(waiting(here)) == {one, other}

    add(here, one)
    with in_office(here).writing() as work:
        learning.add_nothing(work, by=unit(here), escalation_id=other, reason="It stands in the register already.")
        learning.add_nothing(work, by=unit(here), escalation_id=other, reason="It was pressed twice.")

    assert waiting(here) == []
    assert [each for each in actions(here) if each.startswith("learning")] == [
        "learning_line_added",
        "learning_not_added",
    ]


def test_what_is_to_be_routed_is_said_in_the_policys_words_alone(here: Scene) -> None:
    escalation = with_learning(here)

    with in_office(here).reading() as work:
        found = learning.learnt_in(work, by=unit(here), escalation_id=escalation)

    assert found.learning == (("training", "A need for training"),)
    assert found.policy_gap
    assert found.reason == here.policy.categories[0].title


def test_an_escalation_of_which_the_board_was_not_told_does_not_wait(here: Scene) -> None:
    escalation = here.open(everybody=True).escalation_id
    settle(here, escalation)

    assert waiting(here) == []
    with in_office(here).reading() as work, pytest.raises(NotFound):
        learning.learnt_in(work, by=unit(here), escalation_id=escalation)


def test_who_declared_an_interest_routes_nothing_of_it_and_is_not_told_where_a_line_comes_from(here: Scene) -> None:
    escalation = with_learning(here)
    line = add(here, escalation)
    with in_office(here).reading() as work:
        assert learning.one_line(work, by=unit(here), line_id=line).came_from == escalation
    with here.workshop.writing() as work:
        interests.declare_interest(work, by=unit(here), escalation_id=escalation, words="My sister works there.")

    with in_office(here).reading() as work:
        whole = learning.one_line(work, by=unit(here), line_id=line)
        assert (whole.came_from, whole.reference, whole.may_keep) == (None, "", False)
        with pytest.raises(NotFound):
            learning.learnt_in(work, by=unit(here), escalation_id=escalation)
    with in_office(here).writing() as work, pytest.raises(NotAllowedNow):
        learning.finish_line(work, by=unit(here), line_id=line, seen=1, done="It was done.")


def test_a_line_that_repeats_what_is_recorded_is_not_kept_without_a_reason_for_exactly_that(here: Scene) -> None:
    escalation = with_learning(here)
    with here.database.reading() as session:
        name = session.scalars(select(Person.name).where(Person.id == here.raiser)).one()
    told = f"{name} was not heard."

    with pytest.raises(StillIdentifies) as refused:
        add(here, escalation, what=told)
    assert [each.text for each in refused.value.found] == [name]

    def say(what: str, kept: Kept) -> UUID:
        with in_office(here).writing() as work:
            return learning.add_line(
                work, by=unit(here), form_key=uuid4(), details=details(what=what), came_from=escalation, kept=kept
            )

    with pytest.raises(StillIdentifies):
        say(told, Kept("It is an ordinary word.", "of something else"))
    with pytest.raises(StillIdentifies):
        say(f"{told} Ring 01632 960123.", Kept("It is an ordinary word.", refused.value.stamp))
    line = say(told, Kept("It is an ordinary word.", refused.value.stamp))

    with in_office(here).reading() as work:
        assert learning.one_line(work, by=unit(here), line_id=line).kept_because == "It is an ordinary word."


def test_the_same_form_sent_twice_adds_one_line(here: Scene) -> None:
    key = uuid4()

    assert add(here, key=key) == add(here, key=key)


def test_every_change_is_kept_with_who_made_it_and_a_stale_page_changes_nothing(here: Scene) -> None:
    line, by = add(here), unit(here)
    with in_office(here).writing() as work:
        learning.change_line(work, by=by, line_id=line, seen=1, details=details(due_on=date(2027, 7, 1), code=None))
    with in_office(here).writing() as work, pytest.raises(ChangedMeanwhile):
        learning.finish_line(work, by=by, line_id=line, seen=1, done="It was done.")
    with in_office(here).writing() as work:
        learning.finish_line(work, by=by, line_id=line, seen=2, done="It is in the training.")
    with in_office(here).writing() as work:
        learning.open_again(work, by=by, line_id=line, seen=3)

    with in_office(here).reading() as work:
        whole = learning.one_line(work, by=by, line_id=line)
    assert sorted(each.what for each in whole.changes) == sorted(
        learning.FIELDS[each] for each in ("added", "code", "due_on", "done", "open_again")
    )
    assert whole.line.done_on is None


def test_what_is_overdue_comes_first_and_each_filter_leaves_out_the_rest(here: Scene) -> None:
    school = Owner(agency_id=here.agency("school").id)
    late, later = add(here, due_on=date(2027, 2, 1)), add(here, due_on=date(2027, 5, 1), owner=school, sub_group=None)
    done = add(here, due_on=date(2027, 1, 1))
    gap = add(here, kind=Kind.GAP, code=None, section="Stage 2")
    with in_office(here).writing() as work:
        learning.finish_line(work, by=unit(here), line_id=done, seen=1, done="It is in the training.")

    def listed(wanted: Wanted) -> list[UUID]:
        with in_office(here).reading() as work:
            view = learning.lines_view(work, by=unit(here), wanted=wanted, page=1)
        assert view.found == len(view.lines)
        return [each.id for each in view.lines]

    assert listed(Wanted(Kind.LEARNING)) == [late, later]
    assert listed(Wanted(Kind.LEARNING, Show.OVERDUE)) == [late]
    assert listed(Wanted(Kind.LEARNING, Show.DONE)) == [done]
    assert listed(Wanted(Kind.LEARNING, Show.EVERYTHING)) == [late, later, done]
    assert listed(Wanted(Kind.LEARNING, sub_group=Seat.SUB_GROUP)) == [late]
    assert listed(Wanted(Kind.LEARNING, owner=school)) == [later]
    assert listed(Wanted(Kind.GAP)) == [gap]


def test_a_sub_group_sees_its_own_lines_and_not_where_they_come_from(here: Scene) -> None:
    escalation = with_learning(here)
    mine, others = add(here, escalation), add(here, sub_group=Seat.POLICY_SUB_GROUP)
    member = seated(here, Seat.SUB_GROUP)

    with here.workshop.reading() as work:
        view = learning.lines_view(work, by=member, wanted=Wanted(Kind.LEARNING), page=1)
        assert [each.id for each in view.lines] == [mine]
        whole = learning.one_line(work, by=member, line_id=mine)
        assert (whole.came_from, whole.reference, whole.may_keep) == (None, "", False)
        with pytest.raises(NotFound):
            learning.one_line(work, by=member, line_id=others)
        assert learning.to_route(work, by=member) is None
    with here.workshop.writing() as work:
        rows = learning.lines_as_file(work, by=member).decode("utf-8-sig").splitlines()
    assert len(rows) == 2
    with here.workshop.writing() as work, pytest.raises(NotFound):
        learning.finish_line(work, by=member, line_id=mine, seen=1, done="It is done.")


def seated(here: Scene, seat: Seat) -> UUID:
    """Somebody with this seat."""
    person_id = here.at("health", "colleague")
    with here.database.writing() as session:
        for person in session.scalars(select(Person).where(Person.seat == seat)):
            person.seat = None
        person = session.get_one(Person, person_id)
        person.seat = seat.value
    return person_id


def test_a_line_outlives_its_escalation_and_forgets_it(either: Scene) -> None:
    here = either
    escalation = with_learning(here)
    line = add(here, escalation)
    with in_office(here).writing() as work:
        learning.add_nothing(work, by=unit(here), escalation_id=escalation, reason="There is nothing more.")

    with here.workshop.writing() as work:
        destroy(work.session, escalation)

    with here.database.reading() as session:
        assert session.scalars(select(LearningLine.came_from_id)).one() is None
    with in_office(here).reading() as work:
        assert learning.one_line(work, by=unit(here), line_id=line).line.details.what == TRAINING


def test_the_file_has_no_formula(here: Scene) -> None:
    add(here, what="=1+1", action="-2+3")

    with in_office(here).writing() as work:
        content = learning.lines_as_file(work, by=unit(here)).decode("utf-8-sig")

    assert "'=1+1" in content
    assert "'-2+3" in content


def test_a_line_cannot_belong_to_nobody_or_to_somebody_elses_agency(here: Scene) -> None:
    with pytest.raises(NotFound):
        add(here, owner=Owner(agency_id=uuid4()))
    with pytest.raises(ValueError, match="belongs"):
        Owner()
    with pytest.raises(ValueError, match="owner"):
        Owner.read("somebody-else")


def test_a_report_to_a_sub_group_has_what_was_open_and_what_was_done_in_its_time(here: Scene) -> None:
    add(here, what="It stays open.")
    done = add(here, what="It was done.")
    add(here, what="It is another group’s.", sub_group=Seat.POLICY_SUB_GROUP)
    with here.workshop.writing() as work:
        learning.finish_line(work, by=unit(here), line_id=done, seen=1, done="It is in the training.")
    here.clock.strike(2027, 4, 2)
    add(here, what="It came later.")

    with here.workshop.writing() as work:
        report = reports.begin(
            work, by=unit(here), kind=LEARNING_REPORT, period=Period(2027, 1), part=Seat.SUB_GROUP.value
        )
    with here.workshop.reading() as work:
        row = work.session.scalars(select(BoardReport).options(joinedload(BoardReport.board))).one()
        assert row.id == report
        draft = LEARNING.draft(work, row)

    context = LEARNING.filled(draft.context, {"asked": "Plan the training."})
    assert isinstance(context, LearningReport)
    assert [[line.facts[0].value for line in group.lines] for group in context.groups] == [
        ["It stays open."],
        [],
        ["It was done."],
    ]
    assert [answer.answer for answer in context.texts] == ["Plan the training."]
    assert {"It stays open.", "It is in the training."} <= set(draft.scanned.values()), "it is scanned again"
    assert draft.writers == {unit(here)}, "whoever wrote a line does not release the report"
