"""Who may open what, and that no page can forget to say it."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from flask import Blueprint

from forms_app import app as assembling
from forms_app.db.tables import Escalation, Party
from forms_app.domain.access import May
from forms_app.services.signing_in import SignedInPerson
from forms_app.web.access import UnguardedPage, check_every_page, open_to
from forms_app.web.sessions import signed_in_person
from tests.web.conftest import Site, open_site

ADA, BELLA, CYRIL = "ada@invented.example", "bella@invented.example", "cyril@invented.example"


def test_every_page_says_who_may_open_it(site: Site) -> None:
    check_every_page(site.app)


def test_a_page_that_does_not_say_it_stops_the_service_from_starting(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unguarded = Blueprint("unguarded", __name__)
    unguarded.add_url_rule("/open", "door", lambda: "anything")
    monkeypatch.setattr(assembling, "BLUEPRINTS", (*assembling.BLUEPRINTS, unguarded))

    with pytest.raises(UnguardedPage, match=r"unguarded\.door does not say who may open it"):
        open_site(sqlite_url)


def test_a_page_for_parties_must_be_about_an_escalation(sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unclear = Blueprint("unclear", __name__)
    unclear.add_url_rule("/record/<uuid:record_id>", "page", open_to(May.SEE_RECORDS)(lambda record_id: "anything"))
    monkeypatch.setattr(assembling, "BLUEPRINTS", (*assembling.BLUEPRINTS, unclear))

    with pytest.raises(UnguardedPage, match=r"has no <uuid:escalation_id>"):
        open_site(sqlite_url)


def test_a_page_added_later_without_saying_it_opens_for_nobody(site: Site, add_page: object) -> None:
    add_page(site, "/late", lambda: "anything")  # type: ignore[operator]

    assert site.visitor().get("/late").location == "/sign-in"
    assert site.signed_in(BELLA).get("/late").status_code == 404


@pytest.mark.parametrize(
    ("lines", "opens_for"),
    [
        ((May.SEE_PUBLIC_PAGES,), {None, ADA, BELLA, CYRIL}),
        ((May.KEEP_OWN_ACCOUNT,), {ADA, BELLA, CYRIL}),
        ((May.SEE_REGISTER,), {BELLA, CYRIL}),
        ((May.SEE_REGISTER, May.KEEP_OWN_ACCOUNT), {ADA, BELLA, CYRIL}),
    ],
)
def test_each_line_of_the_table_opens_for_whom_it_names(
    lines: tuple[May, ...], opens_for: set[str | None], site: Site, add_page: object
) -> None:
    add_page(site, "/page", open_to(*lines)(lambda: "opened"))  # type: ignore[operator]

    assert {who for who in (None, ADA, BELLA, CYRIL) if _visit(site, who, "/page") == 200} == opens_for


def _visit(site: Site, who: str | None, path: str) -> int:
    visitor = site.signed_in(who) if who else site.visitor()
    answer = visitor.browser.get(path, base_url=visitor.service_url)
    return answer.status_code


def test_an_escalation_opens_for_its_parties(site: Site, add_page: object) -> None:
    add_page(site, "/about/<uuid:escalation_id>", open_to(May.SEE_RECORDS)(lambda escalation_id: "opened"))  # type: ignore[operator]
    ada = site.person(ADA)
    escalation_id = uuid4()
    with site.database.writing() as session:
        session.add(
            Escalation(
                id=escalation_id,
                board_id=ada.board_id,
                reference="INV-2027-AAAA",
                policy_key="invented@2027",
                category="other",
                opened_at=site.clock.now,
            )
        )
        session.flush()
        session.add(
            Party(
                escalation_id=escalation_id,
                number=1,
                person_id=ada.id,
                agency_id=ada.agency_id,
                side="raising",
                level="practitioner",
                is_raiser=True,
                joined_at=site.clock.now,
            )
        )

    assert _visit(site, ADA, f"/about/{escalation_id}") == 200
    assert _visit(site, ADA, f"/about/{uuid4()}") == 404
    assert _visit(site, BELLA, f"/about/{escalation_id}") == 404


def test_not_yours_reads_like_never_existed(site: Site) -> None:
    ada = site.signed_in(ADA)

    not_hers, nowhere = ada.get("/register"), ada.get("/no-such-page")

    assert not_hers.status_code == nowhere.status_code == 404
    assert _without_token(not_hers.text) == _without_token(nowhere.text)
    assert {name for name, _ in not_hers.headers} == {name for name, _ in nowhere.headers}


def _without_token(page: str) -> str:
    return re.sub(r'((?:name="csrf_token" value|nonce)=)"[^"]*"', r"\1", page)


def test_a_page_knows_who_is_asking(site: Site, add_page: object) -> None:
    seen: list[SignedInPerson] = []

    def page() -> str:
        seen.append(signed_in_person())
        return "seen"

    add_page(site, "/asking", open_to(May.KEEP_OWN_ACCOUNT)(page))  # type: ignore[operator]
    bella = site.person(BELLA)

    site.signed_in(BELLA).browser.get("/asking", base_url="http://escalations.example")

    assert seen == [
        SignedInPerson(
            id=bella.id,
            name="Bella Invented",
            email=BELLA,
            board_id=bella.board_id,
            board_name="Invented Safeguarding Board",
            board_telephone="01632 960100",
            agency_id=bella.agency_id,
            seat="business_unit",
            administers_agency=False,
        )
    ]
