"""Forms to fill in by hand: owed when a Board says something new, made once, and asking what the service asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from forms_app.commands.invented import invented_board
from forms_app.db.outbox import OutboxKind, claim, owe
from forms_app.db.tables import BlankFormFile, Board, Document, OutboxItem, Person
from forms_app.documents import contexts as say
from forms_app.documents.catalogue import BLANK_FORM, BLANK_PROFORMA
from forms_app.documents.faults import DocumentFault
from forms_app.documents.issue import issue
from forms_app.domain.errors import NotFound
from forms_app.domain.policy import Asked, Policy
from forms_app.policies.shelf import Shelf
from forms_app.services.blank_forms import (
    FormsOfBoard,
    blank_file_for,
    blank_forms_for,
    make_blank_forms,
    owe_missing_forms,
)
from forms_app.services.boards import set_up_board
from forms_app.services.issuing import WAITS
from forms_app.services.outbox import LEASE, Desk, run_due
from forms_app.services.paper import Blank, BlankKind, blanks_of, paper_form
from tests.factories.scenes import Scene, scene, shelf
from tests.factories.walks import walk_every_way
from tests.mail.owed import LETTERHEAD, FakeIssued, FakePostbox, fake_issue

POLICIES = [pytest.param(policy, id=policy.key) for policy in shelf()]
TODAY = date(2027, 3, 1)


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as found:
        yield found


def work(here: Scene, issued: Any = fake_issue) -> int:
    return run_due(here.workshop, "w1", Desk(FakePostbox(), LETTERHEAD, issued))


def forms(here: Scene) -> FormsOfBoard:
    with here.workshop.reading() as reading:
        return blank_forms_for(reading, by=here.raiser)


def owed(here: Scene) -> list[OutboxItem]:
    with here.database.reading() as session:
        found = session.scalars(select(OutboxItem).where(OutboxItem.kind == "make_blank_forms"))
        items = list(found.all())
        session.expunge_all()
        return items


def made(here: Scene) -> list[tuple[str, str | None, str]]:
    with here.database.reading() as session:
        return [(file.kind, file.stage, file.format) for file in session.scalars(select(BlankFormFile))]


def change(here: Scene, **values: str) -> None:
    with here.database.writing() as session:
        board = session.scalars(select(Board)).one()
        for name, value in values.items():
            setattr(board, name, value)


# --- owed and made ------------------------------------------------------------------------------------------------


@pytest.mark.requirement("U-56")
def test_a_board_that_is_set_up_gets_its_forms(here: Scene) -> None:
    assert forms(here).any_missing
    assert len(owed(here)) == 1

    work(here)

    found = forms(here)
    assert not found.any_missing
    assert [file.format for file in found.proforma.files] == ["pdf", "docx"]
    assert made(here).count(("proforma", None, "pdf")) == 1
    assert len(made(here)) == 2 * len(list(blanks_of(here.policy)))
    assert [item.done_at for item in owed(here)] == [here.clock.now]


def test_they_are_made_once(here: Scene) -> None:
    work(here)
    before = made(here)
    here.clock.forward(days=40)

    with here.workshop.writing() as writing:
        set_up_board(writing, invented_board(here.policy).given)
        owe_missing_forms(writing, by=here.raiser)

    assert work(here) == 0
    assert (made(here), len(owed(here))) == (before, 1)


@pytest.mark.parametrize(
    "changed", [{"name": "Another name"}, {"telephone": "01632 960999"}, {"email": "new@b.example"}]
)
def test_they_are_made_anew_when_they_would_say_something_else(here: Scene, changed: dict[str, str]) -> None:
    work(here)
    change(here, **changed)
    assert forms(here).any_missing

    with here.workshop.writing() as writing:
        owe_missing_forms(writing, by=here.raiser)
    work(here)

    assert not forms(here).any_missing
    assert len(owed(here)) == 2


def test_a_board_that_adopts_another_policy_gets_the_forms_of_that_one(here: Scene) -> None:
    work(here)
    other = next(policy for policy in here.shelf if policy.id == "berkshire")

    change(here, policy_key=other.key)
    with here.workshop.writing() as writing:
        owe_missing_forms(writing, by=here.raiser)
    work(here)

    found = forms(here)
    assert found.policy.key == other.key
    assert not found.any_missing


def test_one_that_cannot_be_made_holds_up_no_other_and_is_told_of_in_the_end(here: Scene) -> None:
    def all_but_proformas(kind: str, context: say.Context, layout: None) -> FakeIssued:
        if kind == BLANK_PROFORMA:
            raise DocumentFault("It cannot be printed.")
        return FakeIssued()

    for wait in WAITS:
        work(here, all_but_proformas)
        assert forms(here).fault is None
        here.clock.forward(seconds=wait.total_seconds())
    work(here, all_but_proformas)

    found = forms(here)
    assert found.fault is not None
    assert found.fault.endswith("PROFORMA: It cannot be printed.")
    assert found.proforma.files == ()
    assert all(line.files for route in found.routes for line in route.lines)


def test_two_workers_at_once_keep_one_pair_of_files_each(here: Scene) -> None:
    with here.workshop.writing() as writing:
        (both,) = claim(writing.session, "w1", writing.now, 1, LEASE)
    begun = []

    def while_another_makes_them_all(kind: str, context: say.Context, layout: None) -> FakeIssued:
        if not begun:
            begun.append(kind)
            make_blank_forms(here.workshop, both, fake_issue)
        return FakeIssued(docx=b"the second", pdf=b"the second")

    make_blank_forms(here.workshop, both, while_another_makes_them_all)

    assert len(made(here)) == len(set(made_editions(here)))
    with here.database.reading() as session:
        kept = {file.sha256 for file in session.scalars(select(BlankFormFile))}
    assert kept == {hashlib.sha256(content).hexdigest() for content in (FakeIssued.docx, FakeIssued.pdf)}


def made_editions(here: Scene) -> list[tuple[str, str]]:
    with here.database.reading() as session:
        return [(file.edition, file.format) for file in session.scalars(select(BlankFormFile))]


def test_whoever_waits_for_a_code_does_not_wait_for_forms(here: Scene) -> None:
    here.clock.forward(minutes=1)
    with here.workshop.writing() as writing:
        owe(writing.session, OutboxKind.SIGN_IN_MESSAGE, uuid4(), "code", writing.now)
        (first,) = claim(writing.session, "w1", writing.now, 1, LEASE)

    assert first.kind == "sign_in_message"


def test_a_worker_that_does_not_know_the_policy_says_so(here: Scene) -> None:
    here.shelf = Shelf([])

    work(here)

    assert "does not know the Board’s policy" in str(owed(here)[0].fault)


# --- who gets them ------------------------------------------------------------------------------------------------


def test_a_file_is_given_as_it_was_made_and_named_by_codes(here: Scene) -> None:
    work(here)
    pdf, docx = forms(here).proforma.files

    with here.workshop.reading() as reading:
        name, content = blank_file_for(reading, by=here.raiser, file_id=pdf.id)
        word, _ = blank_file_for(reading, by=here.holder("business_unit"), file_id=docx.id)

    code = invented_board(here.policy).given.code
    assert (name, content) == (f"blank-form-{code}-HULL-2015-PROFORMA.pdf", FakeIssued.pdf)
    assert word == f"blank-form-{code}-HULL-2015-PROFORMA.docx"


def test_another_boards_form_is_not_there(here: Scene) -> None:
    work(here)
    file_id = forms(here).proforma.files[0].id
    other = uuid4()
    with here.database.writing() as session:
        board = Board(
            id=other,
            code="OTH",
            name="Another Board",
            policy_key=here.policy.key,
            telephone="01632 960777",
            email="unit@another.example",
        )
        session.add(board)
        session.flush()
        session.scalars(select(Person).where(Person.id == here.raiser)).one().board_id = other

    with here.workshop.reading() as reading:
        assert blank_file_for(reading, by=here.holder("business_unit"), file_id=file_id)
        for theirs in (file_id, uuid4()):
            with pytest.raises(NotFound):
                blank_file_for(reading, by=here.raiser, file_id=theirs)


# --- what they ask ------------------------------------------------------------------------------------------------

BOARD = Board(
    id=uuid4(),
    code="OAK",
    name="Oakshire Safeguarding Children Partnership",
    policy_key="",
    telephone="01632 960001",
    email="unit@oakshire.example",
)


def asked_on(blank: Blank) -> list[say.BlankQuestion]:
    return [question for section in paper_form(BOARD, blank, TODAY).sections for question in section.questions]


@pytest.mark.parametrize("policy", POLICIES)
def test_every_question_of_the_policy_stands_on_the_form_of_its_stage(policy: Policy) -> None:
    forms_of = {(blank.kind, blank.route_id, blank.stage_id): blank for blank in blanks_of(policy)}
    kinds = {
        Asked.OPENING: BlankKind.CONCERN,
        Asked.ACCOUNT: BlankKind.ACCOUNT,
        Asked.OUTCOME: BlankKind.OUTCOME,
        Asked.STEP_UP: BlankKind.STEP_UP,
    }
    looked_at = 0
    for route in policy.routes:
        for stage in route.stages:
            for group in stage.groups:
                questions = asked_on(forms_of[kinds[group.asked], route.id, stage.id])
                for name in group.questions:
                    question = policy.question(name)
                    found = next(each for each in questions if each.question == question.label)
                    titles = [option.removeprefix("☐ ") for option in found.options]
                    assert titles == [option.title for option in question.options] or question.kind == "yes_no"
                    looked_at += 1
    assert looked_at


@pytest.mark.parametrize("policy", POLICIES)
def test_every_statement_that_must_be_confirmed_stands_on_a_form(policy: Policy) -> None:
    statements = {option for blank in blanks_of(policy) for each in asked_on(blank) for option in each.options}

    gates = {
        f"☐ {gate.statement}"
        for route in policy.routes
        for stage in route.stages
        for gate in stage.gates
        if gate.meeting is None
    }

    first = {stage.id for route in policy.routes for stage in route.stages[:1]}
    of_first = {
        f"☐ {gate.statement}"
        for route in policy.routes
        for stage in route.stages
        for gate in stage.gates
        if gate.before == "entering" and stage.id in first
    }
    assert gates - of_first <= statements


@pytest.mark.requirement("U-56")
@pytest.mark.parametrize("key", [policy.key for policy in shelf()])
def test_the_blank_proforma_asks_for_every_fact_that_the_services_own_states(key: str, sqlite_url: str) -> None:
    with scene(sqlite_url, shelf().get(key)) as here:
        for route in here.policy.routes:
            list(walk_every_way(here, route.id))
        with here.database.reading() as session:
            wanted = select(Document.context).where(Document.kind == "board_proforma")
            real = [say.BoardProforma.model_validate_json(each) for each in session.scalars(wanted)]

    blank = next(blanks_of(here.policy))
    questions = {each.question for each in asked_on(blank)}
    assert real
    assert {fact.name for each in real for fact in each.facts} <= questions
    titles = {
        row[0] for section in paper_form(BOARD, blank, TODAY).sections for table in section.tables for row in table.rows
    }
    assert {line.stage for each in real for line in each.stages} <= titles


@pytest.mark.parametrize("policy", POLICIES)
def test_no_two_forms_share_a_code_or_a_title(policy: Policy) -> None:
    blanks = list(blanks_of(policy))

    assert len({blank.code(BOARD) for blank in blanks}) == len(blanks)
    assert len({blank.title for blank in blanks}) == len(blanks)


def test_a_form_says_whose_it_is_and_to_transcribe_it() -> None:
    for blank in blanks_of(shelf().get("hull@2015")):
        says = paper_form(BOARD, blank, TODAY)

        assert says.heading.board == BOARD.name
        assert "version 2015" in says.heading.policy
        assert any("as soon as you can" in line for line in says.use)


@pytest.mark.requirement("U-56")
@pytest.mark.parametrize("policy", POLICIES)
def test_every_form_is_issued_in_both_formats(policy: Policy) -> None:
    for blank in blanks_of(policy):
        kind = BLANK_PROFORMA if blank.kind is BlankKind.PROFORMA else BLANK_FORM

        files = issue(kind, paper_form(BOARD, blank, TODAY))

        assert (files.docx[:2], files.pdf[:5]) == (b"PK", b"%PDF-")
