"""A recipient's own answer is about exactly the bytes that were before them, and nobody gives it for another."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from forms_app.db.tables import AuditEntry, Document, DocumentFile, OutboxItem, Person, StageRecord
from forms_app.domain.deliveries import Answer
from forms_app.domain.errors import ChangedMeanwhile, NotAllowedNow, NotFound
from forms_app.services.acknowledging import Before, acknowledge, say_read
from tests.factories.received import Sent, opened, resolved
from tests.factories.scenes import scene

CONFIRMATION, ACCOUNT = "written_confirmation", "written_account"
REASONS = "Nobody asked Ottilie Marchbank."


@pytest.fixture
def sent(sqlite_url: str) -> Iterator[Sent]:
    with scene(sqlite_url, "hull") as here:
        yield resolved(here)


@pytest.fixture
def on_both(database_url: str) -> Iterator[Sent]:
    with scene(database_url, "hull") as here:
        yield resolved(here)


@pytest.fixture
def document(sent: Sent) -> UUID:
    return sent.document(CONFIRMATION)


def say(
    sent: Sent,
    document: UUID,
    answer: Answer = Answer.AGREES,
    reasons: str = "",
    *,
    by: UUID | None = None,
    number: int = 0,
    sha256: str | None = None,
) -> None:
    before = Before(sent.sha256(document) if sha256 is None else sha256, number)
    with sent.scene.workshop.writing() as work:
        acknowledge(
            work, by=by or sent.scene.raiser, document_id=document, before=before, answer=answer, reasons=reasons
        )


def read(sent: Sent, document: UUID, by: UUID) -> None:
    with sent.scene.workshop.writing() as work:
        say_read(work, by=by, document_id=document)


def noted(sent: Sent, action: str) -> list[tuple[UUID | None, UUID | None, UUID | None]]:
    with sent.scene.database.reading() as session:
        found = session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id))
        return [(entry.person_id, entry.escalation_id, entry.about_id) for entry in found]


def test_an_answer_is_kept_with_the_digest_of_the_pdf_and_an_audit_entry(on_both: Sent) -> None:
    sent, document = on_both, on_both.document(CONFIRMATION)
    say(sent, document)

    raiser = sent.scene.raiser
    assert sent.answers(document, raiser) == [(1, "agrees", "", sent.sha256(document))]
    assert noted(sent, "document_acknowledged") == [(raiser, sent.escalation, document)]
    assert sent.told("disagreement") == []


def test_another_answer_stands_beside_the_first(sent: Sent, document: UUID) -> None:
    say(sent, document)
    say(sent, document, Answer.DISAGREES, REASONS, number=1)

    assert [line[:3] for line in sent.answers(document, sent.scene.raiser)] == [
        (1, "agrees", ""),
        (2, "disagrees", REASONS),
    ]


def test_the_same_answer_sent_twice_is_one(on_both: Sent) -> None:
    sent, document = on_both, on_both.document(CONFIRMATION)
    for _ in range(2):
        say(sent, document, Answer.DISAGREES, REASONS)

    assert len(sent.answers(document, sent.scene.raiser)) == 1
    assert len(noted(sent, "document_acknowledged")) == 1
    assert len(sent.told("disagreement")) == 1


def test_sent_from_two_places_at_once_it_is_one(on_both: Sent) -> None:
    document = on_both.document(CONFIRMATION)
    with ThreadPoolExecutor(2) as both:
        together = [both.submit(say, on_both, document, Answer.DISAGREES, REASONS) for _ in range(2)]
        assert [each.result() for each in together] == [None, None]

    assert len(on_both.answers(document, on_both.scene.raiser)) == 1
    assert len(on_both.told("disagreement")) == 1


def test_an_answer_from_a_page_that_does_not_know_of_the_last_is_refused(sent: Sent, document: UUID) -> None:
    say(sent, document)

    with pytest.raises(ChangedMeanwhile):
        say(sent, document, Answer.DISAGREES, REASONS, number=0)

    assert len(sent.answers(document, sent.scene.raiser)) == 1


@pytest.mark.parametrize("digest", ["", "0" * 64, "the digest of another"])
def test_an_answer_to_other_bytes_is_refused(sent: Sent, document: UUID, digest: str) -> None:
    other = sent.sha256(sent.document(ACCOUNT)) if digest.startswith("the") else digest

    with pytest.raises(ChangedMeanwhile):
        say(sent, document, sha256=other)

    assert sent.answers(document, sent.scene.raiser) == []


def test_what_was_issued_was_changed_by_somebody(sent: Sent, document: UUID) -> None:
    before = sent.sha256(document)
    with sent.scene.database.writing() as session:
        wanted = select(DocumentFile).where(DocumentFile.document_id == document, DocumentFile.format == "pdf")
        session.scalars(wanted).one().sha256 = "f" * 64

    with pytest.raises(ChangedMeanwhile):
        say(sent, document, sha256=before)


@pytest.mark.parametrize("answer", [Answer.AGREES_ACTIONS, Answer.DISAGREES])
@pytest.mark.parametrize("reasons", ["", " \n "])
def test_whoever_does_not_agree_with_everything_says_why(
    sent: Sent, document: UUID, answer: Answer, reasons: str
) -> None:
    with pytest.raises(NotAllowedNow):
        say(sent, document, answer, reasons)

    assert sent.answers(document, sent.scene.raiser) == []


# --- who is told ---


@pytest.mark.parametrize("answer", [Answer.AGREES_ACTIONS, Answer.DISAGREES])
def test_whoever_recorded_it_is_told_of_each_that_does_not_agree(sent: Sent, document: UUID, answer: Answer) -> None:
    recorded_by = recorder(sent, document)
    by = next(person for person in sent.recipients(document) if person != recorded_by)

    say(sent, document, answer, REASONS, by=by)

    (told,) = sent.told("disagreement")
    assert (told.person_id, told.escalation_id, told.about_id) == (recorded_by, sent.escalation, document)
    with sent.scene.database.reading() as session:
        (owed,) = session.scalars(select(OutboxItem).where(OutboxItem.about_id == told.id)).all()
        assert (owed.kind, owed.payload) == ("post_notification", None)


def test_a_second_refusal_is_told_again_and_agreement_is_not(sent: Sent, document: UUID) -> None:
    by = next(person for person in sent.recipients(document) if person != recorder(sent, document))

    say(sent, document, Answer.DISAGREES, REASONS, by=by)
    say(sent, document, Answer.AGREES, by=by, number=1)
    assert len(sent.told("disagreement")) == 1
    say(sent, document, Answer.DISAGREES, REASONS, by=by, number=2)

    assert len(sent.told("disagreement")) == 2


def test_nobody_is_told_of_their_own_answer_but_the_raiser(sent: Sent, document: UUID) -> None:
    by = recorder(sent, document)

    say(sent, document, Answer.DISAGREES, REASONS, by=by)

    assert [told.person_id for told in sent.told("disagreement")] == [sent.scene.raiser]


def test_instead_of_who_has_left_the_raiser_is_told(sent: Sent, document: UUID) -> None:
    recorded_by, raiser = recorder(sent, document), sent.scene.raiser
    by = next(person for person in sent.recipients(document) if person not in (recorded_by, raiser))
    with sent.scene.database.writing() as session:
        session.get_one(Person, recorded_by).left_at = sent.scene.clock.now

    say(sent, document, Answer.DISAGREES, REASONS, by=by)

    assert [told.person_id for told in sent.told("disagreement")] == [raiser]


def recorder(sent: Sent, document: UUID) -> UUID:
    with sent.scene.database.reading() as session:
        record = session.get_one(Document, document).record_id
        found = session.get_one(StageRecord, record).person_id
        assert found is not None
        return found


# --- for whom it is ---


def test_nobody_answers_for_another(sent: Sent, document: UUID) -> None:
    here = sent.scene
    outsiders = (
        {*here.people.values(), uuid4()} - set(sent.recipients(document)) - set(sent.recipients(sent.document(ACCOUNT)))
    )
    assert {here.at("school", "senior_manager"), here.holder("business_unit"), here.holder("chair")} <= outsiders
    for person in outsiders:
        with pytest.raises(NotFound):
            say(sent, document, by=person)
        with pytest.raises(NotFound):
            read(sent, sent.document(ACCOUNT), person)

    assert noted(sent, "document_acknowledged") == noted(sent, "document_seen") == []


def test_what_was_withdrawn_can_no_more_be_answered_or_read(sent: Sent, document: UUID) -> None:
    account, raiser = sent.document(ACCOUNT), sent.scene.raiser
    digest = sent.sha256(document)
    sent.withdraw(document, raiser)
    sent.withdraw(account, raiser)

    with pytest.raises(NotFound):
        say(sent, document, sha256=digest)
    with pytest.raises(NotFound):
        read(sent, account, raiser)


def test_what_is_not_issued_yet_can_not_be_answered_or_read(sqlite_url: str) -> None:
    with scene(sqlite_url, "hull") as here:
        sent = Sent(here, here.open().escalation_id)
        account = sent.document(ACCOUNT)

        with pytest.raises(NotFound):
            read(sent, account, here.raiser)
        with pytest.raises(NotFound):
            say(sent, account, sha256="0" * 64)


# --- only read ---


def test_that_somebody_has_read_it_is_noted_once(database_url: str) -> None:
    with scene(database_url, "hull") as here:
        sent = opened(here)
        account = sent.document(ACCOUNT)

        for _ in range(2):
            read(sent, account, here.raiser)

        assert sent.events(account, here.raiser) == [("seen", "")]
        assert noted(sent, "document_seen") == [(here.raiser, sent.escalation, account)]
        assert sent.answers(account, here.raiser) == []


def test_an_outcome_is_answered_and_nothing_else_is(sent: Sent, document: UUID) -> None:
    with pytest.raises(NotAllowedNow):
        read(sent, document, sent.scene.raiser)
    with pytest.raises(NotAllowedNow):
        say(sent, sent.document(ACCOUNT))
