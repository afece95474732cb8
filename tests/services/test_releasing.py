"""A held document leaves when two people have looked at it, and what was found in it is decided; never otherwise."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from forms_app.db import ledger, outbox, releases
from forms_app.db.tables import (
    AuditEntry,
    Delivery,
    Document,
    Interest,
    OutboxItem,
    Party,
    Person,
    Release,
    ReleaseFinding,
)
from forms_app.deidentification.findings import ScanFailed
from forms_app.documents.catalogue import KINDS, Issued
from forms_app.documents.contexts import AcknowledgementSheet, BoardProforma, Context
from forms_app.documents.invented import How, invented
from forms_app.domain.answers import Answered, Section
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.domain.policy import DocumentKind
from forms_app.domain.records import ProformaMade
from forms_app.domain.release import Decision
from forms_app.services import releasing, scanning
from forms_app.services.held import held_view
from forms_app.services.issuing import make_document
from forms_app.services.protecting import protect_address
from forms_app.services.releasing import Proposal
from forms_app.services.scanning import Because, CheckFailed
from tests.factories import forms, scenes
from tests.factories.releases import held, keep_all, let_out, prepare, release_of
from tests.factories.scenes import Scene, scene

CLEAN = "Two agencies read the same plan in two ways."
NAMED = "The school saw Ottilie Marchbank, and so did we. Nobody asked Ottilie Marchbank."
LIVES_AT = "17 Thistledown Passage"
SECRET = (
    Section(
        title="Subject",
        answers=(
            Answered(id="names", question="Full names", answer="Ottilie Marchbank"),
            Answered(id="address", question="Address", answer=LIVES_AT),
            Answered(id="protected", question="Must their address be kept secret?", answer="Yes", codes=("yes",)),
        ),
    ),
)


@pytest.fixture
def here(database_url: str) -> Iterator[Scene]:
    with scene(database_url, "hull") as made:
        yield made


@pytest.fixture
def escalation(here: Scene) -> UUID:
    """One that has reached the Board."""
    opened = here.open().escalation_id
    for _ in range(3):
        here.step_up(opened)
    return opened


@pytest.fixture
def document(here: Scene, escalation: UUID) -> UUID:
    (release,) = held(here.workshop, escalation)
    return release.document_id


def do(here: Scene, act: Callable[..., None], document: UUID, *, by: UUID, **given: Any) -> None:
    given.setdefault("seen", release_of(here.workshop, document).revision)
    with here.workshop.writing() as work:
        act(work, by=by, document_id=document, **given)


def write(here: Scene, document: UUID, *, by: UUID, text: str = CLEAN) -> None:
    do(here, releasing.write_texts, document, by=by, texts={"about": text})


def is_owed(here: Scene, document: UUID) -> bool:
    """Whether the worker has been told to make it."""
    with here.database.reading() as session:
        wanted = select(OutboxItem.id).where(OutboxItem.about_id == document)
        return session.scalar(wanted) is not None


def noted(here: Scene, document: UUID) -> list[str]:
    with here.database.reading() as session:
        wanted = select(AuditEntry.action).where(AuditEntry.about_id == document).order_by(AuditEntry.id)
        return list(session.scalars(wanted))


def unit(here: Scene) -> UUID:
    return here.holder("business_unit")


def second_of_unit(here: Scene) -> UUID:
    """The directors' office moves to the business unit."""
    person = here.at("board", "directors")
    with here.database.writing() as session:
        session.get_one(Person, person).seat = "business_unit"
    return person


# --- what is held, and what becomes of it ---


def test_a_proforma_waits_and_nothing_is_owed_of_it(here: Scene, document: UUID) -> None:
    release = release_of(here.workshop, document)

    assert (release.because, release.decided_at) == (Because.DEIDENTIFIED, None)
    assert not is_owed(here, document)
    assert noted(here, document) == ["document_owed", "document_held"]


def test_one_that_a_party_makes_for_itself_waits_too(here: Scene, escalation: UUID, document: UUID) -> None:
    here.record(escalation, ProformaMade(), by=here.raiser)

    assert len(held(here.workshop, escalation)) == 2


def test_two_people_let_it_go_with_its_texts(here: Scene, document: UUID) -> None:
    prepare(here.workshop, document, by=here.raiser, about=CLEAN, learnt="Ask sooner.")
    assert not is_owed(here, document)

    let_out(here.workshop, document, by=unit(here))

    assert is_owed(here, document)
    with here.database.reading() as session:
        context = BoardProforma.model_validate_json(session.get_one(Document, document).context)
    assert [(text.question, text.answer) for text in context.texts] == [
        ("What the disagreement was about", CLEAN),
        ("What can be learnt", "Ask sooner."),
    ]
    assert noted(here, document)[-1] == "document_released"
    release = release_of(here.workshop, document)
    assert (release.prepared_by_id, release.decided_by_id) == (here.raiser, unit(here))
    assert release.decided_at == here.clock.now


def test_without_a_text_it_must_be_said_that_none_is_needed(here: Scene, document: UUID) -> None:
    with pytest.raises(NotAllowedNow, match="at least one"):
        do(here, releasing.write_texts, document, by=here.raiser, texts={"about": "  "})

    prepare(here.workshop, document, by=here.raiser)
    let_out(here.workshop, document, by=unit(here))

    assert is_owed(here, document)


# --- who may ---


def test_nobody_releases_what_they_prepared_or_wrote(here: Scene, document: UUID) -> None:
    officer, other = unit(here), second_of_unit(here)
    write(here, document, by=officer)
    keep_all(here.workshop, document, by=other)
    do(here, releasing.send, document, by=here.raiser)

    for hand in (officer, other):
        if str(hand) in release_of(here.workshop, document).hands:
            with pytest.raises(NotAllowedNow):
                let_out(here.workshop, document, by=hand)
    assert not is_owed(here, document)


def test_nobody_who_takes_or_took_part_releases_it(here: Scene, escalation: UUID, document: UUID) -> None:
    prepare(here.workshop, document, by=unit(here))
    chair = here.holder("chair")
    with here.database.writing() as session:
        person = session.get_one(Person, chair)
        session.add(
            Party(
                escalation_id=escalation,
                number=99,
                person_id=chair,
                agency_id=here.agency("socialcare").id,
                side="board",
                level=person.level,
                joined_at=here.clock.now,
            )
        )

    for somebody in (chair, here.raiser):
        with pytest.raises(NotAllowedNow):
            let_out(here.workshop, document, by=somebody)
    assert not is_owed(here, document)


def test_nobody_with_an_interest_releases_it_or_finds_it_in_the_office(
    here: Scene, escalation: UUID, document: UUID
) -> None:
    prepare(here.workshop, document, by=unit(here))
    chair = here.holder("chair")
    with here.workshop.writing() as work:
        work.session.add(Interest(escalation_id=escalation, person_id=chair, words="", declared_at=work.now))

    with pytest.raises(NotFound):
        let_out(here.workshop, document, by=chair)
    with here.workshop.reading() as work:
        view = held_view(work, by=unit(here), escalation_id=escalation, document_id=document)
        assert all(work.session.get_one(Person, chair).name not in each for each in view.ask)
        assert releasing.waiting_for(work, work.session.get_one(Person, chair)) == []


def test_nobody_of_an_agency_that_acts_for_a_side_releases_it(here: Scene, document: UUID) -> None:
    prepare(here.workshop, document, by=unit(here))
    chair = here.holder("chair")
    with here.database.writing() as session:
        session.get_one(Person, chair).agency_id = here.agency("socialcare").id

    with pytest.raises(NotAllowedNow):
        let_out(here.workshop, document, by=chair)


def test_for_whoever_has_nothing_to_do_with_it_there_is_nothing(here: Scene, document: UUID) -> None:
    for stranger in (here.at("police", "practitioner"), here.at("board", "subgroup")):
        with pytest.raises(NotFound):
            write(here, document, by=stranger)


def test_the_chair_releases_and_does_not_prepare(here: Scene, document: UUID) -> None:
    chair = here.holder("chair")
    with here.database.reading() as session:
        is_party = session.scalar(select(func.count()).where(Party.person_id == chair)) or 0
    assert not is_party
    with pytest.raises(NotAllowedNow):
        write(here, document, by=chair)

    prepare(here.workshop, document, by=unit(here))
    let_out(here.workshop, document, by=chair)

    assert is_owed(here, document)


# --- what was found ---


def test_it_is_not_sent_while_something_that_was_found_is_undecided(here: Scene, document: UUID) -> None:
    write(here, document, by=here.raiser, text=NAMED)

    with pytest.raises(NotAllowedNow, match="not decided"):
        do(here, releasing.send, document, by=here.raiser)


def test_what_was_found_is_removed_and_put_in_other_words(here: Scene, document: UUID) -> None:
    write(here, document, by=here.raiser, text=NAMED)
    first, second = named(here, document)
    others = [
        Decision(each.number, "keep", "It names nobody.")
        for each in release_of(here.workshop, document).findings
        if each.number not in {first, second}
    ]
    decisions = [Decision(first, "generalise", "a child"), Decision(second, "remove"), *others]

    do(here, releasing.resolve, document, by=here.raiser, decisions=decisions)

    release = release_of(here.workshop, document)
    assert release.texts == {"about": "The school saw a child, and so did we. Nobody asked ."}
    assert "Ottilie" not in "".join(each.text for each in release.findings), "what is gone is kept nowhere"
    assert releasing.is_ready(release)


def named(here: Scene, document: UUID) -> list[int]:
    return [each.number for each in release_of(here.workshop, document).findings if each.field == "text:about"]


def test_words_put_instead_are_scanned_too(here: Scene, document: UUID) -> None:
    write(here, document, by=here.raiser, text="The child was seen by Ottilie Marchbank.")
    (number,) = named(here, document)

    instead = [Decision(number, "generalise", "Ottilie Marchbank’s mother")]
    do(here, releasing.resolve, document, by=here.raiser, decisions=instead)

    assert named(here, document), "it stands there again"


def test_what_is_kept_needs_a_reason_and_the_reason_is_kept(here: Scene, document: UUID) -> None:
    write(here, document, by=here.raiser, text=NAMED)
    number = named(here, document)[0]
    with pytest.raises(NotAllowedNow, match="why"):
        do(here, releasing.resolve, document, by=here.raiser, decisions=[Decision(number, "keep", " ")])

    do(here, releasing.resolve, document, by=here.raiser, decisions=[Decision(number, "keep", "A street’s name.")])

    kept = release_of(here.workshop, document).findings[number - 1]
    assert (kept.kept_because, kept.kept_by_id) == ("A street’s name.", here.raiser)


def test_what_the_service_says_cannot_be_changed(here: Scene, document: UUID) -> None:
    write(here, document, by=here.raiser)
    with here.database.writing() as session:
        release = session.scalars(select(Release)).one()
        release_id = release.id
    add_finding(here, release_id, field="fact:0")

    with pytest.raises(NotAllowedNow, match="Only what was written"):
        do(here, releasing.resolve, document, by=here.raiser, decisions=[Decision(99, "remove")])


def add_finding(here: Scene, release_id: UUID, **changed: Any) -> None:
    given = {"field": "text:about", "start": 0, "end": 3, "text": "Two", "rule": "name", "why": "A name."}
    with here.database.writing() as session:
        session.add(ReleaseFinding(release_id=release_id, number=99, suggestion="", **{**given, **changed}))


# --- every edit voids, and every look is at what is there ---


def test_an_edit_voids_what_was_prepared(here: Scene, document: UUID) -> None:
    prepare(here.workshop, document, by=here.raiser, about=CLEAN)
    seen = release_of(here.workshop, document).revision

    write(here, document, by=here.raiser, text="Something else.")

    with pytest.raises(ChangedMeanwhile):
        do(here, releasing.decide, document, by=unit(here), seen=seen)
    with pytest.raises(NotAllowedNow):
        let_out(here.workshop, document, by=unit(here))
    assert not is_owed(here, document)


def test_it_is_sent_back_with_a_sentence(here: Scene, document: UUID) -> None:
    prepare(here.workshop, document, by=here.raiser, about=CLEAN)

    do(here, releasing.send_back, document, by=unit(here), because="Say what can be learnt.")

    release = release_of(here.workshop, document)
    assert (release.prepared_at, release.sent_back_because) == (None, "Say what can be learnt.")
    with pytest.raises(NotAllowedNow):
        let_out(here.workshop, document, by=unit(here))
    prepare(here.workshop, document, by=here.raiser, learnt=CLEAN)
    assert release_of(here.workshop, document).sent_back_because == ""
    let_out(here.workshop, document, by=unit(here))


def test_what_is_decided_does_not_change_any_more(here: Scene, document: UUID) -> None:
    prepare(here.workshop, document, by=here.raiser, about=CLEAN)
    let_out(here.workshop, document, by=unit(here))

    for act in (releasing.decide, releasing.send):
        with pytest.raises(NotAllowedNow):
            do(here, act, document, by=unit(here))
    with pytest.raises(NotAllowedNow):
        write(here, document, by=here.raiser, text="Something else.")


def test_a_release_is_taken_back_while_nothing_was_made_of_it(here: Scene, document: UUID) -> None:
    prepare(here.workshop, document, by=here.raiser, about=CLEAN)
    let_out(here.workshop, document, by=unit(here))

    do(here, releasing.take_back, document, by=here.raiser)
    make(here, document)

    assert release_of(here.workshop, document).number == 2
    assert issued(here, document) is None, "what was owed before makes nothing of it"
    prepare(here.workshop, document, by=here.raiser, about="Other words.")
    let_out(here.workshop, document, by=unit(here))
    make(here, document)
    assert issued(here, document) == ["Other words."]
    with pytest.raises(NotAllowedNow, match="has been made"):
        do(here, releasing.take_back, document, by=here.raiser)


def test_what_is_taken_back_while_it_is_drawn_is_not_issued(here: Scene, document: UUID) -> None:
    prepare(here.workshop, document, by=here.raiser, about=CLEAN)
    let_out(here.workshop, document, by=unit(here))

    drawn = make(here, document, meanwhile=lambda: do(here, releasing.take_back, document, by=here.raiser))

    assert drawn
    assert issued(here, document) is None


def make(here: Scene, document: UUID, meanwhile: Callable[[], None] = lambda: None) -> list[str]:
    """Lets the worker make this document; the kinds that it drew."""
    with here.workshop.writing() as work:
        claims = outbox.claim(work.session, "worker", work.now, 100, timedelta(minutes=1))
    drawn: list[str] = []

    def draw(kind: str, context: Context, layout: bytes | None) -> Issued:
        drawn.append(kind)
        meanwhile()
        return Issued(b"PK", b"%PDF", b"<article></article>")

    for claim in claims:
        if claim.about_id == document:
            make_document(here.workshop, claim, draw)
    return drawn


def issued(here: Scene, document: UUID) -> list[str] | None:
    """The short texts of a document of which files were made; None while there are none."""
    with here.database.reading() as session:
        found = ledger.document_to_make(session, document)
        if found.issued_at is None:
            return None
        return [text.answer for text in BoardProforma.model_validate_json(found.context).texts]


# --- the scan ---


def test_without_a_scan_nothing_is_written_and_nothing_leaves(
    here: Scene, document: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(here.workshop, document, by=here.raiser, about=CLEAN)
    before = release_of(here.workshop, document).revision

    def fails(*_: Any) -> Any:
        raise ScanFailed

    monkeypatch.setattr(scanning, "scan", fails)
    with pytest.raises(CheckFailed):
        let_out(here.workshop, document, by=unit(here))
    with pytest.raises(CheckFailed):
        write(here, document, by=here.raiser)

    assert not is_owed(here, document)
    assert release_of(here.workshop, document).revision == before


def test_what_became_known_since_stops_the_release(here: Scene, escalation: UUID, document: UUID) -> None:
    prepare(here.workshop, document, by=here.raiser, about="A plan of Quillfeather House was not shared.")
    with here.database.writing() as session:
        session.get_one(Person, here.raiser).name = "Quillfeather House"

    with pytest.raises(NotAllowedNow, match="nobody has decided"):
        let_out(here.workshop, document, by=unit(here))

    assert not is_owed(here, document)


# --- two at once ---


def test_of_two_who_release_at_the_same_moment_one_does(here: Scene, document: UUID) -> None:
    other = second_of_unit(here)
    prepare(here.workshop, document, by=here.raiser, about=CLEAN)
    seen = release_of(here.workshop, document).revision
    start, results = threading.Barrier(2), []

    def one(by: UUID) -> None:
        start.wait()
        try:
            do(here, releasing.decide, document, by=by, seen=seen)
            results.append("released")
        except ChangedMeanwhile:
            results.append("told")

    threads = [threading.Thread(target=one, args=(by,)) for by in (unit_of(here, other), other)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["released", "told"]
    assert noted(here, document).count("document_released") == 1


def unit_of(here: Scene, other: UUID) -> UUID:
    with here.database.reading() as session:
        wanted = select(Person.id).where(Person.seat == "business_unit", Person.id != other)
        return session.scalars(wanted).one()


# --- an address that is secret ---


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch, here: Scene) -> UUID:
    """An escalation about a child whose address is secret."""
    monkeypatch.setattr(scenes, "SUBJECT", SECRET)
    return here.open().escalation_id


def tell(here: Scene, escalation: UUID, text: str) -> UUID:
    """Another account, with this text."""
    sections = (Section(title="What happened", answers=(Answered(id="what", question="What happened?", answer=text),)),)
    before = forms.SECTIONS
    try:
        forms.SECTIONS = sections
        return here.account(escalation, by=here.at("socialcare", "practitioner")).record_id
    finally:
        forms.SECTIONS = before


def test_documents_leave_a_secret_address_out(here: Scene, secret: UUID) -> None:
    assert held(here.workshop, secret) == []
    with here.database.reading() as session:
        contexts = list(session.scalars(select(Document.context).where(Document.escalation_id == secret)))
    assert contexts
    assert not [context for context in contexts if LIVES_AT in context]


@pytest.mark.parametrize(
    "said",
    [
        f"She was seen at {LIVES_AT}.",
        "Telephone 01482 448 879.",
        "See maps.example.com/x7 for the house.",
        "She starts at Thornley Academy on Monday.",
        "They are in the Calder Refuge now.",
        "Her mother was seen at Quenby Lodge.",
        "Ask Inventedshire Primary School, Thornley Academy or Invented Police.",
        "Inventedshire Primary School Thornley Academy",
    ],
)
def test_a_document_that_tells_where_waits_and_the_record_stands(here: Scene, secret: UUID, said: str) -> None:
    record = tell(here, secret, said)

    waiting = held(here.workshop, secret)
    assert {release.document_id for release in waiting} == {each.id for each in here.documents(record)}
    assert {release.because for release in waiting} == {Because.PROTECTED_ADDRESS}
    assert not is_owed(here, waiting[0].document_id)


def test_an_agency_that_takes_part_tells_nobody_where(here: Scene, secret: UUID) -> None:
    tell(here, secret, "The Inventedshire Primary School and Inventedshire Children’s Social Care met.")

    assert held(here.workshop, secret) == []


def test_without_the_flag_an_address_goes_as_ever(here: Scene) -> None:
    escalation = here.open().escalation_id

    tell(here, escalation, f"She was seen at {LIVES_AT}.")

    assert held(here.workshop, escalation) == []


def test_what_somebody_said_on_the_sheet_is_looked_through(here: Scene, secret: UUID) -> None:
    sheet = invented(KINDS[DocumentKind.ACKNOWLEDGEMENT_SHEET], How.PLAIN)
    assert isinstance(sheet, AcknowledgementSheet)
    said = sheet.people[0].model_copy(update={"said": f"Does not agree: they still go to {LIVES_AT}"})
    context = sheet.model_copy(update={"people": (said,)})
    document = Document(kind=DocumentKind.ACKNOWLEDGEMENT_SHEET.value, context=context.model_dump_json())

    with here.workshop.reading() as work:
        found = scanning.tells_where(releases.escalation_behind(work.session, secret), document)

    assert [each.text for each in found] == [LIVES_AT]


def test_two_of_those_who_take_part_let_it_go(here: Scene, secret: UUID) -> None:
    tell(here, secret, f"She was seen at {LIVES_AT}.")
    document, other = held(here.workshop, secret)[0].document_id, here.at("socialcare", "practitioner")
    prepare(here.workshop, document, by=here.raiser)
    with pytest.raises(NotFound):
        let_out(here.workshop, document, by=unit(here))
    with pytest.raises(NotAllowedNow):
        let_out(here.workshop, document, by=here.raiser)

    let_out(here.workshop, document, by=other)

    assert is_owed(here, document)


def test_two_of_those_who_take_part_withdraw_it(here: Scene, secret: UUID) -> None:
    tell(here, secret, f"She was seen at {LIVES_AT}.")
    document, other = held(here.workshop, secret)[0].document_id, here.at("socialcare", "practitioner")

    do(here, releasing.send, document, by=here.raiser, proposal=Proposal.WITHDRAWAL)
    let_out(here.workshop, document, by=other)

    assert not is_owed(here, document)
    assert noted(here, document)[-1] == "document_withdrawn"


def test_what_was_owed_before_it_was_withdrawn_is_never_made(monkeypatch: pytest.MonkeyPatch, here: Scene) -> None:
    known = (SECRET[0].model_copy(update={"answers": SECRET[0].answers[:2]}),)
    monkeypatch.setattr(scenes, "SUBJECT", known)
    escalation = here.open().escalation_id
    (account,) = [each.id for each in here.documents(first_record(here, escalation)) if each.kind == "written_account"]
    with here.workshop.writing() as work:
        protect_address(work, by=here.raiser, escalation_id=escalation)
    do(here, releasing.send, account, by=here.raiser, proposal=Proposal.WITHDRAWAL)
    let_out(here.workshop, account, by=here.at("socialcare", "practitioner"))

    assert make(here, account) == [], "the worker was stopped in between, and its work is still owed"
    assert issued_at(here, account) is None


def issued_at(here: Scene, document: UUID) -> object:
    with here.database.reading() as session:
        return ledger.document_to_make(session, document).issued_at


def test_a_proforma_cannot_be_withdrawn(here: Scene, document: UUID) -> None:
    with pytest.raises(NotAllowedNow, match="owed to the Board"):
        do(here, releasing.send, document, by=here.raiser, proposal=Proposal.WITHDRAWAL)


def test_without_a_scan_a_document_waits_and_the_record_stands(
    here: Scene, secret: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> Any:
        raise ScanFailed

    with monkeypatch.context() as away:
        away.setattr(scanning, "scan", fails)
        record = tell(here, secret, "Nothing of note.")

    (waiting, *_) = held(here.workshop, secret)
    assert waiting.document_id in {each.id for each in here.documents(record)}
    with pytest.raises(NotAllowedNow):
        do(here, releasing.send, waiting.document_id, by=here.raiser)
    prepare(here.workshop, waiting.document_id, by=here.raiser)


def test_that_it_is_secret_is_said_later_and_holds_what_was_not_made_yet(
    monkeypatch: pytest.MonkeyPatch, here: Scene
) -> None:
    known = (SECRET[0].model_copy(update={"answers": SECRET[0].answers[:2]}),)
    monkeypatch.setattr(scenes, "SUBJECT", known)
    escalation = here.open().escalation_id
    assert held(here.workshop, escalation) == []
    (account,) = [each.id for each in here.documents(first_record(here, escalation)) if each.kind == "written_account"]

    with here.workshop.writing() as work:
        protect_address(work, by=here.raiser, escalation_id=escalation)

    assert account in {release.document_id for release in held(here.workshop, escalation)}
    assert make(here, account) == [], "the worker makes nothing of it"
    assert "address_protected" in actions(here)


def test_an_account_made_before_goes_by_link_to_who_joins(here: Scene) -> None:
    escalation = here.open().escalation_id
    first = first_record(here, escalation)
    (account,) = [each.id for each in here.documents(first) if each.kind == "written_account"]
    make(here, account)
    with here.workshop.writing() as work:
        protect_address(work, by=here.raiser, escalation_id=escalation)
    before = {each.person_id for each in deliveries_of(here, account)}

    here.step_up(escalation)

    joined = [each for each in deliveries_of(here, account) if each.person_id not in before]
    assert joined
    assert not any(each.attached for each in joined)


def test_what_was_made_before_and_waits_for_the_mail_server_goes_by_link(
    monkeypatch: pytest.MonkeyPatch, here: Scene
) -> None:
    known = (SECRET[0].model_copy(update={"answers": SECRET[0].answers[:2]}),)
    monkeypatch.setattr(scenes, "SUBJECT", known)
    escalation = here.open().escalation_id
    (account,) = [each.id for each in here.documents(first_record(here, escalation)) if each.kind == "written_account"]
    make(here, account)
    to_attach = [each.id for each in deliveries_of(here, account) if each.attached]
    assert to_attach

    with here.workshop.writing() as work:
        protect_address(work, by=here.raiser, escalation_id=escalation)

    assert not [each for each in deliveries_of(here, account) if each.attached]


def test_what_a_mail_server_has_accepted_stays_as_it_went(here: Scene) -> None:
    escalation = here.open().escalation_id
    (account,) = [each.id for each in here.documents(first_record(here, escalation)) if each.kind == "written_account"]
    make(here, account)
    attached = [each.id for each in deliveries_of(here, account) if each.attached]
    with here.database.writing() as session:
        ledger.add_attempt(session, attached[0], "accepted", here.clock.now)

    with here.workshop.writing() as work:
        protect_address(work, by=here.raiser, escalation_id=escalation)

    assert [each.id for each in deliveries_of(here, account) if each.attached] == attached[:1]


def deliveries_of(here: Scene, document: UUID) -> list[Delivery]:
    with here.database.reading() as session:
        found = list(ledger.deliveries_of(session, document))
        session.expunge_all()
        return found


def first_record(here: Scene, escalation: UUID) -> UUID:
    with here.database.reading() as session:
        return session.scalars(select(Document.record_id).where(Document.escalation_id == escalation)).first()  # type: ignore[return-value]


def actions(here: Scene) -> list[str]:
    with here.database.reading() as session:
        return list(session.scalars(select(AuditEntry.action)))


def test_only_who_takes_part_says_so(here: Scene) -> None:
    escalation = here.open().escalation_id

    with here.workshop.writing() as work, pytest.raises(NotFound):
        protect_address(work, by=unit(here), escalation_id=escalation)
