"""A page asks the database as often with three hundred escalations as with thirty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import event, insert, select, update

from forms_app.db.tables import Escalation, RegisterAgency, RegisterEntry
from forms_app.services.figures import count_quarters
from tests.factories.releases import release_everything
from tests.factories.scenes import Scene, scene
from tests.web.conftest import Site, site_of
from tests.web.visitor import Visitor

UNIT, RAISER = "unit@board.inventedshire.example", "practitioner@school.inventedshire.example"
FEW, MANY = 30, 300
ROUNDS = 2
"""What a session or a process does once is done in the first."""


@contextmanager
def statements(site: Site) -> Iterator[list[str]]:
    found: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        found.append(statement)

    event.listen(site.database.engine, "before_cursor_execute", note)
    yield found
    event.remove(site.database.engine, "before_cursor_execute", note)


def asked(site: Site, visitors: Sequence[Visitor], pages: Sequence[str]) -> dict[str, int]:
    """How many statements each page needs, of what does not happen once alone."""
    unit, raiser = visitors
    counted = {}
    for page in [*pages] * ROUNDS:
        who = raiser if page.startswith("/escalations/") else unit
        with statements(site) as found:
            answer = who.get(page)
        assert answer.status_code == 200, (page, answer.status)
        counted[page] = len(found)
    return counted


def copy(place: Scene, of: UUID, how_many: int) -> None:
    """Adds escalations of which nothing but the register's rows is there, each fifteen days older than the one before it."""
    ids = [uuid4() for _ in range(how_many)]
    with place.database.writing() as session:
        for kind in (Escalation, RegisterEntry, RegisterAgency):
            own = kind.__table__.c["id" if kind is Escalation else "escalation_id"]
            rows = session.execute(select(*kind.__table__.columns).where(own == of)).mappings().all()
            made = [dict(row) | changed for row in rows for changed in _changes(kind, row, ids)]
            session.execute(insert(kind), made)


def _changes(kind: type[Any], row: Any, ids: Sequence[UUID]) -> Iterator[dict[str, Any]]:
    for number, new in enumerate(ids):
        changed: dict[str, Any] = {"id" if kind is Escalation else "escalation_id": new}
        changed["opened_at"] = row["opened_at"] - timedelta(days=15 * number)
        if kind is not RegisterAgency:
            changed["reference"] = f"{row['reference'][:4]}{new.hex[:12]}"
        if kind is Escalation:
            changed["form_key"] = uuid4()
        yield {name: value for name, value in changed.items() if name in row}


def test_no_page_asks_more_often_where_there_is_more(sqlite_url: str) -> None:
    with scene(sqlite_url, "west-sussex") as place:
        own = place.open().escalation_id
        for _ in range(3):
            place.clock.forward(hours=1)
            place.step_up(own)
        release_everything(place.workshop, own)
        with place.database.writing() as session:
            session.execute(update(RegisterEntry).values(told_at=place.clock.now))
            one = session.scalars(select(RegisterEntry)).one()
        copy(place, own, FEW)
        while count_quarters(place.workshop):
            pass
        site = site_of(place, sqlite_url)
        visitors = (site.visiting(UNIT), site.visiting(RAISER))
        pages = [
            "/register",
            f"/register?reference={one.reference}",
            f"/register?raising={one.raising_id}",
            f"/register?reason={one.category}&stage={one.route}.{one.stage}",
            f"/register/{own}",
            f"/escalations/{own}",
            "/numbers/2026",
        ]
        few = asked(site, visitors, pages)
        assert asked(site, visitors, pages) == few
        copy(place, own, MANY)
        assert asked(site, visitors, pages) == few
