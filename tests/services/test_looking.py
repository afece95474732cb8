"""Each person sees what they may see, and of everything else not even that it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from forms_app.commands.invented import invented_boards
from forms_app.db.tables import Document, DocumentFile, Escalation, Party, Person
from forms_app.domain.acts import Act
from forms_app.domain.errors import NotFound
from forms_app.domain.escalation import Open
from forms_app.domain.policy import Unit
from forms_app.domain.records import Agreement, CameOf, Dissent, HelpAsked, ProformaMade, Support, TimeSet
from forms_app.domain.register_filters import Filters
from forms_app.services import documents, looking, register
from forms_app.services.boards import leave, set_up_board
from forms_app.services.escalations import open_escalation
from forms_app.services.filling.board import facts_for_the_board
from forms_app.services.history import policy_of, standing_of
from forms_app.services.register_pages import RegisterLine, register_page
from forms_app.services.work import Work
from tests.factories.everything import at_the_chair, everything, fall_silent, look_after_what_is_due
from tests.factories.everything import busy as busy_in
from tests.factories.policies import clock, limit, policy, route, stage
from tests.factories.scenes import Scene, scene
from tests.factories.walks import settle

TYPED = ("Ottilie Marchbank", "The referral was closed after one call.", "She has had no meal since Friday.")


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as made:
        yield made


def look(here: Scene, way: Callable[..., Any], **given: Any) -> Any:
    with here.workshop.reading() as work:
        return way(work, **given)


def on_the_register(work: Work, *, by: UUID) -> list[RegisterLine]:
    return list(register_page(work, by=by, filters=Filters()).lines)


def hidden(here: Scene, way: Callable[..., Any], **given: Any) -> bool:
    with here.workshop.reading() as work, pytest.raises(NotFound):
        way(work, **given)
    return True


def to_the_board(here: Scene) -> UUID:
    escalation = here.open().escalation_id
    for _ in range(3):
        here.step_up(escalation)
    return escalation


# --- parties ---


def test_only_parties_see_an_escalation(here: Scene) -> None:
    escalation = here.open().escalation_id
    inside = (here.raiser, here.at("socialcare", "practitioner"))
    outside = (here.at("school", "first_line_manager"), here.at("police", "practitioner"), here.holder("business_unit"))

    for person in inside:
        assert look(here, looking.escalation_view, by=person, escalation_id=escalation).summary.id == escalation
        assert [each.id for each in look(here, looking.your_escalations, by=person)] == [escalation]
    for person in outside:
        assert hidden(here, looking.escalation_view, by=person, escalation_id=escalation)
        assert look(here, looking.your_escalations, by=person) == []


@pytest.mark.requirement("U-17")
def test_both_sides_read_the_same_statement(here: Scene) -> None:
    escalation = here.open().escalation_id

    raising, responding = (
        look(here, looking.escalation_view, by=person, escalation_id=escalation)
        for person in (here.raiser, here.at("socialcare", "practitioner"))
    )

    as_read_by_all = tuple(replace(line, can_be_corrected=False) for line in raising.records)
    assert as_read_by_all == responding.records
    assert raising.subject == responding.subject
    assert all(text in repr((raising.records, raising.subject)) for text in TYPED)


def test_who_has_left_sees_nothing_any_more(here: Scene) -> None:
    filed = here.open()
    other = here.at("socialcare", "practitioner")
    (document,) = here.documents(filed.record_id)
    with here.workshop.writing() as work:
        leave(work, "practitioner@socialcare.inventedshire.example")

    assert hidden(here, looking.escalation_view, by=other, escalation_id=filed.escalation_id)
    assert hidden(here, documents.document_for, by=other, document_id=document.id)
    assert look(here, looking.your_escalations, by=other) == []


@pytest.mark.requirement("U-12")
def test_a_correction_and_what_it_corrects_name_each_other(here: Scene) -> None:
    escalation = here.open().escalation_id
    first = here.account(escalation, by=here.raiser).record_id
    second = here.account(escalation, by=here.raiser, corrects=first, reason="It was Tuesday.").record_id

    view = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation)

    lines = {line.id: line for line in view.records}
    assert (lines[first].corrected_by, lines[second].corrects) == ((second,), first)
    assert [line.id for line in view.records if line.can_be_written_again] == [second]
    theirs = look(here, looking.escalation_view, by=here.at("socialcare", "practitioner"), escalation_id=escalation)
    assert not [line for line in theirs.records if line.can_be_written_again or line.can_be_corrected]


def test_an_outcome_says_for_whom_it_waits_and_who_did_not_agree(here: Scene) -> None:
    here.responding = ("socialcare", "police")
    escalation = here.open().escalation_id
    proposed = here.outcome(escalation, by=here.raiser).record_id
    here.answer(escalation, by=here.at("police", "practitioner"), to=proposed, agrees=False)

    view = look(here, looking.escalation_view, by=here.at("socialcare", "practitioner"), escalation_id=escalation)

    assert view.proposed is not None
    assert view.proposed.waits_for == ("Inventedshire Children’s Social Care",)
    assert view.proposed.disagree == ("Inventedshire Police",)
    assert view.summary.waits_for_you
    assert Act.ANSWER_OUTCOME in view.acts


@pytest.mark.requirement("U-06", "B-17")
def test_where_there_is_no_date_the_age_is_shown(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.clock.forward(days=3, hours=2)

    view = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation)

    assert [(line.by_when, line.note) for line in view.clocks] == [("Without delay", "Waiting for 3 days")]


# --- documents ---


def test_whoever_has_moved_to_another_agency_takes_no_part_any_more(here: Scene) -> None:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    look(here, looking.escalation_view, by=other, escalation_id=escalation)
    with here.workshop.writing() as work:
        work.session.get_one(Person, other).agency_id = here.agency("police").id

    assert hidden(here, looking.escalation_view, by=other, escalation_id=escalation)
    assert [place.has_left for place in here.places(escalation) if place.person == other] == [True]


def test_only_whom_it_is_owed_to_finds_a_document(here: Scene) -> None:
    filed = here.open()
    (document,) = here.documents(filed.record_id)

    for person in (here.raiser, here.at("socialcare", "practitioner")):
        found = look(here, documents.document_for, by=person, document_id=document.id)
        assert (found.is_party, found.line.is_issued) == (True, False)
        assert hidden(here, documents.file_for, by=person, document_id=document.id, file_format="pdf"), "not made yet"
    for person in (here.at("police", "practitioner"), here.holder("business_unit"), uuid4()):
        assert hidden(here, documents.document_for, by=person, document_id=document.id)
        assert hidden(here, documents.file_for, by=person, document_id=document.id, file_format="pdf")


def test_somebody_who_joins_later_finds_how_it_began_and_nothing_else_that_was_sent_before(here: Scene) -> None:
    filed = here.open()
    (began,) = here.documents(filed.record_id)
    (before,) = here.documents(here.account(filed.escalation_id, by=here.raiser).record_id)
    later = here.step_up(filed.escalation_id)
    (after,) = here.documents(later.record_id)
    manager = here.at("socialcare", "first_line_manager")

    view = look(here, looking.escalation_view, by=manager, escalation_id=filed.escalation_id)

    assert {line.id for line in view.documents} == {began.id, after.id}
    assert hidden(here, documents.document_for, by=manager, document_id=before.id)


def issue(here: Scene, document: UUID) -> None:
    with here.database.writing() as session:
        for form in ("docx", "pdf"):
            session.add(
                DocumentFile(
                    document_id=document, format=form, content=form.encode(), sha256="-", issued_at=here.clock.now
                )
            )


def test_the_bytes_come_as_they_were_issued_and_taking_them_is_noted(here: Scene) -> None:
    (document,) = here.documents(here.open().record_id)
    issue(here, document.id)
    before = here.count()["audit_entries"]

    with here.workshop.writing() as work:
        name, content = documents.file_for(work, by=here.raiser, document_id=document.id, file_format="pdf")

    assert content == b"pdf"
    assert name.endswith(".pdf")
    assert "Ottilie" not in name
    assert here.count()["audit_entries"] == before + 1


# --- the Board ---


def test_the_register_has_what_the_policy_has_told_the_board(here: Scene) -> None:
    here.open()
    told = to_the_board(here)
    unit, chair = here.holder("business_unit"), here.holder("chair")

    assert [line.id for line in look(here, on_the_register, by=unit)] == [told]
    assert [line.id for line in look(here, on_the_register, by=chair)] == [told]


@pytest.mark.parametrize("who", [("school", "practitioner"), ("board", "directors"), ("board", "subgroup")])
def test_only_the_office_looks_into_the_register(here: Scene, who: tuple[str, str]) -> None:
    escalation = to_the_board(here)

    assert hidden(here, on_the_register, by=here.at(*who))
    assert hidden(here, register.board_view, by=here.at(*who), escalation_id=escalation)


def test_another_boards_unit_sees_nothing_of_it(here: Scene) -> None:
    escalation = to_the_board(here)
    with here.workshop.writing() as work:
        (another,) = [board.given for board in invented_boards(here.shelf) if board.given.code == "HUM"]
        other = set_up_board(work, another)["unit@board.humberwick.example"]
    document = proforma(here, escalation)
    issue(here, document)

    assert look(here, on_the_register, by=other) == []
    assert hidden(here, register.board_view, by=other, escalation_id=escalation)
    assert hidden(here, register.board_file, by=other, document_id=document, file_format="pdf")


def test_what_the_board_was_not_told_of_it_does_not_see(here: Scene) -> None:
    escalation = here.open().escalation_id

    assert hidden(here, register.board_view, by=here.holder("business_unit"), escalation_id=escalation)


def test_an_escalation_stays_on_the_register_when_the_office_changes_hands(here: Scene) -> None:
    escalation, unit = to_the_board(here), here.holder("business_unit")
    with here.database.writing() as session:
        session.get_one(Person, unit).seat = None
        session.get_one(Person, here.at("board", "directors")).seat = "business_unit"

    assert [line.id for line in look(here, on_the_register, by=here.at("board", "directors"))] == [escalation]
    assert hidden(here, on_the_register, by=unit)


@pytest.mark.requirement("U-40")
def test_the_board_sees_no_name_and_nothing_that_anybody_typed(here: Scene) -> None:
    escalation = to_the_board(here)
    settle(here, escalation)
    with here.database.reading() as session:
        names = list(session.scalars(select(Person.name).join(Person.agency).where(Person.seat.is_(None))))

    shown = repr(look(here, register.board_view, by=here.holder("business_unit"), escalation_id=escalation))
    shown += repr(look(here, on_the_register, by=here.holder("business_unit")))

    assert [text for text in (*TYPED, *names, "Visit the family", "The plan is too late.") if text in shown] == []
    assert "Inventedshire Primary School" in shown


def proforma(here: Scene, escalation: UUID) -> UUID:
    with here.database.reading() as session:
        wanted = select(Document.id).where(Document.escalation_id == escalation, Document.kind == "board_proforma")
        return session.scalars(wanted).one()


@pytest.mark.requirement("U-44")
def test_the_unit_downloads_the_proforma_and_no_identified_document(here: Scene) -> None:
    escalation, unit = to_the_board(here), here.holder("business_unit")
    with here.database.reading() as session:
        kinds = {each.id: each.kind for each in session.scalars(select(Document))}
    for document in kinds:
        issue(here, document)

    with here.workshop.writing() as work:
        view = register.board_view(work, by=unit, escalation_id=escalation)
        assert [kinds[line.id] for line in view.documents] == ["board_proforma"]
        _, content = register.board_file(work, by=unit, document_id=view.documents[0].id, file_format="docx")
    assert content == b"docx"
    for document, kind in kinds.items():
        if kind != "board_proforma":
            assert hidden(here, register.board_file, by=unit, document_id=document, file_format="pdf")


def test_a_proforma_that_a_party_makes_for_itself_is_not_the_boards(here: Scene) -> None:
    escalation, unit = to_the_board(here), here.holder("business_unit")
    made = here.record(escalation, ProformaMade(), by=here.raiser)
    (own,) = here.documents(made.record_id)

    view = look(here, register.board_view, by=unit, escalation_id=escalation)

    assert view.documents, "those by which the policy told it"
    assert own.id not in {line.id for line in view.documents}
    assert hidden(here, register.board_file, by=unit, document_id=own.id, file_format="pdf")


def test_what_goes_to_a_helper_of_the_board_does_not_tell_the_board(sqlite_url: str) -> None:
    with scene(sqlite_url, "annex-c") as annex:
        escalation, unit = annex.open().escalation_id, annex.holder("business_unit")
        helper = annex.policy.helpers[0]
        annex.record(escalation, HelpAsked(helper=helper.id), by=annex.raiser)

        assert annex.holder(helper.seat.value) in {place.person for place in annex.places(escalation)}
        assert hidden(annex, register.board_view, by=unit, escalation_id=escalation)


def test_the_board_knows_of_the_parties_who_were_sent_its_documents_no_more_than_agency_and_job_title(
    here: Scene,
) -> None:
    escalation, unit = to_the_board(here), here.holder("business_unit")
    with here.database.reading() as session:
        named = {person.id: (person.name, person.job_title) for person in session.scalars(select(Person))}

    (document,) = look(here, register.board_view, by=unit, escalation_id=escalation).documents

    assert [(line.agency, line.to) for line in document.deliveries] == [
        ("Inventedshire Primary School", named[here.raiser][1]),
        ("Inventedshire Safeguarding Office", named[unit][0]),
    ]


def test_the_newest_stands_first(here: Scene) -> None:
    first = here.open().escalation_id
    here.clock.now += timedelta(hours=1)
    second = here.open().escalation_id

    assert [line.id for line in look(here, looking.your_escalations, by=here.raiser)] == [second, first]


@pytest.fixture
def busy(sqlite_url: str) -> Iterator[tuple[Scene, UUID]]:
    """An escalation at its first stage in which much has been asked and said."""
    with scene(sqlite_url, everything()) as made:
        yield made, busy_in(made)


# --- what a manager says, who does not share a decision, and who agrees to what ---


@pytest.mark.requirement("H-23", "U-29")
def test_a_manager_who_does_not_support_it_is_shown_to_both_sides(busy: tuple[Scene, UUID]) -> None:
    here, escalation = busy
    manager = here.at("school", "first_line_manager")

    for person in (here.raiser, here.at("socialcare", "practitioner")):
        view = look(here, looking.escalation_view, by=person, escalation_id=escalation)
        assert [said.agency for said in view.not_supporting] == ["Inventedshire Primary School"]
    here.record(escalation, Support(supports=True), by=manager)
    view = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation)
    assert (len(view.supporting), view.not_supporting) == (1, ())


def test_who_agrees_to_the_actions_alone_is_named_beside_those_who_do_not_agree(here: Scene) -> None:
    escalation, care = here.open().escalation_id, here.at("socialcare", "practitioner")
    proposed = here.outcome(escalation, by=here.raiser).record_id
    answer = Agreement(outcome=proposed, agrees=False, agrees_actions=True, reasons="Not the threshold.")
    here.record(escalation, answer, by=care)

    view = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation)

    assert view.proposed is not None
    assert view.proposed.disagree == view.proposed.agree_actions == ("Inventedshire Children’s Social Care",)


@pytest.mark.requirement("H-48")
def test_dissent_after_a_decision_is_shown_to_the_parties_and_to_the_board_as_yes_or_no(
    busy: tuple[Scene, UUID],
) -> None:
    here, _ = busy
    escalation = at_the_chair(here)
    here.outcome(escalation, by=here.holder("chair"))
    care = here.at("socialcare", "practitioner")

    with here.workshop.reading() as work:
        assert said_of_dissent(work, escalation) == "No"
    record = here.record(escalation, Dissent(), by=care).record_id

    with here.workshop.reading() as work:
        assert said_of_dissent(work, escalation) == "Yes"
    view = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation)
    assert [(said.agency, said.record) for said in view.dissenting] == [
        ("Inventedshire Children’s Social Care", record)
    ]


def said_of_dissent(work: Work, escalation: UUID) -> str:
    found = work.session.scalars(
        select(Escalation)
        .where(Escalation.id == escalation)
        .options(joinedload(Escalation.board), selectinload(Escalation.records))
        .options(selectinload(Escalation.parties).joinedload(Party.agency))
        .options(selectinload(Escalation.parties).joinedload(Party.person))
    ).one()
    facts = facts_for_the_board(policy_of(work, found), found, standing_of(work, found))
    return next(fact.value for fact in facts if fact.name == "Dissent recorded")


# --- time limits ---


@pytest.mark.requirement("B-11", "U-06")
def test_a_limit_in_days_shows_each_day_and_one_in_hours_from_when(busy: tuple[Scene, UUID]) -> None:
    here, escalation = busy
    (talk, accept) = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation).clocks

    assert [(day.number, day.why_not) for day in talk.days] == [
        (None, "the day of the event itself"),
        (1, ""),
        (2, ""),
    ]
    assert talk.shown_by == "Written confirmation of the outcome"
    assert (accept.days, accept.how) == ((), "")

    here.step_up(escalation)
    hours = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation).clocks[0]
    assert hours.days == ()
    assert hours.how.startswith("From 1 March 2027 at 10:30am, 24 hours without a pause")


def test_a_shortened_limit_says_that_its_days_are_those_of_the_limit_itself(busy: tuple[Scene, UUID]) -> None:
    here, escalation = busy
    here.record(escalation, TimeSet(protect_by=here.today, protect_because="Unsafe tonight"), by=here.raiser)

    talk, accept = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation).clocks

    assert talk.note == "Shortened to protect the child"
    assert talk.how == "This is the policy’s own limit, before it was shortened."
    assert (accept.note, accept.how) == (talk.note, ""), "it has no days that could be shown"
    assert [day.number for day in talk.days] == [None, 1, 2]


# --- files, other escalations, lists ---


@pytest.mark.requirement("S-23", "U-41")
def test_each_agency_of_both_sides_says_for_itself_whether_it_is_on_file(busy: tuple[Scene, UUID]) -> None:
    here, escalation = busy

    view = look(here, looking.escalation_view, by=here.at("socialcare", "practitioner"), escalation_id=escalation)

    assert [(each.agency, each.said_on) for each in view.on_file] == [
        ("Inventedshire Primary School", "1 March 2027"),
        ("Inventedshire Children’s Social Care", ""),
    ]


def test_who_takes_part_in_both_finds_the_one_from_the_other(here: Scene) -> None:
    first = here.open().escalation_id
    facts = here.concern(here.policy.main.id, here.named(here.policy.main.stages[0], opening=True))
    beside = replace(facts, facts=facts.facts.model_copy(update={"beside": first}))
    with here.workshop.writing() as work:
        second = open_escalation(work, by=here.raiser, concern=beside).escalation_id
    here.step_up(first)
    only_first = here.at("socialcare", "first_line_manager")

    assert [each.id for each in look(here, looking.opened_beside, by=here.raiser, escalation_id=first)] == [second]
    assert [each.id for each in look(here, looking.opened_beside, by=here.raiser, escalation_id=second)] == [first]
    assert look(here, looking.opened_beside, by=only_first, escalation_id=first) == ()


@pytest.mark.requirement("S-32")
def test_the_parties_and_the_board_see_how_many_similar_ones_there_were(busy: tuple[Scene, UUID]) -> None:
    here, first = busy
    here.open()
    fall_silent(here)

    assert look(here, looking.escalation_view, by=here.raiser, escalation_id=first).similar == 2
    facts = look(here, register.board_view, by=here.holder("business_unit"), escalation_id=first).facts
    assert [fact.value for fact in facts if fact.name == "Other escalations like it"] == ["1"]


@pytest.mark.requirement("U-08")
def test_what_has_gone_quiet_comes_to_the_register_and_is_marked_there_and_in_the_lists(
    busy: tuple[Scene, UUID],
) -> None:
    here, escalation = busy
    unit = here.holder("business_unit")
    assert look(here, on_the_register, by=unit) == [], "nobody has told the Board of it"

    fall_silent(here)

    (line,) = look(here, on_the_register, by=unit)
    assert (line.id, line.has_gone_quiet, line.days_without_record, line.is_late) == (escalation, True, 5, True)
    (own,) = look(here, looking.your_escalations, by=here.raiser)
    assert (own.has_gone_quiet, own.days_without_record) == (True, 5)
    here.account(escalation, by=here.raiser)
    (line,) = look(here, on_the_register, by=unit)
    assert (line.has_gone_quiet, line.days_without_record) == (False, 0)


@pytest.mark.requirement("H-49")
def test_lists_say_what_does_not_count_yet_and_where_the_decision_stands(busy: tuple[Scene, UUID]) -> None:
    here, escalation = busy
    (line,) = look(here, looking.your_escalations, by=here.raiser)
    assert (line.is_counted, line.decision_stands) == (False, False)

    here.step_up(escalation)

    (line,) = look(here, looking.your_escalations, by=here.raiser)
    assert (line.is_counted, line.decision_stands) == (True, True)


def test_a_list_can_be_read_when_the_calendar_has_ended(busy: tuple[Scene, UUID]) -> None:
    here, _ = busy
    here.clock.now = datetime(2030, 6, 3, 10, tzinfo=UTC)

    (line,) = look(here, looking.your_escalations, by=here.raiser)

    assert line.days_without_record == 0


@pytest.mark.requirement("U-08")
def test_what_has_left_is_marked_until_somebody_says_what_came_of_it(sqlite_url: str) -> None:
    with scene(sqlite_url, "annex-c") as here:
        escalation = here.open().escalation_id
        while isinstance(here.standing(escalation), Open):
            here.step_up(escalation)
        (line,) = look(here, looking.your_escalations, by=here.raiser)
        assert (line.nobody_said, line.waits_for_you) == (True, True)

        here.record(escalation, CameOf(resumes=False), by=here.raiser)

        (line,) = look(here, looking.your_escalations, by=here.raiser)
        assert (line.nobody_said, line.waits_for_you) == (False, False)


def test_what_the_service_did_itself_says_why(sqlite_url: str) -> None:
    by_itself = clock(limit=limit(Unit.WORKING_DAYS, 1), if_unanswered="opens_next_stage")
    with scene(sqlite_url, policy(route(stage("one", clocks=(by_itself,)), stage("two")))) as here:
        escalation = here.open().escalation_id
        here.clock.forward(days=2)
        look_after_what_is_due(here)

        last = look(here, looking.escalation_view, by=here.raiser, escalation_id=escalation).records[-1]

    assert (last.by, last.agency, last.side) == ("This service", "", "")
    assert last.by_itself == "Opened by itself: nobody kept “Discuss it” in time."
