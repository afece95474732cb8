"""One agency's copy for the child's file: everything that it may read, for its own people who take part and for nobody else."""

from __future__ import annotations

import json
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from forms_app.db import reads
from forms_app.db.tables import Delivery, Document, OutboxItem, Person, StageRecord, SubjectOfConcern
from forms_app.documents.contexts import FileCopy
from forms_app.domain.answers import Answered, Section, to_json
from forms_app.domain.errors import NotFound
from forms_app.domain.records import FiledOnRecord
from forms_app.services.file_copies import make_file_copy
from forms_app.services.held import held_view, waiting_in
from forms_app.services.looking import escalation_view
from tests.factories.everything import busy, everything
from tests.factories.forms import SUBJECT
from tests.factories.scenes import Scene, scene

CARE, POLICE = ("socialcare", "practitioner"), ("police", "practitioner")


def copied(here: Scene, escalation: UUID, by: UUID) -> UUID:
    with here.workshop.writing() as work:
        return make_file_copy(work, by=by, escalation_id=escalation)


def said_in(here: Scene, document: UUID) -> FileCopy:
    with here.database.reading() as session:
        return FileCopy.model_validate_json(session.get_one(Document, document).context)


def readers(here: Scene, document: UUID) -> set[str]:
    """Everybody of the Board who finds this document."""
    with here.workshop.reading() as work:
        people = work.session.execute(select(Person.id, Person.email)).all()
        return {email for person, email in people if reads.document_for(work.session, document, person) is not None}


@pytest.mark.requirement("S-16", "S-23", "U-41", "U-51")
def test_a_copy_says_every_record_that_the_agency_may_read_and_who_has_put_it_on_file(database_url: str) -> None:
    with scene(database_url, everything()) as here:
        escalation = busy(here)

        copy = said_in(here, copied(here, escalation, here.raiser))

        with here.workshop.reading() as work:
            page = escalation_view(work, by=here.raiser, escalation_id=escalation)
        assert [record.title for record in copy.records] == [f"{each.what}, {each.stage}" for each in page.records]
        assert copy.records[0].sections[0].answers[0].answer == "The referral was closed after one call."
        assert copy.agency == here.agency("school").name
        assert [(line.question, line.answer) for line in copy.filed] == [
            (here.agency("school").name, "Said to be on file on 1 March 2027"),
            (here.agency("socialcare").name, "Not said yet"),
        ]


def test_no_copy_has_a_restricted_note_not_even_for_whoever_wrote_it(database_url: str) -> None:
    with scene(database_url, everything()) as here:
        escalation = busy(here)
        manager = here.at("school", "first_line_manager")
        with here.workshop.reading() as work:
            page = escalation_view(work, by=manager, escalation_id=escalation)
        assert "Restricted note" in {record.what for record in page.records}

        copy = said_in(here, copied(here, escalation, manager))

        assert "Restricted note" not in copy.model_dump_json()


@pytest.mark.requirement("S-23")
def test_only_people_of_that_agency_who_take_part_find_it_and_nobody_is_sent_it(database_url: str) -> None:
    with scene(database_url, everything()) as here:
        escalation = busy(here)

        document = copied(here, escalation, here.raiser)

        domain = "school.inventedshire.example"
        assert readers(here, document) == {f"practitioner@{domain}", f"first.line.manager@{domain}"}
        with here.database.reading() as session:
            assert session.scalars(select(Delivery).where(Delivery.document_id == document)).all() == []
            owed = session.scalars(select(OutboxItem.kind).where(OutboxItem.about_id == document)).all()
        assert owed == ["make_document"]


def test_whoever_leaves_it_or_moves_to_or_from_the_other_side_does_not_find_it(database_url: str) -> None:
    with scene(database_url, everything()) as here:
        escalation = busy(here)
        document = copied(here, escalation, here.raiser)
        manager = here.at("school", "first_line_manager")

        with here.database.writing() as session:
            session.get_one(Person, here.raiser).left_at = here.clock.now
            session.get_one(Person, manager).agency_id = here.agency("socialcare").id
            session.get_one(Person, here.at(*CARE)).agency_id = here.agency("school").id

        assert readers(here, document) == set()


def test_the_two_sides_have_each_their_own(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        escalation, care = here.open().escalation_id, here.at(*CARE)

        own, theirs = copied(here, escalation, here.raiser), copied(here, escalation, care)

        assert own != theirs
        assert (said_in(here, own).agency, said_in(here, theirs).agency) == (
            here.agency("school").name,
            here.agency("socialcare").name,
        )


def test_the_last_copy_is_found_again_until_there_is_something_new_to_say(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        escalation, care = here.open().escalation_id, here.at(*CARE)
        first = copied(here, escalation, here.raiser)

        here.clock.forward(minutes=5)
        assert copied(here, escalation, here.raiser) == first

        here.record(escalation, FiledOnRecord(), by=care)
        second = copied(here, escalation, here.raiser)
        assert second != first
        assert said_in(here, first).filed[1].answer == "Not said yet"

        here.clock.now += timedelta(days=400)
        assert copied(here, escalation, here.raiser) == second, "another day alone is nothing new"


@pytest.mark.parametrize("who", [POLICE, None], ids=["not a party", "nobody"])
def test_nobody_else_can_have_one_made(who: tuple[str, str] | None, database_url: str) -> None:
    with scene(database_url, "hull") as here:
        escalation = here.open().escalation_id

        with pytest.raises(NotFound):
            copied(here, escalation, here.at(*who) if who else uuid4())


SECRET = "14 Tallow Lane"


def test_a_copy_that_tells_a_secret_address_waits_for_two_people_of_that_agency_alone(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        escalation, care = here.open().escalation_id, here.at(*CARE)
        secret = (
            Answered(id="address", question="Address", answer=SECRET),
            Answered(id="protected", question="Must it be kept secret?", answer="Yes", codes=("yes",)),
        )
        told = Section(title="The visit", answers=(Answered(id="said", question="What?", answer=f"Seen at {SECRET}."),))
        with here.database.writing() as session:
            subject = session.scalars(select(SubjectOfConcern)).one()
            subject.answers = to_json((SUBJECT[0].model_copy(update={"answers": (*SUBJECT[0].answers, *secret)}),))
            row = session.scalars(select(StageRecord)).one()
            row.sections = to_json((told,))

        document = copied(here, escalation, here.raiser)

        assert SECRET not in json.dumps([each.answer for each in said_in(here, document).subject])
        with here.workshop.reading() as work:
            owed = work.session.scalars(select(OutboxItem.kind).where(OutboxItem.about_id == document)).all()
            own = [line.document_id for line in waiting_in(work, by=here.raiser, escalation_id=escalation)]
            theirs = [line.document_id for line in waiting_in(work, by=care, escalation_id=escalation)]
            view = held_view(work, by=here.raiser, escalation_id=escalation, document_id=document)
            other = work.session.get_one(Person, care).name
            with pytest.raises(NotFound):
                held_view(work, by=care, escalation_id=escalation, document_id=document)
        assert view.prepares
        assert not [who for who in view.ask if other in who]
        assert (list(owed), document in own, document in theirs) == ([], True, False)
        assert copied(here, escalation, here.raiser) == document, "it is found again while it waits"
