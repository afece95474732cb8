"""Every address of the service, opened and sent to by everybody: the walk is made from the app's own list of addresses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import url_for
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.journeys.town import SERVICE_URL, text_of
from tests.security.conftest import ANOTHER, City, said

# --- who walks ---

WHO = {
    "nobody": None,
    "raiser": "practitioner@school",
    "responding": "first.line.manager@socialcare",
    "colleague": "colleague@school",
    "uninvolved agency": "practitioner@police",
    "leaver": "colleague@socialcare",
    "uninvolved agency's lead": "safeguarding.lead@police",
    "another agency's lead": "safeguarding.lead@health",
    "business unit": "unit@board",
    "chair": "chair@board",
    "other Board's practitioner": "practitioner@school",
    "other Board's business unit": "unit@board",
}
EVERYBODY = frozenset(WHO)
SIGNED_IN = EVERYBODY - {"nobody", "leaver"}
OWN_BOARD = frozenset(who for who in SIGNED_IN if not who.startswith("other Board"))
PARTIES = frozenset({"raiser", "responding"})
OFFICE = frozenset({"business unit", "chair"})
EVERY_OFFICE = OFFICE | {"other Board's business unit"}
EVERY_UNIT = EVERY_OFFICE - {"chair"}
KEEPERS = frozenset({"business unit", "uninvolved agency's lead"})
"""Of that agency's contacts."""

# --- what opens for whom; a new address must be put here ---

OPENS_FOR = {
    "static": EVERYBODY,
    "pages.start": EVERYBODY,
    "pages.danger": EVERYBODY,
    "pages.accessibility": EVERYBODY,
    "pages.privacy": EVERYBODY,
    "pages.contact": EVERYBODY,
    "pages.health": EVERYBODY,
    "pages.health_of_the_work": EVERYBODY,
    "sign_in.ask": EVERYBODY,
    "sign_in.code": EVERYBODY,
    "sign_in.link": EVERYBODY,
    "sign_in.use_link": EVERYBODY,
    "sign_in.sign_out": EVERYBODY,
    "sign_in.signed_out": EVERYBODY,
    "leaving.leave": EVERYBODY,
    "single_sign_on.ask": EVERYBODY,
    "single_sign_on.back": EVERYBODY,
    "second_step.take": EVERYBODY,
    "second_step.by_passkey": EVERYBODY,
    "second_step.again": SIGNED_IN,
    "second_step.again_by_email": SIGNED_IN,
    "factors.yours": SIGNED_IN,
    "factors.new_app": SIGNED_IN,
    "factors.app": SIGNED_IN,
    "factors.remove_app": SIGNED_IN,
    "factors.new_passkey": SIGNED_IN,
    "factors.remove_passkey": frozenset(),
    "factors.recovery_codes": SIGNED_IN,
    "factors.reset": frozenset({"business unit"}),
    "own_sessions.every": SIGNED_IN,
    "own_sessions.end": SIGNED_IN,
    "own_sessions.end_others": SIGNED_IN,
    "own_sessions.time_left": EVERYBODY,
    "own_sessions.stay": SIGNED_IN,
    "escalations.yours": SIGNED_IN,
    "escalations.new": SIGNED_IN,
    "escalations.new_page": SIGNED_IN,
    "escalations.one": PARTIES,
    "escalations.sent": PARTIES,
    "escalations.file_copy": PARTIES,
    "escalations.form": PARTIES,
    "escalations.form_page": PARTIES,
    "escalations.beside": PARTIES,
    "escalations.beside_page": PARTIES,
    "escalations.correction": PARTIES,
    "escalations.correction_page": PARTIES,
    "documents.every": SIGNED_IN,
    "documents.one": PARTIES,
    "documents.read": PARTIES,
    "documents.seen": PARTIES,
    "documents.answer": PARTIES,
    "documents.answered": PARTIES,
    "documents.download": PARTIES,
    "calendars.meeting": PARTIES,
    "calendars.everything": PARTIES,
    "proof.check": SIGNED_IN,
    "proof.key": EVERYBODY,
    "proof.key_file": EVERYBODY,
    "proof.bundle": PARTIES,
    "proof.board_bundle": OFFICE,
    "releases.one": PARTIES | OFFICE,
    "releases.texts": PARTIES | OFFICE,
    "releases.found": PARTIES | OFFICE,
    "releases.send": PARTIES | OFFICE,
    "releases.release": PARTIES | OFFICE,
    "releases.send_back": PARTIES | OFFICE,
    "releases.take_back": PARTIES | OFFICE,
    "releases.secret_address": PARTIES,
    "board.register": EVERY_OFFICE,
    "board.one": OFFICE,
    "board.download": OFFICE,
    "deliveries.at_board": EVERY_UNIT,
    "deliveries.again": PARTIES,
    "deliveries.told": PARTIES,
    "deliveries.withdraw": frozenset({"raiser"}),
    "deliveries.remove": frozenset({"raiser"}),
    "places.hand_over": frozenset({"raiser"}),
    "places.cover": frozenset({"raiser"}),
    "places.end_cover": frozenset({"raiser"}),
    "places.interest": frozenset({"business unit", "chair"}),
    "places.empty": EVERY_UNIT,
    "mail_domains.every": EVERY_UNIT,
    "mail_domains.one": frozenset({"business unit"}),
    "emails.yours": SIGNED_IN,
    "email_texts.every": EVERY_UNIT,
    "email_texts.one": EVERY_UNIT,
    "blank_forms.every": SIGNED_IN,
    "blank_forms.download": OWN_BOARD,
    "directory.contacts": SIGNED_IN,
    "directory.new": KEEPERS | EVERY_UNIT | {"another agency's lead"},
    "directory.change": KEEPERS,
    "directory.checked": KEEPERS,
    "directory.remove": KEEPERS,
    "directory.roles": SIGNED_IN,
    "directory.change_roles": EVERY_UNIT,
    "trail.timeline": PARTIES,
    "trail.at_board": OFFICE,
    "trail.every": frozenset(),
    "trail.download": frozenset(),
    "people.every": EVERY_UNIT,
    "people.add": EVERY_UNIT,
    "people.one": frozenset({"business unit"}),
    "people.change": frozenset({"business unit"}),
    "people.address": frozenset({"business unit"}),
    "people.seat": frozenset({"business unit"}),
    "people.do": frozenset({"business unit"}),
    "people.decide": frozenset({"business unit"}),
    "people_files.upload": EVERY_UNIT,
    "people_files.download": EVERY_UNIT,
    "people_files.check": EVERY_UNIT,
    "agencies_files.upload": EVERY_UNIT,
    "agencies_files.download": EVERY_UNIT,
    "agencies_files.check": EVERY_UNIT,
    "contacts_files.upload": KEEPERS | EVERY_UNIT | {"another agency's lead"},
    "contacts_files.download": KEEPERS | EVERY_UNIT | {"another agency's lead"},
    "contacts_files.check": KEEPERS | EVERY_UNIT | {"another agency's lead"},
    "agencies.every": EVERY_UNIT,
    "agencies.add": EVERY_UNIT,
    "agencies.change": frozenset({"business unit"}),
    "agencies.do": frozenset({"business unit"}),
    "agencies.attest": frozenset({"business unit"}),
    "keeping.every": EVERY_OFFICE,
    "keeping.rule": EVERY_UNIT,
    "keeping.hold": EVERY_UNIT,
    "keeping.lift": frozenset({"business unit"}),
    "keeping.propose": EVERY_UNIT,
    "keeping.one": OFFICE,
    "keeping.confirm": OFFICE,
    "keeping.withdraw": OFFICE,
    "keeping.certificate": OFFICE,
    "layouts.every": EVERY_OFFICE,
    "layouts.one": EVERY_OFFICE,
    "layouts.fields": EVERY_OFFICE,
    "layouts.starter": EVERY_OFFICE,
    "layouts.version": OFFICE,
    "layouts.sample": OFFICE,
    "layouts.picture": OFFICE,
    "layouts.upload": EVERY_UNIT,
    "layouts.propose": EVERY_UNIT,
    "layouts.decide": OFFICE,
}


def test_every_address_says_here_for_whom_it_opens(known: City) -> None:
    assert set(OPENS_FOR) == set(known.town.app.view_functions)  # type: ignore[attr-defined]


@pytest.mark.requirement("U-52")
@pytest.mark.parametrize("who", WHO)
def test_an_address_opens_for_whom_it_is_and_for_nobody_else(known: City, who: str) -> None:
    walked = 0
    for rule, theirs, nowhere in _addresses(known, who):
        for method in sorted((rule.methods or set()) & {"GET", "POST"}):
            if rule.endpoint in {"sign_in.sign_out", "leaving.leave"}:
                continue
            if "GET" not in (rule.methods or set()):
                _ask(known, who, method, nowhere)  # forgets, whichever it is, what was to be opened after signing in
            answer = _ask(known, who, method, theirs)
            walked += 1
            if who in OPENS_FOR[rule.endpoint]:
                assert answer.status_code < 500, (method, theirs)
                assert method == "POST" or answer.status_code != 404, (method, theirs)
            else:
                _is_like_nowhere(answer, _ask(known, who, method, nowhere), (method, theirs))
    assert walked > 50
    assert known.own_records(known.path) == 4, "nothing was recorded but what the town itself wrote"


def _is_like_nowhere(answer: TestResponse, nowhere: TestResponse, what: Any) -> None:
    assert answer.status_code in {303, 403, 404}, (what, answer.status)
    assert answer.status_code != 303 or answer.location == "/sign-in", (what, answer.location)
    assert (answer.status, said(answer)) == (nowhere.status, said(nowhere)), what
    assert {name for name, _ in answer.headers} == {name for name, _ in nowhere.headers}, what


def _ask(city: City, who: str, method: str, path: str) -> TestResponse:
    visitor = _visitor(city, who)
    if method == "GET":
        return visitor.get(path)
    return visitor.post(path, {"f-danger": "no", "form_key": str(uuid4()), "token": "x"})


def _visitor(city: City, who: str) -> Any:
    mailbox = WHO[who]
    if mailbox is None:
        return city.visitor(None)
    return city.visitor(city.person(mailbox, ANOTHER) if who.startswith("other Board") else city.person(mailbox))


# --- the addresses ---


def _addresses(city: City, who: str) -> Iterator[tuple[Rule, str, str]]:
    """Each address with the ids of the one escalation, and the same with ids that never were.

    Whoever takes part knows of the escalation itself: to them only what is in it may be as if it never was.
    """
    known = {"escalation_id"} if who in PARTIES else set()
    for rule in city.town.app.url_map.iter_rules():  # type: ignore[attr-defined]
        for values in _values(city, rule):
            ids = {name for name, value in values.items() if isinstance(value, UUID)}
            nowhere = {name: uuid4() if name in (ids - known or ids) else value for name, value in values.items()}
            yield rule, _built(city, rule, values), _built(city, rule, nowhere)


def _values(city: City, rule: Rule) -> Iterator[dict[str, Any]]:
    of_the_board = rule.endpoint.startswith(("board.", "releases."))
    is_of_the_list = rule.endpoint == "factors.reset" or rule.endpoint.startswith("people.")
    someone = city.person("colleague@police") if is_of_the_list else city.raiser
    values: dict[str, list[Any]] = {
        "escalation_id": [city.escalation],
        "record_id": [city.meeting() if rule.endpoint.startswith("calendars.") else city.first_record()],
        "document_id": [city.document("board_proforma" if of_the_board else "stage_record")],
        "contact_id": [city.contact()],
        "file_id": [city.blank_form],
        "kind_code": ["stage_record"],
        "email_kind": ["document"],
        "layout_id": [city.layout()],
        "domain_id": [city.mail_domain()],
        "delivery_id": [city.delivery()],
        "person_id": [UUID(city.id_of(someone))],
        "place_id": [city.place_of(city.raiser)],
        "deed": ["close", "open"]
        if rule.endpoint.startswith("agencies.")
        else ["lock", "unlock", "appoint", "dismiss"],
        "proposal_id": [city.proposal()],
        "agency_id": [city.agency()],
        "passkey_id": [uuid4()],
        "choice_id": [city.layout_choice()],
        "record_class": ["escalation", "draft"],
        "hold_id": [city.hold()],
        "destruction_id": [city.destruction()],
        "how": ["plain", "hard"],
        "number": [1],
        "agency_kind": ["school"],
        "file_format": ["csv"] if rule.endpoint == "trail.download" else ["pdf", "docx"],
        "path": ["account", "outcome", "agreement", "step-up", "contact", "restricted-note", "follow-up"],
        "page_id": ["danger", "check"],
        "token": ["never-sent"],
        "session_id": [uuid4()],
        "filename": ["site.scss"],
    }
    found: list[dict[str, Any]] = [{}]
    for name in sorted(rule.arguments):
        found = [{**before, name: value} for before in found for value in values[name]]
    yield from found


def _built(city: City, rule: Rule, values: dict[str, Any]) -> str:
    with city.town.app.test_request_context("/", base_url=SERVICE_URL):  # type: ignore[attr-defined]
        return url_for(rule.endpoint, **values)


# --- what the ids of one place are worth in another ---


def test_no_document_opens_by_another_way_than_its_own(known: City) -> None:
    identified = [known.document(kind) for kind in ("written_account", "stage_record")]
    for who in ("business unit", "chair", "other Board's business unit"):
        for document in identified:
            for path in (f"/documents/{document}", f"/documents/{document}/pdf", f"/register/documents/{document}/pdf"):
                assert _visitor(known, who).get(path).status_code == 404, (who, path)
    assert (
        _visitor(known, "raiser").get(f"/register/documents/{known.document('board_proforma')}/pdf").status_code == 404
    )


def test_a_party_downloads_what_is_owed_to_them_and_the_office_what_names_nobody(known: City) -> None:
    for who in PARTIES:
        assert _visitor(known, who).get(f"/documents/{known.document('stage_record')}/pdf").data[:4] == b"%PDF"
    proforma = f"/register/documents/{known.document('board_proforma')}/docx"
    assert _visitor(known, "business unit").get(proforma).data[:2] == b"PK"


@pytest.mark.requirement("S-23", "U-52")
def test_the_copy_for_an_agencys_file_opens_for_its_people_who_take_part_and_for_nobody_else(known: City) -> None:
    where = _visitor(known, "raiser").post(f"{known.path}/file-copy", {}).location
    known.town.deliver()

    found = {who: _visitor(known, who).get(f"{where}/pdf") for who in WHO}

    opened = {who for who, answer in found.items() if answer.status_code == 200}
    assert opened == {"raiser"}
    assert found["raiser"].data[:4] == b"%PDF"
    name = where.rpartition("/")[2]
    for who in EVERYBODY - {"raiser"}:
        for path in (
            where,
            f"{where}/docx",
            f"/register/documents/{name}/pdf",
            known.path,
            f"/register/{known.escalation}",
        ):
            assert name not in _visitor(known, who).get(path).text.replace(path, ""), (who, path)
    assert not [each for each in known.town.smtp.received if name in text_of(each)], "and nobody is told of it"


def test_a_list_shows_only_ones_own(known: City) -> None:
    for who in SIGNED_IN:
        shown = _visitor(known, who).get("/escalations").text
        assert (known.path in shown) == (who in PARTIES), who
    for who in EVERY_OFFICE:
        shown = _visitor(known, who).get("/register").text
        assert (f"/register/{known.escalation}" in shown) == (who in OFFICE), who
