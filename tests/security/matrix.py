"""Every address of the service × every method × everybody × twelve escalations, and what each answer must be.

The addresses come from the service, who stands how to what from the rows, and which line of the table each address is
for from `routes.toml`. What the table does not allow must be answered as if it had never been.
"""

from __future__ import annotations

import io
import re
import statistics
import time
import tomllib
import zipfile
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pypdf
from flask import url_for
from flask_wtf.csrf import generate_csrf
from werkzeug.exceptions import MethodNotAllowed
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter, Rule, UUIDConverter
from werkzeug.test import Client, TestResponse

from forms_app.domain.access import May, Relation, allows
from forms_app.domain.seats import Seat
from tests.security.land import SERVICE_URL, SIDED, Land, Told

METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS")
FILE = Path(__file__).with_name("routes.toml")
OFFICE_DOCUMENTS = ("board_proforma", "notice_to_board")
OTHERS = ("other Board’s practitioner", "other Board’s unit")


@dataclass(frozen=True)
class Expected:
    """What `routes.toml` says of one address."""

    lines: tuple[May, ...]
    not_asked: str = ""
    """Why this address is left out of the walk; empty for all others."""
    may_be_missing: str = ""
    """Why somebody for whom it opens may find nothing there."""
    names_references: str = ""
    """Why it names references of escalations of the reader's Board of which the policy did not tell them."""


def expected() -> dict[str, Expected]:
    found = tomllib.loads(FILE.read_text("utf-8"))
    return {name: _expected(**({"line": given} if isinstance(given, str) else given)) for name, given in found.items()}


def _expected(line: str | list[str], **more: str) -> Expected:
    names = [line] if isinstance(line, str) else line
    return Expected(tuple(May[name] for name in names), **more)


@dataclass
class Walk:
    """What was asked, and every answer that was not as it must be."""

    asked: int = 0
    opened: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    principals: set[str] = field(default_factory=set)
    times: dict[str, list[float]] = field(default_factory=lambda: {"not yours": [], "never was": []})

    def medians(self) -> dict[str, float]:
        """In milliseconds."""
        return {which: 1000 * statistics.median(found) for which, found in self.times.items()}


class Walker:
    def __init__(self, land: Land) -> None:
        self.land, self.walk = land, Walk()
        self.expected = expected()
        self.adapter = land.app.url_map.bind("escalations.example")
        self.browser = Client(land.app, use_cookies=False)
        self.cookies: dict[UUID | None, str] = {}
        self.references: dict[tuple[Any, ...], tuple[Any, ...]] = {}

    # --- the whole

    def everything(self) -> Walk:
        for told in self.land.escalations:
            self.about(told)
        return self.walk

    def about(self, told: Told, endpoints: Collection[str] = ()) -> None:
        for rule in self.land.app.url_map.iter_rules():
            what = self.expected.get(rule.endpoint)
            is_first = told is self.land.escalations[0]
            if what is None or what.not_asked or (endpoints and rule.endpoint not in endpoints):
                continue
            if _ids(rule) or is_first:
                for who, person in self.everybody(told):
                    self.walk.principals.add(who)
                    self._ask_all(told, rule, what, who, person)

    def everybody(self, told: Told) -> Iterator[tuple[str, UUID | None]]:
        """Whoever there is; those of another Board are those of the next escalation that another Board has."""
        yield from ((who, person) for who, person in told.who.items() if person is not None or who == "nobody")
        other = next(each for each in self.land.escalations if each.board != told.board)
        yield from zip(OTHERS, (other.who["raiser"], other.who["business unit"]), strict=True)

    # --- one address

    def _ask_all(self, told: Told, rule: Rule, what: Expected, who: str, person: UUID | None) -> None:
        values = self._values(told, rule)
        path = self._built(rule, values)
        relations = self._relations(told, rule, person, values)
        is_allowed = any(allows(line, self.land.roles(person), relations) for line in what.lines)
        for method in METHODS:
            if not self._is_answered_by(rule, path, method) or not self._is_its_turn(rule, method, told, who):
                continue
            if is_allowed and method not in {"GET", "HEAD"}:
                continue  # what somebody may do they must not do in passing
            answer = self._ask(method, path, person, "not yours")
            where = f"{who}, {told.name}: {method} {rule.endpoint}"
            self._look_for_others(answer, what, person, where)
            if is_allowed:
                self._must_open(answer, what, where)
            else:
                self._must_be_like_nowhere(answer, method, rule, values, person, where)

    def _is_its_turn(self, rule: Rule, method: str, told: Told, who: str) -> bool:
        """To open it is asked of every escalation, to send to it of every second one; what it never does, of one."""
        if method == "GET" and method in (rule.methods or set()):
            return True
        number = self.land.escalations.index(told)
        turn = zlib.crc32(f"{rule.rule} {method} {who}".encode())
        if method in (rule.methods or set()) and method == "POST":
            return not _ids(rule) or turn % 2 == number % 2
        return turn % len(self.land.escalations) == number

    def _is_answered_by(self, rule: Rule, path: str, method: str) -> bool:
        """Whether no other address answers this method at the same path; a method that none answers is asked as well."""
        try:
            return bool(self.adapter.match(path, method=method)[0] == rule.endpoint)
        except MethodNotAllowed:
            return True

    def _must_open(self, answer: TestResponse, what: Expected, where: str) -> None:
        self.walk.opened += 1
        if answer.status_code >= 500 or (answer.status_code == 404 and not what.may_be_missing):
            self.walk.faults.append(f"{where} answers {answer.status} to somebody for whom it opens")

    def _must_be_like_nowhere(
        self, answer: TestResponse, method: str, rule: Rule, values: dict[str, Any], person: UUID | None, where: str
    ) -> None:
        self.walk.refused[answer.status] += 1
        if answer.status_code == TOO_MANY:
            return  # before anything was looked up
        if answer.status_code not in REFUSED | ({200} if method == "OPTIONS" else set()):
            self.walk.faults.append(f"{where} answers {answer.status} to somebody for whom it does not open")
        elif answer.status_code == 303 and answer.location not in BEGINNINGS:
            self.walk.faults.append(f"{where} leads to {answer.location}")
        elif _seen(answer) not in self._nowhere(method, rule, values, person, _seen(answer)):
            self.walk.faults.append(f"{where} differs from what never was")

    def _nowhere(
        self, method: str, rule: Rule, values: dict[str, Any], person: UUID | None, seen: tuple[Any, ...]
    ) -> Iterator[tuple[Any, ...]]:
        """What an address that nothing ever had answers them: any at all, or else the same with ids that never were."""
        if (person, method) not in self.references:
            self.references[person, method] = _seen(self._ask(method, "/no/such/page", person, "elsewhere"))
        is_timed = zlib.crc32(f"{rule.rule} {person}".encode()) % 8 == 0
        if self.references[person, method] == seen and not is_timed:
            yield seen
            return
        key = (rule.rule, method, person)
        if key not in self.references:
            nowhere = {name: uuid4() if isinstance(value, UUID) else value for name, value in values.items()}
            self.references[key] = _seen(self._ask(method, self._built(rule, nowhere), person, "never was"))
        asked_too_often = self.references[key][0].startswith(str(TOO_MANY))
        yield seen if asked_too_often else self.references[key]

    def _ask(self, method: str, path: str, person: UUID | None, which: str) -> TestResponse:
        headers = {"Cookie": self._cookie(person), "Sec-Fetch-Site": "same-origin", "Origin": SERVICE_URL}
        form = {"csrf_token": self.token} if method in {"POST", "PUT", "DELETE"} else None
        began = time.perf_counter()
        answer = self.browser.open(path, method=method, base_url=SERVICE_URL, headers=headers, data=form, buffered=True)
        if answer.status_code == 404 and which in self.walk.times:
            self.walk.times[which].append(time.perf_counter() - began)
        self.walk.asked += 1
        return answer

    @property
    def token(self) -> str:
        if not hasattr(self, "_token"):
            with self.land.app.test_request_context(base_url=SERVICE_URL) as context:
                context.session["csrf_token"] = "0" * 40
                self._token = str(generate_csrf())
        return self._token

    def _cookie(self, person: UUID | None) -> str:
        if person not in self.cookies:
            self.cookies[person] = self.land.session_of(person)
        return f"session={self.cookies[person]}"

    # --- how somebody stands to it

    def _relations(self, told: Told, rule: Rule, person: UUID | None, values: dict[str, Any]) -> frozenset[Relation]:
        if person is None:
            return frozenset()
        found = set(self.land.relations(person, told))
        own, raiser = self.land.people[person], self.land.people[told.who["raiser"]]  # type: ignore[index]
        if not _ids(rule):
            found |= {Relation.OWN_BOARD, Relation.OWN_AGENCY}
        elif own.agency_id != raiser.agency_id:
            found.discard(Relation.OWN_AGENCY)
        if self._is_recipient(told, person, values.get("document_id")):
            found.add(Relation.RECIPIENT)
        if self.land.is_senior(person) and (not _ids(rule) or own.agency_id == raiser.agency_id):
            found.add(Relation.SENIOR)
        return frozenset(found)

    def _is_recipient(self, told: Told, person: UUID, document: UUID | None) -> bool:
        if (document, person) in self.land.withdrawn:
            return True  # and is told that it was withdrawn
        if document is None or person not in self.land.owed.get(document, ()):
            return False
        return (told.id, person) in self.land.sides or (told.id, person) not in self.land.ever

    # --- what must not be in an answer

    def _look_for_others(self, answer: TestResponse, what: Expected, person: UUID | None, where: str) -> None:
        said = _all_text(answer)
        for each in self.land.escalations:
            relations = frozenset() if person is None else self.land.relations(person, each)
            may_read = relations & set(SIDED) or (self._owed_any(each, person) and answer.status_code != 410)
            if each.canary in said and not may_read:
                self.walk.faults.append(f"{where} says what stands in “{each.name}”")
            is_own = bool(what.names_references) and Relation.OWN_BOARD in relations
            knows = is_own or relations & {*SIDED, Relation.OFFICE} or self._owed_any(each, person)
            if each.reference in said and not knows:
                self.walk.faults.append(f"{where} names the reference of “{each.name}”")

    def _owed_any(self, told: Told, person: UUID | None) -> bool:
        return person is not None and any(
            self._is_recipient(told, person, document) for document in self.land.documents[told.id].values()
        )

    # --- addresses

    def _values(self, told: Told, rule: Rule) -> dict[str, Any]:
        documents, records = self.land.documents[told.id], self.land.records[told.id]
        wanted = OFFICE_DOCUMENTS if rule.endpoint.startswith(("board.", "releases.")) else ("stage_record",)
        document = next((documents[kind] for kind in wanted if kind in documents), documents["written_account"])
        if rule.endpoint.startswith(("board.", "releases.")) and document == documents["written_account"]:
            document = uuid4()
        known = {
            "escalation_id": told.id,
            "document_id": document,
            "delivery_id": self.land.deliveries.get(document, uuid4()),
            "record_id": records.get("meeting_called", records["concern"]),
            "person_id": told.who["raiser"],
            "agency_id": self.land.people[told.who["raiser"]].agency_id,  # type: ignore[index]
            "domain_id": self.land.domain_of(told.who["raiser"]),  # type: ignore[arg-type]
            "kind_code": "stage_record",
            "key": "hull@2015",
            "before": "hull@2015",
            "after": "annex-c@2023-04",
            "email_kind": "document",
            "agency_kind": self.land.kind_of_school(told),
            "path": "account",
            "page_id": "danger",
            "filename": "site.scss",
        }
        return {
            name: known.get(name, _invented(rule._converters[name]))  # Werkzeug has no other way to ask
            for name in rule.arguments
        }

    def _built(self, rule: Rule, values: dict[str, Any]) -> str:
        with self.land.app.test_request_context("/", base_url=SERVICE_URL):
            return url_for(rule.endpoint, **values)


TOO_MANY = 429
REFUSED = frozenset({303, 400, 403, 404, 405})
"""400 before anything is looked up: the form is not one of ours. OPTIONS says what an address takes, to anybody alike."""
BEGINNINGS = ("/sign-in", "/numbers", "/trail")


def _ids(rule: Rule) -> bool:
    """Whether an address is about something in particular."""
    return any(isinstance(each, UUIDConverter) for each in rule._converters.values())


def _invented(converter: BaseConverter) -> Any:
    match converter:
        case UUIDConverter():
            return uuid4()
        case IntegerConverter():
            return 1
        case AnyConverter():
            return min(converter.items)
        case _:
            return "x"


def _seen(answer: TestResponse) -> tuple[Any, ...]:
    """Status, body and headers, without what differs each time."""
    headers = sorted((name, _same(value)) for name, value in answer.headers if name != "Set-Cookie")
    return answer.status, _same(answer.text), tuple(headers)


def _same(text: str) -> str:
    text = re.sub(r'(name="csrf_token" value=)"[^"]*"', r"\1", text)
    return re.sub(r"nonce(-|=\")[A-Za-z0-9_+/=-]+", "nonce", text)


# --- all that an answer or a mail says ------------------------------------------------------------------------------


def _all_text(answer: TestResponse) -> str:
    return f"{answer.headers}\n{text_in(answer.data)}"


def text_in(content: bytes) -> str:
    """The words of a page, a PDF, a Word file, or a zip of these."""
    if content[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            return "\n".join(text_in(parts.read(name)) for name in parts.namelist())
    if content[:5] == b"%PDF-" and b"%%EOF" in content[-20:]:
        return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return content.decode("utf-8", "replace")


def faults_of_mails(land: Land) -> list[str]:
    """What any mail says to whom it must not: in its own words nothing of any child, attached only of their own."""
    by_address = {person.email: person.id for person in land.people.values()}
    found = []
    for one in land.smtp.received:
        person = by_address[one.rcpt_tos[0]]
        said, attached = _parts(one.message)
        for told in land.escalations:
            sides = (told.id, person) in land.ever
            is_unit = land.people[person].seat == Seat.BUSINESS_UNIT
            is_told = land.people[person].board_id == told.board and (is_unit or told.id in land.told)
            if told.canary in said or (told.canary in attached and not sides):
                found.append(f"{one.kind}: somebody reads what stands in “{told.name}”")
            if told.reference in said + attached and not (sides or is_told):
                found.append(f"{one.kind}: somebody reads the reference of “{told.name}”")
    return found


def _parts(message: EmailMessage) -> tuple[str, str]:
    said: list[str] = [f"{name}: {value}" for name, value in message.items()]
    attached: list[str] = []
    for part in message.walk():
        if part.is_multipart():
            continue
        content = text_in(part.get_payload(decode=True) or b"")  # type: ignore[arg-type]
        (attached if part.get_content_disposition() == "attachment" else said).append(content)
        said.append(part.get_filename() or "")
    return "\n".join(said), "\n".join(attached)
