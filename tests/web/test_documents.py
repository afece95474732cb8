"""What a recipient finds behind the link of an email: the document as a page and as files, and what they can say to it."""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import pytest
from lxml import html
from sqlalchemy import select
from werkzeug.test import TestResponse

from forms_app.db.tables import (
    AuditEntry,
    Delivery,
    DeliveryEvent,
    Document,
    DocumentFile,
    Draft,
    Notification,
    OutboxItem,
)
from forms_app.documents.catalogue import kind_of
from forms_app.documents.wording import folded, said
from forms_app.domain.acts import Act
from forms_app.services.outbox import Desk as WorkersDesk
from forms_app.services.outbox import run_due
from tests.factories.received import Sent, issue_quickly, make_everything, opened, resolved
from tests.factories.scenes import DOMAIN
from tests.factories.walks import record, who_may
from tests.journeys.test_each_policy import logged
from tests.mail.owed import LETTERHEAD, FakePostbox
from tests.web.clerk import Office, hidden, office, problems_on, words_on
from tests.web.visitor import Visitor

__all__ = ["logged"]

CONFIRMATION, ACCOUNT = "written_confirmation", "written_account"
REASONS = "Nobody asked Ottilie Marchbank before the plan was made."
DISAGREES = {"answer": "disagrees", "reasons": REASONS}


@dataclass
class Desk:
    office: Office
    sent: Sent

    def visitor(self, person: UUID | None = None) -> Visitor:
        return self.office.visitor(person or self.sent.scene.raiser)

    def answer(self, document: UUID, *, by: UUID | None = None, **typed: str) -> TestResponse:
        """The form of the answer as it is on its page, with what is typed into it."""
        visitor, at = self.visitor(by), f"/documents/{document}/answer"
        page = visitor.get(at)
        before = {name: hidden(page, name) for name in ("sha256", "number")}
        return visitor.post(at, {**before, **typed})


@pytest.fixture
def began(sqlite_url: str) -> Iterator[Desk]:
    with office(sqlite_url, "hull") as made:
        yield Desk(made, opened(made.scene))


@pytest.fixture
def ended(sqlite_url: str) -> Iterator[Desk]:
    with office(sqlite_url, "hull") as made:
        yield Desk(made, resolved(made.scene))


@pytest.fixture
def account(began: Desk) -> UUID:
    return began.sent.document(ACCOUNT)


@pytest.fixture
def outcome(ended: Desk) -> UUID:
    return ended.sent.document(CONFIRMATION)


# --- from the link to the document ---


def test_a_link_opens_nothing_until_a_code_is_typed_and_then_leads_where_it_led(began: Desk, account: UUID) -> None:
    site = began.office.site
    for way in ("", "/read", "/pdf", "/answer", "/seen"):
        visitor = site.visitor()
        site.clock.forward(seconds=1)

        assert visitor.get(f"/documents/{account}{way}").location == "/sign-in"
        visitor.ask_for_code(f"practitioner@school.{DOMAIN}")
        answer = visitor.type_code(site.last_message()["code"])

        assert answer.location == f"/documents/{account}{way}"
        shown = visitor.follow(answer)
        assert shown.status_code == 200 or shown.location == f"/documents/{account}"


def test_somebody_who_takes_no_part_finds_what_was_sent_to_them(sqlite_url: str) -> None:
    with office(sqlite_url, "hull") as made:
        chair = made.scene.holder("chair")
        sent = opened(made.scene)
        account = sent.document(ACCOUNT)
        send_to(sent, account, chair)
        visitor = Desk(made, sent).visitor(chair)

        page = visitor.get(f"/documents/{account}")

        assert page.status_code == 200
        assert "See the escalation" not in page.text
        assert visitor.get(f"/escalations/{sent.escalation}").status_code == 404
        assert sent.events(account, chair) == [("opened", "")]


def send_to(sent: Sent, document: UUID, person: UUID) -> None:
    with sent.scene.database.writing() as session:
        session.add(
            Delivery(
                document_id=document,
                number=90,
                person_id=person,
                address="chair@example.org",
                attached=False,
                owed_at=sent.scene.clock.now,
            )
        )


def test_to_look_without_signing_in_changes_nothing_whatever_is_opened(began: Desk) -> None:
    site, before = began.office.site, began.sent.scene.count()
    stranger = site.visitor()
    account = began.sent.document(ACCOUNT)

    for rule in site.app.url_map.iter_rules():
        if "GET" in (rule.methods or set()) and rule.endpoint != "static":
            path = re.sub(r"<[^>]*uuid:[^>]*>", str(account), rule.rule)
            path = re.sub(r"<[^>]*>", "pdf", path)
            for ask in (stranger.get, stranger.head):
                assert ask(path).status_code < 500, path

    counted = {"allowances": before["allowances"]}  # how often somebody asked
    assert {**began.sent.scene.count(), **counted} == before
    assert stranger.get("/escalations").location == "/sign-in"


def test_only_the_headers_of_a_page_change_nothing_for_who_is_signed_in_either(began: Desk, account: UUID) -> None:
    visitor, before = began.visitor(), began.sent.scene.count()

    for way in ("", "/read", "/pdf", "/docx", "/seen", "/answer", "/answered"):
        assert visitor.head(f"/documents/{account}{way}").status_code in {200, 303}, way

    assert began.sent.scene.count() == before


# --- what the ledger notes ---


def test_opened_downloaded_and_read_are_three_facts_each_noted_once(began: Desk, account: UUID) -> None:
    visitor, raiser = began.visitor(), began.sent.scene.raiser

    def known() -> list[tuple[str, str]]:
        return began.sent.events(account, raiser)

    for _ in range(2):
        visitor.get(f"/documents/{account}")
    assert known() == [("opened", "")]
    for way in ("read", "pdf", "docx", "pdf", "read"):
        assert visitor.get(f"/documents/{account}/{way}").status_code == 200
    assert known()[1:] == [("downloaded", "page"), ("downloaded", "pdf"), ("downloaded", "docx")]
    visitor.get(f"/documents/{account}")
    for _ in range(2):
        assert visitor.post(f"/documents/{account}/seen").location == f"/documents/{account}"
    assert known()[4:] == [("seen", "")]
    assert "at 10:30am that you have read it." in words_on(visitor.get(f"/documents/{account}"))


def test_every_time_that_something_is_given_out_is_in_the_audit(began: Desk, account: UUID) -> None:
    for _ in range(2):
        began.visitor().get(f"/documents/{account}/read")

    with began.sent.scene.database.reading() as session:
        wanted = select(AuditEntry).where(AuditEntry.action == "document_read")
        assert [(each.person_id, each.about_id) for each in session.scalars(wanted)] == [
            (began.sent.scene.raiser, account)
        ] * 2


# --- the web version ---


def test_the_page_says_what_the_document_says_and_is_never_drawn_again(began: Desk, account: UUID) -> None:
    with began.sent.scene.database.writing() as session:
        document = session.get_one(Document, account)
        context = kind_of(ACCOUNT).context.model_validate_json(document.context)

    page = html.fromstring(began.visitor().get(f"/documents/{account}/read").text)

    shown = iter([folded(each.text_content()) for each in page.xpath("//main//article//*")])
    assert [text.place for text in said(context) if folded(text.text) not in shown] == []
    assert not page.xpath("//main//article//*[@style]")
    with began.sent.scene.database.writing() as session:
        wanted = select(DocumentFile).where(DocumentFile.document_id == account, DocumentFile.format == "page")
        file = session.scalars(wanted).one()
        file.content = b"<article><h1>As it was stored</h1></article>"
        session.get_one(Document, account).context = '{"heading": {"title": "As it was stored"}}'
    refused = began.visitor().get(f"/documents/{account}/read")
    assert refused.status_code == 503
    assert "As it was stored" not in refused.text
    with began.sent.scene.database.writing() as session:
        session.scalars(wanted).one().sha256 = hashlib.sha256(file.content).hexdigest()
    assert "<h1>As it was stored</h1>" in began.visitor().get(f"/documents/{account}/read").text


def test_of_what_was_issued_without_a_web_version_the_files_are_offered(began: Desk, account: UUID) -> None:
    assert "Read it here" in words_on(began.visitor().get(f"/documents/{account}"))
    with began.sent.scene.database.writing() as session:
        wanted = select(DocumentFile).where(DocumentFile.document_id == account, DocumentFile.format == "page")
        session.delete(session.scalars(wanted).one())

    page = began.visitor().get(f"/documents/{account}")

    assert "Read it here" not in words_on(page)
    assert f"/documents/{account}/pdf" in page.text
    assert began.visitor().get(f"/documents/{account}/read").status_code == 404


# --- all that was sent to somebody ---


def test_everything_that_was_sent_to_somebody_stands_in_one_list_first_what_waits(ended: Desk, outcome: UUID) -> None:
    visitor, raiser = ended.visitor(), ended.sent.scene.raiser
    account = ended.sent.document(ACCOUNT)
    before = listed(visitor)

    assert account in before["waiting"]
    assert outcome in before["waiting"]
    visitor.get(f"/documents/{account}")
    visitor.post(f"/documents/{account}/seen")
    assert ended.answer(outcome, answer="agrees", reasons="").status_code == 303

    after = listed(visitor)
    assert after["waiting"] == [each for each in before["waiting"] if each not in {account, outcome}]
    assert after["others"] == [outcome, account], "the newest first"
    ended.sent.withdraw(account, raiser)
    assert listed(visitor)["others"] == [outcome]


def listed(visitor: Visitor) -> dict[str, list[UUID]]:
    page = html.fromstring(visitor.get("/documents").text)
    return {
        name: [UUID(link.rpartition("/")[2]) for link in page.xpath(f"//table[@id='{name}']//th/a/@href")]
        for name in ("waiting", "others")
    }


def test_what_is_not_issued_or_is_another_persons_is_not_in_the_list(sqlite_url: str) -> None:
    with office(sqlite_url, "hull") as made:
        desk = Desk(made, Sent(made.scene, made.scene.open().escalation_id))
        assert "Nothing has been sent to you yet." in words_on(desk.visitor().get("/documents"))

        make_everything(made.scene)

        assert len(listed(desk.visitor())["waiting"]) == 1
        for stranger in (made.scene.at("police", "practitioner"), made.scene.holder("business_unit")):
            assert listed(desk.visitor(stranger)) == {"waiting": [], "others": []}


def test_the_list_is_in_the_navigation_of_everybody(began: Desk) -> None:
    for person in (began.sent.scene.raiser, began.sent.scene.holder("chair")):
        page = html.fromstring(began.visitor(person).get("/contacts").text)
        assert page.xpath("//header//a[@href='/documents']/text()")[0].strip() == "Documents"


# --- the three buttons ---


def test_a_recipient_agrees(ended: Desk, outcome: UUID) -> None:
    page = ended.visitor().get(f"/documents/{outcome}")
    assert html.fromstring(page.text).xpath("//input[@type='radio']/@value") == [
        "agrees",
        "agrees_actions",
        "disagrees",
    ]
    assert "I have read it" not in page.text

    answer = ended.answer(outcome, answer="agrees", reasons="")

    receipt = ended.visitor().follow(answer)
    assert answer.location == f"/documents/{outcome}/answered"
    assert "Your answer I agree Recorded" in words_on(receipt)
    assert ended.sent.answers(outcome, ended.sent.scene.raiser) == [(1, "agrees", "", ended.sent.sha256(outcome))]
    assert "Change your answer" in words_on(ended.visitor().get(f"/documents/{outcome}"))


def test_the_buttons_on_the_page_of_the_document_are_the_form(ended: Desk, outcome: UUID) -> None:
    visitor = ended.visitor()
    (form,) = html.fromstring(visitor.get(f"/documents/{outcome}").text).xpath("//main//form[.//input[@type='radio']]")
    given = {each.get("name"): each.get("value") for each in form.xpath(".//input[@type='hidden']")}

    answer = visitor.post(form.get("action"), {**given, "answer": "agrees", "reasons": ""})

    assert answer.location == f"/documents/{outcome}/answered"


def test_whoever_does_not_agree_with_everything_says_why(ended: Desk, outcome: UUID) -> None:
    for told, answer in enumerate(("agrees_actions", "disagrees"), start=1):
        refused = ended.answer(outcome, answer=answer, reasons=" ")

        assert refused.status_code == 422
        assert problems_on(refused) == ["Enter your reasons"]
        assert html.fromstring(refused.text).xpath("//input[@checked]/@value") == [answer]
        receipt = ended.visitor().follow(ended.answer(outcome, answer=answer, reasons=REASONS))
        assert REASONS in words_on(receipt)
        assert len(ended.sent.told("disagreement")) == told


def test_an_answer_can_be_changed_and_both_stay(ended: Desk, outcome: UUID) -> None:
    ended.answer(outcome, answer="agrees", reasons="")
    receipt = ended.visitor().follow(ended.answer(outcome, **DISAGREES))

    assert "Your answer I do not agree" in words_on(receipt)
    assert "Before that I agree, 1 March 2027" in words_on(receipt)


def test_sent_twice_it_is_one(ended: Desk, outcome: UUID) -> None:
    visitor, at = ended.visitor(), f"/documents/{outcome}/answer"
    page = visitor.get(at)
    form = {**{name: hidden(page, name) for name in ("sha256", "number")}, **DISAGREES}

    answers = [visitor.post(at, form) for _ in range(2)]

    assert {answer.location for answer in answers} == {f"/documents/{outcome}/answered"}
    assert len(ended.sent.answers(outcome, ended.sent.scene.raiser)) == 1


OTHERWISE = (
    {"sha256": "0" * 64},
    {"sha256": ""},
    {"number": "7"},
    {"number": "²"},
    {"number": "-1"},
    {"number": ""},
    {"number": "9" * 40},
)


def test_an_answer_to_something_else_is_not_recorded_and_nothing_typed_is_lost(ended: Desk, outcome: UUID) -> None:
    for changed in OTHERWISE:
        refused = ended.answer(outcome, **DISAGREES, **changed)

        assert refused.status_code == 409, changed
        assert REASONS in refused.text
        assert "Nothing was recorded" in words_on(refused)
        again = {name: hidden(refused, name) for name in ("sha256", "number")}
        assert again == {"sha256": ended.sent.sha256(outcome), "number": "0"}
    assert ended.sent.answers(outcome, ended.sent.scene.raiser) == []


TOO_LONG = "This must be 4,000 characters or fewer. It has 10,000."
WRONG: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "Choose whether you agree"),
    ({"answer": ""}, "Choose whether you agree"),
    ({"answer": "perhaps"}, "Choose an answer to “Do you agree with the outcome?” from the list"),
    ({"answer": "disagrees", "reasons": "x" * 10_000}, TOO_LONG),
    ({"answer": "agrees", "reasons": "x" * 10_000}, TOO_LONG),
    (
        {"answer": "disagrees", "reasons": "a\x07b"},
        "In line 1, after “a”, there is a character that cannot be kept. Delete it and try again.",
    ),
)


def test_what_cannot_be_taken_is_shown_again(ended: Desk, outcome: UUID) -> None:
    for typed, problem in WRONG:
        refused = ended.answer(outcome, **typed)

        assert refused.status_code == 422
        assert problems_on(refused) == [problem]
        assert typed.get("reasons", "")[:20].replace("\x07", "") in refused.text.replace("\x07", "")
    assert ended.sent.answers(outcome, ended.sent.scene.raiser) == []


def test_what_was_typed_outlives_a_session_that_was_left_alone(ended: Desk, outcome: UUID) -> None:
    visitor, at = ended.visitor(), f"/documents/{outcome}/answer"
    page = visitor.get(at)
    form = {**{name: hidden(page, name) for name in ("sha256", "number")}, **DISAGREES}
    ended.sent.scene.clock.forward(hours=3)

    refused = visitor.post(at, form)

    assert refused.status_code == 403
    assert "What you typed has been saved" in words_on(refused)
    visitor.ask_for_code(f"practitioner@school.{DOMAIN}")
    back = visitor.type_code(ended.office.site.last_message()["code"])
    assert back.location == at
    shown = visitor.follow(back)
    assert "You typed this earlier" in words_on(shown)
    assert REASONS in shown.text
    assert "Go on with your answer" in words_on(visitor.get(f"/documents/{outcome}"))
    visitor.get(at)
    assert visitor.post(at, {**form, "sha256": hidden(shown, "sha256")}).status_code == 303
    assert drafts(ended) == 0


def test_what_was_typed_can_be_thrown_away(ended: Desk, outcome: UUID) -> None:
    visitor, at = ended.visitor(), f"/documents/{outcome}/answer"
    visitor.get(at)
    ended.sent.scene.clock.forward(hours=3)
    visitor.post(at, DISAGREES)
    assert drafts(ended) == 1
    ended.office.visitors.clear()

    ended.visitor().get(at)
    assert ended.visitor().post(at, {"discard": "yes"}).location == at

    assert drafts(ended) == 0
    assert ended.sent.answers(outcome, ended.sent.scene.raiser) == []


def drafts(desk: Desk) -> int:
    with desk.sent.scene.database.reading() as session:
        return len(session.scalars(select(Draft)).all())


def test_reasons_leave_by_no_email_log_address_or_list_of_what_was_done(
    ended: Desk, outcome: UUID, logged: io.StringIO
) -> None:
    here, postbox = ended.sent.scene, FakePostbox()
    by = next(person for person in ended.sent.recipients(outcome) if person != here.raiser)
    refused = ended.answer(outcome, by=by, answer="", reasons=REASONS)
    sent = ended.answer(outcome, by=by, **DISAGREES)

    run_due(here.workshop, "w", WorkersDesk(postbox, LETTERHEAD, issue_quickly), most=200)

    (told,) = ended.sent.told("disagreement")
    assert told.accepted_at is not None, "somebody is told that there is a disagreement"
    mails = "".join(repr(replace(message, attachments=())) for message in postbox.posted)
    with here.database.reading() as session:
        rows = [
            [str(value) for value in row]
            for table in (AuditEntry, OutboxItem, Notification, DeliveryEvent)
            for row in session.execute(select(*table.__table__.columns))
        ]
    ledger = ended.visitor(here.holder("business_unit")).get("/register/deliveries").text
    for leak in ("Marchbank", "Nobody asked", "before the plan"):
        assert leak in refused.text
        for place in (mails, logged.getvalue(), json.dumps(rows), sent.location, ledger):
            assert leak not in place


# --- for whom it is, and when ---


def test_nobody_else_can_open_read_or_answer_it(ended: Desk, outcome: UUID) -> None:
    here, nowhere = ended.sent.scene, uuid4()
    for person in (
        here.at("school", "senior_manager"),
        here.at("police", "practitioner"),
        here.holder("business_unit"),
    ):
        visitor = ended.visitor(person)
        for way in ("", "/read", "/pdf", "/answer", "/answered", "/seen"):
            assert visitor.get(f"/documents/{outcome}{way}").status_code == 404, way
        for way in ("answer", "seen"):
            theirs = visitor.post(f"/documents/{outcome}/{way}", DISAGREES)
            none = visitor.post(f"/documents/{nowhere}/{way}", DISAGREES)
            assert (theirs.status_code, none.status_code) == (404, 404)
            assert without_token(theirs.text) == without_token(none.text)
    assert ended.sent.told("disagreement") == []


def without_token(page: str) -> str:
    return re.sub(r'((?:name="csrf_token" value|nonce)=)"[^"]*"', r"\1", page)


def test_what_was_withdrawn_meanwhile_takes_no_answer(ended: Desk, outcome: UUID) -> None:
    visitor, at = ended.visitor(), f"/documents/{outcome}/answer"
    page = visitor.get(at)
    form = {**{name: hidden(page, name) for name in ("sha256", "number")}, **DISAGREES}
    ended.sent.withdraw(outcome, ended.sent.scene.raiser)

    assert visitor.post(at, form).status_code == 410
    assert visitor.post(f"/documents/{outcome}/seen").status_code == 410
    assert visitor.get(f"/documents/{outcome}/read").status_code == 410
    assert ended.sent.told("disagreement") == []


def test_what_is_not_issued_takes_no_answer_and_is_not_opened(sqlite_url: str) -> None:
    with office(sqlite_url, "hull") as made:
        desk = Desk(made, Sent(made.scene, made.scene.open().escalation_id))
        account = desk.sent.document(ACCOUNT)
        visitor = desk.visitor()

        assert "being made" in words_on(visitor.get(f"/documents/{account}"))
        assert visitor.get(f"/documents/{account}/read").status_code == 404
        for way in ("seen", "answer"):
            assert visitor.post(f"/documents/{account}/{way}", DISAGREES).location == f"/documents/{account}"
        assert desk.sent.events(account, made.scene.raiser) == []


def test_of_any_other_document_one_only_says_that_one_has_read_it(began: Desk, account: UUID) -> None:
    visitor = began.visitor()

    assert not html.fromstring(visitor.get(f"/documents/{account}").text).xpath("//input[@type='radio']")
    for way in ("answer", "answered"):
        assert visitor.get(f"/documents/{account}/{way}").location == f"/documents/{account}"
    assert visitor.post(f"/documents/{account}/answer", DISAGREES).location == f"/documents/{account}"
    assert began.sent.answers(account, began.sent.scene.raiser) == []


def test_an_outcome_is_not_only_read(ended: Desk, outcome: UUID) -> None:
    visitor = ended.visitor()
    visitor.get(f"/documents/{outcome}")

    assert visitor.post(f"/documents/{outcome}/seen").location == f"/documents/{outcome}"
    assert ended.sent.events(outcome, ended.sent.scene.raiser) == [("opened", "")]


def test_where_the_stage_waits_for_ones_side_the_page_says_so_and_leads_there(sqlite_url: str) -> None:
    with office(sqlite_url, "hull") as made:
        sent = Sent(made.scene, made.scene.open(everybody=True).escalation_id)
        record(made.scene, sent.escalation)
        make_everything(made.scene)
        desk, told = Desk(made, sent), sent.document("stage_record")
        asked = who_may(made.scene, sent.escalation, Act.ANSWER_OUTCOME)[0].person

        page = desk.visitor(asked).get(f"/documents/{told}")

        assert "The stage also waits for your side." in words_on(page)
        assert f'href="/escalations/{sent.escalation}/agreement"' in page.text
        others = set(sent.recipients(told)) - {
            each.person for each in who_may(made.scene, sent.escalation, Act.ANSWER_OUTCOME)
        }
        for person in others:
            assert "waits for your side" not in words_on(desk.visitor(person).get(f"/documents/{told}"))
