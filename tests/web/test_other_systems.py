"""The pages on which tokens and webhooks are kept: who asks, who confirms, what is shown once, and what the next page says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from forms_app.db.other_systems_tables import ApiToken, Webhook
from forms_app.db.tables import Notification, Person
from forms_app.services.tokens import warn_of_ends
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.factories.systems import administrator_of, program_of, webhook_of
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

TOKEN = {"system": "The social work system", "scopes": "documents:read", "days": "90", "networks": ""}
WEBHOOK = {"address": "https://cases.example.org/told", "events": "document_issued"}


class Place:
    def __init__(self, made: Scene, site: Site) -> None:
        self.scene, self.site = made, site
        administrator_of(made, "school")
        self.administrator = site.visiting(f"senior.manager@school.{DOMAIN}")
        with made.database.reading() as session:
            unit = session.scalars(select(Person.email).where(Person.seat == "business_unit")).one()
        self.unit = site.visiting(unit)


@pytest.fixture
def place(sqlite_url: str) -> Iterator[Place]:
    with scene(sqlite_url, "hull") as made:
        yield Place(made, site_of(made, sqlite_url))


def ask(visitor: Visitor, path: str, form: dict[str, str], key: str = "") -> str:
    visitor.get(path)
    return visitor.post(path, {**form, "form_key": key or str(uuid4())}).text


def test_an_administrator_asks_the_unit_confirms_and_it_works(place: Place) -> None:
    page = ask(place.administrator, "/other-systems/tokens/new", TOKEN)
    token = re.search(r"esc_[0-9A-Za-z]{47}", page)
    assert token is not None
    assert token[0] not in place.administrator.get("/other-systems").text

    def works() -> int:
        headers = {"Authorization": f"Bearer {token[0]}"}  # type: ignore[index]
        return (
            place.site.app.test_client()
            .get("/api/v1/documents", headers=headers, base_url="http://escalations.example")
            .status_code
        )

    assert works() == 401
    with place.scene.database.reading() as session:
        made = session.scalars(select(ApiToken.id)).one()
        told = set(session.scalars(select(Notification.kind)))
    assert "system_access_asked" in told
    assert place.administrator.get(f"/other-systems/tokens/{made}/confirm").status_code == 404
    assert "Tokens and webhooks to confirm (1)" in place.unit.get("/register/today").text
    place.unit.get(f"/other-systems/tokens/{made}/confirm")
    answer = place.unit.post(f"/other-systems/tokens/{made}/confirm", {})
    assert "The token works from now on" in place.unit.get(answer.location).text
    assert works() == 200
    assert "Tokens and webhooks to confirm" not in place.unit.get("/register/today").text

    place.administrator.get(f"/other-systems/tokens/{made}/revoke")
    place.administrator.post(f"/other-systems/tokens/{made}/revoke", {})
    assert works() == 401
    assert place.site.actions().count("token_revoked") == 1


def test_the_same_form_twice_makes_one_token_and_nothing_typed_is_lost(place: Place) -> None:
    key = str(uuid4())
    for _ in range(2):
        ask(place.administrator, "/other-systems/tokens/new", TOKEN, key)
    with place.scene.database.reading() as session:
        assert len(session.scalars(select(ApiToken)).all()) == 1

    wrong = {**TOKEN, "networks": "192.0.2.7\nour office", "scopes": "register:read"}
    page = ask(place.administrator, "/other-systems/tokens/new", wrong)
    assert "Line 2 is not a network address" in page
    assert "our office" in page
    assert "from the list" in page, "the register is the Board's"
    assert "The social work system" in page


def test_a_webhook_is_asked_for_confirmed_tested_paused_and_removed(place: Place) -> None:
    page = ask(place.administrator, "/other-systems/webhooks/new", WEBHOOK)
    assert "whsec_" in page
    assert "Enter a web address" in ask(
        place.administrator, "/other-systems/webhooks/new", {**WEBHOOK, "address": "http://x"}
    )
    assert "by its name" in ask(
        place.administrator, "/other-systems/webhooks/new", {**WEBHOOK, "address": "https://10.0.0.1"}
    )
    with place.scene.database.reading() as session:
        webhook = session.scalars(select(Webhook.id)).one()
    there = f"/other-systems/webhooks/{webhook}"
    for who, deed, says in (
        (place.unit, "confirm", "is told from now on"),
        (place.administrator, "test", "The test is on its way"),
        (place.administrator, "pause", "told nothing for now"),
        (place.administrator, "resume", "is told again"),
        (place.administrator, "remove", "was removed"),
    ):
        who.get(f"{there}/{deed}")
        answer = who.post(f"{there}/{deed}", {})
        assert answer.status_code == 303, deed
        assert says in who.get(answer.location).text
    assert place.administrator.get(there).status_code == 404


def test_a_new_secret_is_shown_once(place: Place) -> None:
    added = webhook_of(place.scene, "school", "https://cases.example.org/told")
    there = f"/other-systems/webhooks/{added.id}/secret"
    place.administrator.get(there)
    page = place.administrator.post(there, {}).text

    new = re.search(r"whsec_[0-9A-Za-z+/=&#;]+", page)
    assert new is not None
    assert added.secret not in page
    assert "whsec_" not in place.administrator.get(f"/other-systems/webhooks/{added.id}").text


def test_what_is_another_agencys_is_not_there(place: Place) -> None:
    theirs = program_of(place.scene, place.site.app, "socialcare")
    webhook = webhook_of(place.scene, "socialcare", "https://cases.example.org/told")

    assert "An invented system" not in place.administrator.get("/other-systems").text
    assert "An invented system" in place.unit.get("/other-systems").text
    for path in (f"tokens/{theirs.token_id}/revoke", f"webhooks/{webhook.id}", f"webhooks/{webhook.id}/pause"):
        assert place.administrator.get(f"/other-systems/{path}").status_code == 404, path


def test_whoever_administers_nothing_has_no_such_page(place: Place) -> None:
    assert place.site.visiting(f"practitioner@school.{DOMAIN}").get("/other-systems").status_code == 404


def test_what_the_api_does_can_be_read_by_anybody(place: Place) -> None:
    page = place.site.visitor().get("/other-systems/documentation").text
    assert "POST /documents/{document_id}/filings" in page
    assert "`" not in page


def test_whoever_keeps_a_token_is_told_a_month_and_a_week_before_it_ends(place: Place) -> None:
    program_of(place.scene, place.site.app, "school", days=90)
    gone = program_of(place.scene, place.site.app, "school", days=90)
    with place.scene.database.writing() as session:
        session.execute(update(ApiToken).where(ApiToken.id == gone.token_id).values(revoked_at=place.scene.clock.now))
    administrator, counts = place.scene.at("school", "senior_manager"), []
    for days in (50, 11, 10, 15, 2):
        place.scene.clock.now += timedelta(days=days)
        with place.scene.workshop.writing() as work:
            board = work.session.get_one(Person, administrator).board_id
            warn_of_ends(work, board)
        with place.scene.database.reading() as session:
            wanted = select(Notification.id).where(
                Notification.kind == "system_access_ends", Notification.person_id == administrator
            )
            counts.append(len(session.scalars(wanted).all()))

    assert counts == [0, 1, 1, 2, 2]
