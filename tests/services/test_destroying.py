"""Destroying what was kept long enough: nobody is surprised, two people agree, and afterwards nothing of it is left."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import LargeBinary, select, type_coerce

from forms_app.db import auditing, outbox
from forms_app.db.outbox import Claim, OutboxKind
from forms_app.db.tables import (
    AuditEntry,
    Base,
    DestructionItem,
    Document,
    Escalation,
    Interest,
    Notification,
    Person,
    SignInCode,
    SignInSession,
)
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.retention import CountedFrom, HoldReason, RecordClass, Rule
from forms_app.services import destroying, keeping
from forms_app.services.destroying import confirm, destroy_listed, list_view, propose, withdraw
from forms_app.services.drafts import save_page
from forms_app.services.keeping import keeping_view, lift_hold, look_after_records, place_hold, set_rule
from tests.factories.releases import release_everything
from tests.factories.scenes import Scene, latest, scene

SIX_YEARS = Rule(CountedFrom.LAST_RECORD, 6, 30)


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Scene]:
    with scene(sqlite_url, latest("hull")) as made:
        yield made


@pytest.fixture
def on_both(database_url: str) -> Iterator[Scene]:
    """For what the databases do, and not what is decided before they are asked."""
    with scene(database_url, latest("hull")) as made:
        yield made


def ended(here: Scene) -> UUID:
    """An escalation that is settled, with its documents owed to its parties."""
    escalation = here.open(everybody=True).escalation_id
    by = here.stepper(escalation)
    to = here.outcome(escalation, by=by).record_id
    for place in here.places(escalation):
        if place.side != next(each.side for each in here.places(escalation) if each.person == by):
            here.answer(escalation, by=place.person, to=to)
            break
    return escalation


def unit(here: Scene) -> UUID:
    return here.holder("business_unit")


def chair(here: Scene) -> UUID:
    return here.holder("chair")


def keeps_for(here: Scene, rule: Rule) -> None:
    with here.workshop.writing() as work:
        set_rule(work, by=unit(here), of=RecordClass.ESCALATION, rule=rule)


def look(here: Scene) -> None:
    """The worker's look of one day."""
    with here.workshop.writing() as work:
        board = work.session.scalars(select(Escalation.board_id)).first()
        assert board is not None
        outbox.owe(
            work.session, OutboxKind.LOOK_AFTER_RECORDS, board, f"{OutboxKind.LOOK_AFTER_RECORDS}:{board}", work.now
        )
        outbox.owe_again(work.session, OutboxKind.LOOK_AFTER_RECORDS, [board], work.now)
    look_after_records(here.workshop, claimed(here, OutboxKind.LOOK_AFTER_RECORDS))


def claimed(here: Scene, kind: OutboxKind) -> Claim:
    with here.workshop.writing() as work:
        found = outbox.claim(work.session, "worker", work.now, 1000, timedelta(minutes=3))
        for each in found:
            if each.kind != kind:
                outbox.finish(work.session, each.item_id, "worker", work.now)
    return next(each for each in found if each.kind == kind)


def due(here: Scene) -> dict[UUID, bool]:
    """What is near, and whether it may be listed today."""
    with here.workshop.reading() as work:
        return {each.escalation_id: each.is_ready for each in keeping_view(work, by=unit(here)).due}


def time_comes(here: Scene) -> None:
    """Six years pass, and the worker looks; and then the time of the warning."""
    here.clock.forward(days=6 * 366)
    look(here)
    here.clock.forward(days=31)
    look(here)


def listed(here: Scene, *escalations: UUID) -> UUID:
    with here.workshop.writing() as work:
        return propose(work, by=unit(here), escalations=escalations)


def confirmed(here: Scene, *escalations: UUID) -> UUID:
    destruction = listed(here, *escalations)
    with here.workshop.writing() as work:
        confirm(work, by=chair(here), destruction_id=destruction)
    return destruction


def work_off(here: Scene) -> None:
    destroy_listed(here.workshop, claimed(here, OutboxKind.DESTROY))


def everything(here: Scene) -> dict[str, list[Any]]:
    """Every value of every table as it is stored."""
    with here.workshop.reading() as work:
        return {
            table.name: [
                tuple(row)
                for row in work.session.execute(
                    select(
                        *(
                            type_coerce(each, LargeBinary) if "Sealed" in type(each.type).__name__ else each
                            for each in table.c
                        )
                    )
                )
            ]
            for table in Base.metadata.sorted_tables
        }


def ids_of(here: Scene, escalation: UUID) -> set[UUID]:
    """The ids of everything that belongs to an escalation."""
    found = everything(here)
    ids = {escalation}
    names = {table.name: [column.name for column in table.c] for table in Base.metadata.sorted_tables}
    for _ in range(5):
        for table, rows in found.items():
            if table in STAYS or "id" not in names[table]:
                continue
            at = names[table].index("id")
            of = [i for i, name in enumerate(names[table]) if name in OWNED_BY]
            ids |= {row[at] for row in rows if any(row[i] in ids for i in of) and isinstance(row[at], UUID)}
    return ids


OWNED_BY = {"escalation_id", "document_id", "delivery_id", "release_id"}
STAYS = {
    "audit_entries",
    "destruction_items",
    "destructions",
    "trail_head",
    *(f"register_{what}" for what in ("entries", "agencies", "stays")),
}
"""What names an escalation by its id after it is gone: the trail, the list on which it stood, and what the numbers count of it."""


# --- before ------------------------------------------------------------------------------------------------------


def test_without_a_rule_everything_is_kept_for_ever(here: Scene) -> None:
    ended(here)

    here.clock.forward(days=40_000 // 20)
    look(here)

    assert due(here) == {}


def test_what_goes_on_is_never_due(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    here.open()

    time_comes(here)

    assert due(here) == {}


def test_people_are_warned_and_nothing_is_listed_before_their_time_is_over(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    here.clock.forward(days=6 * 366)
    look(here)

    assert due(here) == {escalation: False}
    with pytest.raises(NotAllowedNow):
        listed(here, escalation)
    with here.workshop.reading() as work:
        told = work.session.scalars(select(Notification).where(Notification.kind == "destruction_near")).all()
        assert unit(here) in {each.person_id for each in told}
        assert len(told) > 1, "and the leads of the agencies that take part"
        near = keeping.what_is_near(
            work, keeping.person_who_may(work, unit(here), keeping.May.SEE_KEEPING), since=told[0].owed_at
        )
        assert near is not None
        assert len(near.references) == 1
    here.clock.forward(days=31)
    assert due(here) == {escalation: True}


def test_another_rule_warns_anew(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    assert due(here) == {escalation: True}

    keeps_for(here, Rule(CountedFrom.ENDED, 3, 60))
    look(here)

    assert due(here) == {escalation: False}


def test_what_is_recorded_after_the_warning_takes_it_back(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    with here.workshop.writing() as work:
        row = work.session.get_one(Escalation, escalation)
        records = keeping.rows.escalation_to_weigh(work.session, escalation)
        assert records is not None
        records.records[-1].entered_at = work.now
        assert row is not None
    look(here)

    assert due(here) == {}


# --- two people ----------------------------------------------------------------------------------------------------


def test_whoever_made_the_list_cannot_confirm_it(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    destruction = listed(here, escalation)

    with here.workshop.writing() as work, pytest.raises(NotAllowedNow, match="Somebody else"):
        confirm(work, by=unit(here), destruction_id=destruction)

    with here.workshop.reading() as work:
        assert work.session.get(Escalation, escalation) is not None
        assert not outbox.is_owed(work.session, OutboxKind.DESTROY, destruction)


def test_whoever_has_an_interest_in_one_of_them_cannot_confirm_the_list(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    destruction = listed(here, escalation)
    with here.workshop.writing() as work:
        work.session.add(Interest(escalation_id=escalation, person_id=chair(here), declared_at=work.now))

    with here.workshop.writing() as work, pytest.raises(NotAllowedNow, match="a part or an interest"):
        confirm(work, by=chair(here), destruction_id=destruction)


def test_nobody_but_the_office_of_the_board_sees_or_does_any_of_it(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    destruction = listed(here, escalation)

    with here.workshop.writing() as work:
        for act in (
            lambda: keeping_view(work, by=here.raiser),
            lambda: set_rule(work, by=chair(here), of=RecordClass.ESCALATION, rule=SIX_YEARS),
            lambda: propose(work, by=chair(here), escalations=[escalation]),
            lambda: place_hold(work, by=chair(here), reference="X", because=HoldReason.COURT, sentence=""),
            lambda: confirm(work, by=here.raiser, destruction_id=destruction),
            lambda: withdraw(work, by=here.raiser, destruction_id=destruction),
            lambda: list_view(work, by=here.raiser, destruction_id=destruction),
        ):
            with pytest.raises(NotFound):
                act()


def test_what_is_decided_stays_decided(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    destruction = listed(here, escalation)
    with here.workshop.writing() as work:
        withdraw(work, by=unit(here), destruction_id=destruction)

    with here.workshop.writing() as work, pytest.raises(ChangedMeanwhile):
        confirm(work, by=chair(here), destruction_id=destruction)

    assert due(here) == {escalation: True}, "and it may stand on another list"


# --- afterwards ----------------------------------------------------------------------------------------------------


def test_afterwards_no_row_of_it_is_left_and_no_other_has_changed(on_both: Scene) -> None:
    here = on_both
    keeps_for(here, SIX_YEARS)
    other = ended(here)
    escalation = ended(here)
    release_everything(here.workshop, escalation)
    with here.workshop.writing() as work:
        work.session.get_one(Escalation, other).beside_id = escalation
        place_hold(
            work, by=unit(here), reference=reference(here, escalation), because=HoldReason.COURT, sentence="Heard"
        )
    with here.workshop.writing() as work:
        lift_hold(work, by=unit(here), hold_id=keeping_view(work, by=unit(here)).holds[0].id)
    time_comes(here)
    with here.workshop.writing() as work:
        save_page(work, by=here.raiser, about=f"{escalation}:x:y:1", form="account", page="one", pairs=[["f", "typed"]])
    gone = ids_of(here, escalation)
    assert len(gone) > 20
    before = everything(here)

    destruction = confirmed(here, escalation)
    work_off(here)

    after = everything(here)
    for table, rows in after.items():
        if table not in STAYS:
            for row in rows:
                named = {str(value) for value in row if value is not None}
                for each in gone:
                    assert not any(str(each) in value or each.hex in value for value in named), (table, row)
    for table in ("stage_records", "document_files", "subjects", "documents", "parties", "attempts"):
        assert set(map(repr, after[table])) <= set(map(repr, before[table])), table
    with here.workshop.reading() as work:
        assert work.session.get_one(Escalation, other).beside_id is None
        view = list_view(work, by=unit(here), destruction_id=destruction)
        item = view.items[0]
        assert view.finished
        assert (item.rows or 0) > 20
        assert item.files is not None
        figures = work.session.scalars(select(DestructionItem.figures)).one()
        assert figures["outcome"]
        assert figures["raised_by"]
        actions = set(work.session.scalars(select(AuditEntry.action).where(AuditEntry.escalation_id == escalation)))
        assert {"escalation_destroyed", "retention_hold_placed"} <= actions, "the trail stays"
        assert auditing.references_by_id(work.session, [escalation]) == {escalation: item.reference}
        board = work.session.get_one(Escalation, other).board_id
        assert auditing.escalation_called(work.session, item.reference, board) == escalation


def reference(here: Scene, escalation: UUID) -> str:
    with here.workshop.reading() as work:
        return work.session.get_one(Escalation, escalation).reference


def test_a_hold_that_comes_after_the_second_person_wins(on_both: Scene) -> None:
    here = on_both
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    destruction = confirmed(here, escalation)
    with here.workshop.writing() as work:
        place_hold(
            work, by=unit(here), reference=reference(here, escalation), because=HoldReason.INQUIRY, sentence="Asked"
        )

    work_off(here)

    with here.workshop.reading() as work:
        assert work.session.get(Escalation, escalation) is not None
        assert (
            "kept. It was put on hold."
            in list_view(work, by=unit(here), destruction_id=destruction).items[0].came_of_it
        )


def test_a_rule_that_changes_after_the_second_person_wins(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    destruction = confirmed(here, escalation)
    keeps_for(here, Rule(CountedFrom.LAST_RECORD, 5, 30))
    look(here)
    here.clock.forward(days=31)
    assert due(here) == {escalation: False}, "it stands on a list"

    with here.workshop.writing() as work:
        outbox.owe_again(work.session, OutboxKind.DESTROY, [destruction], work.now)
    work_off(here)

    with here.workshop.reading() as work:
        assert work.session.get(Escalation, escalation) is not None
        assert (
            list_view(work, by=unit(here), destruction_id=destruction).items[0].came_of_it.startswith("kept. Its time")
        )


def test_a_second_worker_that_comes_late_changes_nothing(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    time_comes(here)
    destruction = confirmed(here, escalation)
    work_off(here)

    with here.workshop.writing() as work:
        item = work.session.scalars(select(DestructionItem)).one()
        destroying._destroy(work, destruction, item.id)

    with here.workshop.reading() as work:
        item = work.session.scalars(select(DestructionItem)).one()
        assert item.left_because is None
        assert item.destroyed_at is not None


def test_killed_in_the_middle_it_is_done_once(here: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    keeps_for(here, SIX_YEARS)
    first, second = ended(here), ended(here)
    time_comes(here)
    destruction = confirmed(here, first, second)
    claim = claimed(here, OutboxKind.DESTROY)
    real, count = destroying._destroy, 0

    def killed(*given: Any) -> None:
        nonlocal count
        count += 1
        if count == 2:
            raise KeyboardInterrupt
        real(*given)

    with monkeypatch.context() as patched:
        patched.setattr(destroying, "_destroy", killed)
        with pytest.raises(KeyboardInterrupt):
            destroy_listed(here.workshop, claim)
    with here.workshop.reading() as work:
        assert len(work.session.scalars(select(Escalation)).all()) == 1
    here.clock.forward(minutes=10)
    work_off(here)

    with here.workshop.reading() as work:
        assert work.session.scalars(select(Escalation)).all() == []
        view = list_view(work, by=unit(here), destruction_id=destruction)
        assert all(each.rows for each in view.items)
        noted = select(AuditEntry.id).where(AuditEntry.action == "escalation_destroyed")
        assert len(work.session.scalars(noted).all()) == 2
        assert view.finished


def test_the_certificate_names_nobody(here: Scene) -> None:
    keeps_for(here, SIX_YEARS)
    escalation = ended(here)
    known_as = reference(here, escalation)
    time_comes(here)
    destruction = confirmed(here, escalation)
    work_off(here)

    with here.workshop.writing() as work:
        name, said = destroying.certificate(work, by=chair(here), destruction_id=destruction)
        names = work.session.scalars(select(Person.name)).all()

    assert name.endswith("-certificate-of-destruction-1.txt")
    assert known_as in said
    assert "6 years, counted from: the day of the last record" in said
    assert len(names) > 10
    assert [each for each in names if each in said] == []


def test_what_somebody_types_about_a_document_goes_with_its_escalation(here: Scene) -> None:
    escalation = ended(here)
    keeps_for(here, SIX_YEARS)
    time_comes(here)
    with here.workshop.writing() as work:
        document = work.session.scalars(select(Document.id).where(Document.escalation_id == escalation)).first()
        save_page(work, by=here.raiser, about=f"document:{document}", form="answer", page="one", pairs=[["f", "typed"]])
    confirmed(here, escalation)
    destroy_listed(here.workshop, claimed(here, OutboxKind.DESTROY))

    assert drafts(here) == []


# --- drafts ------------------------------------------------------------------------------------------------------


def test_a_draft_is_forgotten_after_its_time_and_not_before_its_writer_was_told(here: Scene) -> None:
    with here.workshop.writing() as work:
        save_page(work, by=here.raiser, about="new", form="concern", page="one", pairs=[["f-x", "typed"]])
    here.open()
    here.clock.forward(days=80)
    look(here)
    assert len(drafts(here)) == 1
    with here.workshop.reading() as work:
        told = work.session.scalars(select(Notification).where(Notification.kind == "draft_ends")).all()
        assert [each.person_id for each in told] == [here.raiser]
    here.clock.forward(days=11)
    look(here)
    assert len(drafts(here)) == 1, "the warning is not over"
    here.clock.forward(days=5)
    look(here)

    assert drafts(here) == []


def test_whoever_goes_on_with_a_draft_keeps_it(here: Scene) -> None:
    with here.workshop.writing() as work:
        save_page(work, by=here.raiser, about="new", form="concern", page="one", pairs=[["f-x", "typed"]])
    here.open()
    here.clock.forward(days=80)
    look(here)
    with here.workshop.writing() as work:
        save_page(work, by=here.raiser, about="new", form="concern", page="one", pairs=[["f-x", "more"]])
    here.clock.forward(days=30)
    look(here)

    assert len(drafts(here)) == 1


def drafts(here: Scene) -> list[Any]:
    return everything(here)["drafts"]


# --- what is left of signing in --------------------------------------------------------------------------------------


def test_what_is_left_of_signing_in_goes_after_three_months_and_the_trail_stays(here: Scene) -> None:
    here.open()
    with here.workshop.writing() as work:
        work.session.add(
            SignInCode(
                person_id=here.raiser,
                code_hash="c",
                link_hash="l",
                asked_at=work.now,
                expires_at=work.now + timedelta(minutes=10),
            )
        )
        work.session.add(
            SignInSession(
                token_hash="t", person_id=here.raiser, started_at=work.now, proved_at=work.now, seen_at=work.now
            )
        )
        work.note("signed_in", person=here.raiser)
    here.clock.forward(days=89)
    look(here)
    kept = everything(here)
    here.clock.forward(days=2)
    look(here)
    left = everything(here)

    assert (len(kept["sign_in_codes"]), len(kept["sign_in_sessions"])) == (1, 1)
    assert (left["sign_in_codes"], left["sign_in_sessions"]) == ([], [])
    with here.workshop.reading() as work:
        assert "signed_in" in set(work.session.scalars(select(AuditEntry.action)))
