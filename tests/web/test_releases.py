"""The pages by which one person prepares a document that waits, and another one releases it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.db.tables import AuditEntry, OutboxItem
from forms_app.deidentification.findings import ScanFailed
from forms_app.services import scanning
from tests.factories import scenes
from tests.factories.releases import held, prepare, release_of
from tests.journeys.test_each_policy import logged
from tests.services.test_releasing import CLEAN, LIVES_AT, SECRET, tell
from tests.web.clerk import Office, choices_on, hidden, office, problems_on, words_on

__all__ = ["logged"]

NAMED = "Ottilie Marchbank was seen."


@pytest.fixture
def here(sqlite_url: str) -> Iterator[Office]:
    with office(sqlite_url, "hull") as made:
        yield made


@pytest.fixture
def escalation(here: Office) -> UUID:
    opened = here.scene.open().escalation_id
    for _ in range(3):
        here.scene.step_up(opened)
    return opened


@pytest.fixture
def document(here: Office, escalation: UUID) -> UUID:
    (release,) = held(here.scene.workshop, escalation)
    return release.document_id


@pytest.fixture
def at(escalation: UUID, document: UUID) -> str:
    return f"/escalations/{escalation}/waiting/{document}"


def unit(here: Office) -> Any:
    return here.visitor(here.scene.holder("business_unit"))


def raiser(here: Office) -> Any:
    return here.visitor(here.scene.raiser)


def post(visitor: Any, at: str, page: str, **given: str) -> TestResponse:
    """A form as it is on its page: for a button, of the page about the document."""
    shown = visitor.get(at if page in {"send", "release", "take-back"} else f"{at}/{page}")
    seen = hidden(shown, "seen") if "seen" not in given else given.pop("seen")
    answer: TestResponse = visitor.post(f"{at}/{page}", {"seen": seen, **given})
    return answer


def is_owed(here: Office, document: UUID) -> bool:
    with here.scene.database.reading() as session:
        return session.scalar(select(OutboxItem.id).where(OutboxItem.about_id == document)) is not None


def keep_the_rest(visitor: Any, at: str, **given: str) -> TestResponse:
    """Decides about everything that was found as it is given, and keeps what is not named."""
    page = visitor.get(f"{at}/found")
    boxes = html.fromstring(page.text).xpath("//main//form//input[starts-with(@name, 'f-')]/@name")
    kept: dict[str, str] = {}
    for name in dict.fromkeys(boxes):
        kept[name] = "keep" if name.startswith("f-what") else "It names nobody."
    answer: TestResponse = visitor.post(f"{at}/found", {"seen": hidden(page, "seen"), **kept, **given})
    return answer


# --- the whole way ---


def test_a_party_prepares_and_the_business_unit_releases(here: Office, at: str, document: UUID) -> None:
    visitor, officer = raiser(here), unit(here)
    page = visitor.get(at.partition("/waiting")[0])
    assert at in page.text
    assert "Waits for a second person since" in words_on(page)

    found = visitor.follow(post(visitor, at, "texts", **{"t-about": NAMED, "t-learnt": CLEAN}))
    assert "Ottilie Marchbank" in words_on(found)
    number = next(
        name.rpartition("-")[2]
        for name in html.fromstring(found.text).xpath("//main//form//input[@type='radio']/@name")
    )
    assert set(choices_on(found, f"f-what-{number}")) == {"Put other words in its place", "Remove it", "Keep it"}
    answer = keep_the_rest(visitor, at, **{f"f-what-{number}": "generalise", f"f-words-{number}": "A child"})
    ready = visitor.follow(answer)
    assert "A child was seen." in words_on(ready)
    assert NAMED not in words_on(ready)
    visitor.follow(post(visitor, at, "send"))

    listed = officer.get("/register/today")
    assert at in listed.text
    shown = officer.get(at)
    assert "A child was seen." in words_on(shown)
    assert "Prepared by somebody who takes part" in words_on(shown)
    assert not is_owed(here, document)
    released = officer.follow(post(officer, at, "release"))
    assert "Released by" in words_on(released)
    assert is_owed(here, document)
    assert at not in officer.get("/register/today").text


def test_without_a_text_a_tick_is_asked_for(here: Office, at: str) -> None:
    visitor = raiser(here)

    nothing = post(visitor, at, "texts")
    assert nothing.status_code == 422
    assert problems_on(nothing) == ["Write at least one short text, or tick that none is needed"]
    both = post(visitor, at, "texts", **{"t-about": CLEAN, "f-none": "none"})
    assert "ticked that none is needed" in problems_on(both)[0]
    assert CLEAN in both.text, "nothing typed is lost"
    long = post(visitor, at, "texts", **{"t-about": "a" * 1501})
    assert "1,500 characters" in problems_on(long)[0]
    assert post(visitor, at, "texts", **{"f-none": "none"}).status_code == 303


def test_everything_that_was_found_is_asked_about(here: Office, at: str) -> None:
    visitor = raiser(here)
    post(visitor, at, "texts", **{"t-about": NAMED})

    nothing = post(visitor, at, "found")
    assert nothing.status_code == 422
    assert problems_on(nothing)
    number = html.fromstring(nothing.text).xpath("//main//form//input[@type='radio']/@name")[0].rpartition("-")[2]
    unsaid = keep_the_rest(visitor, at, **{f"f-because-{number}": ""})
    assert problems_on(unsaid) == ["Say why it can stay"]
    wordless = keep_the_rest(visitor, at, **{f"f-what-{number}": "generalise", f"f-words-{number}": ""})
    assert problems_on(wordless) == ["Enter the words to put in its place"]


def test_it_is_sent_back_with_a_sentence_that_the_other_reads(here: Office, at: str, document: UUID) -> None:
    prepare(here.scene.workshop, document, by=here.scene.raiser, about=CLEAN)
    officer = unit(here)

    assert problems_on(post(officer, at, "send-back")) == ["Say what must be changed"]
    officer.follow(post(officer, at, "send-back", **{"f-because": "Say what can be learnt."}))

    assert "Say what can be learnt." in words_on(raiser(here).get(at))
    assert "Release it" not in words_on(officer.get(at))


def test_a_release_is_taken_back_by_its_page(here: Office, at: str, document: UUID) -> None:
    prepare(here.scene.workshop, document, by=here.scene.raiser, about=CLEAN)
    post(unit(here), at, "release")

    page = raiser(here).follow(post(raiser(here), at, "take-back"))

    assert "Is ready to be sent to a second person" in words_on(page)
    assert CLEAN in words_on(page)


# --- who sees what ---


def test_the_office_does_not_read_what_is_not_checked_yet(here: Office, at: str) -> None:
    visitor, officer = raiser(here), unit(here)
    post(visitor, at, "texts", **{"t-about": NAMED})

    for page in ("", "/texts", "/found"):
        assert "Marchbank" not in officer.get(f"{at}{page}").text


def test_no_practitioner_is_named_to_the_office(here: Office, at: str, document: UUID) -> None:
    prepare(here.scene.workshop, document, by=here.scene.raiser, about=CLEAN)
    name = here.site.person(f"practitioner@school.{scenes.DOMAIN}").name

    assert name not in unit(here).get(at).text
    assert name in raiser(here).get(at).text


def test_the_office_is_not_led_to_the_escalation_itself(here: Office, at: str) -> None:
    danger = f"{at.partition('/waiting')[0]}/danger"

    assert danger not in unit(here).get(at).text
    assert danger in raiser(here).get(at).text


def test_whoever_prepared_it_is_told_whom_to_ask(here: Office, at: str, document: UUID) -> None:
    prepare(here.scene.workshop, document, by=here.scene.raiser, about=CLEAN)
    officer = here.site.person(f"unit@board.{scenes.DOMAIN}")

    page = words_on(raiser(here).get(at))
    assert officer.name in page
    assert "Release it" not in page


def test_a_strangers_and_another_escalations_address_is_nowhere(here: Office, at: str, document: UUID) -> None:
    assert here.visitor(here.scene.at("police", "practitioner")).get(at).status_code == 404
    other = here.scene.open().escalation_id
    assert raiser(here).get(f"/escalations/{other}/waiting/{document}").status_code == 404


def test_what_is_written_stands_in_no_log_no_address_and_no_audit_entry(
    here: Office, at: str, logged: io.StringIO
) -> None:
    visitor = raiser(here)
    first = post(visitor, at, "texts", **{"t-about": NAMED})
    second = keep_the_rest(visitor, at)
    post(visitor, at, "send")
    back = post(unit(here), at, "send-back", **{"f-because": "Ottilie Marchbank is named."})

    assert "/waiting/<uuid:document_id>/texts" in logged.getvalue()
    for said in (logged.getvalue(), first.location, second.location, back.location):
        assert "Marchbank" not in said
    with here.scene.database.reading() as session:
        noted = session.scalars(select(AuditEntry.action)).all()
    assert {"release_written", "release_findings_resolved", "release_prepared", "release_sent_back"} <= set(noted)


# --- what goes wrong ---


def test_who_comes_second_is_told_who_was_there_before(here: Office, at: str, document: UUID) -> None:
    prepare(here.scene.workshop, document, by=here.scene.raiser, about=CLEAN)
    officer, chair = unit(here), here.visitor(here.scene.holder("chair"))
    seen = hidden(officer.get(at), "seen")
    assert post(chair, at, "release").status_code == 303

    late = post(officer, at, "release", seen=seen)

    assert late.status_code == 409
    assert "Somebody else acted on this document" in words_on(late)
    assert f"Released by {here.site.person(f'chair@board.{scenes.DOMAIN}').name}" in words_on(late)


def test_an_edit_after_the_page_was_opened_is_not_released_unseen(here: Office, at: str, document: UUID) -> None:
    prepare(here.scene.workshop, document, by=here.scene.raiser, about=CLEAN)
    officer, visitor = unit(here), raiser(here)
    seen = hidden(officer.get(at), "seen")
    assert post(visitor, at, "texts", **{"t-about": "Something else."}).status_code == 303

    assert post(officer, at, "release", seen=seen).status_code == 409
    assert not is_owed(here, document)


def test_when_the_check_fails_it_is_said_and_nothing_typed_is_lost(
    here: Office, at: str, document: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    visitor = raiser(here)

    def fails(*_: Any) -> Any:
        raise ScanFailed

    monkeypatch.setattr(scanning, "scan", fails)
    answer = post(visitor, at, "texts", **{"t-about": CLEAN})

    assert answer.status_code == 503
    assert "could not be carried out" in words_on(answer)
    assert CLEAN in answer.text
    assert release_of(here.scene.workshop, document).written_at is None


@pytest.mark.parametrize("seen", ["", "x", "99999999999999999999", "-1"])
def test_a_form_of_nowhere_changes_nothing(here: Office, at: str, document: UUID, seen: str) -> None:
    prepare(here.scene.workshop, document, by=here.scene.raiser, about=CLEAN)

    assert post(unit(here), at, "release", seen=seen).status_code == 409
    assert not is_owed(here, document)


def test_only_one_of_its_kind_is_warned_of(here: Office, at: str, escalation: UUID) -> None:
    assert "Only this escalation of the quarter has" in words_on(unit(here).get(at))

    another = here.scene.open().escalation_id
    for _ in range(3):
        here.scene.step_up(another)

    assert "Only this escalation of the quarter has" not in words_on(unit(here).get(at))
    here.scene.clock.forward(days=100)
    assert "Only this escalation of the quarter has" not in words_on(here.visitor(here.scene.raiser).get(at))


# --- an address that is secret ---


def test_that_it_is_secret_is_said_by_a_page(here: Office) -> None:
    escalation = here.scene.open().escalation_id
    visitor = raiser(here)
    page = visitor.get(f"/escalations/{escalation}")
    assert f"/escalations/{escalation}/secret-address" in page.text

    visitor.get(f"/escalations/{escalation}/secret-address")
    page = visitor.follow(visitor.post(f"/escalations/{escalation}/secret-address"))

    assert "The address of this child must be kept secret." in words_on(page)
    assert "/secret-address" not in page.text
    with here.scene.database.reading() as session:
        assert "address_protected" in list(session.scalars(select(AuditEntry.action)))


def test_two_who_take_part_let_a_document_with_the_address_go(here: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scenes, "SUBJECT", SECRET)
    escalation = here.scene.open().escalation_id
    tell(here.scene, escalation, f"She was seen at {LIVES_AT}.")
    document = held(here.scene.workshop, escalation)[0].document_id
    at = f"/escalations/{escalation}/waiting/{document}"
    visitor, other = raiser(here), here.visitor(here.scene.at("socialcare", "practitioner"))

    assert LIVES_AT in words_on(visitor.get(at))
    assert unit(here).get(at).status_code == 404
    visitor.follow(keep_the_rest(visitor, at))
    visitor.follow(post(visitor, at, "send"))
    assert "It names nobody." in words_on(other.get(at))
    other.follow(post(other, at, "release"))

    assert is_owed(here, document)
