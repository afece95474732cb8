"""The API: which token gets what, and that everything else answers as if it had never been."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from flask import Flask
from jsonschema import Draft202012Validator, FormatChecker
from openapi_spec_validator import validate
from sqlalchemy import select, update
from werkzeug.test import Client, TestResponse

from forms_app.db.tables import (
    Agency,
    AuditEntry,
    Delivery,
    Document,
    Escalation,
    Interest,
    Party,
    Person,
    RegisterEntry,
)
from forms_app.domain.errors import NotFound
from forms_app.domain.limits import CALLS_OF_TOKEN, WRONG_TOKENS_FOR_NETWORK
from forms_app.domain.systems import OF_AGENCY, Scope, is_token, token_of
from forms_app.services import interface
from forms_app.services.figures import count_quarters
from forms_app.services.file_copies import make_file_copy
from forms_app.services.tokens import System, revoke_token
from forms_app.web import api
from forms_app.web.openapi import OPERATIONS, description
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.factories.sending import Sending
from tests.factories.systems import Program, program_of
from tests.web.conftest import site_of

WROTE = "Zebedee Quillfeather had bruises"


class Here:
    """A Board whose school raised a concern with social care, and the service on it."""

    def __init__(self, made: Scene, url: str) -> None:
        self.scene = made
        self.escalation = made.open().escalation_id
        made.outcome(self.escalation, by=made.at("socialcare", "practitioner"))
        with made.workshop.writing() as work:
            self.copy = make_file_copy(work, by=made.raiser, escalation_id=self.escalation)
        Sending(made).work()
        self.site = site_of(made, url)
        self.app: Flask = self.site.app
        with made.database.reading() as session:
            self.reference = session.scalars(select(Escalation.reference)).one()

    def program(self, agency: str | None, **more: object) -> Program:
        return program_of(self.scene, self.app, agency, **more)  # type: ignore[arg-type]

    def document(self, kind: str) -> UUID:
        with self.scene.database.reading() as session:
            return session.scalars(select(Document.id).where(Document.kind == kind)).first() or uuid4()

    def change(self, table: type, *which: object, **values: object) -> None:
        with self.scene.database.writing() as session:
            session.execute(update(table).where(*which).values(**values))  # type: ignore[arg-type]

    def noted(self) -> list[AuditEntry]:
        with self.scene.database.reading() as session:
            found = list(session.scalars(select(AuditEntry).order_by(AuditEntry.id)))
            session.expunge_all()
            return found


@pytest.fixture
def here(database_url: str) -> Iterator[Here]:
    with scene(database_url, "hull") as made:
        yield Here(made, database_url)


@pytest.fixture
def one(sqlite_url: str) -> Iterator[Here]:
    """The same where one kind of database is enough."""
    with scene(sqlite_url, "hull") as made:
        yield Here(made, sqlite_url)


def refused(answer: TestResponse, status: int) -> None:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    assert answer.json["status"] == status
    assert answer.json["detail"].endswith(".")


# --- what an agency's system gets ---


def test_a_case_system_finds_takes_and_files_its_agencys_documents(here: Here) -> None:
    school = here.program("school")

    listed = school.get("/escalations").json
    documents = school.get("/documents").json["documents"]
    copy = next(each for each in documents if each["own_copy"])
    one = school.get(f"/escalations/{here.reference}").json
    taken = school.get(f"/documents/{copy['id']}/files/pdf")

    assert [each["reference"] for each in listed["escalations"]] == [here.reference]
    assert one["stays"][0]["stage"] == one["stage"]
    assert copy["id"] == str(here.copy)
    assert {"written_account", "file_copy"} <= {each["kind"] for each in documents} | {"written_account"}
    assert all(each["reference"] == here.reference for each in documents)
    assert hashlib.sha256(taken.data).hexdigest() == copy["files"][0]["sha256"]
    assert taken.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in taken.headers

    filed = school.file(copy["id"], "2027-03-01T10:31:00Z", "one")
    assert filed.status_code == 201
    assert school.get(f"/documents/{copy['id']}").json["filings"] == [filed.json]
    noted = here.noted()
    about = {(entry.action, entry.about_id) for entry in noted}
    assert {("document_taken", here.copy), ("document_filed", here.copy), ("api_used", school.token_id)} <= about


def test_each_agency_has_what_was_delivered_to_it_and_its_own_copy_alone(one: Here) -> None:
    school, care = one.program("school"), one.program("socialcare")

    ours = {each["id"] for each in school.get("/documents").json["documents"]}
    theirs = {each["id"] for each in care.get("/documents").json["documents"]}

    assert ours & theirs, "what both were sent"
    assert str(one.copy) in ours
    assert str(one.copy) not in theirs
    with one.scene.database.reading() as session:
        for document in session.scalars(select(Document)):
            wanted = select(Party.agency_id).join(Delivery, Delivery.place_id == Party.place_id)
            sent = set(session.scalars(wanted.where(Delivery.document_id == document.id)))
            for name, has in (("school", ours), ("socialcare", theirs)):
                agency = one.scene.agency(name).id
                assert (str(document.id) in has) == (agency in sent or document.agency_id == agency), document.kind


def test_a_list_goes_on_where_it_was_left(one: Here, monkeypatch: pytest.MonkeyPatch) -> None:

    school = one.program("school")
    everything = school.get("/documents").json
    monkeypatch.setattr(interface, "ON_A_PAGE", 1)

    found, since = [], None
    for _ in range(20):
        page = school.get("/documents" + (f"?since={since}" if since else "")).json
        found += page["documents"]
        since = page["next"]
        if not page["documents"]:
            break

    assert found == everything["documents"]
    assert since == everything["next"]
    later = one.scene.open().escalation_id
    Sending(one.scene).work()
    new = school.get(f"/documents?since={since}").json["documents"]
    with one.scene.database.reading() as session:
        reference = session.get_one(Escalation, later).reference
    assert {each["reference"] for each in new} == {reference}


def test_what_is_younger_than_half_a_minute_comes_with_the_next_question(one: Here) -> None:
    school = one.program("school")
    since = school.get("/escalations").json["next"]
    one.scene.clock.forward(minutes=5)
    one.scene.open()

    assert school.get(f"/escalations?since={since}").json["escalations"] == []
    one.scene.clock.forward(minutes=1)
    assert len(school.get(f"/escalations?since={since}").json["escalations"]) == 1


# --- the same filing twice ---


def test_a_filing_that_is_asked_twice_is_done_once(one: Here) -> None:
    school = one.program("school")
    first = school.file(one.copy, "2027-03-01T10:31:00Z", "k-1")
    one.scene.clock.forward(minutes=1)
    again = school.file(one.copy, "2027-03-01T10:31:00Z", "k-1")

    assert (again.status_code, again.json) == (201, first.json)
    refused(school.file(one.copy, "2027-03-01T10:30:00Z", "k-1"), 409)
    assert len(school.get(f"/documents/{one.copy}").json["filings"]) == 1
    assert [entry.action for entry in one.noted()].count("document_filed") == 1


NO_FILINGS = (
    "{}",
    "[]",
    "x",
    '{"filed_at": "yesterday"}',
    '{"filed_at": "2027-03-01T10:31:00"}',
    "\ufeff{}",
    '{"filed_at": 1e400}',
    '{"filed_at": "2027-03-01T10:31:00Z", "child": "Zebedee"}',
    '{"filed_at": "2127-03-01T10:31:00Z"}',
    '{"filed_at": "0001-01-01T00:00:00Z"}',
    '{"filed_at": "0001-01-01T00:00:00+14:00"}',
    '{"filed_at": "2027-02-27T10:31:00Z"}',
)


def test_a_filing_that_does_not_say_when_is_refused_in_a_sentence(one: Here) -> None:
    school = one.program("school")
    for said in NO_FILINGS:
        answer = Client(one.app).post(
            f"/api/v1/documents/{one.copy}/filings",
            data=said.encode(),
            headers={"Authorization": f"Bearer {school.token}", "Idempotency-Key": "k"},
            base_url="http://escalations.example",
        )
        refused(answer, 400)
        assert "Zebedee" not in answer.text
    assert one.site.visiting(f"practitioner@school.{DOMAIN}").get(f"/escalations/{one.escalation}").status_code == 200


# --- who gets nothing ---


ASKED = ("/escalations/{reference}", "/documents/{copy}", "/documents/{copy}/files/pdf", "/documents/{account}")


def everything_of(here: Here, program: Program) -> list[int]:
    values = {"reference": here.reference, "copy": here.copy, "account": here.document("written_account")}
    return [program.get(path.format(**values)).status_code for path in ASKED]


def lists_nothing(program: Program) -> bool:
    found = program.get("/escalations").json["escalations"] + program.get("/documents").json["documents"]
    return found == []


def test_an_agency_that_takes_no_part_finds_nothing_and_it_is_as_if_it_had_never_been(here: Here) -> None:
    police = here.program("police")

    assert everything_of(here, police) == [404, 404, 404, 404]
    assert lists_nothing(police)
    not_theirs, never = police.get(f"/documents/{here.copy}"), police.get(f"/documents/{uuid4()}")
    assert not_theirs.data == never.data
    refused(police.file(here.copy, "2027-03-01T10:31:00Z", "k"), 404)
    assert ("api_refused", police.token_id) in {(entry.action, entry.about_id) for entry in here.noted()}


def test_an_agency_whose_people_take_part_no_more_finds_nothing_more(one: Here) -> None:
    school, now = one.program("school"), one.scene.clock.now
    ours, theirs = one.scene.agency("school").id, one.scene.agency("police").id
    with one.scene.database.reading() as session:
        people = session.scalars(select(Party.person_id).where(Party.agency_id == ours)).all()
    for table, values in (
        (Person, {"left_at": now}),
        (Person, {"agency_id": theirs}),
        (Party, {"removed_at": now}),
        (Party, {"gave_up_at": now}),
        (Party, {"covers_until": now}),
    ):
        which = Person.id.in_(people) if table is Person else Party.person_id.in_(people)
        before = {name: ours if name == "agency_id" else None for name in values}
        assert everything_of(one, school)[:3] == [200, 200, 200]
        one.change(table, which, **values)

        assert everything_of(one, school) == [404, 404, 404, 404], values
        assert lists_nothing(school)
        one.change(table, which, **before)


def test_whoever_takes_a_place_over_has_what_was_sent_for_it(one: Here) -> None:
    care = one.program("socialcare")
    account = one.document("written_account")
    with one.scene.database.reading() as session:
        old = session.scalars(select(Party).where(Party.person_id == one.scene.at("socialcare", "practitioner"))).one()
        values = {name: getattr(old, name) for name in ("escalation_id", "agency_id", "side", "level", "place_id")}
        old_id = old.id
    one.change(Party, Party.id == old_id, gave_up_at=one.scene.clock.now)
    with one.scene.database.writing() as session:
        successor = one.scene.at("socialcare", "colleague")
        session.add(Party(number=90, person_id=successor, joined_at=one.scene.clock.now, **values))
    assert care.get(f"/documents/{account}").status_code == 200

    one.change(Delivery, Delivery.document_id == account, withdrawn_at=one.scene.clock.now)
    assert care.get(f"/documents/{account}").status_code == 404


def test_what_was_withdrawn_or_is_not_made_is_not_there(one: Here) -> None:
    care, school, account = one.program("socialcare"), one.program("school"), one.document("written_account")
    assert care.get(f"/documents/{account}").status_code == 200

    one.change(Delivery, Delivery.document_id == account, withdrawn_at=one.scene.clock.now)
    refused(care.get(f"/documents/{account}"), 404)

    one.change(Document, Document.id == one.copy, issued_at=None)
    refused(school.get(f"/documents/{one.copy}"), 404)
    assert str(one.copy) not in school.get("/documents").text


def test_what_somebody_has_for_the_board_is_not_their_agencys(one: Here) -> None:
    care, account = one.program("socialcare"), one.document("written_account")
    one.change(Party, Party.agency_id == one.scene.agency("socialcare").id, side="board")

    refused(care.get(f"/documents/{account}"), 404)
    assert lists_nothing(care)


def test_another_boards_token_finds_nothing(one: Here) -> None:
    from forms_app.services import interface

    stranger = System(uuid4(), uuid4(), one.scene.agency("school").id, frozenset(OF_AGENCY), uuid4())
    with one.scene.workshop.reading() as work, pytest.raises(NotFound):
        interface.document(work, stranger, interface.Addresses(""), document_id=one.copy)
    with one.scene.workshop.reading() as work:
        assert interface.escalations(work, stranger, interface.Addresses(""), since=None).escalations == []
        assert interface.register(work, stranger, since=None).escalations == []


# --- which tokens are good ---


def test_a_token_that_is_not_good_now_opens_nothing(one: Here) -> None:
    good = one.program("school")
    waits = one.program("school", confirmed=False)
    ends = one.program("school", days=30)
    gone = one.program("school")
    with one.scene.workshop.writing() as work:
        revoke_token(work, by=one.scene.holder("business_unit"), token_id=gone.token_id)
    one.scene.clock.forward(days=30)

    for program in (waits, ends, gone):
        refused(program.get("/escalations"), 401)
    assert good.get("/escalations").status_code == 200
    for token in ("", "x", "esc_" + "0" * 47, good.token[:-1] + "!", good.token[:-1], f"{good.token} "):
        bad = Program(one.app, token, good.token_id)
        assert bad.get("/escalations").status_code == (200 if token == f"{good.token} " else 401), token
    refused(Client(one.app).get("/api/v1/escalations", base_url="http://escalations.example"), 401)


def test_a_token_stops_when_nobody_is_there_who_could_take_it_away(one: Here) -> None:
    school = one.program("school")
    agency = one.scene.agency("school").id
    one.change(Person, Person.agency_id == agency, administers_agency=False)
    refused(school.get("/escalations"), 401)
    one.change(Person, Person.id == one.scene.at("school", "senior_manager"), administers_agency=True)
    assert school.get("/escalations").status_code == 200

    one.change(Agency, Agency.id == agency, closed_at=one.scene.clock.now)
    refused(school.get("/escalations"), 401)


def test_a_token_may_be_good_from_some_networks_alone(one: Here) -> None:
    school = one.program("school", networks=("192.0.2.0/24", "2001:db8::/32"))
    for address, status in (
        ("192.0.2.200", 200),
        ("2001:db8::7", 200),
        ("::ffff:192.0.2.7", 200),
        ("198.51.100.7", 401),
    ):
        school.address = address
        assert school.get("/escalations").status_code == status, address


def test_each_scope_opens_its_own_and_nothing_else(one: Here) -> None:
    paths = {
        Scope.ESCALATIONS: ("/escalations", f"/escalations/{one.reference}"),
        Scope.DOCUMENTS: ("/documents", f"/documents/{one.copy}", f"/documents/{one.copy}/files/docx"),
    }
    for scope in OF_AGENCY:
        program = one.program("school", scopes=(scope,))
        for of, each in paths.items():
            assert {program.get(path).status_code for path in each} == ({200} if of is scope else {403})
        refused(program.get("/register"), 403)
        filed = program.file(one.copy, "2027-03-01T10:31:00Z", scope)
        assert filed.status_code == (201 if scope is Scope.FILING else 403)
    board = one.program(None)
    assert board.get("/register").status_code == 200
    refused(board.get("/documents"), 403)
    refused(board.get(f"/escalations/{one.reference}"), 403)


def test_the_boards_register_is_what_it_was_told_of_without_what_whoever_asked_has_an_interest_in(here: Here) -> None:
    unit = here.scene.holder("business_unit")
    board, own = here.program(None), RegisterEntry.escalation_id == here.escalation
    here.change(RegisterEntry, own, told_at=None)
    assert board.get("/register").json["escalations"] == []
    here.change(RegisterEntry, own, told_at=here.scene.clock.now)
    (line,) = board.get("/register").json["escalations"]
    assert (line["reference"], line["opened_in"]) == (here.reference, "2027-03")
    assert "opened_at" not in line, "the Board's office is told no day"
    with here.scene.database.writing() as session:
        session.add(Interest(escalation_id=here.escalation, person_id=unit, declared_at=here.scene.clock.now))

    assert board.get("/register").json["escalations"] == []


def test_a_signed_in_person_is_nobody_here(one: Here) -> None:
    visitor = one.site.visiting(f"practitioner@school.{DOMAIN}")
    assert visitor.get("/escalations").status_code == 200

    refused(visitor.get("/api/v1/escalations"), 401)


def test_too_much_is_refused_and_says_when_there_is_more(one: Here, monkeypatch: pytest.MonkeyPatch) -> None:

    school = one.program("school")
    monkeypatch.setattr(api, "CALLS_OF_TOKEN", type(CALLS_OF_TOKEN)("calls_of_token", 2, timedelta(seconds=30)))
    statuses = [school.get("/escalations") for _ in range(3)]
    assert [each.status_code for each in statuses] == [200, 200, 429]
    assert int(statuses[-1].headers["Retry-After"]) == 30
    refused(statuses[-1], 429)

    monkeypatch.setattr(
        api, "WRONG_TOKENS_FOR_NETWORK", type(CALLS_OF_TOKEN)(WRONG_TOKENS_FOR_NETWORK.code, 1, timedelta(seconds=30))
    )
    wrong = Program(one.app, "esc_wrong", school.token_id, "203.0.113.9")
    assert [wrong.get("/escalations").status_code for _ in range(2)] == [401, 429]


# --- what was not foreseen ---


ODD = (
    "/documents/not-an-id",
    "/nothing",
    "/documents/{copy}/files/exe",
    "/documents?since=x",
    "/documents?since=%00",
    "/escalations?since=9999999999999999999999999",
    "/escalations/%F0%9F%92%A9",
    "/escalations/%00",
    "/escalations/" + "x" * 3000,
    "/documents?since=" + "A" * 5000,
    "/documents?since=" + base64.urlsafe_b64encode(f"0001-01-01T00:00:00+14:00 {uuid4().hex}".encode()).decode(),
)


def test_whatever_is_asked_is_answered_with_a_problem(here: Here) -> None:
    school = here.program("school")
    for path in ODD:
        answer = school.get(path.format(copy=here.copy))
        assert answer.status_code in {400, 404}, path
        refused(answer, answer.status_code)


def test_another_method_is_answered_with_a_problem(one: Here) -> None:
    answer = one.program("school").post("/documents", {})
    refused(answer, 405)
    assert "GET" in answer.headers["Allow"]


# --- tokens themselves ---


def test_a_token_can_be_found_where_none_should_be_and_nothing_else_is_taken_for_one() -> None:
    made = {token_of(bytes([number] * 30)) for number in range(256)}

    assert len(made) == 256
    assert all(re.fullmatch(r"esc_[0-9A-Za-z]{47}", token) and is_token(token) for token in made)
    token = made.pop()
    for place in (4, 20, -1):
        letters = list(token)
        letters[place] = "A" if letters[place] != "A" else "B"
        assert not is_token("".join(letters))
    assert not is_token("")
    assert not is_token("é" * 51)


# --- the description ---


def test_the_description_is_valid_and_has_no_address_more_or_less_than_there_are(one: Here) -> None:
    said = Client(one.app).get("/api/v1/openapi.json", base_url="http://escalations.example").json

    validate(said)
    described = {(path, method) for path, each in said["paths"].items() for method in each}
    there = {
        (re.sub(r"<(?:[a-z_]+(?:\([^)]*\))?:)?([a-z_]+)>", r"{\1}", rule.rule).removeprefix("/api/v1"), method.lower())
        for rule in one.app.url_map.iter_rules()
        if rule.endpoint.startswith("api.") and rule.endpoint != "api.described"
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert described == there
    for operation in OPERATIONS:
        assert one.app.view_functions[f"api.{operation.name}"].scope is operation.scope  # type: ignore[attr-defined]


def test_every_answer_is_as_it_is_described(one: Here) -> None:
    said = description("http://escalations.example/api/v1")
    school, board = one.program("school"), one.program(None)
    one.scene.clock.strike(2027, 5, 10)
    while count_quarters(one.scene.workshop):
        pass
    refused(board.get("/numbers/2027"), 404)
    refused(board.get("/numbers/last"), 404)
    asked = {
        "numbers": board.get("/numbers/2027-q1"),
        "escalations": school.get("/escalations"),
        "escalation": school.get(f"/escalations/{one.reference}"),
        "documents": school.get("/documents"),
        "document": school.get(f"/documents/{one.copy}"),
        "filing": school.file(one.copy, "2027-03-01T10:31:00Z", "k"),
        "register": board.get("/register"),
    }
    assert set(asked) | {"file"} >= {operation.name for operation in OPERATIONS}
    for operation in OPERATIONS:
        if operation.name in asked:
            answer = asked[operation.name]
            assert answer.status_code == operation.status
            assert operation.answers is not None
            _check(said, operation.answers.__name__, answer.json)
    for problem in (school.get("/nothing"), school.get("/register"), board.get("/documents")):
        _check(said, "Problem", problem.json)


def _check(said: dict[str, object], name: str, value: object) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": said["components"]}
    faults = list(Draft202012Validator(schema, format_checker=FormatChecker()).iter_errors(value))
    assert not faults, json.dumps(value)
