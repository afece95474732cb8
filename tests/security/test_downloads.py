"""What leaves as one file must never hold: the other side’s copies, restricted notes, another escalation, a name in a calendar."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from forms_app.db.tables import Delivery, Document, Person, StageRecord
from forms_app.domain.answers import Answered, Section, from_json
from forms_app.domain.policy import DEIDENTIFIED_CODES
from forms_app.domain.records import RestrictedNote
from tests.factories.records import add_record
from tests.factories.second_steps import prove_now
from tests.journeys.town import text_of_docx
from tests.security.conftest import City

CANARY = "Ermintrude Featherstonehaugh"
PARTIES = {"raiser": "practitioner@school", "responding": "first.line.manager@socialcare"}
OFFICE = ("unit@board", "chair@board")


def write_restricted_note(city: City) -> None:
    """By the agency that wrote last, as its own people at the policy's levels would."""
    said = (Section(title="The note", answers=(Answered(id="note", question="The note", answer=CANARY),)),)
    with city.town.workshop.writing() as work:
        add_record(work, city.escalation, RestrictedNote(about="competence"), said)


@pytest.fixture(scope="module")
def full(known: City) -> City:
    """Each side has its own copy, one has a restricted note, and the raiser has another escalation."""
    write_restricted_note(known)
    for mailbox in PARTIES.values():
        email = known.person(mailbox)
        known.visitor(email).get(known.path)
        assert known.visitor(email).post(f"{known.path}/file-copy", {}).status_code == 303
    known.begin()
    known.town.deliver()
    return known


def downloaded(city: City, mailbox: str, area: str) -> zipfile.ZipFile:
    email = city.person(mailbox)
    visitor = city.visitor(email)
    prove_now(city.town.workshop.database, email, city.town.clock.now)
    answer = visitor.get(f"/{area}/{city.escalation}/bundle")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.data))


def listed(bundle: zipfile.ZipFile) -> set[UUID]:
    return {UUID(document["id"]) for document in json.loads(bundle.read("manifest.json"))["documents"]}


def texts(bundle: zipfile.ZipFile) -> Iterator[str]:
    yield " ".join(bundle.namelist())
    yield bundle.read("manifest.json").decode()
    yield bundle.read("contents.txt").decode()
    yield from (text_of_docx(bundle.read(name)) for name in bundle.namelist() if name.endswith(".docx"))


def documents(city: City) -> list[Document]:
    with city.town.workshop.reading() as work:
        found = list(work.session.scalars(select(Document)))
        work.session.expunge_all()
        return found


@pytest.mark.parametrize("who", PARTIES)
def test_a_party_gets_what_was_sent_to_them_and_their_own_copy(full: City, who: str) -> None:
    person = UUID(full.id_of(full.person(PARTIES[who])))
    with full.town.workshop.reading() as work:
        agency = work.session.get_one(Person, person).agency_id
        owed = set(work.session.scalars(select(Delivery.document_id).where(Delivery.person_id == person)))
    with downloaded(full, PARTIES[who], "escalations") as bundle:
        in_it = listed(bundle)

    assert in_it == {
        each.id
        for each in documents(full)
        if each.escalation_id == full.escalation and (each.id in owed or each.agency_id == agency)
    }
    kinds = {each.id: each for each in documents(full)}
    copies = [kinds[document].agency_id for document in in_it if kinds[document].kind == "file_copy"]
    assert copies == [agency]


@pytest.mark.parametrize("mailbox", OFFICE)
def test_the_office_gets_nothing_that_names_anybody(full: City, mailbox: str) -> None:
    with downloaded(full, mailbox, "register") as bundle:
        in_it = listed(bundle)

    kinds = {each.id: each for each in documents(full)}
    assert {kinds[document].kind for document in in_it} == {"board_proforma"}
    assert {kinds[document].escalation_id for document in in_it} == {full.escalation}


def test_a_restricted_note_is_in_no_download(full: City) -> None:
    with full.town.workshop.reading() as work:
        assert CANARY in "".join(work.session.scalars(select(StageRecord.sections)))
    for mailbox, area in (*((each, "escalations") for each in PARTIES.values()), (OFFICE[0], "register")):
        with downloaded(full, mailbox, area) as bundle:
            assert not [text for text in texts(bundle) if "Featherstonehaugh" in text], mailbox


def test_no_list_and_no_name_in_a_download_holds_what_identifies_somebody(full: City) -> None:
    with full.town.workshop.reading() as work:
        people = work.session.scalars(select(Person)).all()
        named = [text for person in people for text in (person.name, person.email)]
    for mailbox, area in (*((each, "escalations") for each in PARTIES.values()), (OFFICE[0], "register")):
        with downloaded(full, mailbox, area) as bundle:
            shown = " ".join(list(texts(bundle))[:3])
        assert [text for text in named if text in shown] == [], mailbox


def set_of_documents(city: City) -> zipfile.ZipFile:
    """Everything that the business unit may have of this month, as one file."""
    email = city.person(OFFICE[0])
    visitor = city.visitor(email)
    prove_now(city.town.workshop.database, email, city.town.clock.now)
    month = f"{city.town.clock.now:%Y-%m}"
    visitor.get("/register/downloads")
    wanted = {"first_month": month, "last_month": month, "kinds": list(DEIDENTIFIED_CODES), "formats": ["pdf", "docx"]}
    asked = visitor.post("/register/downloads", {**wanted, "form_key": str(uuid4())})
    assert asked.status_code == 303
    city.town.deliver()
    answer = visitor.get(f"{asked.location}/documents.zip")
    assert answer.status_code == 200
    return zipfile.ZipFile(io.BytesIO(answer.data))


def test_a_set_of_documents_names_nobody_and_has_no_restricted_note(full: City) -> None:
    with full.town.workshop.reading() as work:
        people = work.session.scalars(select(Person)).all()
        named, addresses = [person.name for person in people], [person.email for person in people]
    with set_of_documents(full) as archive:
        names = archive.namelist()
        lists = [" ".join(names), *(archive.read(name).decode() for name in names if name.endswith((".csv", ".txt")))]
        inside = [text_of_docx(archive.read(name)) for name in names if name.endswith(".docx")]

    assert inside
    assert [text for text in (*named, "Featherstonehaugh") for page in (*lists, *inside) if text in page] == []
    assert [text for text in addresses for page in lists if text in page] == [], "a document has the office's own"


def test_a_name_in_a_word_file_of_a_download_would_be_found(full: City) -> None:
    with downloaded(full, PARTIES["raiser"], "escalations") as bundle:
        raiser = full.board.raiser.name
        assert [text for text in texts(bundle) if raiser in text], "the account names who raised it"


def test_a_calendar_names_nobody_and_repeats_nothing_that_anybody_typed(full: City) -> None:
    with full.town.workshop.reading() as work:
        named = [text for person in work.session.scalars(select(Person)) for text in (person.name, person.email)]
        sections = [from_json(each) for each in work.session.scalars(select(StageRecord.sections))]
    typed = [answer.answer for each in sections for section in each for answer in section.answers]
    for mailbox in PARTIES.values():
        answer = full.visitor(full.person(mailbox)).get(f"{full.path}/calendar.ics")
        lines = answer.text.replace("\r\n ", "")
        assert lines.startswith("BEGIN:VCALENDAR")
        assert [text for text in (*named, *typed, CANARY) if len(text) > 3 and text in lines] == [], mailbox
