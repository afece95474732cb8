"""What a party does is recorded, noted and owed together, once, and by nobody who may not; or nothing of it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import selectinload

from forms_app.commands.invented import invented_boards
from forms_app.db.tables import (
    AuditEntry,
    Delivery,
    Document,
    Draft,
    Escalation,
    Notification,
    OutboxItem,
    Party,
    StageRecord,
)
from forms_app.domain.answers import from_json
from forms_app.domain.errors import CalendarEnds, ChangedMeanwhile, DomainError, NotAllowedNow, NotFound
from forms_app.domain.escalation import Open, Resolved
from forms_app.domain.filing import Filed, NamedParty, Seen
from forms_app.domain.policy import RELEASED, DocumentKind, Event, Side
from forms_app.domain.records import Account, ConcernedAgency, Outcome, StepUp
from forms_app.policies.bank_holidays import LAST
from forms_app.services import escalations
from forms_app.services.boards import leave, set_up_board
from forms_app.services.drafts import drafted, save_page
from forms_app.services.escalations import REFERENCE_LETTERS
from tests.factories.acts import ACTS, Act
from tests.factories.breaking import Broken, breaking
from tests.factories.forms import SECTIONS, written
from tests.factories.policies import notice, notices, policy, route, stage
from tests.factories.scenes import Scene, scene

EVERY_ACT = [pytest.param(act, id=name) for name, act in ACTS.items()]


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as made:
        yield made


def difference(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    return {name: count - before[name] for name, count in after.items() if count != before[name]}


def refused(here: Scene, doing: Callable[[], Any]) -> DomainError:
    """The refusal, once it is sure that nothing of it was recorded."""
    before = here.count()
    with pytest.raises(DomainError) as found:
        doing()
    assert here.count() == before
    return found.value


# --- what is written together ---


@pytest.mark.requirement("B-30", "B-31")
@pytest.mark.parametrize("act", EVERY_ACT)
def test_an_act_leaves_its_record_its_audit_entries_and_all_that_is_owed(here: Scene, act: Act) -> None:
    doing = act.prepare(here, key := uuid4())
    before = here.count()
    here.clock.forward(minutes=5)

    filed = doing()

    with here.database.reading() as session:
        record = session.get_one(StageRecord, filed.record_id)
        by = here.at(*act.by)
        assert (record.kind, record.person_id, record.form_key) == (act.kind, by, key)
        assert (record.entered_at, record.happened_on) == (here.clock.now, here.today)
        assert from_json(record.sections) == SECTIONS
        documents = session.scalars(select(Document).where(Document.record_id == record.id)).all()
        deliveries = [
            session.scalars(select(Delivery).where(Delivery.document_id == each.id)).all() for each in documents
        ]
        owed = {each.kind: len(to) for each, to in zip(documents, deliveries, strict=True)}
        assert owed == act.documents
        items = session.scalars(select(OutboxItem).where(OutboxItem.about_id.in_([each.id for each in documents])))
        assert {item.kind for item in items} == {"make_document"}
        told = session.scalars(select(Notification).where(Notification.owed_at == here.clock.now)).all()
        entries = session.scalars(select(AuditEntry).where(AuditEntry.at == here.clock.now)).all()
        noted = Counter(entry.action for entry in entries)
        held = sum(each.kind in RELEASED for each in documents)
        assert {each.kind for each in told} == ({"release_waits"} if held else set())
        assert noted == Counter({f"{act.kind}_recorded": 1, "document_owed": len(documents), "document_held": held})
        assert {entry.escalation_id for entry in entries} == {filed.escalation_id}
        assert {entry.person_id for entry in entries if not entry.action.startswith("document_")} == {by}
    added = difference(before, here.count())
    wanted = {
        "documents": len(owed),
        # Whoever joins later is also sent the account with which it began.
        "deliveries": sum(owed.values()) + (0 if act.kind == "concern" else added.get("parties", 0)),
        # Whoever can act on what is held is told. And while it is open, a look when nothing has been recorded for too long.
        "outbox": len(owed) - held + len(told) + isinstance(here.standing(filed.escalation_id), Open),
        "audit_entries": len(owed) + held + 1,
    }
    assert {name: added[name] for name in wanted} == wanted
    assert added["stage_records"] == 1


def test_a_new_escalation_has_its_subject_apart_and_its_raiser_first(here: Scene) -> None:
    filed = here.open()

    with here.database.reading() as session:
        escalation = session.scalars(
            select(Escalation).options(selectinload(Escalation.parties), selectinload(Escalation.subject))
        ).one()
        assert escalation.id == filed.escalation_id
        assert escalation.policy_key == here.policy.key
        assert "Ottilie Marchbank" in escalation.subject.answers
        first, second = escalation.parties
        assert (first.person_id, first.side, first.level, first.is_raiser) == (
            here.raiser,
            "raising",
            "practitioner",
            True,
        )
        assert (second.side, second.is_raiser) == ("responding", False)


def test_a_reference_says_which_board_and_nothing_else(here: Scene) -> None:
    for _ in range(3):
        here.open()

    with here.database.reading() as session:
        references = session.scalars(select(Escalation.reference)).all()
    assert len(set(references)) == 3
    for reference in references:
        board, _, rest = reference.partition("-")
        assert (board, len(rest), set(rest) - set(REFERENCE_LETTERS)) == ("INV", 7, set())


def test_a_draft_is_gone_when_its_form_was_sent_and_other_drafts_are_not(here: Scene) -> None:
    with here.workshop.writing() as work:
        sent = drafted(work, by=here.raiser, about="new", form="opening")
        kept = drafted(work, by=here.at("socialcare", "practitioner"), about="new", form="opening")

    here.open(form_key=sent.id)

    with here.database.reading() as session:
        assert session.scalars(select(Draft.id)).all() == [kept.id]


def test_the_policy_it_began_under_stays_when_the_board_adopts_another(here: Scene) -> None:
    from forms_app.db.tables import Board

    filed = here.open()
    with here.database.writing() as session:
        session.scalars(select(Board)).one().policy_key = "berkshire@2017-04"

    here.step_up(filed.escalation_id, by=here.raiser)

    now = here.standing(filed.escalation_id)
    assert isinstance(now, Open)
    assert now.visit.stage.id == "stage_two"


# --- or nothing at all ---


@pytest.mark.parametrize("act", EVERY_ACT)
def test_a_failure_at_any_statement_leaves_nothing(here: Scene, act: Act) -> None:
    doing = act.prepare(here, uuid4())
    before, statement = here.count(), 0

    while True:
        statement += 1
        with breaking(here.database, statement) as hit:
            try:
                filed = doing()
            except Broken:
                assert here.count() == before, f"after statement {statement}"
                continue
        break

    assert not hit
    assert statement > 5
    assert difference(before, here.count())["stage_records"] == 1
    assert here.documents(filed.record_id)


@pytest.mark.parametrize("act", EVERY_ACT)
def test_a_failure_at_the_commit_leaves_nothing(here: Scene, act: Act) -> None:
    doing = act.prepare(here, uuid4())
    before = here.count()

    def fail(connection: Any) -> None:
        raise Broken

    event.listen(here.database.engine, "commit", fail)
    try:
        with pytest.raises(Broken):
            doing()
    finally:
        event.remove(here.database.engine, "commit", fail)

    assert here.count() == before


def test_a_document_that_cannot_be_filled_leaves_nothing_of_the_act(database_url: str) -> None:
    # Past the checks that refuse such a rule.
    poisoned = notice(Event.RESOLVED, DocumentKind.WRITTEN_CONFIRMATION).model_copy(update={"on": Event.OPENED})
    under = policy(route(stage("one"), stage("two"))).model_copy(update={"notices": (*notices(), poisoned)})

    with scene(database_url, under) as here:
        before = here.count()
        with pytest.raises(AssertionError, match="only what is resolved is confirmed"):
            here.open()
        assert here.count() == before


def test_a_calendar_that_ends_refuses_the_act_with_a_sentence(database_url: str) -> None:
    with scene(database_url, "four-lscb") as here:
        here.clock.strike(LAST.year, LAST.month, LAST.day)

        assert isinstance(refused(here, here.open), CalendarEnds)


# --- who may ---


def test_a_person_who_left_can_neither_open_nor_act_nor_be_named(here: Scene) -> None:
    filed = here.open()
    other = here.at("socialcare", "practitioner")
    with here.workshop.writing() as work:
        leave(work, "practitioner@school.inventedshire.example")
        leave(work, "practitioner@socialcare.inventedshire.example")

    seen = Seen("ladder", "stage_one")
    assert isinstance(refused(here, here.open), NotFound)
    assert isinstance(refused(here, lambda: here.account(filed.escalation_id, by=other, seen=seen)), NotFound)
    colleague = here.at("school", "colleague")
    named = (NamedParty(other, Side.RESPONDING, "practitioner"),)
    assert isinstance(refused(here, lambda: here.open(by=colleague, people=named)), NotFound)


@pytest.mark.parametrize(
    "who", [("school", "first_line_manager"), ("police", "practitioner"), ("board", "unit"), ("board", "chair")]
)
def test_who_is_not_a_party_finds_nothing(here: Scene, who: tuple[str, str]) -> None:
    escalation = here.open().escalation_id

    found = refused(here, lambda: here.account(escalation, by=here.at(*who)))
    unknown = refused(here, lambda: here.account(uuid4(), by=here.raiser, seen=Seen("ladder", "stage_one")))

    assert isinstance(found, NotFound)
    assert str(found) == str(unknown), "no hint that it exists"


def test_somebody_of_another_board_finds_nothing_and_cannot_be_named(here: Scene) -> None:
    escalation = here.open().escalation_id
    another = next(board.given for board in invented_boards(here.shelf) if board.given.policy == here.policy.key)
    with here.workshop.writing() as work:
        others = set_up_board(work, another)
    stranger = others["practitioner@socialcare.humberwick.example"]

    assert isinstance(refused(here, lambda: here.account(escalation, by=stranger)), NotFound)
    named = (NamedParty(stranger, Side.RESPONDING, "practitioner"),)
    assert isinstance(refused(here, lambda: here.open(people=named)), NotFound)
    assert isinstance(refused(here, lambda: here.step_up(escalation, people=named)), NotFound)


def test_an_agency_of_another_board_cannot_be_disagreed_with(here: Scene) -> None:
    concern = here.concern("ladder", here.named(here.policy.main.stages[0], opening=True))
    strange = concern.facts.model_copy(update={"agencies": (ConcernedAgency(id=uuid4(), name="Elsewhere"),)})

    def open_it() -> Filed:
        with here.workshop.writing() as work:
            return escalations.open_escalation(work, by=here.raiser, concern=replaced(concern, facts=strange))

    assert isinstance(refused(here, open_it), NotFound)


def replaced(value: Any, **changed: Any) -> Any:
    from dataclasses import replace

    return replace(value, **changed)


# --- the order ---


@pytest.mark.parametrize("name", ["account", "outcome", "step up"])
def test_who_began_at_a_stage_that_it_has_left_is_told_so(here: Scene, name: str) -> None:
    escalation = here.open().escalation_id
    began = here.seen(escalation)
    here.step_up(escalation)
    doing = {
        "account": lambda: here.account(escalation, by=here.raiser, seen=began),
        "outcome": lambda: here.outcome(escalation, by=here.raiser, seen=began),
        "step up": lambda: here.step_up(escalation, by=here.raiser, seen=began),
    }[name]

    found = refused(here, doing)

    assert isinstance(found, ChangedMeanwhile)
    assert str(found) == "This escalation has moved on since you began. Your text is kept; nothing was sent."


def test_after_it_was_resolved_nothing_can_be_added(here: Scene) -> None:
    escalation = here.open().escalation_id
    proposed = here.outcome(escalation, by=here.raiser).record_id
    here.answer(escalation, by=here.at("socialcare", "practitioner"), to=proposed)
    assert isinstance(here.standing(escalation), Resolved)

    assert isinstance(refused(here, lambda: here.account(escalation, by=here.raiser)), ChangedMeanwhile)
    assert isinstance(refused(here, lambda: here.outcome(escalation, by=here.raiser)), ChangedMeanwhile)


def test_an_answer_to_an_outcome_that_was_replaced_is_refused(here: Scene) -> None:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    first = here.outcome(escalation, by=other).record_id
    here.outcome(escalation, by=other, outcome="agreed_in_part")

    found = refused(here, lambda: here.answer(escalation, by=here.raiser, to=first))

    assert isinstance(found, ChangedMeanwhile)


def test_what_the_policy_does_not_let_this_person_do_is_refused(here: Scene) -> None:
    escalation, other = here.open().escalation_id, here.at("socialcare", "practitioner")
    proposed = here.outcome(escalation, by=other).record_id

    for doing in (
        lambda: here.step_up(escalation, by=other),
        lambda: here.answer(escalation, by=other, to=proposed),
        lambda: here.outcome(escalation, by=other, outcome="decided"),
        lambda: here.outcome(escalation, by=other, outcome="of_no_policy"),
    ):
        assert isinstance(refused(here, doing), NotAllowedNow)


def test_there_is_nothing_to_answer_before_an_outcome(here: Scene) -> None:
    escalation = here.open().escalation_id

    assert isinstance(refused(here, lambda: here.answer(escalation, by=here.raiser, to=uuid4())), NotAllowedNow)


@pytest.mark.requirement("U-28")
def test_where_the_policy_asks_for_a_review_date_an_outcome_without_one_is_refused(here: Scene) -> None:
    escalation = here.open().escalation_id

    found = refused(here, lambda: here.outcome(escalation, by=here.raiser, review_on=None))

    assert str(found) == "The policy asks for a review date."


def test_a_stage_cannot_be_passed_over(here: Scene) -> None:
    escalation = here.open().escalation_id
    third = here.policy.stage("ladder", "stage_three")

    def leap(step: StepUp) -> Filed:
        with here.workshop.writing() as work:
            return escalations.record(
                work,
                by=here.raiser,
                escalation_id=escalation,
                seen=Seen("ladder", "stage_one"),
                facts=step,
                people=here.named(third),
                written=written(here.today),
            )

    for step in (StepUp(route="ladder", stage="stage_three"), StepUp(route=None, stage=None)):
        assert isinstance(refused(here, lambda step=step: leap(step)), NotAllowedNow)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"route": "of no policy"}, "The policy has no such route."),
        ({"subject_kind": "adult"}, "The policy does not cover this subject."),
    ],
)
def test_what_the_policy_does_not_name_cannot_be_opened(here: Scene, changed: dict[str, Any], said: str) -> None:
    concern = here.concern("ladder", here.named(here.policy.main.stages[0], opening=True))

    assert str(refused(here, lambda: opened(here, replaced(concern, **changed)))) == said


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"category": "of no policy"}, "The policy does not name this reason."),
        ({"agencies": ()}, "Name the agency that you disagree with."),
    ],
)
def test_a_concern_that_does_not_fit_the_policy_is_refused(here: Scene, changed: dict[str, Any], said: str) -> None:
    concern = here.concern("ladder", here.named(here.policy.main.stages[0], opening=True))
    facts = concern.facts.model_copy(update=changed)

    assert str(refused(here, lambda: opened(here, replaced(concern, facts=facts)))) == said


def opened(here: Scene, concern: Any) -> Filed:
    with here.workshop.writing() as work:
        return escalations.open_escalation(work, by=here.raiser, concern=concern)


# --- who stands where ---


@pytest.mark.requirement("B-10", "H-03")
def test_a_disagreement_inside_an_agency_is_refused_with_where_to_go(here: Scene) -> None:
    here.responding = ("school",)

    found = refused(here, here.open)

    assert str(found) == here.policy.internal.signpost


@pytest.mark.requirement("S-05")
def test_a_disagreement_inside_an_agency_is_taken_where_the_policy_permits_it(database_url: str) -> None:
    with scene(database_url, "west-sussex") as here:
        here.responding = ("school",)
        named = (NamedParty(here.at("school", "colleague"), Side.RESPONDING, "practitioner"),)

        escalation = here.open(people=named).escalation_id

        assert {(place.side, place.person) for place in here.places(escalation)} == {
            (Side.RAISING, here.raiser),
            (Side.RESPONDING, here.at("school", "colleague")),
        }


@pytest.mark.parametrize(
    ("side", "who"),
    [
        (Side.RESPONDING, ("school", "colleague")),
        (Side.RESPONDING, ("police", "practitioner")),
        (Side.RESPONDING, ("board", "chair")),
        (Side.RAISING, ("socialcare", "colleague")),
        (Side.RAISING, ("board", "unit")),
        (Side.BOARD, ("school", "board_member")),
        (Side.BOARD, ("socialcare", "board_member")),
    ],
)
def test_nobody_joins_on_a_side_where_their_agency_does_not_stand(
    here: Scene, side: Side, who: tuple[str, str]
) -> None:
    needed = here.named(here.policy.main.stages[0], opening=True)
    wrong = NamedParty(here.at(*who), side, "practitioner")

    assert isinstance(refused(here, lambda: here.open(people=(*needed, wrong))), NotAllowedNow)
    escalation = here.open().escalation_id
    more = here.named(here.policy.main.stages[1])
    assert isinstance(refused(here, lambda: here.step_up(escalation, people=(*more, wrong))), NotAllowedNow)


@pytest.mark.requirement("B-26")
def test_the_member_who_chairs_is_of_an_agency_that_is_not_involved(database_url: str) -> None:
    with scene(database_url, "berkshire") as here:
        escalation = here.open().escalation_id
        for _ in range(3):
            here.step_up(escalation)
        last = here.policy.main.stages[-1]
        others = tuple(party for party in here.named(last) if party.side is not Side.BOARD)

        for agency in ("school", "socialcare"):
            involved = NamedParty(here.at(agency, "board_member"), Side.BOARD, "board_member")
            found = refused(here, lambda involved=involved: here.step_up(escalation, people=(*others, involved)))
            assert isinstance(found, NotAllowedNow)
        here.step_up(escalation)

        assert here.stage(escalation).id == "board_meeting"


def test_a_person_who_is_needed_and_not_named_is_asked_for_in_a_sentence(here: Scene) -> None:
    found = refused(here, lambda: here.open(people=()))
    assert str(found) == f"Name who acts at this stage as: {here.policy.level_title('practitioner')}."

    escalation = here.open().escalation_id
    for missing in here.named(here.policy.main.stages[1]):
        rest = tuple(party for party in here.named(here.policy.main.stages[1]) if party != missing)
        found = refused(here, lambda rest=rest: here.step_up(escalation, people=rest))
        assert str(found) == f"Name who acts at this stage as: {here.policy.level_title(missing.level)}."


def test_one_person_cannot_stand_on_two_sides(database_url: str) -> None:
    with scene(database_url, "west-sussex") as here:
        here.responding = ("school",)
        both = NamedParty(here.raiser, Side.RESPONDING, "practitioner")
        found = refused(here, lambda: here.open(people=(both,)))
        assert str(found) == "Somebody was named on two sides. Each person stands on one."

        colleague = NamedParty(here.at("school", "colleague"), Side.RESPONDING, "practitioner")
        escalation = here.open(people=(colleague,)).escalation_id
        raising = NamedParty(here.at("school", "first_line_manager"), Side.RAISING, "first_line_manager")
        turncoat = NamedParty(raising.person_id, Side.RESPONDING, "first_line_manager")
        for named in ((raising, turncoat), (raising, NamedParty(here.raiser, Side.RESPONDING, "first_line_manager"))):
            found = refused(here, lambda named=named: here.step_up(escalation, people=named))
            assert str(found) == "Somebody was named on two sides. Each person stands on one."


def test_one_person_may_act_at_two_levels_of_a_small_agency(here: Scene) -> None:
    escalation = here.open().escalation_id
    manager = here.at("school", "first_line_manager")
    named = [party for party in here.named(here.policy.main.stages[1]) if party.side is Side.RESPONDING]
    named += [
        NamedParty(manager, Side.RAISING, "safeguarding_lead"),
        NamedParty(manager, Side.RAISING, "first_line_manager"),
    ]

    here.step_up(escalation, people=named)

    assert Counter(place.person for place in here.places(escalation))[manager] == 1


@pytest.mark.requirement("U-25")
def test_every_agency_that_is_disagreed_with_has_somebody_who_acts_for_it(here: Scene) -> None:
    here.responding = ("socialcare", "police")
    named = here.named(here.policy.main.stages[0], opening=True)
    only_one = tuple(party for party in named if party.person_id != here.at("police", "practitioner"))

    found = refused(here, lambda: here.open(people=only_one))
    assert str(found) == "Name who acts at this stage for Inventedshire Police as: Practitioner."

    escalation = here.open(people=named).escalation_id
    assert len(here.places(escalation)) == 3


def test_who_is_named_again_at_the_next_stage_joins_once(database_url: str) -> None:
    with scene(database_url, "west-sussex") as here:
        escalation = here.open().escalation_id
        for _ in range(5):
            here.step_up(escalation)

        people = [place.person for place in here.places(escalation)]

        assert here.stage(escalation).id == "secretary_of_state"
        assert len(people) == len(set(people))


# --- once ---


@pytest.mark.parametrize("act", EVERY_ACT)
def test_a_form_that_is_sent_twice_gives_the_same_receipt_and_one_record(here: Scene, act: Act) -> None:
    doing = act.prepare(here, uuid4())
    first = doing()
    before = here.count()

    second = doing() if act.kind == "concern" else again(here, doing)

    assert second == first
    assert here.count() == before


def again(here: Scene, doing: Callable[[], Filed]) -> Filed:
    here.clock.forward(minutes=1)
    return doing()


@pytest.mark.parametrize("with_draft", [True, False], ids=["with its draft", "without a draft"])
@pytest.mark.parametrize("name", ["open", "account", "step up"])
def test_a_form_that_is_sent_twice_at_once_is_recorded_once(here: Scene, name: str, with_draft: bool) -> None:
    key = uuid4()
    act = ACTS[name]
    if with_draft:
        with here.workshop.writing() as work:
            key = save_page(work, by=here.at(*act.by), about="new", form="opening", page="one", pairs=[["a", "b"]]).id
    doing, together = act.prepare(here, key), Barrier(4)
    before = here.count()

    def send(_: int) -> Filed:
        together.wait(timeout=30)
        return doing()

    with ThreadPoolExecutor(4) as pool:
        receipts = list(pool.map(send, range(4)))

    assert len(set(receipts)) == 1
    added = difference(before, here.count())
    assert (added["stage_records"], added["documents"]) == (1, len(act.documents))


def test_the_key_of_somebody_elses_form_gives_no_receipt(here: Scene) -> None:
    key = uuid4()
    escalation = here.open(form_key=key).escalation_id
    other = here.at("socialcare", "practitioner")

    with here.workshop.reading() as work:
        assert escalations.filed_before(work, by=other, form_key=key) is None
    before = here.count()
    with pytest.raises(IntegrityError):
        here.account(escalation, by=other, form_key=key)
    assert here.count() == before


# --- corrections ---


@pytest.mark.requirement("U-12")
def test_a_correction_is_another_record_that_names_the_first_and_says_why(here: Scene) -> None:
    escalation = here.open().escalation_id
    first = here.account(escalation, by=here.raiser).record_id

    second = here.account(escalation, by=here.raiser, corrects=first, reason="The visit was on Tuesday.").record_id

    with here.database.reading() as session:
        rows = {row.id: row for row in session.scalars(select(StageRecord))}
        assert '"reason":"The visit was on Tuesday."' in rows[second].facts
        assert str(first) in rows[second].facts
        assert str(second) not in rows[first].facts
        assert rows[first].entered_at <= rows[second].entered_at


def test_only_ones_own_latest_account_of_this_stage_can_be_corrected(here: Scene) -> None:
    opening = here.open()
    escalation, other = opening.escalation_id, here.at("socialcare", "practitioner")
    first = here.account(escalation, by=here.raiser).record_id
    theirs = here.account(escalation, by=other).record_id
    here.account(escalation, by=here.raiser, corrects=first, reason="The visit was on Tuesday.")

    for wrong in (opening.record_id, theirs, first, uuid4()):
        found = refused(
            here, lambda wrong=wrong: here.account(escalation, by=here.raiser, corrects=wrong, reason="A slip.")
        )
        assert isinstance(found, NotAllowedNow)
        assert str(found) == "Only your own account at this stage can be corrected, and only its latest version."


def test_a_correction_without_a_reason_is_refused(here: Scene) -> None:
    escalation = here.open().escalation_id
    first = here.account(escalation, by=here.raiser).record_id

    for reason in ("", "  "):
        found = refused(
            here, lambda reason=reason: here.account(escalation, by=here.raiser, corrects=first, reason=reason)
        )
        assert str(found) == "Say why the account is corrected."


# --- what happened, and when it was written down ---


@pytest.mark.requirement("S-16")
def test_the_day_it_happened_and_the_moment_it_was_entered_are_kept_apart(here: Scene) -> None:
    escalation = here.open().escalation_id
    with here.workshop.writing() as work:
        filed = escalations.record(
            work,
            by=here.raiser,
            escalation_id=escalation,
            seen=Seen("ladder", "stage_one"),
            facts=Account(),
            written=written(date(2027, 2, 26)),
        )

    with here.database.reading() as session:
        record = session.get_one(StageRecord, filed.record_id)
        assert (record.happened_on, record.entered_at) == (date(2027, 2, 26), here.clock.now)


@pytest.mark.requirement("U-25")
def test_where_every_agency_agreed_it_is_resolved_and_not_before(here: Scene) -> None:
    here.responding = ("socialcare", "police")
    escalation = here.open().escalation_id
    proposed = here.outcome(escalation, by=here.raiser).record_id

    first = here.answer(escalation, by=here.at("socialcare", "practitioner"), to=proposed)
    assert set(here.told(first.record_id)) == {"stage_record"}
    last = here.answer(escalation, by=here.at("police", "practitioner"), to=proposed)

    assert set(here.told(last.record_id)) == {"written_confirmation", "acknowledgement_sheet"}
    now = here.standing(escalation)
    assert isinstance(now, Resolved)
    assert isinstance(now.outcome, Outcome)


def test_who_joins_is_written_down_with_their_agency_of_that_day(here: Scene) -> None:
    escalation = here.open().escalation_id
    here.clock.forward(hours=3)
    here.step_up(escalation)

    with here.database.reading() as session:
        rows = session.scalars(select(Party).order_by(Party.number)).all()
        assert [row.number for row in rows] == [1, 2, 3, 4]
        assert rows[0].joined_at == rows[1].joined_at == here.clock.now - timedelta(hours=3)
        assert rows[2].joined_at == rows[3].joined_at == here.clock.now
        assert isinstance(rows[2].agency_id, UUID)
