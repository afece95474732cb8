"""What somebody may do no more they cannot do from their next request on, in a session and with a form that were open before."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from forms_app.db.tables import AuthenticatorApp, Party, Person, SignInSession
from forms_app.domain.filing import NamedParty
from forms_app.domain.policy import Side
from forms_app.domain.records import PeopleJoin
from forms_app.services.removing import remove_party
from forms_app.services.work import Work
from tests.factories.scenes import DOMAIN, Scene, scene
from tests.web.conftest import Site, site_of

POLICY = "west-sussex"
UNIT, COLLEAGUE, RAISER = f"unit@board.{DOMAIN}", f"colleague@school.{DOMAIN}", f"practitioner@school.{DOMAIN}"
ENDED = {303, 403, 404}


@dataclass
class Here:
    scene: Scene
    site: Site
    escalation: UUID

    @property
    def path(self) -> str:
        return f"/escalations/{self.escalation}"

    def id(self, email: str) -> UUID:
        return self.scene.people[email]

    def set(self, work: Work, email: str, **values: Any) -> None:
        work.session.execute(update(Person).where(Person.id == self.id(email)).values(**values))

    def of_party(self, work: Work, email: str, **values: Any) -> None:
        work.session.execute(update(Party).where(Party.person_id == self.id(email)).values(**values))

    def records(self) -> int:
        return self.scene.count()["stage_records"]


@pytest.fixture
def here(database_url: str) -> Iterator[Here]:
    """An escalation in which a colleague of the raiser takes part too."""
    with scene(database_url, POLICY) as made:
        escalation = made.open().escalation_id
        colleague = made.people[COLLEAGUE]
        joins = NamedParty(colleague, Side.RAISING, made.policy.levels[0].id)
        made.record(escalation, PeopleJoin(because="supports", joins=(colleague,)), by=made.raiser, people=(joins,))
        yield Here(made, site_of(made, database_url), escalation)


def leaves(here: Here, work: Work, who: str) -> None:
    here.set(work, who, left_at=work.now)


def is_locked(here: Here, work: Work, who: str) -> None:
    here.set(work, who, locked_at=work.now)


def sessions_are_ended(here: Here, work: Work, who: str) -> None:
    of_person = update(SignInSession).where(SignInSession.person_id == here.id(who))
    work.session.execute(of_person.values(ended_at=work.now))


def seat_is_taken(here: Here, work: Work, who: str) -> None:
    here.set(work, who, seat=None)


def is_taken_out(here: Here, work: Work, who: str) -> None:
    remove_party(work, by=here.scene.raiser, escalation_id=here.escalation, person_id=here.id(who))


def gives_the_place_up(here: Here, work: Work, who: str) -> None:
    here.of_party(work, who, gave_up_at=work.now)


def cover_is_over(here: Here, work: Work, who: str) -> None:
    here.of_party(work, who, covers_until=work.now - timedelta(seconds=1))


def moves_to_another_agency(here: Here, work: Work, who: str) -> None:
    other = work.session.get_one(Person, here.scene.at("police", "practitioner"))
    here.set(work, who, agency_id=other.agency_id)


def second_step_is_reset(here: Here, work: Work, who: str) -> None:
    for app in work.session.scalars(select(AuthenticatorApp).where(AuthenticatorApp.person_id == here.id(who))):
        work.session.delete(app)


CASES: tuple[tuple[Callable[[Here, Work, str], None], str, str], ...] = (
    (leaves, COLLEAGUE, "escalation"),
    (is_locked, COLLEAGUE, "escalation"),
    (sessions_are_ended, COLLEAGUE, "escalation"),
    (is_taken_out, COLLEAGUE, "escalation"),
    (gives_the_place_up, COLLEAGUE, "escalation"),
    (cover_is_over, COLLEAGUE, "escalation"),
    (moves_to_another_agency, COLLEAGUE, "escalation"),
    (leaves, UNIT, "/register"),
    (is_locked, UNIT, "/register"),
    (seat_is_taken, UNIT, "/register"),
    (second_step_is_reset, UNIT, "/register"),
)


@pytest.mark.parametrize(("what", "who", "page"), CASES, ids=lambda value: getattr(value, "__name__", None))
def test_the_next_request_finds_nothing(
    what: Callable[[Here, Work, str], None], who: str, page: str, here: Here
) -> None:
    at = here.path if page == "escalation" else page
    visitor = here.site.visiting(who)
    copied = here.site.visitor().with_cookie(visitor.cookie())
    assert visitor.get(at).status_code == 200
    form = f"{here.path}/account/danger" if page == "escalation" else "/agencies/new"
    shown = visitor.get(form)
    assert shown.status_code == 200
    before, token = here.scene.count(), visitor.token()

    with here.scene.workshop.writing() as work:
        what(here, work, who)
    changed = {name: count for name, count in here.scene.count().items() if name != "audit_entries"}

    typed = {"csrf_token": token, "f-danger": "no", "agency_name": "Invented", "kind": "health"}
    for each in (visitor, copied):
        assert each.post_as_it_is(form, typed).status_code in ENDED
        assert each.get(at).status_code in ENDED
        assert each.get(form).status_code in ENDED
    after = {name: count for name, count in here.scene.count().items() if name != "audit_entries"}
    assert after == changed
    assert after["stage_records"] == before["stage_records"]
